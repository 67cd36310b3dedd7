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
 * Counts what this node says and hears about presence. Safe for use by many threads.
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
	 * Return how many changes of its own entries this node has told others.
	 * @return the number of changes
	 */
	public long changesSent() {
		return this.changesSent.sum();
	}

	/**
	 * Return how many changes of other nodes' entries have come.
	 * @return the number of changes
	 */
	public long changesReceived() {
		return this.changesReceived.sum();
	}

	/**
	 * Return how often another node was asked for what this one had missed.
	 * @return the number of requests
	 */
	public long resyncs() {
		return this.resyncs.sum();
	}

	/**
	 * Return how often this node's picture of another turned out to be wrong although it
	 * had missed nothing.
	 * @return the number of digests that differed
	 */
	public long divergences() {
		return this.divergences.sum();
	}

	/**
	 * Return how often all entries were sent to another node.
	 * @return the number of states
	 */
	public long statesSent() {
		return this.statesSent.sum();
	}

	/**
	 * Return how many messages of other nodes were dropped, because too many waited or
	 * they could not be read.
	 * @return the number of messages
	 */
	public long dropped() {
		return this.dropped.sum();
	}

	/**
	 * Return how many entries or attributes were left out because they are too large.
	 * @return the number of entries
	 */
	public long refused() {
		return this.refused.sum();
	}

	/**
	 * Return how many comings and goings of sessions those were not told of who watch
	 * them, because there were too many of them at once in a channel.
	 * @return the number of changes
	 */
	public long untold() {
		return this.untold.sum();
	}

}
