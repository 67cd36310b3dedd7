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

package io.github.atmosphererelay.testkit;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

import org.jspecify.annotations.Nullable;

/**
 * The time until which a test waits for something.
 */
final class Deadline {

	private static final long POLL_NANOS = 2_000_000;

	private final Duration timeout;

	private final long end;

	private Deadline(Duration timeout) {
		this.timeout = timeout;
		this.end = System.nanoTime() + timeout.toNanos();
	}

	static Deadline in(Duration timeout) {
		return new Deadline(timeout);
	}

	/**
	 * Check a timeout that the kit's user has set.
	 */
	static Duration check(Duration timeout) {
		if (timeout.isNegative() || timeout.isZero() || timeout.compareTo(Duration.ofHours(1)) > 0) {
			throw new IllegalArgumentException("'timeout' must be more than 0 and at most an hour");
		}
		return timeout;
	}

	/**
	 * Return the time that is left.
	 * @return the time in nanoseconds; 0 or less after the deadline
	 */
	long remaining() {
		return this.end - System.nanoTime();
	}

	/**
	 * Wait for a condition by polling it every 2 ms.
	 * @return whether it came true in time
	 * @throws IllegalStateException if the thread is interrupted
	 */
	boolean await(BooleanSupplier condition) {
		while (!condition.getAsBoolean()) {
			if (remaining() <= 0) {
				return false;
			}
			if (Thread.currentThread().isInterrupted()) {
				throw new IllegalStateException("Interrupted while waiting");
			}
			LockSupport.parkNanos(POLL_NANOS);
		}
		return true;
	}

	/**
	 * Wait for a future.
	 * @return its value
	 * @throws ExecutionException if the future has failed
	 * @throws TimeoutException if it is not complete in time
	 * @throws IllegalStateException if the thread is interrupted
	 */
	<T extends @Nullable Object> T await(CompletableFuture<T> future) throws ExecutionException, TimeoutException {
		try {
			return future.get(Math.max(1, remaining()), TimeUnit.NANOSECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException("Interrupted while waiting", ex);
		}
	}

	/**
	 * Return the timeout as text, for messages.
	 */
	@Override
	public String toString() {
		long millis = this.timeout.toMillis();
		return (millis % 1000 == 0) ? millis / 1000 + " s" : millis + " ms";
	}

}
