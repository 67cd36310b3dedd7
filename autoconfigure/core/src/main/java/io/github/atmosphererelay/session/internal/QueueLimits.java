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

package io.github.atmosphererelay.session.internal;

import java.time.Duration;
import java.util.Objects;

/**
 * The limits of a client's queue, and what happens when they are reached.
 *
 * @param maxMessages the maximum number of queued messages
 * @param maxBytes the maximum size of all queued payloads together, in bytes; a single
 * message may be larger if nothing else is queued
 * @param policy what happens when a limit is reached
 * @param interval the least time between two messages of a channel for one client; what
 * comes sooner waits, and is replaced by what is newer. Zero for no such limit
 */
public record QueueLimits(int maxMessages, long maxBytes, SlowConsumerPolicy policy, Duration interval) {

	public QueueLimits {
		Objects.requireNonNull(policy, "'policy' must not be null");
		if (maxMessages < 1 || maxBytes < 1) {
			throw new IllegalArgumentException("Queue limits must be positive");
		}
		if (interval.isNegative()) {
			throw new IllegalArgumentException("'interval' must not be negative");
		}
	}

	/**
	 * Create limits without an interval.
	 * @param maxMessages the maximum number of queued messages
	 * @param maxBytes the maximum size of all queued payloads together, in bytes
	 * @param policy what happens when a limit is reached
	 */
	public QueueLimits(int maxMessages, long maxBytes, SlowConsumerPolicy policy) {
		this(maxMessages, maxBytes, policy, Duration.ZERO);
	}

	/**
	 * Return the same limits with the policy to disconnect.
	 * @return the limits
	 */
	public QueueLimits disconnecting() {
		return new QueueLimits(this.maxMessages, this.maxBytes, SlowConsumerPolicy.DISCONNECT);
	}

}
