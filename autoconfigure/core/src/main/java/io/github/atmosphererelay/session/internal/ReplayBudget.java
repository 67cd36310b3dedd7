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
 * Bounds what this node holds of history, missed messages and lists for its clients:
 * everything that a short request asks for much of, from when it is read until the
 * client's socket has taken it. Bytes are counted as they are written at most. Safe for
 * use by many threads; nothing blocks.
 */
public final class ReplayBudget {

	private final long maxBytes;

	private final long maxSessionBytes;

	private final AtomicLong bytes = new AtomicLong();

	private final LongAccumulator highest = new LongAccumulator(Math::max, 0);

	private final LongAdder refused = new LongAdder();

	/**
	 * Create a budget that nothing is used of.
	 * @param maxBytes how much there may be for all clients of the node together
	 * @param maxSessionBytes how much there may be for one client, unless it is a single
	 * reply that is larger
	 */
	public ReplayBudget(long maxBytes, long maxSessionBytes) {
		if (maxBytes < 1 || maxSessionBytes < 1) {
			throw new IllegalArgumentException("A budget must be positive");
		}
		this.maxBytes = maxBytes;
		this.maxSessionBytes = maxSessionBytes;
	}

	/**
	 * Reserve room for a reply.
	 * @param session whose reply it is
	 * @param bytes how large the reply is at most
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
	 * Return how much there may be.
	 * @return the number of bytes
	 */
	public long maxBytes() {
		return this.maxBytes;
	}

	/**
	 * Return how much is reserved at this moment.
	 * @return the number of bytes, at most {@link #maxBytes()}
	 */
	public long bytes() {
		return this.bytes.get();
	}

	/**
	 * Return the most that was ever reserved at once.
	 * @return the number of bytes
	 */
	public long highestBytes() {
		return this.highest.get();
	}

	/**
	 * Return how often there was no room.
	 * @return the number of replies that were not read, or not sent
	 */
	public long refused() {
		return this.refused.sum();
	}

}
