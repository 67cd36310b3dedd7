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

/**
 * Counts what this node sends to the buckets of channels. For any thread.
 */
public final class BucketStatistics {

	private final LongAdder sent = new LongAdder();

	private final LongAdder failed = new LongAdder();

	private final LongAdder forgotten = new LongAdder();

	/**
	 * Return how many envelopes were sent to buckets.
	 * @return the number of envelopes
	 */
	public long sent() {
		return this.sent.sum();
	}

	/**
	 * Return how many envelopes could not be sent to buckets. An announcement is sent
	 * again.
	 * @return the number of envelopes
	 */
	public long failed() {
		return this.failed.sum();
	}

	/**
	 * Return how many channels have a message that could not be announced, because too
	 * many channels waited for the broker.
	 * @return the number of channels
	 */
	public long forgotten() {
		return this.forgotten.sum();
	}

	public void countSent() {
		this.sent.increment();
	}

	public void countFailed() {
		this.failed.increment();
	}

	public void countForgotten() {
		this.forgotten.increment();
	}

}
