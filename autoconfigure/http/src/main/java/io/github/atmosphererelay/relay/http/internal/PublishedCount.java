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

package io.github.atmosphererelay.relay.http.internal;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many messages this node has published since its start, and had published at each
 * moment of the last minute. By that it knows what it has published before it met a peer.
 * Safe for use by many threads.
 */
final class PublishedCount {

	private static final int MAX_SAMPLES = 256;

	private static final long INTERVAL_NANOS = Duration.ofMillis(250).toNanos();

	private final AtomicLong total = new AtomicLong();

	private final Deque<Sample> samples = new ArrayDeque<>();

	/** The total at the oldest moment that is not remembered any more. */
	private long forgotten;

	/**
	 * Count a message. Called before its receivers are chosen, so that a peer that is not
	 * among them finds the message counted.
	 */
	void add() {
		this.total.incrementAndGet();
	}

	/**
	 * Take a message back that is not published after all.
	 */
	void takeBack() {
		this.total.decrementAndGet();
	}

	long total() {
		return this.total.get();
	}

	/**
	 * Remember the total of this moment, if the last one is old enough.
	 */
	synchronized void sample(long now) {
		Sample last = this.samples.peekLast();
		if (last != null && now - last.at() < INTERVAL_NANOS) {
			return;
		}
		if (this.samples.size() == MAX_SAMPLES) {
			this.forgotten = this.samples.remove().total();
		}
		this.samples.add(new Sample(now, this.total.get()));
	}

	/**
	 * Return how many messages had been published at a moment. Of moments that are not
	 * remembered any more, the last one is taken.
	 * @param time the moment, by {@link System#nanoTime()}
	 */
	synchronized long before(long time) {
		long total = this.forgotten;
		for (Sample sample : this.samples) {
			if (sample.at() - time > 0) {
				break;
			}
			total = sample.total();
		}
		return total;
	}

	/**
	 * The total at a moment.
	 *
	 * @param at the moment
	 * @param total the number of messages
	 */
	private record Sample(long at, long total) {
	}

}
