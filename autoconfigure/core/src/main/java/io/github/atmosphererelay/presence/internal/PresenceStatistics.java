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

package io.github.atmosphererelay.presence.internal;

import java.util.concurrent.atomic.LongAdder;

/**
 * Counts presence changes, and presence messages between nodes. Thread-safe.
 */
public final class PresenceStatistics {

	private final LongAdder changesSent = new LongAdder();

	private final LongAdder changesReceived = new LongAdder();

	private final LongAdder resyncs = new LongAdder();

	private final LongAdder divergences = new LongAdder();

	private final LongAdder statesSent = new LongAdder();

	private final LongAdder dropped = new LongAdder();

	private final LongAdder refused = new LongAdder();

	private final LongAdder untold = new LongAdder();

	void countSent(long changes) {
		this.changesSent.add(changes);
	}

	void countReceived(long changes) {
		this.changesReceived.add(changes);
	}

	void countResync() {
		this.resyncs.increment();
	}

	void countDivergence() {
		this.divergences.increment();
	}

	void countStateSent() {
		this.statesSent.increment();
	}

	void countDropped() {
		this.dropped.increment();
	}

	void countRefused() {
		this.refused.increment();
	}

	void countUntold() {
		this.untold.increment();
	}

	/**
	 * Return how many changes of its own entries this node has announced to other nodes.
	 * @return the number of changes
	 */
	public long changesSent() {
		return this.changesSent.sum();
	}

	/**
	 * Return how many changes of other nodes' entries this node has received.
	 * @return the number of changes
	 */
	public long changesReceived() {
		return this.changesReceived.sum();
	}

	/**
	 * Return how often this node has requested missing changes from another node again,
	 * after the first request.
	 * @return the number of requests
	 */
	public long resyncs() {
		return this.resyncs.sum();
	}

	/**
	 * Return how often a digest of another node did not match this node's copy although
	 * the versions were equal.
	 * @return the number of digests that differed
	 */
	public long divergences() {
		return this.divergences.sum();
	}

	/**
	 * Return how often this node has sent all its entries to another node.
	 * @return the number of transfers
	 */
	public long statesSent() {
		return this.statesSent.sum();
	}

	/**
	 * Return how many messages of other nodes were dropped, because the queue was full or
	 * because they could not be decoded.
	 * @return the number of messages
	 */
	public long dropped() {
		return this.dropped.sum();
	}

	/**
	 * Return how many times attributes or a whole entry were left out, because they were
	 * too large or because the application failed to supply them.
	 * @return the number of times
	 */
	public long refused() {
		return this.refused.sum();
	}

	/**
	 * Return how many joins and leaves of sessions were not announced to the clients that
	 * watch them, because a channel had more than 1000 of them at once.
	 * @return the number of changes
	 */
	public long untold() {
		return this.untold.sum();
	}

}
