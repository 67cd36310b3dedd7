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

package io.github.atmosphererelay.durable.internal;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

import io.github.atmosphererelay.statistics.internal.Counters;

/**
 * Counts events of durable sessions on this node. Thread-safe.
 */
public final class DurableStatistics {

	private final Counters<DurableOutcome> starts = new Counters<>(DurableOutcome.class);

	private final AtomicInteger sessions = new AtomicInteger();

	private final AtomicLong stored = new AtomicLong();

	private final LongAdder takeovers = new LongAdder();

	private final LongAdder saves = new LongAdder();

	private final LongAdder failures = new LongAdder();

	private final LongAdder dropped = new LongAdder();

	private final LongAdder removed = new LongAdder();

	/**
	 * Return the number of connected clients with a durable session.
	 * @return the number of sessions
	 */
	public int sessions() {
		return this.sessions.get();
	}

	/**
	 * Return the number of sessions in the store, those of all nodes together. The number
	 * is as old as the last time this node began a session, because only then does it
	 * count.
	 * @return the number of sessions
	 */
	public long stored() {
		return this.stored.get();
	}

	/**
	 * Return how often clients have requested a durable session.
	 * @param outcome the outcome of the request
	 * @return the number of requests
	 */
	public long starts(DurableOutcome outcome) {
		return this.starts.get(outcome);
	}

	/**
	 * Return how many connections were closed because their clients had connected again.
	 * @return the number of connections
	 */
	public long takeovers() {
		return this.takeovers.sum();
	}

	/**
	 * Return how many entries were saved.
	 * @return the number of entries
	 */
	public long saves() {
		return this.saves.sum();
	}

	/**
	 * Return how often a call of the store has failed or timed out.
	 * @return the number of calls
	 */
	public long failures() {
		return this.failures.sum();
	}

	/**
	 * Return how many sessions ended without their last state being saved, because 10000
	 * others already waited for the store.
	 * @return the number of sessions, whose entries stay as they were saved before
	 */
	public long dropped() {
		return this.dropped.sum();
	}

	/**
	 * Return how many entries this node has removed because they had expired.
	 * @return the number of entries
	 */
	public long removed() {
		return this.removed.sum();
	}

	void setStored(long number) {
		this.stored.set(number);
	}

	void sessionsChanged(int number) {
		this.sessions.addAndGet(number);
	}

	void countStart(DurableOutcome outcome) {
		this.starts.increment(outcome);
	}

	void countTakeover() {
		this.takeovers.increment();
	}

	void countSaves(int number) {
		this.saves.add(number);
	}

	void countFailure() {
		this.failures.increment();
	}

	void countDropped() {
		this.dropped.increment();
	}

	void countRemoved(int number) {
		this.removed.add(number);
	}

}
