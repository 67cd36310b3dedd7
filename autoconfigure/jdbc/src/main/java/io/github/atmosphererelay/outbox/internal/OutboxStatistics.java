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

package io.github.atmosphererelay.outbox.internal;

import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts what this node does with messages of the outbox, and keeps what was last seen of
 * the tables. For any thread.
 */
public final class OutboxStatistics {

	private final LongAdder forwarded = new LongAdder();

	private final LongAdder receiverGone = new LongAdder();

	private final LongAdder failedAttempts = new LongAdder();

	private final LongAdder setAside = new LongAdder();

	private final LongAdder resent = new LongAdder();

	private final LongAdder discarded = new LongAdder();

	private volatile int shards;

	private volatile OutboxStatus status = OutboxStatus.UNKNOWN;

	/** When the tables were read last, or the process has started. */
	private volatile long seenAt = System.nanoTime();

	/**
	 * Return how many messages this node has forwarded.
	 * @return the number of messages
	 */
	public long forwarded() {
		return this.forwarded.sum();
	}

	/**
	 * Return how many messages this node has not forwarded because their receiver was
	 * gone.
	 * @return the number of messages
	 */
	public long receiverGone() {
		return this.receiverGone.sum();
	}

	/**
	 * Return how often forwarding a message has failed for a reason of its own.
	 * @return the number of attempts
	 */
	public long failedAttempts() {
		return this.failedAttempts.sum();
	}

	/**
	 * Return how many messages this node has set aside.
	 * @return the number of messages
	 */
	public long setAside() {
		return this.setAside.sum();
	}

	/**
	 * Return how many messages that were set aside were sent again from this node.
	 * @return the number of messages
	 */
	public long resent() {
		return this.resent.sum();
	}

	/**
	 * Return how many messages that were set aside were discarded from this node.
	 * @return the number of messages
	 */
	public long discarded() {
		return this.discarded.sum();
	}

	/**
	 * Return how many shards this node forwards.
	 * @return the number of shards
	 */
	public int shards() {
		return this.shards;
	}

	/**
	 * Return what this node has last seen in the tables, at most some seconds ago while
	 * the database is there.
	 * @return what waits, on all nodes
	 */
	public OutboxStatus status() {
		return this.status;
	}

	/**
	 * Return how long ago the tables were read.
	 * @return the time since then, or since the start of the node before the first time
	 */
	public Duration sinceSeen() {
		return Duration.ofNanos(System.nanoTime() - this.seenAt);
	}

	void countForwarded() {
		this.forwarded.increment();
	}

	void countReceiverGone() {
		this.receiverGone.increment();
	}

	void countFailedAttempt() {
		this.failedAttempts.increment();
	}

	void countSetAside() {
		this.setAside.increment();
	}

	void countResent() {
		this.resent.increment();
	}

	void countDiscarded() {
		this.discarded.increment();
	}

	void forwarding(int shards) {
		this.shards = shards;
	}

	void seen(OutboxStatus status) {
		this.status = status;
		this.seenAt = System.nanoTime();
	}

}
