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

package io.github.atmosphererelay.presence.internal;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link PresenceThread}.
 */
class PresenceThreadTests {

	private final ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1);

	private final AtomicInteger turns = new AtomicInteger();

	private final Guard guard = new Guards().of(Part.PRESENCE);

	private final PresenceThread thread = new PresenceThread(this.scheduler, this.guard, Duration.ofMillis(5),
			this::turn, 10, 1_000);

	private void turn() {
		if (this.turns.incrementAndGet() == 2) {
			throw new OutOfMemoryError("a turn that fails");
		}
	}

	@AfterEach
	void stop() {
		this.thread.stop(() -> {
		});
		this.scheduler.shutdownNow();
	}

	@Test
	void theQueueIsBoundedInMessagesAndBytesAndKeepsTheOrder() throws InterruptedException {
		this.thread.start(() -> {
		});
		for (int round = 0; round < 3; round++) {
			CountDownLatch block = new CountDownLatch(1);
			CountDownLatch blocked = new CountDownLatch(1);
			this.thread.execute(() -> {
				blocked.countDown();
				await().until(() -> block.getCount() == 0);
			});
			blocked.await();
			List<Integer> taken = new CopyOnWriteArrayList<>();
			for (int i = 0; i < 10; i++) {
				int number = i;
				assertThat(this.thread.offer(100 - i, () -> taken.add(number))).isTrue();
			}
			assertThat(this.thread.offer(1, () -> taken.add(-1))).isFalse();
			block.countDown();
			await().until(() -> taken.size() == 10);
			assertThat(taken).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
			assertThat(this.thread.offer(1_001, () -> taken.add(-1))).isFalse();
		}
	}

	@Test
	void turnsContinueAfterAFailureAndTasksRunOnlyBetweenStartAndStop() {
		List<String> done = new CopyOnWriteArrayList<>();
		this.thread.execute(() -> done.add("too early"));
		this.thread.start(() -> done.add("first"));
		this.thread.start(() -> done.add("again"));
		await().until(() -> this.turns.get() > 5);
		assertThat(this.guard.failures()).isOne();
		this.thread.execute(() -> done.add("between"));
		this.thread.stop(() -> done.add("last"));
		this.thread.execute(() -> done.add("too late"));
		assertThat(done).containsExactly("first", "between", "last");
		int turns = this.turns.get();
		this.thread.start(() -> done.add("once more"));
		await().until(() -> this.turns.get() > turns);
		assertThat(done).endsWith("once more");
	}

}
