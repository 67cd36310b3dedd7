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

import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.gateway.internal.ByteBudget;
import io.github.atmosphererelay.gateway.internal.ProxyStatistics;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for a gateway with room for two messages, before clients that do not read.
 */
class ByteBudgetTests {

	private static final Duration SOON = Duration.ofSeconds(60);

	/** More than the sockets of the way hold. */
	private static final int FRAMES = 2_500;

	private static final int LIMIT = 2 * TestBackend.FLOOD_FRAME;

	private final TestBackend node = new TestBackend("n1");

	@AfterEach
	void stop() {
		this.node.close();
	}

	private TestGateway gateway(String sendTimeout) {
		return TestGateway.start(List.of(this.node), List.of(), "atmosphere.gateway.max-message-size=64KB",
				"atmosphere.gateway.max-held=128KB", "atmosphere.gateway.send-timeout=" + sendTimeout);
	}

	@Test
	void nobodyIsReadWhileNothingIsLeftAndNothingIsDropped() throws Exception {
		try (TestGateway gateway = gateway("10m")) {
			ByteBudget budget = gateway.bean(ByteBudget.class);
			TestSocket other = TestSocket.connect(gateway.webSocket("/atmosphere/chat/a"));
			assertThat(other.next()).isEqualTo("text:n1");
			List<Reader> readers = flooded(gateway, 3);
			Awaitility.await().atMost(SOON).until(() -> budget.held() >= LIMIT);
			other.send("hello");
			CompletableFuture<String> answer = other.nextLater();
			Awaitility.await().atMost(SOON).during(Duration.ofSeconds(1)).until(() -> !answer.isDone());
			assertThat(budget.held()).isLessThanOrEqualTo(3 * TestBackend.FLOOD_FRAME);
			assertThat(budget.pauses()).isPositive();
			readers.forEach((reader) -> reader.socket.request(Long.MAX_VALUE));
			assertThat(answer.get(60, TimeUnit.SECONDS)).isEqualTo("text:hello");
			for (Reader reader : readers) {
				Awaitility.await().atMost(SOON).until(() -> reader.bytes.get() == FRAMES * TestBackend.FLOOD_FRAME);
				reader.socket.abort();
			}
			Awaitility.await().atMost(SOON).until(() -> budget.held() == 0);
			assertThat(other.send("still here").next()).isEqualTo("text:still here");
			other.socket().abort();
		}
	}

	@Test
	void clientsThatTakeNothingAreClosedForTheOthers() throws Exception {
		try (TestGateway gateway = gateway("2s")) {
			ByteBudget budget = gateway.bean(ByteBudget.class);
			ProxyStatistics statistics = gateway.bean(ProxyStatistics.class);
			TestSocket other = TestSocket.connect(gateway.webSocket("/atmosphere/chat/a"));
			assertThat(other.next()).isEqualTo("text:n1");
			flooded(gateway, 2);
			Awaitility.await().atMost(SOON).until(() -> budget.held() >= LIMIT);
			CompletableFuture<String> answer = other.nextLater();
			other.send("hello");
			assertThat(answer.get(60, TimeUnit.SECONDS)).isEqualTo("text:hello");
			assertThat(statistics.slow()).isBetween(1L, 2L);
			other.socket().abort();
		}
	}

	private List<Reader> flooded(TestGateway gateway, int count) {
		List<Reader> readers = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			Reader reader = new Reader();
			reader.socket = HttpClient.newHttpClient()
				.newWebSocketBuilder()
				.buildAsync(gateway.webSocket("/atmosphere/chat/a"), reader)
				.join();
			reader.socket.sendText("flood " + FRAMES, true).join();
			readers.add(reader);
		}
		return readers;
	}

	/**
	 * Takes nothing until it is asked to.
	 */
	private static final class Reader implements WebSocket.Listener {

		private final AtomicInteger bytes = new AtomicInteger();

		private WebSocket socket;

		@Override
		public void onOpen(WebSocket socket) {
			// Nothing is asked for yet
		}

		@Override
		public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
			this.bytes.addAndGet(data.remaining());
			return null;
		}

	}

}
