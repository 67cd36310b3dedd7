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

package io.github.atmosphererelay.subscription.internal;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;

import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Timers;

/**
 * Repeats subscriptions that failed because the broker is away, for clients that cannot
 * repeat them themselves. Safe for use by many threads; does not block.
 */
public final class SubscriptionRetry {

	private static final long DELAY_MILLIS = 700;

	/** Prevents all clients of a node from retrying at the same time. */
	private static final long JITTER_MILLIS = 600;

	private final Timers timers;

	/**
	 * Create a retry.
	 * @param timers run the attempts
	 */
	public SubscriptionRetry(Timers timers) {
		this.timers = timers;
	}

	/**
	 * Make an attempt in about a second. If it throws an exception, another attempt
	 * follows.
	 * @param attempt the attempt; runs on the scheduler's thread, which it must not
	 * block; if it does not succeed it has to call this method again
	 */
	public void later(Runnable attempt) {
		Duration delay = Duration.ofMillis(DELAY_MILLIS + ThreadLocalRandom.current().nextLong(JITTER_MILLIS));
		try {
			this.timers.later(Part.CLIENT_TIMERS, () -> run(attempt), delay);
		}
		catch (RejectedExecutionException ex) {
			// The node stops, and disconnects its clients.
		}
	}

	private void run(Runnable attempt) {
		try {
			attempt.run();
		}
		catch (RuntimeException | Error ex) {
			later(attempt);
			throw ex;
		}
	}

}
