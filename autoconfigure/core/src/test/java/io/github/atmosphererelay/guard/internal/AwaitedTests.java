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
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Awaited}.
 */
class AwaitedTests {

	private static final Duration LONG = Duration.ofMinutes(5);

	private final Awaited<String> awaited = new Awaited<>();

	@Test
	void allWaitingFuturesGetTheFirstResult() {
		CompletableFuture<String> one = this.awaited.within(LONG, "late");
		CompletableFuture<String> other = this.awaited.within(LONG, "late");
		assertThat(one).isNotDone();
		this.awaited.complete("first");
		this.awaited.complete("second");
		assertThat(one).isCompletedWithValue("first");
		assertThat(other).isCompletedWithValue("first");
		assertThat(this.awaited.within(LONG, "late")).isCompletedWithValue("first");
		assertThat(this.awaited.waiting()).isZero();
	}

	@Test
	void futuresThatTimeOutOrAreCancelledAreRemoved() {
		assertThat(this.awaited.within(Duration.ofMillis(1), "late").join()).isEqualTo("late");
		CompletableFuture<String> cancelled = this.awaited.within(LONG, "late");
		assertThat(this.awaited.waiting()).isOne();
		cancelled.cancel(false);
		assertThat(this.awaited.waiting()).isZero();
		this.awaited.complete("first");
		assertThat(this.awaited.within(LONG, "late")).isCompletedWithValue("first");
	}

	@Test
	void aCallerCannotChangeTheResultOfOthers() {
		this.awaited.complete("first");
		this.awaited.within(LONG, "late").obtrudeValue("other");
		assertThat(this.awaited.within(LONG, "late")).isCompletedWithValue("first");
	}

}
