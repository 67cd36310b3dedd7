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
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Timers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link SubscriptionRetry}.
 */
class SubscriptionRetryTests {

	private final ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1);

	private final Guards guards = new Guards();

	private final SubscriptionRetry retry = new SubscriptionRetry(new Timers(this.scheduler, this.guards));

	@AfterEach
	void stop() {
		this.scheduler.shutdownNow();
	}

	@Test
	void anAttemptThatThrowsAnErrorIsFollowedByAnother() {
		AtomicInteger attempts = new AtomicInteger();
		this.retry.later(() -> {
			if (attempts.incrementAndGet() == 1) {
				throw new OutOfMemoryError("injected");
			}
		});
		await().atMost(Duration.ofSeconds(10)).until(() -> attempts.get() == 2);
		assertThat(this.guards.of(Part.CLIENT_TIMERS).failures()).isOne();
		assertThat(this.scheduler.getQueue()).isEmpty();
	}

	@Test
	void aNodeThatStopsTriesNoMore() {
		this.scheduler.shutdownNow();
		assertThatNoException().isThrownBy(() -> this.retry.later(() -> {
		}));
	}

}
