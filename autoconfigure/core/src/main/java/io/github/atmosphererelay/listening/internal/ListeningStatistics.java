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
public final class ListeningStatistics implements BufferSizes {

	private final AtomicInteger active = new AtomicInteger();

	private final LongAdder received = new LongAdder();

	private final LongAdder dropped = new LongAdder();

	private final LongAdder failures = new LongAdder();

	private final LongAdder handlerFailures = new LongAdder();

	private final LongAdder exceptionHandlerFailures = new LongAdder();

	private final LongAdder restarts = new LongAdder();

	private final LongAdder failedReads = new LongAdder();

	private final LongAdder discarded = new LongAdder();

	private final LongAdder bufferedMessages = new LongAdder();

	private final LongAdder bufferedBytes = new LongAdder();

	private final LongAdder behind = new LongAdder();

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
	 * Return how many calls of listeners' exception handlers failed.
	 * @return the number of calls
	 */
	public long exceptionHandlerFailures() {
		return this.exceptionHandlerFailures.sum();
	}

	/**
	 * Count a call of a listener's exception handler that failed.
	 */
	public void countExceptionHandlerFailure() {
		this.exceptionHandlerFailures.increment();
	}

	/**
	 * Return how often the stream of a listener's method failed, so that it had to
	 * subscribe again.
	 * @return the number of times
	 */
	public long restarts() {
		return this.restarts.sum();
	}

	/**
	 * Count a stream of a listener's method that failed.
	 */
	public void countRestart() {
		this.restarts.increment();
	}

	/**
	 * Return how many attempts to read a log or to find its end failed. They are
	 * repeated.
	 * @return the number of attempts
	 */
	public long failedReads() {
		return this.failedReads.sum();
	}

	/**
	 * Return how many publications waited for a subscriber when the node stopped.
	 * @return the number of publications
	 */
	public long discarded() {
		return this.discarded.sum();
	}

	/**
	 * Return how many publications wait for subscribers now.
	 * @return the number of publications
	 */
	public long bufferedMessages() {
		return this.bufferedMessages.sum();
	}

	/**
	 * Return how many bytes the payloads have that wait for subscribers now.
	 * @return the number of bytes
	 */
	public long bufferedBytes() {
		return this.bufferedBytes.sum();
	}

	/**
	 * Return how many subscribers of recorded channels read the log now.
	 * @return the number of subscribers
	 */
	public long behind() {
		return this.behind.sum();
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

	void countFailedRead() {
		this.failedReads.increment();
	}

	void countDiscarded(long publications) {
		this.discarded.add(publications);
	}

	@Override
	public void buffered(long messages, long bytes) {
		this.bufferedMessages.add(messages);
		this.bufferedBytes.add(bytes);
	}

	void behind(int change) {
		this.behind.add(change);
	}

	void countFallback() {
		this.fallbacks.increment();
	}

	void countDiscontinuity(Discontinuity.Reason reason) {
		this.discontinuities.increment(reason);
	}

}
