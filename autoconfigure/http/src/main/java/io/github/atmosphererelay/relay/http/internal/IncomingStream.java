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
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

import io.github.atmosphererelay.message.Address;
import org.jspecify.annotations.Nullable;

/**
 * How far this node has processed what one peer sends. An envelope that comes again is
 * dropped, and a number that is left out is a gap. If that is so at the beginning of the
 * first stream of a peer, the peer has published before the two have met, and the gap is
 * one of the subscriptions that were confirmed before. Safe for use by many threads.
 */
final class IncomingStream {

	private final Receiver receiver;

	private final HttpRelayStatistics statistics;

	private final ReentrantLock lock = new ReentrantLock();

	private final Condition idle = this.lock.newCondition();

	private int generation = -1;

	/** The number up to which envelopes were passed to the receiver. */
	private long handed;

	/** The number up to which the listener has received them. */
	private long processed;

	/** The batches that the receiver has not processed. */
	private int batches;

	/** Reports what was missed, if something was. */
	private @Nullable Runnable gap;

	/** Since when envelopes were missed that are not part of the present stream. */
	private @Nullable Long missedSince;

	/** Whether the peer has sent its last request. */
	private boolean leaving;

	private long usedAt = System.nanoTime();

	/**
	 * Create a stream.
	 * @param gap whether envelopes of the peer may have been missed already
	 */
	IncomingStream(Receiver receiver, HttpRelayStatistics statistics, boolean gap) {
		this.receiver = receiver;
		this.statistics = statistics;
		this.gap = gap ? receiver::gap : null;
	}

	/**
	 * Process the envelopes of a request. Waits until the listener has received them, but
	 * not for longer than a limit. While a batch is not processed, no other one is taken,
	 * except for the last one of a peer that leaves: it cannot send it again later.
	 * @param exchange the request
	 * @param metAt when this node and the peer met: what follows it was not missed
	 * @param waitNanos the limit in nanoseconds
	 * @return the number up to which envelopes were processed
	 * @throws RefusedException if the stream has ended
	 * @throws InterruptedException if the thread is interrupted
	 */
	long process(Exchange exchange, long metAt, long waitNanos) throws InterruptedException {
		List<byte[]> fresh;
		Runnable gap;
		long remaining = waitNanos;
		this.lock.lock();
		try {
			requireCurrent(exchange);
			boolean last = exchange.presence() == Exchange.Presence.LEAVING;
			this.leaving |= last;
			while (this.batches > 0 && remaining > 0) {
				remaining = this.idle.awaitNanos(remaining);
			}
			requireCurrent(exchange);
			if (this.batches > 0 && (!last || exchange.generation() != this.generation)) {
				return (exchange.generation() == this.generation) ? this.processed : 0;
			}
			begin(exchange, metAt);
			int skip = (int) Math.min(exchange.envelopes().size(), this.handed + 1 - exchange.first());
			this.statistics.countDuplicates(skip);
			fresh = exchange.envelopes().subList(skip, exchange.envelopes().size());
			gap = this.gap;
			if (fresh.isEmpty() && gap == null) {
				return this.processed;
			}
			hand(fresh, gap);
			this.gap = null;
			this.batches++;
			this.handed += fresh.size();
			while (this.batches > 0 && remaining > 0) {
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
			if (exchange.generation() < this.generation
					|| (this.leaving && exchange.presence() != Exchange.Presence.LEAVING)) {
				throw new RefusedException(RefusalReason.REPLAYED);
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	private void begin(Exchange exchange, long metAt) {
		long usedBefore = this.usedAt;
		boolean met = this.generation < 0;
		this.usedAt = System.nanoTime();
		if (exchange.generation() > this.generation) {
			if (!met) {
				// The peer had given this node up, with what was waiting for it
				this.gap = this.receiver::gap;
				this.missedSince = usedBefore;
			}
			this.generation = exchange.generation();
			this.handed = 0;
			this.processed = 0;
		}
		if (exchange.first() > this.handed + 1) {
			if (!met) {
				this.gap = this.receiver::gap;
			}
			else if (this.gap == null) {
				missed(this.receiver.interest().confirmedBefore(metAt));
			}
			this.handed = exchange.first() - 1;
			if (this.batches == 0) {
				this.processed = this.handed;
			}
		}
	}

	/**
	 * The peer has published before it has met this node. A subscription that was not
	 * confirmed then has missed nothing.
	 * @param confirmed the subscriptions that were confirmed, and when each was
	 */
	private void missed(Map<Address, Long> confirmed) {
		if (!confirmed.isEmpty()) {
			this.gap = () -> this.receiver.gap(confirmed.keySet());
			long now = System.nanoTime();
			this.missedSince = now - confirmed.values().stream().mapToLong((at) -> now - at).max().orElse(0);
		}
	}

	/**
	 * Return for how long envelopes were missed before the present stream has begun.
	 * @return the time in milliseconds; zero if none was missed
	 */
	long missedMillis() {
		this.lock.lock();
		try {
			return (this.missedSince != null) ? 1 + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - this.missedSince)
					: 0;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Pass envelopes to the receiver, which adds them to its queue and does not block.
	 */
	private void hand(List<byte[]> fresh, @Nullable Runnable gap) {
		List<Decoded> decoded = fresh.stream().map((bytes) -> Decoded.of(bytes, this.receiver.codec())).toList();
		long before = this.handed;
		this.receiver.add(() -> deliver(decoded, before, gap));
	}

	/**
	 * Called on the receiver's thread.
	 */
	private void deliver(List<Decoded> decoded, long before, @Nullable Runnable gap) {
		try {
			if (gap != null) {
				gap.run();
			}
			long number = before;
			for (Decoded next : decoded) {
				if (!this.receiver.deliver(next)) {
					// The receiver has stopped: what was skipped must not be acknowledged
					return;
				}
				number++;
				progress(number);
			}
		}
		finally {
			end();
		}
	}

	private void progress(long number) {
		this.lock.lock();
		try {
			this.processed = number;
		}
		finally {
			this.lock.unlock();
		}
	}

	private void end() {
		this.lock.lock();
		try {
			this.batches--;
			this.idle.signalAll();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Return whether the peer has sent its last request, and nothing else is taken from
	 * it.
	 */
	boolean isLeaving() {
		this.lock.lock();
		try {
			return this.leaving;
		}
		finally {
			this.lock.unlock();
		}
	}

	boolean isUnusedSince(long time) {
		this.lock.lock();
		try {
			return this.batches == 0 && this.usedAt - time < 0;
		}
		finally {
			this.lock.unlock();
		}
	}

}
