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
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

import org.apache.commons.logging.Log;

/**
 * Logs events that clients can cause at any rate: at most one line in each interval, with
 * the number of lines that were suppressed since the last one. Thread-safe.
 */
public final class RateLimitedLog {

	private final Log log;

	private final long intervalNanos;

	/** When the next line may be written, by the clock of {@link System#nanoTime()}. */
	private final AtomicLong nextAt = new AtomicLong(System.nanoTime());

	private final AtomicLong suppressed = new AtomicLong();

	/**
	 * Create a log that writes at most one line in each interval.
	 * @param log receives the lines
	 * @param interval the time between two lines
	 */
	public RateLimitedLog(Log log, Duration interval) {
		this.log = log;
		this.intervalNanos = interval.toNanos();
	}

	/**
	 * Log an error, or count it if the last line is too recent.
	 * @param message the message
	 * @param failure the failure
	 */
	public void error(String message, Throwable failure) {
		if (isDue()) {
			this.log.error(complete(message), failure);
		}
	}

	/**
	 * Log a warning, or count it if the last line is too recent.
	 * @param message the message
	 * @return whether it was logged
	 */
	public boolean warn(String message) {
		boolean due = isDue();
		if (due) {
			this.log.warn(complete(message));
		}
		return due;
	}

	/**
	 * Log a warning, or count it if the last line is too recent.
	 * @param message the message
	 * @param failure the failure
	 */
	public void warn(String message, Throwable failure) {
		if (isDue()) {
			this.log.warn(complete(message), failure);
		}
	}

	/**
	 * Log a warning, or count it if the last line is too recent.
	 * @param message returns the message; called only if it is logged
	 */
	public void warn(Supplier<String> message) {
		if (isDue()) {
			this.log.warn(complete(message.get()));
		}
	}

	/**
	 * Log information, or count it if the last line is too recent.
	 * @param message returns the message; called only if it is logged
	 */
	public void info(Supplier<String> message) {
		if (isDue()) {
			this.log.info(complete(message.get()));
		}
	}

	private boolean isDue() {
		long now = System.nanoTime();
		long due = this.nextAt.get();
		if (now - due < 0 || !this.nextAt.compareAndSet(due, now + this.intervalNanos)) {
			this.suppressed.incrementAndGet();
			return false;
		}
		return true;
	}

	private String complete(String message) {
		long left = this.suppressed.getAndSet(0);
		return (left > 0) ? message + " (" + left + " more since the last such line)" : message;
	}

}
