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

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link OrderedCalls}.
 */
class OrderedCallsTests {

	private final OrderedCalls calls = new OrderedCalls();

	private final List<String> made = new ArrayList<>();

	@Test
	void callsAreMadeInOrderOnRequest() {
		this.calls.add(() -> this.made.add("first"));
		this.calls.add(() -> this.made.add("second"));
		assertThat(this.made).isEmpty();
		this.calls.make();
		assertThat(this.made).containsExactly("first", "second");
		this.calls.make();
		assertThat(this.made).hasSize(2);
	}

	@Test
	void aCallThatIsAddedWithinAnotherIsMadeAfterIt() {
		this.calls.add(() -> {
			this.calls.add(() -> this.made.add("answer"));
			this.calls.make();
			this.made.add("question");
		});
		this.calls.make();
		assertThat(this.made).containsExactly("question", "answer");
	}

	@Test
	void aSecondThreadDoesNotWaitAndItsCallIsMade() throws InterruptedException {
		CountDownLatch within = new CountDownLatch(1);
		CountDownLatch goOn = new CountDownLatch(1);
		Thread first = new Thread(() -> {
			this.calls.add(() -> {
				within.countDown();
				try {
					goOn.await(10, TimeUnit.SECONDS);
				}
				catch (InterruptedException ex) {
					Thread.currentThread().interrupt();
				}
				this.made.add("first");
			});
			this.calls.make();
		});
		first.start();
		assertThat(within.await(10, TimeUnit.SECONDS)).isTrue();
		this.calls.add(() -> this.made.add(Thread.currentThread().equals(first) ? "second" : "elsewhere"));
		this.calls.make();
		goOn.countDown();
		first.join(10_000);
		assertThat(this.made).containsExactly("first", "second");
	}

	@Test
	void aCallThatThrowsDoesNotPreventTheOthers() {
		IllegalStateException failure = new IllegalStateException("as if");
		this.calls.add(() -> {
			throw failure;
		});
		this.calls.add(() -> {
			throw new OutOfMemoryError("injected");
		});
		this.calls.add(() -> this.made.add("third"));
		assertThatExceptionOfType(IllegalStateException.class).isThrownBy(this.calls::make).isSameAs(failure);
		assertThat(this.made).containsExactly("third");
		this.calls.add(() -> this.made.add("fourth"));
		this.calls.make();
		assertThat(this.made).containsExactly("third", "fourth");
	}

}
