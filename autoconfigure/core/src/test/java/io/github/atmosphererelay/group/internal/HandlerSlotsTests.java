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

package io.github.atmosphererelay.group.internal;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link HandlerSlots}.
 */
class HandlerSlotsTests {

	private final Deque<Runnable> started = new ArrayDeque<>();

	private final AtomicInteger ran = new AtomicInteger();

	private Throwable failure;

	private final HandlerSlots slots = new HandlerSlots((task) -> {
		if (this.failure instanceof Error error) {
			throw error;
		}
		if (this.failure instanceof RuntimeException exception) {
			throw exception;
		}
		this.started.add(task);
	}, 2);

	@Test
	void tasksWaitForAPlaceAndRunInTheirOrder() {
		for (int i = 0; i < 4; i++) {
			this.slots.execute(this.ran::incrementAndGet);
		}
		assertThat(this.started).hasSize(2);
		this.slots.release();
		assertThat(this.started).hasSize(3);
		this.slots.release();
		this.slots.release();
		this.slots.release();
		assertThat(this.slots.running()).isZero();
		this.started.forEach(Runnable::run);
		assertThat(this.ran).hasValue(4);
	}

	@Test
	void aTaskThatNoThreadTakesNowRunsLaterAndHoldsNoPlace() {
		this.failure = new OutOfMemoryError("unable to create native thread");
		for (int i = 0; i < 4; i++) {
			this.slots.execute(this.ran::incrementAndGet);
		}
		assertThat(this.slots.running()).isZero();
		this.failure = null;
		this.slots.startWaiting();
		assertThat(this.slots.running()).isEqualTo(2);
		this.failure = new OutOfMemoryError("unable to create native thread");
		this.slots.release();
		assertThat(this.slots.running()).isOne();
		this.failure = null;
		this.slots.startWaiting();
		this.slots.release();
		this.slots.release();
		this.slots.release();
		assertThat(this.slots.running()).isZero();
		this.started.forEach(Runnable::run);
		assertThat(this.ran).hasValue(4);
	}

	@Test
	void aTaskIsRefusedWhenTheThreadsWereStopped() {
		this.failure = new RejectedExecutionException("expected");
		assertThatExceptionOfType(RejectedExecutionException.class)
			.isThrownBy(() -> this.slots.execute(this.ran::incrementAndGet));
		this.failure = null;
		this.slots.startWaiting();
		assertThat(this.started).isEmpty();
		assertThat(this.slots.running()).isZero();
	}

}
