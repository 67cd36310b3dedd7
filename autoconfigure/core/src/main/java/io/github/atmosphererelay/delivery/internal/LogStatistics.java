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
 * Counts gaps and losses in the logs of recorded channels that this node follows, and
 * recoveries of subscriptions. For any thread.
 */
public final class LogStatistics {

	private final Counters<RecoveryOutcome> recoveries = new Counters<>(RecoveryOutcome.class);

	private final LongAdder holes = new LongAdder();

	private final LongAdder resets = new LongAdder();

	private final LongAdder missedSubscriptions = new LongAdder();

	private final LongAdder mismatches = new LongAdder();

	private final LongAdder duplicates = new LongAdder();

	/**
	 * Return how often messages of a recorded channel did not arrive and were read from
	 * its log.
	 * @return the number of gaps
	 */
	public long holes() {
		return this.holes.sum();
	}

	/**
	 * Return how often the log of a followed channel did not continue from this node's
	 * position, because its epoch had changed, or because messages were gone that this
	 * node had not delivered.
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
	 * Return how often the end of a quiet channel's log differed from this node's
	 * position.
	 * @return the number of times
	 */
	public long mismatches() {
		return this.mismatches.sum();
	}

	/**
	 * Return how many subscriptions to recorded channels have begun with an outcome.
	 * @param outcome the outcome
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
