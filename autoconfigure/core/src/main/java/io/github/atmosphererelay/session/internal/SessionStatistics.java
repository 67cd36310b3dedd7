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

import java.util.concurrent.atomic.LongAdder;

import io.github.atmosphererelay.statistics.internal.Counters;

/**
 * The counters of this node's sessions since its start. Counters only grow; safe for use
 * by many threads.
 */
public final class SessionStatistics {

	private final LongAdder opened = new LongAdder();

	private final Counters<EndReason> ended = new Counters<>(EndReason.class);

	private final LongAdder slowConsumers = new LongAdder();

	private final LongAdder missingPongs = new LongAdder();

	private final LongAdder expired = new LongAdder();

	private final LongAdder deliveries = new LongAdder();

	private final LongAdder deliveredBytes = new LongAdder();

	private final LongAdder internalDeliveries = new LongAdder();

	private final LongAdder internalBytes = new LongAdder();

	private final LongAdder flushes = new LongAdder();

	private final LongAdder stuckWrites = new LongAdder();

	private final Counters<DropReason> drops = new Counters<>(DropReason.class);

	/**
	 * Return how many sessions were opened.
	 * @return the number of sessions
	 */
	public long opened() {
		return this.opened.sum();
	}

	/**
	 * Return how many sessions have ended.
	 * @return the number of sessions
	 */
	public long ended() {
		return this.ended.total();
	}

	/**
	 * Return how many sessions have ended for a reason.
	 * @param reason the reason
	 * @return the number of sessions
	 */
	public long ended(EndReason reason) {
		return this.ended.get(reason);
	}

	/**
	 * Return how many sessions were closed because they read too slowly.
	 * @return the number of sessions
	 */
	public long slowConsumers() {
		return this.slowConsumers.sum();
	}

	/**
	 * Return how many sessions were closed because a pong did not come.
	 * @return the number of sessions
	 */
	public long missingPongs() {
		return this.missingPongs.sum();
	}

	/**
	 * Return how many sessions were closed because their clients' tokens had expired.
	 * @return the number of sessions
	 */
	public long expired() {
		return this.expired.sum();
	}

	/**
	 * Return how many messages were written to sockets, each receiver counted.
	 * @return the number of deliveries
	 */
	public long deliveries() {
		return this.deliveries.sum();
	}

	/**
	 * Return the payload bytes written to sockets.
	 * @return the number of bytes
	 */
	public long deliveredBytes() {
		return this.deliveredBytes.sum();
	}

	/**
	 * Return how many of the deliveries were messages of the library to its own pages,
	 * such as the figures of the console.
	 * @return the number of deliveries
	 */
	public long internalDeliveries() {
		return this.internalDeliveries.sum();
	}

	/**
	 * Return how many of the delivered bytes were in messages of the library to its own
	 * pages.
	 * @return the number of bytes
	 */
	public long internalBytes() {
		return this.internalBytes.sum();
	}

	/**
	 * Return how many batches were flushed to sockets.
	 * @return the number of flushes
	 */
	public long flushes() {
		return this.flushes.sum();
	}

	/**
	 * Return how often a writer was found stuck in a socket and replaced.
	 * @return the number of writes
	 */
	public long stuckWrites() {
		return this.stuckWrites.sum();
	}

	/**
	 * Return how many messages did not reach a session.
	 * @param reason why
	 * @return the number of messages, each receiver counted
	 */
	public long drops(DropReason reason) {
		return this.drops.get(reason);
	}

	void countOpened() {
		this.opened.increment();
	}

	void countEnded(EndReason reason) {
		this.ended.increment(reason);
	}

	void countSlowConsumer() {
		this.slowConsumers.increment();
	}

	void countMissingPong() {
		this.missingPongs.increment();
	}

	void countExpired() {
		this.expired.increment();
	}

	void countDeliveries(int messages, long bytes) {
		this.deliveries.add(messages);
		this.deliveredBytes.add(bytes);
		this.flushes.increment();
	}

	void countInternalDeliveries(int messages, long bytes) {
		this.internalDeliveries.add(messages);
		this.internalBytes.add(bytes);
	}

	void countStuckWrite() {
		this.stuckWrites.increment();
	}

	void countDrop(DropReason reason, int messages) {
		this.drops.add(reason, messages);
	}

}
