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

package io.github.atmosphererelay.relay.http.internal;

import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How far this node has processed what one peer sends. An envelope that comes again is
 * dropped, and a number that is left out is a gap. Safe for use by many threads.
 */
final class IncomingStream {

	private final Receiver receiver;

	private final HttpRelayStatistics statistics;

	private final ReentrantLock lock = new ReentrantLock();

	private final Condition idle = this.lock.newCondition();

	private int generation = -1;

	private long processed;

	private boolean busy;

	private boolean gap;

	private long usedAt;

	IncomingStream(Receiver receiver, HttpRelayStatistics statistics) {
		this.receiver = receiver;
		this.statistics = statistics;
	}

	/**
	 * Process the envelopes of a request. Waits until the listener has received them, but
	 * not for longer than a limit.
	 * @param exchange the request
	 * @param waitNanos the limit in nanoseconds
	 * @return the number up to which envelopes were processed
	 * @throws RefusedException if the stream has ended
	 * @throws InterruptedException if the thread is interrupted
	 */
	long process(Exchange exchange, long waitNanos) throws InterruptedException {
		List<byte[]> fresh;
		boolean gap;
		long remaining = waitNanos;
		this.lock.lock();
		try {
			requireCurrent(exchange);
			while (this.busy && remaining > 0) {
				remaining = this.idle.awaitNanos(remaining);
			}
			requireCurrent(exchange);
			if (this.busy) {
				return (exchange.generation() == this.generation) ? this.processed : 0;
			}
			begin(exchange);
			int skip = (int) Math.min(exchange.envelopes().size(), this.processed + 1 - exchange.first());
			this.statistics.countDuplicates(skip);
			fresh = exchange.envelopes().subList(skip, exchange.envelopes().size());
			gap = this.gap;
			if (fresh.isEmpty() && !gap) {
				return this.processed;
			}
			this.gap = false;
			this.busy = true;
		}
		finally {
			this.lock.unlock();
		}
		hand(fresh, gap);
		this.lock.lock();
		try {
			while (this.busy && remaining > 0) {
				remaining = this.idle.awaitNanos(remaining);
			}
			return this.processed;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Check that a request belongs to the peer's present stream.
	 * @throws RefusedException if it does not
	 */
	void requireCurrent(Exchange exchange) {
		this.lock.lock();
		try {
			if (exchange.generation() < this.generation) {
				throw new RefusedException(RefusalReason.REPLAYED);
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	private void begin(Exchange exchange) {
		this.usedAt = System.nanoTime();
		if (exchange.generation() > this.generation) {
			// The peer had given this node up, with what was waiting for it
			this.gap |= (this.generation >= 0);
			this.generation = exchange.generation();
			this.processed = 0;
		}
		if (exchange.first() > this.processed + 1) {
			this.gap = true;
			this.processed = exchange.first() - 1;
		}
	}

	private void hand(List<byte[]> fresh, boolean gap) {
		boolean handed = false;
		try {
			List<Decoded> decoded = fresh.stream().map((bytes) -> Decoded.of(bytes, this.receiver.codec())).toList();
			this.receiver.add(() -> deliver(decoded, gap));
			handed = true;
		}
		finally {
			if (!handed) {
				end(gap);
			}
		}
	}

	/**
	 * Called on the receiver's thread.
	 */
	private void deliver(List<Decoded> decoded, boolean gap) {
		try {
			if (gap) {
				this.receiver.gap();
			}
			for (Decoded next : decoded) {
				this.receiver.deliver(next);
				this.lock.lock();
				try {
					this.processed++;
				}
				finally {
					this.lock.unlock();
				}
			}
		}
		finally {
			end(false);
		}
	}

	private void end(boolean gap) {
		this.lock.lock();
		try {
			this.busy = false;
			this.gap |= gap;
			this.idle.signalAll();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * The peer has left: refuse what may still come from it.
	 */
	void close() {
		this.lock.lock();
		try {
			this.generation = Integer.MAX_VALUE;
		}
		finally {
			this.lock.unlock();
		}
	}

	boolean isUnusedSince(long time) {
		this.lock.lock();
		try {
			return !this.busy && this.usedAt - time < 0;
		}
		finally {
			this.lock.unlock();
		}
	}

}
