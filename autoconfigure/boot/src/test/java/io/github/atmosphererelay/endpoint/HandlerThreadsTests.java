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

package io.github.atmosphererelay.endpoint;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.session.DisconnectReason;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for when, where and how often methods of endpoints run.
 */
class HandlerThreadsTests {

	private static final String WAITING = "{\"type\":\"error\",\"code\":111,"
			+ "\"reason\":\"too many messages of this client are waiting\"}";

	private static TestNode start(String... args) {
		return TestNode.start(List.of(Slow.class, Counting.class), args);
	}

	private static double value(TestNode node, String name) {
		Meter meter = node.bean(MeterRegistry.class).get(name).meter();
		return meter.measure().iterator().next().getValue();
	}

	@Test
	void aMethodThatBlocksHoldsUpItsOwnSessionOnly() {
		try (TestNode node = start("atmosphere.endpoint.max-queued-per-session=3", "atmosphere.endpoint.threads=2")) {
			Slow slow = node.bean(Slow.class);
			TestClient stuck = node.connect("slow/a");
			TestClient other = node.connect("slow/b");
			stuck.send("block");
			await().until(() -> slow.blocked.get() == 1);
			for (int i = 1; i <= 5; i++) {
				other.send("o" + i).awaitCount(i);
			}
			stuck.send("s1").send("s2").send("s3");
			await().until(() -> value(node, "atmosphere.handlers.queued") == 3);
			stuck.send("s4").awaitCount(1);
			assertThat(stuck.texts()).containsExactly(WAITING);
			assertThat(value(node, "atmosphere.handlers.active")).isOne();
			assertThat(value(node, "atmosphere.handlers.rejected")).isOne();
			slow.release.countDown();
			stuck.awaitCount(5);
			assertThat(stuck.texts()).containsExactly(WAITING, "block", "s1", "s2", "s3");
			assertThat(other.texts()).containsExactly("o1", "o2", "o3", "o4", "o5");
			stuck.send("s5").awaitCount(6);
			await().until(() -> value(node, "atmosphere.handlers.time") == 10);
			assertThat(value(node, "atmosphere.handlers.queued")).isZero();
			assertThat(value(node, "atmosphere.handlers.active")).isZero();
			assertThat(value(node, "atmosphere.handlers.failures")).isZero();
			assertThat(slow.threads).allMatch((name) -> name.startsWith("atmosphere-handler-"));
			stuck.close();
			other.close();
		}
	}

	@Test
	void aFutureThatStaysOpenHoldsUpItsOwnSessionAndNoThread() {
		try (TestNode node = start("atmosphere.endpoint.threads=1")) {
			Slow slow = node.bean(Slow.class);
			TestClient waiting = node.connect("slow/a").send("future").send("after");
			await().until(() -> slow.futures.size() == 1);
			TestClient other = node.connect("slow/b").send("o").awaitCount(1);
			assertThat(waiting.count()).isZero();
			slow.futures.get(0).complete("completed");
			waiting.awaitCount(2);
			assertThat(waiting.texts()).containsExactly("completed", "after");
			waiting.close();
			other.close();
		}
	}

	@Test
	void whatAllSessionsHaveWaitingIsBounded() {
		try (TestNode node = start("spring.threads.virtual.enabled=false", "atmosphere.endpoint.max-queued=4",
				"atmosphere.endpoint.threads=1")) {
			Slow slow = node.bean(Slow.class);
			TestClient first = node.connect("slow/a").send("block");
			await().until(() -> slow.blocked.get() == 1);
			TestClient second = node.connect("slow/b").send("1").send("2").send("3");
			await().until(() -> value(node, "atmosphere.handlers.queued") == 3);
			second.send("4").awaitCount(1);
			assertThat(second.texts()).containsExactly(
					"{\"type\":\"error\",\"code\":111,\"reason\":\"too many messages are waiting on this node\"}");
			TestClient third = node.connect("counting/c");
			assertThat(third.awaitClosed(Duration.ofSeconds(10)))
				.isEqualTo(new TestClient.Close(1013, "node is overloaded, please reconnect"));
			slow.release.countDown();
			second.awaitCount(4);
			assertThat(second.texts().subList(1, 4)).containsExactly("1", "2", "3");
			TestClient fourth = node.connect("counting/d").send("0").awaitCount(1);
			Counting counting = node.bean(Counting.class);
			fourth.close();
			await().until(() -> counting.left.get() == 1);
			assertThat(counting.entered.get()).isOne();
			first.close();
			second.close();
		}
	}

	@Test
	void methodsOfOneSessionRunOneAfterAnotherInOrder() {
		int clients = 8;
		int messages = 500;
		try (TestNode node = start("atmosphere.endpoint.max-queued-per-session=" + messages,
				"atmosphere.endpoint.threads=4")) {
			List<TestClient> all = new ArrayList<>();
			for (int i = 0; i < clients; i++) {
				all.add(node.connect("counting/" + i));
			}
			List<String> expected = IntStream.range(0, messages).mapToObj(Integer::toString).toList();
			expected.forEach((number) -> all.forEach((client) -> client.send(number)));
			for (TestClient client : all) {
				client.awaitCount(messages, Duration.ofSeconds(30));
				assertThat(client.texts()).isEqualTo(expected);
				client.close();
			}
			Counting counting = node.bean(Counting.class);
			await().until(() -> counting.left.get() == clients);
			assertThat(counting.entered.get()).isEqualTo(clients);
			assertThat(counting.overlaps.get()).isZero();
			assertThat(counting.misplaced.get()).isZero();
		}
	}

	@Test
	void eachSessionThatComesAndGoesIsSeenOnce() {
		int sessions = 200;
		try (TestNode node = start()) {
			Counting counting = node.bean(Counting.class);
			for (int i = 0; i < sessions; i++) {
				TestClient client = node.connect("counting/" + i);
				if (i % 2 == 0) {
					client.abort();
				}
				else {
					client.send("0").close();
				}
			}
			await().atMost(Duration.ofSeconds(30)).until(() -> counting.left.get() == sessions);
			assertThat(counting.leftBy).hasSize(sessions).allSatisfy((id, times) -> assertThat(times).hasValue(1));
			assertThat(counting.entered.get()).isLessThanOrEqualTo(sessions);
			assertThat(counting.misplaced.get()).isZero();
		}
	}

	@Test
	void aNodeThatStopsWaitsForItsMethods() {
		TestNode node = start();
		Slow slow = node.bean(Slow.class);
		TestClient client = node.connect("slow/a").send("block").send("after");
		await().until(() -> slow.blocked.get() == 1 && value(node, "atmosphere.handlers.queued") == 1);
		CompletableFuture<Void> closing = CompletableFuture.runAsync(node::close);
		assertThat(client.awaitClosed(Duration.ofSeconds(10)).code()).isEqualTo(1001);
		assertThat(closing).isNotDone();
		slow.release.countDown();
		closing.orTimeout(10, TimeUnit.SECONDS).join();
		assertThat(slow.finished).containsExactly("block", "after");
		assertThat(slow.interrupted.get()).isZero();
	}

	@Test
	void aMethodThatDoesNotEndIsInterruptedWhenItsNodeStops() {
		TestNode node = start("atmosphere.endpoint.drain-timeout=100ms");
		Slow slow = node.bean(Slow.class);
		TestClient client = node.connect("slow/a").send("block").send("after");
		await().until(() -> slow.blocked.get() == 1);
		node.close();
		await().until(() -> slow.interrupted.get() == 1);
		assertThat(slow.finished).isEmpty();
		client.close();
	}

	@Test
	@EnabledForJreRange(min = JRE.JAVA_21)
	void methodsRunOnVirtualThreadsWhereTheseAreSwitchedOn() {
		try (TestNode node = start("spring.threads.virtual.enabled=true", "atmosphere.endpoint.threads=1")) {
			Slow slow = node.bean(Slow.class);
			List<TestClient> stuck = IntStream.range(0, 50).mapToObj((i) -> node.connect("slow/" + i)).toList();
			stuck.forEach((client) -> client.send("block"));
			await().until(() -> slow.blocked.get() == 50);
			TestClient other = node.connect("slow/other").send("o").awaitCount(1);
			slow.release.countDown();
			stuck.forEach((client) -> client.awaitCount(1).close());
			assertThat(slow.threads).allMatch((name) -> name.startsWith("atmosphere-handler-"));
			assertThat(slow.virtual.get()).isEqualTo(51);
			other.close();
		}
	}

	@ManagedService("slow/{name}")
	static class Slow {

		final CountDownLatch release = new CountDownLatch(1);

		final AtomicInteger blocked = new AtomicInteger();

		final AtomicInteger interrupted = new AtomicInteger();

		final AtomicInteger virtual = new AtomicInteger();

		final List<String> threads = new CopyOnWriteArrayList<>();

		final List<String> finished = new CopyOnWriteArrayList<>();

		final List<CompletableFuture<String>> futures = new CopyOnWriteArrayList<>();

		@Message
		Object onMessage(String text) {
			this.threads.add(Thread.currentThread().getName());
			// As text, for the tests are compiled for Java 17.
			this.virtual.addAndGet(Thread.currentThread().toString().startsWith("VirtualThread") ? 1 : 0);
			if (text.equals("future")) {
				CompletableFuture<String> future = new CompletableFuture<>();
				this.futures.add(future);
				return future.thenApply(Outbound::reply);
			}
			if (text.equals("block")) {
				this.blocked.incrementAndGet();
				try {
					this.release.await();
				}
				catch (InterruptedException ex) {
					this.interrupted.incrementAndGet();
					throw new IllegalStateException(ex);
				}
			}
			this.finished.add(text);
			return Outbound.reply(text);
		}

	}

	@ManagedService("counting/{name}")
	static class Counting {

		final Map<String, AtomicInteger> running = new ConcurrentHashMap<>();

		final Map<String, AtomicInteger> leftBy = new ConcurrentHashMap<>();

		final AtomicInteger entered = new AtomicInteger();

		final AtomicInteger left = new AtomicInteger();

		final AtomicInteger overlaps = new AtomicInteger();

		/** Calls before the session was ready or after it had left. */
		final AtomicInteger misplaced = new AtomicInteger();

		@Ready
		void onReady(ClientSession session) {
			this.entered.incrementAndGet();
			this.running.put(session.id(), new AtomicInteger());
		}

		@Message
		Outbound onMessage(String text, ClientSession session) {
			AtomicInteger running = this.running.get(session.id());
			if (running == null) {
				this.misplaced.incrementAndGet();
				return Outbound.reply(text);
			}
			if (running.incrementAndGet() > 1) {
				this.overlaps.incrementAndGet();
			}
			Outbound reply = Outbound.reply(Integer.parseInt(text));
			running.decrementAndGet();
			return reply;
		}

		@Disconnect
		void onDisconnect(ClientSession session, DisconnectReason reason) {
			this.running.remove(session.id());
			this.leftBy.computeIfAbsent(session.id(), (id) -> new AtomicInteger()).incrementAndGet();
			this.left.incrementAndGet();
		}

	}

}
