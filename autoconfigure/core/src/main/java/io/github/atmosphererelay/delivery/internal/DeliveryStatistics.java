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

package io.github.atmosphererelay.delivery.internal;

import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the messages that came from the relay. For any thread.
 */
public final class DeliveryStatistics {

	private final LongAdder relayed = new LongAdder();

	private final LongAdder echoes = new LongAdder();

	private final LongAdder duplicates = new LongAdder();

	private final LongAdder missed = new LongAdder();

	private final LongAdder lagNanos = new LongAdder();

	private final LongAdder lagCount = new LongAdder();

	/**
	 * Return how many messages came from other nodes and were delivered on this node.
	 * @return the number of messages
	 */
	public long relayed() {
		return this.relayed.sum();
	}

	/**
	 * Return how many of its own messages this node got back from the relay and dropped.
	 * @return the number of messages
	 */
	public long echoes() {
		return this.echoes.sum();
	}

	/**
	 * Return how many messages came a second time and were dropped.
	 * @return the number of messages
	 */
	public long duplicates() {
		return this.duplicates.sum();
	}

	/**
	 * Return how many messages of other nodes were lost, as gaps in the sequence numbers
	 * of those that came show.
	 * @return the number of messages
	 */
	public long missed() {
		return this.missed.sum();
	}

	/**
	 * Return the sum of the times between publishing on another node and receiving on
	 * this one. The clocks of different nodes are compared, so their difference is
	 * included.
	 * @return the time in nanoseconds
	 */
	public long lagNanos() {
		return this.lagNanos.sum();
	}

	/**
	 * Return the number of messages whose times are summed in {@link #lagNanos()}.
	 * @return the number of messages
	 */
	public long lagCount() {
		return this.lagCount.sum();
	}

	public void countRelayed(long lagMillis) {
		this.relayed.increment();
		this.lagNanos.add(Math.max(0, lagMillis) * 1_000_000);
		this.lagCount.increment();
	}

	public void countEcho() {
		this.echoes.increment();
	}

	public void countDuplicate() {
		this.duplicates.increment();
	}

	void countMissed(long messages) {
		if (messages > 0) {
			this.missed.add(messages);
		}
	}

}
