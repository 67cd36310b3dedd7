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

package io.github.atmosphererelay.relay.kafka.internal;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link KafkaWorker}: an Error ends nothing but the task that it was thrown
 * in.
 */
class KafkaWorkerTests {

	private final Guard guard = new Guards().of(Part.RELAY_CONNECTION);

	private final AtomicInteger attempts = new AtomicInteger();

	private final KafkaWorker worker = new KafkaWorker(() -> failFirst(this.attempts), this.guard);

	@AfterEach
	void stop() {
		this.worker.stop();
	}

	private static void failFirst(AtomicInteger runs) {
		if (runs.incrementAndGet() == 1) {
			throw new OutOfMemoryError("injected");
		}
	}

	@Test
	void theNextTaskRunsAfterAnError() throws InterruptedException {
		CountDownLatch next = new CountDownLatch(1);
		this.worker.execute(() -> {
			throw new OutOfMemoryError("injected");
		});
		this.worker.execute(next::countDown);
		next.await();
		assertThat(this.guard.failures()).isOne();
	}

	@Test
	void aTaskIsRepeatedAfterAnError() {
		AtomicInteger runs = new AtomicInteger();
		this.worker.repeat(() -> failFirst(runs), Duration.ofMillis(1));
		await().until(() -> runs.get() > 3);
		assertThat(this.guard.failures()).isOne();
	}

	/**
	 * An attempt that ends in an Error schedules no other one itself.
	 */
	@Test
	void anAttemptThatHasEndedInAnErrorIsRepeatedByTheNextCheck() {
		this.worker.execute(() -> this.worker.attemptAgain(false));
		await().until(() -> this.guard.failures() == 1);
		this.worker.repeat(this.worker::attemptIfNoneIsScheduled, Duration.ofMillis(1));
		await().until(() -> this.attempts.get() > 1);
		assertThat(this.guard.failures()).isOne();
	}

}
