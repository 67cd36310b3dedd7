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

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The times of clients that poll.
 *
 * @param timeout after about which time a request is answered if there is no message
 * @param gap the time without a request after which a session ends
 */
public record PollSettings(Duration timeout, Duration gap) {

	/** By which part of it a time differs at most from the average. */
	private static final int JITTER = 10;

	Duration nextTimeout() {
		long nanos = this.timeout.toNanos();
		long jitter = nanos / JITTER;
		return Duration.ofNanos(nanos - jitter + ThreadLocalRandom.current().nextLong(2 * jitter + 1));
	}

}
