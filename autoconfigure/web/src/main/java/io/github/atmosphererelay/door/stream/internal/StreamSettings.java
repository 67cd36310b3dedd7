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

package io.github.atmosphererelay.door.stream.internal;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The settings of the door for HTTP streams.
 *
 * @param path the doors' path, beginning with a slash, which the channel's name follows
 * @param maxAge the average age at which a stream ends
 */
public record StreamSettings(String path, Duration maxAge) {

	/** By which part of it the age of a stream differs at most from the average. */
	private static final int JITTER = 5;

	/**
	 * Return the age at which a new stream ends: not the same for all, so that the
	 * clients of a node do not all come back in the same moment.
	 */
	Duration nextAge() {
		long nanos = this.maxAge.toNanos();
		long jitter = nanos / JITTER;
		return Duration.ofNanos(nanos - jitter + ThreadLocalRandom.current().nextLong(2 * jitter + 1));
	}

}
