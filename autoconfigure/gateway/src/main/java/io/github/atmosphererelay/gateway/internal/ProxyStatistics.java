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

package io.github.atmosphererelay.gateway.internal;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the WebSockets that the gateway forwards, and what fails. Safe for use by many
 * threads.
 */
public final class ProxyStatistics {

	private final AtomicInteger open = new AtomicInteger();

	private final LongAdder accepted = new LongAdder();

	private final LongAdder refused = new LongAdder();

	private final LongAdder failed = new LongAdder();

	private final LongAdder tooLarge = new LongAdder();

	private final LongAdder idle = new LongAdder();

	private final LongAdder slow = new LongAdder();

	private final LongAdder nodeLost = new LongAdder();

	private final LongAdder ringFailures = new LongAdder();

	private final LongAdder stopped = new LongAdder();

	private final LongAdder unplaced = new LongAdder();

	void opened() {
		this.accepted.increment();
		this.open.incrementAndGet();
	}

	void closed() {
		this.open.decrementAndGet();
	}

	void countRefused() {
		this.refused.increment();
	}

	void countFailed() {
		this.failed.increment();
	}

	void ended(PipeEnd.Cause cause) {
		switch (cause) {
			case TOO_LARGE -> this.tooLarge.increment();
			case IDLE -> this.idle.increment();
			case SLOW -> this.slow.increment();
			case NODE_LOST -> this.nodeLost.increment();
			case STOPPED -> this.stopped.increment();
			case CLOSED -> {
				// Not by the gateway
			}
		}
	}

	void countRingFailure() {
		this.ringFailures.increment();
	}

	void countUnplaced() {
		this.unplaced.increment();
	}

	/**
	 * Return how many are open.
	 * @return the number
	 */
	public int open() {
		return this.open.get();
	}

	/**
	 * Return how many were accepted by a node and the gateway.
	 * @return the number since the start
	 */
	public long accepted() {
		return this.accepted.sum();
	}

	/**
	 * Return how many handshakes a node has refused with a status.
	 * @return the number since the start
	 */
	public long refused() {
		return this.refused.sum();
	}

	/**
	 * Return how many attempts have failed to connect to a node or got no usable answer
	 * from it. A handshake that goes to another node afterwards counts as well.
	 * @return the number since the start
	 */
	public long failed() {
		return this.failed.sum();
	}

	/**
	 * Return how many were closed because of a message above the maximum size.
	 * @return the number since the start
	 */
	public long tooLarge() {
		return this.tooLarge.sum();
	}

	/**
	 * Return how many were closed because no frame came for the idle time.
	 * @return the number since the start
	 */
	public long idle() {
		return this.idle.sum();
	}

	/**
	 * Return how many were closed because a message was not taken in time while others
	 * waited for its bytes.
	 * @return the number since the start
	 */
	public long slow() {
		return this.slow.sum();
	}

	/**
	 * Return how many were closed because the connection to the node was lost.
	 * @return the number since the start
	 */
	public long nodeLost() {
		return this.nodeLost.sum();
	}

	/**
	 * Return how often the ring could not be read.
	 * @return the number of attempts since the start
	 */
	public long ringFailures() {
		return this.ringFailures.sum();
	}

	/**
	 * Return how many requests of users were placed although no ring was known.
	 * @return the number since the start
	 */
	public long unplaced() {
		return this.unplaced.sum();
	}

	/**
	 * Return how many were closed because the gateway stops.
	 * @return the number since the start
	 */
	public long stopped() {
		return this.stopped.sum();
	}

}
