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

package io.github.atmosphererelay.listening;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.test.TestNode;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Positive;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.messaging.handler.annotation.MessageExceptionHandler;
import org.springframework.web.bind.annotation.PathVariable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link ChannelListener} methods with a pattern, and for the annotation's
 * options.
 */
class PatternListenerTests {

	private static final String[] ARGS = { "atmosphere.channels[0].pattern=live/**", "atmosphere.channels[0].buckets=4",
			"atmosphere.channels[1].pattern=orders/**", "atmosphere.channels[1].history.size=100",
			"atmosphere.channels[1].buckets=4", "atmosphere.channels[2].pattern=plain/**" };

	@Test
	void methodsGetTheVariablesOfTheirPattern() {
		try (TestNode node = TestNode.start(List.of(Kitchen.class), ARGS)) {
			Kitchen kitchen = node.bean(Kitchen.class);
			node.broadcaster().broadcast("orders/table-7/3", Map.of("amount", 2)).join();
			node.broadcaster().broadcast("orders/table-8/4", Map.of("amount", -1)).join();
			node.broadcaster().broadcast("live/7/state", "open").join();
			node.broadcaster().broadcast("plain/a", "nobody").join();
			await().until(() -> kitchen.calls.size() == 3);
			assertThat(kitchen.calls).containsExactlyInAnyOrder("table-7 3 2 true orders/table-7/3", "7 open",
					"failed orders/table-8/4");
		}
	}

	@Test
	void aSlowMethodHasTheBufferAndThePolicyOfItsAnnotation() throws Exception {
		try (TestNode node = TestNode.start(List.of(Slow.class), ARGS)) {
			Slow slow = node.bean(Slow.class);
			node.broadcaster().broadcast("live/a", "first").join();
			assertThat(slow.called.await(10, TimeUnit.SECONDS)).isTrue();
			for (int i = 0; i < 10; i++) {
				node.broadcaster().broadcast("live/a", Integer.toString(i)).join();
			}
			slow.gate.countDown();
			await().until(() -> slow.newest.size() == 3 && slow.oldest.size() == 4);
			assertThat(slow.newest).containsExactly("first", "0", "1");
			assertThat(slow.oldest).containsExactly("first", "7", "8", "9");
		}
	}

	@Test
	void theStopWaitsForTheFutureThatAMethodHasReturned() throws Exception {
		try (TestNode node = TestNode.start(List.of(Later.class), with("atmosphere.endpoint.drain-timeout=20s"))) {
			Later later = node.bean(Later.class);
			node.broadcaster().broadcast("live/a", "one").join();
			node.broadcaster().broadcast("live/a", "two").join();
			await().until(() -> later.futures.size() == 1);
			CompletableFuture<Void> stopped = CompletableFuture.runAsync(() -> node.context().stop());
			await().until(() -> node.messaging().taps().channels() == 0);
			assertThat(stopped).isNotDone();
			later.futures.get(0).complete(null);
			stopped.get(15, TimeUnit.SECONDS);
			assertThat(later.futures).hasSize(1);
		}
	}

	@Test
	void theStopWaitsNoLongerThanItsTimeout() {
		try (TestNode node = TestNode.start(List.of(Later.class), with("atmosphere.endpoint.drain-timeout=300ms"))) {
			Later later = node.bean(Later.class);
			node.broadcaster().broadcast("live/a", "one").join();
			await().until(() -> later.futures.size() == 1);
			CompletableFuture<Void> stopped = CompletableFuture.runAsync(() -> node.context().stop());
			assertThat(stopped).succeedsWithin(Duration.ofSeconds(20));
			assertThat(later.futures.get(0)).isNotDone();
		}
	}

	@Test
	void patternsThatCannotBeServedFailTheStartWithWhatToDo() {
		assertThatThrownBy(() -> TestNode.start(List.of(WithoutBuckets.class), ARGS).close())
			.hasStackTraceContaining("WithoutBuckets.on")
			.hasStackTraceContaining("cannot listen by pattern");
		assertThatThrownBy(() -> TestNode.start(List.of(FromBeginning.class), ARGS).close())
			.hasStackTraceContaining("orders/{id}")
			.hasStackTraceContaining("BEGINNING");
		assertThatThrownBy(() -> TestNode.start(List.of(UnknownVariable.class), ARGS).close())
			.hasStackTraceContaining("has no variable 'name'");
		assertThatThrownBy(() -> TestNode.start(List.of(NoBuffer.class), ARGS).close())
			.hasStackTraceContaining("buffer without room");
	}

	@Test
	void theNumberOfBucketsIsChecked() {
		assertThatThrownBy(() -> TestNode.start(with("atmosphere.channels[2].buckets=1000")).close())
			.hasStackTraceContaining("atmosphere.channels[2].buckets");
		assertThatThrownBy(
				() -> TestNode.start(with("atmosphere.channels[2].buckets=2", "atmosphere.channels[2].scope=node"))
					.close())
			.hasStackTraceContaining("atmosphere.channels[2].buckets");
	}

	private static String[] with(String... properties) {
		List<String> all = new ArrayList<>(List.of(ARGS));
		all.addAll(List.of(properties));
		return all.toArray(String[]::new);
	}

	record Order(@Positive int amount) {
	}

	static class Kitchen {

		final List<String> calls = new CopyOnWriteArrayList<>();

		@ChannelListener("orders/{table}/{number}")
		void onOrder(@Valid Order order, @PathVariable String table, @PathVariable("number") int place,
				@Nullable Position position, Publication publication) {
			this.calls.add(table + " " + place + " " + order.amount() + " " + (position != null) + " "
					+ publication.channel());
		}

		@ChannelListener("live/{table}/state")
		void onState(String state, @PathVariable int table) {
			this.calls.add(table + " " + state);
		}

		@MessageExceptionHandler
		void onFailure(Exception failure, Publication publication) {
			this.calls.add("failed " + publication.channel());
		}

	}

	static class Slow {

		final CountDownLatch called = new CountDownLatch(2);

		final CountDownLatch gate = new CountDownLatch(1);

		final List<String> newest = new CopyOnWriteArrayList<>();

		final List<String> oldest = new CopyOnWriteArrayList<>();

		@ChannelListener(value = "live/a", bufferMessages = 2, overflow = OverflowPolicy.DROP_NEWEST)
		void keepOldest(String text) throws InterruptedException {
			this.called.countDown();
			this.gate.await();
			this.newest.add(text);
		}

		@ChannelListener(value = "live/*", bufferMessages = 3, bufferBytes = 1000)
		void keepNewest(String text) throws InterruptedException {
			this.called.countDown();
			this.gate.await();
			this.oldest.add(text);
		}

	}

	static class Later {

		final List<CompletableFuture<Void>> futures = new CopyOnWriteArrayList<>();

		@ChannelListener("live/a")
		CompletableFuture<Void> on(String text) {
			CompletableFuture<Void> future = new CompletableFuture<>();
			this.futures.add(future);
			return future;
		}

	}

	static class WithoutBuckets {

		@ChannelListener("plain/{id}")
		void on(String text) {
		}

	}

	static class FromBeginning {

		@ChannelListener(value = "orders/{id}", start = ChannelListener.Start.BEGINNING)
		void on(String text) {
		}

	}

	static class UnknownVariable {

		@ChannelListener("orders/{id}")
		void on(String text, @PathVariable String name) {
		}

	}

	static class NoBuffer {

		@ChannelListener(value = "live/a", bufferMessages = 0)
		void on(String text) {
		}

	}

}
