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

package io.github.atmosphererelay.guard;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link Guard} and {@link Guards}.
 */
class GuardTests {

	private final ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1);

	private final Guards guards = new Guards();

	private final Guard guard = this.guards.of(Part.HEARTBEAT);

	private final AtomicInteger runs = new AtomicInteger();

	@AfterEach
	void stop() {
		this.scheduler.shutdownNow();
	}

	private void failOnce() {
		if (this.runs.incrementAndGet() == 1) {
			throw new OutOfMemoryError("injected");
		}
	}

	@Test
	void aRepeatedTaskContinuesAfterAnError() {
		this.guard.repeat(this.scheduler, this::failOnce, Duration.ZERO, Duration.ofMillis(1));
		await().until(() -> this.runs.get() > 3);
		assertThat(this.guard.failures()).isOne();
		assertThat(this.guard.lastFailure()).isEqualTo("java.lang.OutOfMemoryError: injected");
		assertThat(this.guards.failing()).isEmpty();
	}

	@Test
	void aFailureOfATaskThatRunsOnceIsCounted() {
		this.guard.later(this.scheduler, this::failOnce, Duration.ofMillis(1));
		await().until(() -> this.guard.failures() == 1);
	}

	@Test
	void aLoopContinuesAfterAnErrorUntilItIsInterrupted() throws InterruptedException {
		CountDownLatch never = new CountDownLatch(1);
		Thread thread = new Thread(() -> this.guard.loop(() -> true, () -> {
			failOnce();
			if (this.runs.get() > 3) {
				never.await();
			}
		}));
		thread.start();
		await().until(() -> this.runs.get() > 3);
		thread.interrupt();
		thread.join(10_000);
		assertThat(thread.isAlive()).isFalse();
		assertThat(this.guard.failures()).isOne();
	}

	@Test
	void aLoopEndsWhenItIsNoLongerActive() {
		this.guard.loop(() -> this.runs.get() < 4, this::failOnce);
		assertThat(this.runs).hasValue(4);
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void repeatedFailuresAreReportedAndLoggedOnce(CapturedOutput output) {
		for (int i = 0; i < Guard.REPEATED - 1; i++) {
			this.guard.run(() -> {
				throw new StackOverflowError("injected");
			});
			assertThat(this.guards.failing()).isEmpty();
		}
		this.guard.failed(new IllegalStateException("outer", new OutOfMemoryError("inner")));
		assertThat(this.guards.failing()).containsExactly(this.guard);
		assertThat(this.guard.lastFailure())
			.isEqualTo("java.lang.IllegalStateException: outer, because of" + " java.lang.OutOfMemoryError: inner");
		assertThat(output.getOut().lines().filter((line) -> line.contains("'heartbeat' of this node failed")))
			.hasSize(1);
		this.guard.succeeded();
		assertThat(this.guards.failing()).isEmpty();
		assertThat(this.guard.failures()).isEqualTo(Guard.REPEATED);
		this.guard.failed(new IllegalStateException("another"));
		assertThat(this.guards.failing()).isEmpty();
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void aFailureThatIsCountedKeepsNoOtherFromBeingLogged(CapturedOutput output) {
		this.guard.count(new IllegalStateException("known"));
		this.guard.failed(new IllegalStateException("unknown"));
		assertThat(output).contains("unknown").doesNotContain("more failures");
		assertThat(this.guard.failures()).isEqualTo(2);
	}

}
