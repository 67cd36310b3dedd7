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

package io.github.atmosphererelay.door.atmosphere.internal;

import java.util.concurrent.atomic.LongAdder;

/**
 * Counts what clients that poll ask for. Safe for use by many threads.
 */
public final class PollStatistics {

	private final LongAdder carried = new LongAdder();

	private final LongAdder continued = new LongAdder();

	private final LongAdder repeated = new LongAdder();

	private final LongAdder superseded = new LongAdder();

	private final LongAdder resent = new LongAdder();

	private final LongAdder postponed = new LongAdder();

	/**
	 * Return how many requests were carried to the nodes of their sessions.
	 * @return the number of requests
	 */
	public long carriedCount() {
		return this.carried.sum();
	}

	/**
	 * Return how many sessions were continued here because their nodes had gone.
	 * @return the number of sessions
	 */
	public long continuedCount() {
		return this.continued.sum();
	}

	/**
	 * Return how many answers were sent again because their clients had not received
	 * them.
	 * @return the number of answers
	 */
	public long repeatedCount() {
		return this.repeated.sum();
	}

	/**
	 * Return how many requests were ended because their clients had sent others.
	 * @return the number of requests
	 */
	public long supersededCount() {
		return this.superseded.sum();
	}

	/**
	 * Return how many requests were answered with nothing because they could not be
	 * served at the time.
	 * @return the number of requests
	 */
	public long postponedCount() {
		return this.postponed.sum();
	}

	/**
	 * Return how many answers to requests of other nodes were sent again because they did
	 * not arrive there.
	 * @return the number of answers
	 */
	public long resentCount() {
		return this.resent.sum();
	}

	void carried() {
		this.carried.increment();
	}

	void continued() {
		this.continued.increment();
	}

	void repeated() {
		this.repeated.increment();
	}

	void superseded() {
		this.superseded.increment();
	}

	void resent() {
		this.resent.increment();
	}

	void postponed() {
		this.postponed.increment();
	}

}
