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

package io.github.atmosphererelay.durable.internal;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

import io.github.atmosphererelay.durable.SessionStore;

/**
 * Limits the number of sessions in the store. Counting takes time, so the store is asked
 * at most once a second; other nodes may exceed the limit by the sessions that they begin
 * in that time. For any thread that may block.
 */
final class StoreBound {

	private static final long INTERVAL_NANOS = Duration.ofSeconds(1).toNanos();

	private final SessionStore store;

	private final int maxSessions;

	private final DurableStatistics statistics;

	private final AtomicBoolean counting = new AtomicBoolean();

	/**
	 * The number of sessions in the store when it was last counted, and those that this
	 * node has admitted since.
	 */
	private final AtomicLong sessions = new AtomicLong();

	private volatile long nextCount = System.nanoTime();

	StoreBound(SessionStore store, int maxSessions, DurableStatistics statistics) {
		this.store = store;
		this.maxSessions = maxSessions;
		this.statistics = statistics;
	}

	/**
	 * Return whether another session may begin, and count it if so.
	 */
	boolean admit() {
		if (System.nanoTime() - this.nextCount >= 0 && this.counting.compareAndSet(false, true)) {
			try {
				this.sessions.set(Math.max(0, this.store.count(Instant.now())));
				this.nextCount = System.nanoTime() + INTERVAL_NANOS;
			}
			finally {
				this.counting.set(false);
			}
		}
		boolean room = this.sessions
			.getAndUpdate((known) -> (known < this.maxSessions) ? known + 1 : known) < this.maxSessions;
		this.statistics.setStored(this.sessions.get());
		return room;
	}

}
