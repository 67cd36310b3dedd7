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

package io.github.atmosphererelay.application.internal;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;

import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.test.GrowingThreads;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.test.util.ReflectionTestUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link OrderedTasks} when memory is short while a task is added. What they do
 * otherwise is in {@link ApplicationFuturesTests}.
 */
class OrderedTasksTests {

	private final ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1);

	private final GrowingThreads threads = new GrowingThreads();

	private final OrderedTasks tasks = new OrderedTasks(this.scheduler, new Guards().of(Part.CONTINUATIONS));

	private final List<String> done = new CopyOnWriteArrayList<>();

	/**
	 * Have the next hand-over to a thread fail. To be called before the start.
	 */
	static void failNextHandOver(OrderedTasks tasks) {
		ReflectionTestUtils.setField(tasks, "waiting", new LinkedBlockingQueue<Object>() {

			private boolean failed;

			@Override
			public boolean add(Object worker) {
				if (!this.failed) {
					this.failed = true;
					throw new OutOfMemoryError("injected");
				}
				return super.add(worker);
			}

		});
	}

	@AfterEach
	void stop() {
		this.tasks.stop(Duration.ofSeconds(5));
		this.threads.stop();
		this.scheduler.shutdownNow();
	}

	@Test
	void aTaskThatCouldNotBeQueuedRunsBeforeTheNextOneOfItsKey() {
		failNextHandOver(this.tasks);
		this.tasks.start(this.threads.start());
		assertThatExceptionOfType(OutOfMemoryError.class)
			.isThrownBy(() -> this.tasks.add("key", () -> this.done.add("first")));
		this.tasks.add("another", () -> this.done.add("another"));
		await().until(() -> this.done.contains("another"));
		this.tasks.add("key", () -> this.done.add("second"));
		await().untilAsserted(() -> assertThat(this.done).containsExactly("another", "first", "second"));
		assertThat(this.tasks.pending()).isZero();
	}

	@Test
	void aTaskThatCouldNotBeAddedIsNotCounted() {
		this.tasks.start(this.threads.start());
		Object key = new Object() {

			@Override
			public boolean equals(Object other) {
				return other == this;
			}

			@Override
			public int hashCode() {
				throw new OutOfMemoryError("injected");
			}

		};
		assertThatExceptionOfType(OutOfMemoryError.class)
			.isThrownBy(() -> this.tasks.add(key, () -> this.done.add("never")));
		assertThat(this.tasks.pending()).isZero();
		assertThat(this.done).isEmpty();
	}

}
