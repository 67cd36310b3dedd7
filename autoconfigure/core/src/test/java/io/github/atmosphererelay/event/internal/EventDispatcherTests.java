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

package io.github.atmosphererelay.event.internal;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;

import io.github.atmosphererelay.delivery.internal.EventStatistics;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link EventDispatcher}.
 */
@ExtendWith(OutputCaptureExtension.class)
class EventDispatcherTests {

	private static final int MAX_WAITING = 100_000;

	private final EventStatistics statistics = new EventStatistics();

	private final List<Object> received = new CopyOnWriteArrayList<>();

	private EventDispatcher dispatcher = new EventDispatcher(this.received::add, this.statistics);

	@AfterEach
	void stop() {
		this.dispatcher.stop();
	}

	@Test
	void eventsArePublishedInOrderOnTheirOwnThread() {
		this.dispatcher = new EventDispatcher((event) -> this.received.add(Thread.currentThread().getName() + event),
				this.statistics);
		this.dispatcher.start();
		for (int i = 0; i < 1_000; i++) {
			this.dispatcher.publish(i);
		}
		await().until(() -> this.received.size() == 1_000);
		assertThat(this.received)
			.containsExactlyElementsOf(IntStream.range(0, 1_000).mapToObj((i) -> "atmosphere-events-1" + i).toList());
		assertThat(this.statistics.events()).isEqualTo(1_000);
		assertThat(this.statistics.eventsDropped()).isZero();
	}

	@Test
	void eventsBeyondTheQueueOfASlowListenerAreDroppedAndCounted(CapturedOutput output) throws InterruptedException {
		CountDownLatch busy = new CountDownLatch(1);
		CountDownLatch released = new CountDownLatch(1);
		this.dispatcher = new EventDispatcher((event) -> {
			busy.countDown();
			awaitQuietly(released);
		}, this.statistics);
		this.dispatcher.start();
		this.dispatcher.publish("first");
		busy.await();
		for (int i = 0; i < MAX_WAITING + 7; i++) {
			this.dispatcher.publish(i);
		}
		assertThat(this.statistics.eventsDropped()).isEqualTo(7);
		released.countDown();
		await().until(() -> this.statistics.events() == MAX_WAITING + 1);
		assertThat(output.getOut().split("atmosphere.events.dropped", -1)).hasSize(2);
	}

	@Test
	void aListenerThatFailsDoesNotStopTheNextEvent() {
		this.dispatcher = new EventDispatcher((event) -> {
			if (event.equals("bad")) {
				throw new IllegalStateException("listener");
			}
			if (event.equals("worse")) {
				throw new AssertionError("listener");
			}
			this.received.add(event);
		}, this.statistics);
		this.dispatcher.start();
		List.of("one", "bad", "two", "worse", "three").forEach(this.dispatcher::publish);
		await().until(() -> this.received.size() == 3);
		assertThat(this.received).containsExactly("one", "two", "three");
	}

	@Test
	void aStopPublishesTheQueuedEvents() {
		for (int round = 0; round < 3; round++) {
			this.dispatcher.start();
			for (int i = 0; i < 1_000; i++) {
				this.dispatcher.publish(i);
			}
			this.dispatcher.stop();
			this.dispatcher.stop();
			assertThat(this.received).hasSize(1_000 * (round + 1));
		}
	}

	@Test
	void eventsThatCannotBePublishedBeforeTheStopAreCounted() throws InterruptedException {
		CountDownLatch busy = new CountDownLatch(1);
		this.dispatcher = new EventDispatcher((event) -> {
			busy.countDown();
			awaitQuietly(new CountDownLatch(1));
		}, this.statistics);
		this.dispatcher.start();
		this.dispatcher.publish("stuck");
		busy.await();
		this.dispatcher.publish("waits");
		this.dispatcher.publish("waits too");
		this.dispatcher.stop();
		this.dispatcher.publish("too late");
		assertThat(this.statistics.eventsDropped()).isEqualTo(3);
		assertThat(this.statistics.events()).isOne();
	}

	private static void awaitQuietly(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
