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

package io.github.atmosphererelay.relay.internal;

import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

import org.jspecify.annotations.Nullable;

/**
 * The schedule of probes: when the next one is due, and which one is under way. At most
 * one is under way, because a second one would add no information. Safe for use by many
 * threads.
 */
final class ProbeSchedule {

	private static final Duration RETRY_INTERVAL = Duration.ofMillis(500);

	private static final Duration RETRY_TIMEOUT = Duration.ofSeconds(1);

	private final Duration interval;

	private final Duration timeout;

	private @Nullable UUID outstanding;

	private long sentAt;

	private long dueAt;

	/**
	 * The time since which probes were refused because the relay is overloaded;
	 * {@code null} if they are not.
	 */
	private @Nullable Long overloadedSince;

	ProbeSchedule(Duration interval, Duration timeout) {
		this.interval = interval;
		this.timeout = timeout;
	}

	/**
	 * Make a probe due now, and forget the one that is under way.
	 */
	synchronized void restart() {
		this.outstanding = null;
		this.overloadedSince = null;
		this.dueAt = System.nanoTime();
	}

	/**
	 * Make a probe due as soon as none is under way.
	 */
	synchronized void soon() {
		this.dueAt = System.nanoTime();
	}

	/**
	 * Begin a probe if one is due.
	 * @param up whether the relay is up, and is probed at the normal interval
	 * @return the probe's id, or {@code null} if none is due
	 */
	synchronized @Nullable UUID begin(boolean up) {
		long now = System.nanoTime();
		if (this.outstanding != null || now - this.dueAt < 0) {
			return null;
		}
		UUID id = UUID.randomUUID();
		this.outstanding = id;
		this.sentAt = now;
		delay(up ? this.interval : RETRY_INTERVAL);
		return id;
	}

	/**
	 * End the probe that is under way if it has timed out.
	 * @param up whether the relay is up, and has the full timeout
	 * @return whether a probe was ended
	 */
	synchronized boolean endOverdue(boolean up) {
		long limit = up ? this.timeout.toNanos() : Math.min(this.timeout.toNanos(), RETRY_TIMEOUT.toNanos());
		if (this.outstanding == null || System.nanoTime() - this.sentAt < limit) {
			return false;
		}
		this.outstanding = null;
		this.overloadedSince = null;
		return true;
	}

	/**
	 * End a probe if it is the one that is under way.
	 * @param id the probe's id
	 * @return the time since it was sent, in nanoseconds, or -1 if it is another
	 */
	synchronized long end(UUID id) {
		if (!id.equals(this.outstanding)) {
			return -1;
		}
		this.outstanding = null;
		this.overloadedSince = null;
		return System.nanoTime() - this.sentAt;
	}

	/**
	 * Send a probe again that the relay has refused because it is overloaded. That shows
	 * a busy node, not an unreachable broker, unless it lasts longer than the timeout of
	 * a probe.
	 * @param id the probe's id
	 * @return {@code false} if it has lasted too long
	 */
	synchronized boolean postpone(UUID id) {
		long now = System.nanoTime();
		if (!id.equals(this.outstanding)) {
			return false;
		}
		if (this.overloadedSince == null) {
			this.overloadedSince = now;
		}
		if (now - this.overloadedSince >= this.timeout.toNanos()) {
			return false;
		}
		this.outstanding = null;
		this.dueAt = now;
		return true;
	}

	/**
	 * Make the next probe due after the whole interval.
	 */
	synchronized void settle() {
		delay(this.interval);
	}

	private void delay(Duration delay) {
		this.dueAt = System.nanoTime() + (long) (delay.toNanos() * ThreadLocalRandom.current().nextDouble(0.9, 1.1));
	}

}
