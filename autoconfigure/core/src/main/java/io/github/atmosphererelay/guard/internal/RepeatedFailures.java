/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.atmosphererelay.guard.internal;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

import io.github.atmosphererelay.guard.Guard;
import org.apache.commons.logging.Log;

/**
 * Reports what fails for a reason that an operator has to remove, and is tried again all
 * the time. Each failure is counted by a guard, so that meters and health show it. Each
 * reason is logged at once, and again after an interval if it is still there.
 * Thread-safe.
 */
public final class RepeatedFailures {

	/** Further reasons are counted, and logged when one of these is old enough. */
	private static final int MAX_REASONS = 16;

	private final Log log;

	private final long intervalNanos;

	/** By reason, when it may be logged again. Guarded by this object. */
	private final Map<String, Long> nextAt = new HashMap<>();

	/**
	 * Create reports.
	 * @param log receives the lines
	 * @param interval the time between two lines with the same reason
	 */
	public RepeatedFailures(Log log, Duration interval) {
		this.log = log;
		this.intervalNanos = interval.toNanos();
	}

	/**
	 * Report a failure. Does not block.
	 * @param guard counts it
	 * @param message what does not work, without a point at the end
	 * @param failure why; its root cause is the reason
	 * @param hint what to change
	 */
	public void failed(Guard guard, String message, Throwable failure, String hint) {
		guard.count(failure);
		String line = message + ": " + Failures.root(failure) + ". " + hint;
		if (isDue(line)) {
			this.log.warn(line);
		}
	}

	private synchronized boolean isDue(String line) {
		long now = System.nanoTime();
		Long due = this.nextAt.get(line);
		if (due != null && now - due < 0) {
			return false;
		}
		if (due == null && this.nextAt.size() >= MAX_REASONS) {
			this.nextAt.values().removeIf((until) -> now - until >= 0);
			if (this.nextAt.size() >= MAX_REASONS) {
				return false;
			}
		}
		this.nextAt.put(line, now + this.intervalNanos);
		return true;
	}

}
