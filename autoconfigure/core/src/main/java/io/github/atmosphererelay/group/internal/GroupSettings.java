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

package io.github.atmosphererelay.group.internal;

import java.time.Duration;

/**
 * How a node handles the messages of a group.
 *
 * @param threads how many messages of a group the node handles at once, each of another
 * channel
 * @param maxAttempts how often a message is tried before it is set aside, 1 or more
 * @param retryDelay the time until the second attempt; it doubles with each further one
 * @param maxRetryDelay the maximum time between two attempts
 * @param maxParked how many channels of a group may wait for a retry on this node before
 * it reads no further messages
 * @param maxBuffered how many messages of a group may be in memory before the node reads
 * no further ones
 * @param maxBufferedBytes how many bytes their payloads may have
 * @param stopTimeout how long a stop waits for messages that are being handled
 */
public record GroupSettings(int threads, int maxAttempts, Duration retryDelay, Duration maxRetryDelay, int maxParked,
		int maxBuffered, long maxBufferedBytes, Duration stopTimeout) {

	public GroupSettings {
		if (threads < 1 || maxAttempts < 1 || maxParked < 1 || maxBuffered < 1 || maxBufferedBytes < 1) {
			throw new IllegalArgumentException(
					"Numbers of threads, attempts, channels, messages and bytes are 1 or" + " more");
		}
	}

	/**
	 * Return the time until the next attempt.
	 * @param attempts how many attempts there were
	 */
	Duration delayAfter(int attempts) {
		Duration delay = this.retryDelay;
		for (int i = 1; i < attempts && delay.compareTo(this.maxRetryDelay) < 0; i++) {
			delay = delay.multipliedBy(2);
		}
		return (delay.compareTo(this.maxRetryDelay) < 0) ? delay : this.maxRetryDelay;
	}

}
