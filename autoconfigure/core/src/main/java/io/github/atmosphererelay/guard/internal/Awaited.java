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

package io.github.atmosphererelay.guard.internal;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A result that may come late, and callers that wait for it, each with a timeout of its
 * own. The waiting futures are not dependents of one future, which would keep those that
 * have timed out. For any thread; no method blocks.
 *
 * @param <T> the type of the result
 */
public final class Awaited<T> {

	private final CompletableFuture<T> result = new CompletableFuture<>();

	private final Set<CompletableFuture<T>> waiting = ConcurrentHashMap.newKeySet(1);

	/**
	 * Complete all waiting futures with the result. Only the first call has an effect.
	 * @param value the result
	 */
	public void complete(T value) {
		if (this.result.complete(value)) {
			this.waiting.forEach((waiter) -> waiter.complete(value));
		}
	}

	/**
	 * Wait for the result.
	 * @param timeout how long to wait
	 * @param otherwise the value after the timeout
	 * @return completes with the result, or with the other value after the timeout
	 */
	public CompletableFuture<T> within(Duration timeout, T otherwise) {
		if (this.result.isDone()) {
			return this.result.copy();
		}
		CompletableFuture<T> waiter = new CompletableFuture<>();
		this.waiting.add(waiter);
		waiter.whenComplete((value, ex) -> this.waiting.remove(waiter));
		if (this.result.isDone()) {
			waiter.complete(this.result.join());
		}
		return waiter.completeOnTimeout(otherwise, timeout.toMillis(), TimeUnit.MILLISECONDS);
	}

	/**
	 * Return the number of waiting futures.
	 */
	int waiting() {
		return this.waiting.size();
	}

}
