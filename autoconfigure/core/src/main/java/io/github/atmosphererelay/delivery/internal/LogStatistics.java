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

import io.github.atmosphererelay.statistics.internal.Counters;

/**
 * How well this node follows the logs of recorded channels, and how subscriptions to them
 * have begun and ended. For any thread.
 */
public final class LogStatistics {

	private final Counters<RecoveryOutcome> recoveries = new Counters<>(RecoveryOutcome.class);

	private final LongAdder holes = new LongAdder();

	private final LongAdder resets = new LongAdder();

	private final LongAdder missedSubscriptions = new LongAdder();

	private final LongAdder mismatches = new LongAdder();

	private final LongAdder duplicates = new LongAdder();

	/**
	 * Return how often messages of a recorded channel were missing and were read from its
	 * log.
	 * @return the number of holes
	 */
	public long holes() {
		return this.holes.sum();
	}

	/**
	 * Return how often the log of a followed channel did not continue from where this
	 * node was: its epoch had changed, or messages were gone that this node had not
	 * delivered.
	 * @return the number of times
	 */
	public long resets() {
		return this.resets.sum();
	}

	/**
	 * Return how many subscriptions to recorded channels this node has ended because it
	 * could not deliver all messages to them. Each client was told so.
	 * @return the number of subscriptions
	 */
	public long missedSubscriptions() {
		return this.missedSubscriptions.sum();
	}

	/**
	 * Return how often a quiet channel's log was found to be elsewhere than this node.
	 * @return the number of times
	 */
	public long mismatches() {
		return this.mismatches.sum();
	}

	/**
	 * Return how many subscriptions to recorded channels have begun.
	 * @param outcome how
	 * @return the number of subscriptions
	 */
	public long recoveries(RecoveryOutcome outcome) {
		return this.recoveries.get(outcome);
	}

	/**
	 * Return how many messages of recorded channels came a second time and were dropped.
	 * @return the number of messages
	 */
	public long duplicates() {
		return this.duplicates.sum();
	}

	public void countHole() {
		this.holes.increment();
	}

	public void countReset() {
		this.resets.increment();
	}

	public void countMissedSubscriptions(int subscriptions) {
		this.missedSubscriptions.add(subscriptions);
	}

	public void countMismatch() {
		this.mismatches.increment();
	}

	public void countRecovery(RecoveryOutcome outcome) {
		this.recoveries.increment(outcome);
	}

	public void countDuplicate() {
		this.duplicates.increment();
	}

}
