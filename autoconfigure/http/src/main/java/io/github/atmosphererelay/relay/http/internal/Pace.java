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

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * The times between requests. They differ a little each time, so that nodes do not send
 * in step.
 */
final class Pace {

	/** Something is sent to each peer after so long, even if there is nothing to tell. */
	static final long HEARTBEAT = TimeUnit.MILLISECONDS.toNanos(250);

	private Pace() {
	}

	/**
	 * Return how long to wait after failures in a row.
	 * @param failures their number
	 * @return the time in nanoseconds, a second at most
	 */
	static long backoff(int failures) {
		return jitter(TimeUnit.MILLISECONDS.toNanos(Math.min(1000, 50L << Math.min(failures, 5))));
	}

	/**
	 * Return a time that is up to a fifth shorter.
	 */
	static long jitter(long nanos) {
		return (long) (nanos * ThreadLocalRandom.current().nextDouble(0.8, 1));
	}

}
