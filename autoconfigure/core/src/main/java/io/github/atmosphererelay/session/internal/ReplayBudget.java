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

package io.github.atmosphererelay.session.internal;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;

import org.jspecify.annotations.Nullable;

/**
 * Limits the memory for large replies that a client can cause by a short request:
 * history, missed messages and lists. A reply is counted from when it is read until the
 * client's socket has accepted it, with the maximum number of bytes that it may have when
 * it is written. Safe for use by many threads; nothing blocks.
 */
public final class ReplayBudget {

	private final long maxBytes;

	private final long maxSessionBytes;

	private final AtomicLong bytes = new AtomicLong();

	private final LongAccumulator highest = new LongAccumulator(Math::max, 0);

	private final LongAdder refused = new LongAdder();

	/**
	 * Create an unused budget.
	 * @param maxBytes the maximum number of bytes for all clients of the node together
	 * @param maxSessionBytes the maximum number of bytes for one client; a single reply
	 * may be larger
	 */
	public ReplayBudget(long maxBytes, long maxSessionBytes) {
		if (maxBytes < 1 || maxSessionBytes < 1) {
			throw new IllegalArgumentException("A budget must be positive");
		}
		this.maxBytes = maxBytes;
		this.maxSessionBytes = maxSessionBytes;
	}

	/**
	 * Reserve bytes for a reply.
	 * @param session the session that gets the reply
	 * @param bytes the maximum size of the reply
	 * @return the reservation, to be {@linkplain Reservation#release() released}, or
	 * {@code null} if there is no room now
	 */
	public @Nullable Reservation reserve(LocalSession session, long bytes) {
		Reservation reservation = new Reservation(this, session);
		return reservation.grow(bytes) ? reservation : null;
	}

	boolean take(LocalSession session, long own, long more) {
		long others = session.replayBytes() - own;
		if ((others > 0 && others + own + more > this.maxSessionBytes) || !take(more)) {
			this.refused.increment();
			return false;
		}
		session.addReplayBytes(more);
		return true;
	}

	private boolean take(long more) {
		long present = this.bytes.get();
		while (present + more <= this.maxBytes) {
			if (this.bytes.compareAndSet(present, present + more)) {
				this.highest.accumulate(present + more);
				return true;
			}
			present = this.bytes.get();
		}
		return false;
	}

	void giveBack(LocalSession session, long bytes) {
		session.addReplayBytes(-bytes);
		this.bytes.addAndGet(-bytes);
	}

	/**
	 * Return the size of the budget.
	 * @return the number of bytes
	 */
	public long maxBytes() {
		return this.maxBytes;
	}

	/**
	 * Return how many bytes are reserved at this moment.
	 * @return the number of bytes, at most {@link #maxBytes()}
	 */
	public long bytes() {
		return this.bytes.get();
	}

	/**
	 * Return the maximum number of bytes that were ever reserved at once.
	 * @return the number of bytes
	 */
	public long highestBytes() {
		return this.highest.get();
	}

	/**
	 * Return how often a reservation was refused.
	 * @return the number of replies that were not read, or not sent
	 */
	public long refused() {
		return this.refused.sum();
	}

}
