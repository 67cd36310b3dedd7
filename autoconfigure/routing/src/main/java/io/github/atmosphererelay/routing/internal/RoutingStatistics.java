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

package io.github.atmosphererelay.routing.internal;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counters of routing. For any thread.
 */
public final class RoutingStatistics {

	private final LongAdder moves = new LongAdder();

	private final LongAdder skippedSlices = new LongAdder();

	private final LongAdder dropped = new LongAdder();

	private final LongAdder placementFailures = new LongAdder();

	private final Map<TicketRefusal, LongAdder> refusedTickets = new EnumMap<>(TicketRefusal.class);

	private final LongAdder copyFailures = new LongAdder();

	private volatile int inPlace;

	private volatile int misplaced;

	/**
	 * Create counters.
	 */
	public RoutingStatistics() {
		for (TicketRefusal reason : TicketRefusal.values()) {
			this.refusedTickets.put(reason, new LongAdder());
		}
	}

	void countMove() {
		this.moves.increment();
	}

	void countSkippedSlice() {
		this.skippedSlices.increment();
	}

	void countDropped() {
		this.dropped.increment();
	}

	void countPlacementFailure() {
		this.placementFailures.increment();
	}

	void countRefusedTicket(TicketRefusal reason) {
		Objects.requireNonNull(this.refusedTickets.get(reason)).increment();
	}

	void countCopyFailure() {
		this.copyFailures.increment();
	}

	void placed(int inPlace, int misplaced) {
		this.inPlace = inPlace;
		this.misplaced = misplaced;
	}

	/**
	 * Return how many sessions were asked to move.
	 * @return the number of sessions since the start
	 */
	public long moves() {
		return this.moves.sum();
	}

	/**
	 * Return how many slices waited, because the publisher did not confirm the ring.
	 * @return the number of slices since the start
	 */
	public long skippedSlices() {
		return this.skippedSlices.sum();
	}

	/**
	 * Return how many routing messages were dropped, because too many waited.
	 * @return the number of messages since the start
	 */
	public long dropped() {
		return this.dropped.sum();
	}

	/**
	 * Return how often the application's placement has thrown an exception or was busy.
	 * @return the number of calls since the start
	 */
	public long placementFailures() {
		return this.placementFailures.sum();
	}

	/**
	 * Return how many tickets were not issued or not taken.
	 * @param reason why
	 * @return the number of tickets since the start
	 */
	public long refusedTickets(TicketRefusal reason) {
		return Objects.requireNonNull(this.refusedTickets.get(reason)).sum();
	}

	/**
	 * Return how often the copy of the ring for other programs was not written.
	 * @return the number of attempts since the start
	 */
	public long copyFailures() {
		return this.copyFailures.sum();
	}

	/**
	 * Return how many sessions of users are where the ring places them.
	 * @return the number of sessions at the last count, at most ten seconds ago
	 */
	public int inPlace() {
		return this.inPlace;
	}

	/**
	 * Return how many sessions of users the ring places on another node.
	 * @return the number of sessions at the last count, at most ten seconds ago
	 */
	public int misplaced() {
		return this.misplaced;
	}

}
