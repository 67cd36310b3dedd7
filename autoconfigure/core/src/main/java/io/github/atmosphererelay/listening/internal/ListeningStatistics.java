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

package io.github.atmosphererelay.listening.internal;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.statistics.internal.Counters;

/**
 * Counts what the application's subscribers get and miss. For any thread.
 */
public final class ListeningStatistics {

	private final AtomicInteger active = new AtomicInteger();

	private final LongAdder received = new LongAdder();

	private final LongAdder dropped = new LongAdder();

	private final LongAdder failures = new LongAdder();

	private final LongAdder handlerFailures = new LongAdder();

	private final LongAdder fallbacks = new LongAdder();

	private final Counters<Discontinuity.Reason> discontinuities = new Counters<>(Discontinuity.Reason.class);

	/**
	 * Return how many subscribers the application has on this node.
	 * @return the number of subscribers
	 */
	public int active() {
		return this.active.get();
	}

	/**
	 * Return how many publications were passed to subscribers, counted once for each.
	 * @return the number of publications
	 */
	public long received() {
		return this.received.sum();
	}

	/**
	 * Return how many publications of ephemeral channels were dropped because a
	 * subscriber was too slow.
	 * @return the number of publications
	 */
	public long dropped() {
		return this.dropped.sum();
	}

	/**
	 * Return how many subscriptions ended because the subscriber threw an exception.
	 * @return the number of subscriptions
	 */
	public long failures() {
		return this.failures.sum();
	}

	/**
	 * Return how many calls of listeners' methods failed.
	 * @return the number of calls
	 */
	public long handlerFailures() {
		return this.handlerFailures.sum();
	}

	/**
	 * Count a call of a listener's method that failed.
	 */
	public void countHandlerFailure() {
		this.handlerFailures.increment();
	}

	/**
	 * Return how often a subscriber of a recorded channel was too slow for the live
	 * publications, and continued with reading the log.
	 * @return the number of times
	 */
	public long fallbacks() {
		return this.fallbacks.sum();
	}

	/**
	 * Return how many discontinuities were passed to subscribers.
	 * @param reason their reason
	 * @return the number of discontinuities
	 */
	public long discontinuities(Discontinuity.Reason reason) {
		return this.discontinuities.get(reason);
	}

	void begun() {
		this.active.incrementAndGet();
	}

	void ended() {
		this.active.decrementAndGet();
	}

	void countReceived() {
		this.received.increment();
	}

	void countDropped() {
		this.dropped.increment();
	}

	void countFailure() {
		this.failures.increment();
	}

	void countFallback() {
		this.fallbacks.increment();
	}

	void countDiscontinuity(Discontinuity.Reason reason) {
		this.discontinuities.increment(reason);
	}

}
