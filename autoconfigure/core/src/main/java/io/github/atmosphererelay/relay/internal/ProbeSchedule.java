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
 * When the next probe is due, and which one is on its way. At most one is: one that
 * overtakes another would say nothing more. Safe for use by many threads.
 */
final class ProbeSchedule {

	private static final Duration RETRY_INTERVAL = Duration.ofMillis(500);

	private static final Duration RETRY_TIMEOUT = Duration.ofSeconds(1);

	private final Duration interval;

	private final Duration timeout;

	private @Nullable UUID outstanding;

	private long sentAt;

	private long dueAt;

	/** Since when there has been no room for probes; null if there is. */
	private @Nullable Long overloadedSince;

	ProbeSchedule(Duration interval, Duration timeout) {
		this.interval = interval;
		this.timeout = timeout;
	}

	/**
	 * Have a probe sent at once, and give up the one that is on its way.
	 */
	synchronized void restart() {
		this.outstanding = null;
		this.overloadedSince = null;
		this.dueAt = System.nanoTime();
	}

	/**
	 * Have a probe sent as soon as none is on its way.
	 */
	synchronized void soon() {
		this.dueAt = System.nanoTime();
	}

	/**
	 * Begin a probe if one is due.
	 * @param up whether the relay is up, and so probed at its interval
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
	 * End the probe that is on its way if it takes too long.
	 * @param up whether the relay is up, and so given the full timeout
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
	 * End a probe if it is the one that is on its way.
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
	 * Send a probe again for which there was no room: that proves a busy node, not a
	 * broker that is away, unless it goes on for as long as a probe may take.
	 * @param id the probe's id
	 * @return whether that can be waited for
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
	 * Have the next probe wait for the whole interval again.
	 */
	synchronized void settle() {
		delay(this.interval);
	}

	private void delay(Duration delay) {
		this.dueAt = System.nanoTime() + (long) (delay.toNanos() * ThreadLocalRandom.current().nextDouble(0.9, 1.1));
	}

}
