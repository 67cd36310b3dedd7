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

package io.github.atmosphererelay.gateway;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;

import io.github.atmosphererelay.gateway.internal.ByteBudget;
import io.github.atmosphererelay.gateway.internal.GatewayMeters;
import io.github.atmosphererelay.gateway.internal.ProxyStatistics;
import io.github.atmosphererelay.test.Reconciles;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.cloud.gateway.config.HttpClientCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the memory of messages whose receivers are slow.
 */
@Reconciles
class HeldMessagesTests {

	private static final Duration SOON = Duration.ofSeconds(60);

	private static final int BUDGET = 4 * 1_024 * 1_024;

	private static final int RECEIVERS = 40;

	private static final int MESSAGES = 4;

	private static final int SIZE = 400_000;

	/** What a direction may hold without taking from the budget. */
	private static final int OWN = 80 * 1_024;

	/** What a client that takes nothing costs at most, while messages are small. */
	private static final long STUCK = 64 * 1_024;

	@Test
	void slowReceiversBoundTheMemoryAndLoseNothingWhileOthersGoOn() throws Exception {
		TestBackend node = new TestBackend("n1");
		try (node;
				TestGateway gateway = TestGateway.with(MeasuredMemory.class, List.of(node),
						"atmosphere.gateway.max-message-size=512KB", "atmosphere.gateway.max-held=" + BUDGET + "B",
						"atmosphere.gateway.message-timeout=10m", "atmosphere.gateway.send-timeout=10m")) {
			UnpooledByteBufAllocator memory = gateway.bean(UnpooledByteBufAllocator.class);
			ByteBudget budget = gateway.bean(ByteBudget.class);
			HttpClient http = HttpClient.newHttpClient();
			TestSocket fast = TestSocket.connect(gateway.webSocket("/atmosphere/chat/a"));
			assertThat(fast.next()).isEqualTo("text:n1");
			List<SlowReceiver> slow = new ArrayList<>();
			for (int i = 0; i < RECEIVERS; i++) {
				slow.add(new SlowReceiver(http, gateway.webSocket("/atmosphere/chat/a")));
			}
			slow.forEach((receiver) -> receiver.socket.sendText("numbered " + MESSAGES + " " + SIZE, true).join());
			Awaitility.await().atMost(SOON).until(() -> budget.pauses() > 0);
			for (int i = 0; i < 100; i++) {
				assertThat(fast.send("still here " + i).next()).isEqualTo("text:still here " + i);
				assertBounded(memory, budget);
			}
			SimpleMeterRegistry meters = new SimpleMeterRegistry();
			gateway.bean(GatewayMeters.class).bindTo(meters);
			assertThat(meters.get("atmosphere.gateway.held").gauge().value()).isPositive();
			assertThat(meters.get("atmosphere.gateway.pauses").functionCounter().count()).isPositive();
			slow.forEach(SlowReceiver::readAll);
			Awaitility.await().atMost(SOON).pollInterval(Duration.ofMillis(5)).until(() -> {
				assertBounded(memory, budget);
				return slow.stream().allMatch((receiver) -> receiver.got.size() > MESSAGES);
			});
			// The first message has another size
			List<String> expected = new ArrayList<>(List.of("n1"));
			IntStream.range(0, MESSAGES).mapToObj((i) -> i + " of " + SIZE).forEach(expected::add);
			assertThat(slow).allSatisfy((receiver) -> assertThat(receiver.got).isEqualTo(expected));
			assertThat(fast.send("large 400000").next()).isEqualTo("text of 400000");
			assertThat(gateway.bean(ProxyStatistics.class).slow()).isZero();
			Awaitility.await().atMost(SOON).until(() -> budget.taken() == 0);
			slow.forEach((receiver) -> receiver.socket.abort());
			fast.socket().abort();
			Awaitility.await().atMost(SOON).until(() -> gateway.bean(ProxyStatistics.class).open() == 0);
		}
	}

	@Test
	void aClientThatTakesNoneOfManySmallMessagesCostsLittle() throws Exception {
		TestBackend node = new TestBackend("n1");
		try (node;
				TestGateway gateway = TestGateway.with(MeasuredMemory.class, List.of(node),
						"atmosphere.gateway.send-timeout=10m")) {
			UnpooledByteBufAllocator memory = gateway.bean(UnpooledByteBufAllocator.class);
			HttpClient http = HttpClient.newHttpClient();
			List<SlowReceiver> slow = new ArrayList<>();
			for (int i = 0; i < RECEIVERS; i++) {
				slow.add(new SlowReceiver(http, gateway.webSocket("/atmosphere/chat/a")));
			}
			slow.forEach((receiver) -> receiver.socket.sendText("numbered 2000 3000", true).join());
			Awaitility.await().atMost(SOON).until(() -> memory.metric().usedDirectMemory() > RECEIVERS * 10_000);
			Awaitility.await()
				.atMost(SOON)
				.during(Duration.ofSeconds(2))
				.untilAsserted(() -> assertThat(memory.metric().usedDirectMemory()).isLessThan(RECEIVERS * STUCK));
			slow.forEach(SlowReceiver::readAll);
			Awaitility.await()
				.atMost(SOON)
				.until(() -> slow.stream().allMatch((receiver) -> receiver.got.size() > 2_000));
			slow.forEach((receiver) -> receiver.socket.abort());
			Awaitility.await().atMost(SOON).until(() -> gateway.bean(ProxyStatistics.class).open() == 0);
		}
	}

	private static void assertBounded(UnpooledByteBufAllocator memory, ByteBudget budget) {
		assertThat(budget.taken()).isLessThanOrEqualTo(BUDGET);
		// The buffer in which a message is gathered grows in steps, the message is copied
		// out of it, and what follows keeps it
		assertThat(memory.metric().usedDirectMemory()).as("direct memory with %s taken", budget.taken())
			.isLessThan(3L * BUDGET + (RECEIVERS + 1) * 2L * OWN);
	}

	/**
	 * A client that takes nothing until it is said to.
	 */
	private static final class SlowReceiver implements WebSocket.Listener {

		private final List<String> got = new CopyOnWriteArrayList<>();

		private final WebSocket socket;

		private int bytes;

		private int number;

		SlowReceiver(HttpClient http, URI uri) {
			this.socket = http.newWebSocketBuilder().buildAsync(uri, this).join();
		}

		void readAll() {
			this.socket.request(1);
		}

		@Override
		public void onOpen(WebSocket socket) {
			// Nothing is asked for
		}

		@Override
		public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
			this.got.add(data.toString());
			socket.request(1);
			return null;
		}

		@Override
		public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
			if (this.bytes == 0) {
				this.number = data.getInt(data.position());
			}
			this.bytes += data.remaining();
			if (last) {
				this.got.add(this.number + " of " + this.bytes);
				this.bytes = 0;
			}
			socket.request(1);
			return null;
		}

	}

	/**
	 * Counts the direct memory of the gateway alone, byte by byte.
	 */
	@Configuration(proxyBeanMethods = false)
	static class MeasuredMemory {

		@Bean
		UnpooledByteBufAllocator measuredAllocator() {
			return new UnpooledByteBufAllocator(true);
		}

		@Bean
		HttpClientCustomizer measuredClient(UnpooledByteBufAllocator allocator) {
			return (client) -> client.option(ChannelOption.ALLOCATOR, allocator);
		}

		@Bean
		WebServerFactoryCustomizer<NettyReactiveWebServerFactory> measuredServer(UnpooledByteBufAllocator allocator) {
			return (factory) -> factory
				.addServerCustomizers((server) -> server.childOption(ChannelOption.ALLOCATOR, allocator)
					// Or the system takes the messages of a client that does not
					.childOption(ChannelOption.SO_SNDBUF, SIZE / 8));
		}

	}

}
