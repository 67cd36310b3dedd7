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

package io.github.atmosphererelay.endpoint.internal;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the calls of endpoint methods on this node since it started. Thread-safe.
 */
public final class HandlerStatistics {

	private final AtomicInteger active = new AtomicInteger();

	private final AtomicInteger queued = new AtomicInteger();

	private final AtomicLong queuedBytes = new AtomicLong();

	private final LongAdder calls = new LongAdder();

	private final LongAdder nanos = new LongAdder();

	private final LongAdder rejected = new LongAdder();

	private final LongAdder failures = new LongAdder();

	/**
	 * Return how many calls are running, including those whose future has not completed.
	 * @return the number of calls
	 */
	public int active() {
		return this.active.get();
	}

	/**
	 * Return how many calls are queued.
	 * @return the number of calls
	 */
	public int queued() {
		return this.queued.get();
	}

	/**
	 * Return the total size of the messages whose calls are queued or running.
	 * @return the number of bytes
	 */
	public long queuedBytes() {
		return this.queuedBytes.get();
	}

	/**
	 * Return how many calls have ended.
	 * @return the number of calls
	 */
	public long calls() {
		return this.calls.sum();
	}

	/**
	 * Return how long all ended calls took together.
	 * @return the time in nanoseconds
	 */
	public long nanos() {
		return this.nanos.sum();
	}

	/**
	 * Return how many messages and sessions were refused, because too many calls were
	 * queued or the node was stopping.
	 * @return the number of refusals
	 */
	public long rejected() {
		return this.rejected.sum();
	}

	/**
	 * Return how many calls failed with an unexpected exception.
	 * @return the number of failures
	 */
	public long failures() {
		return this.failures.sum();
	}

	long begin() {
		this.active.incrementAndGet();
		return System.nanoTime();
	}

	void end(long begin) {
		this.active.decrementAndGet();
		this.calls.increment();
		this.nanos.add(System.nanoTime() - begin);
	}

	void addQueued(int calls) {
		this.queued.addAndGet(calls);
	}

	void addQueuedBytes(int bytes) {
		this.queuedBytes.addAndGet(bytes);
	}

	void countRejected() {
		this.rejected.increment();
	}

	void countFailure() {
		this.failures.increment();
	}

}
