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
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import io.github.atmosphererelay.gateway.internal.OpenExchanges;
import io.github.atmosphererelay.gateway.internal.ProxyStatistics;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for WebSockets on which nothing is sent.
 */
class IdleTimeoutTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	@Test
	void aConnectionWithoutFramesIsClosedAndOneWithFramesIsNot() throws Exception {
		TestBackend node = new TestBackend("n1");
		try (node;
				TestGateway gateway = TestGateway.start(List.of(node), List.of(),
						"atmosphere.gateway.idle-timeout=2s")) {
			TestSocket idle = TestSocket.connect(gateway.webSocket("/atmosphere/chat/a"));
			TestSocket busy = TestSocket.connect(gateway.webSocket("/atmosphere/chat/a"));
			assertThat(busy.next()).isEqualTo("text:n1");
			assertThat(idle.next()).isEqualTo("text:n1");
			CompletableFuture<String> closed = CompletableFuture.supplyAsync(() -> {
				try {
					return idle.next();
				}
				catch (InterruptedException ex) {
					throw new IllegalStateException(ex);
				}
			});
			Awaitility.await().atMost(SOON).pollInterval(Duration.ofMillis(200)).until(() -> {
				busy.send("silence");
				return closed.isDone();
			});
			assertThat(closed.join()).startsWith("close:1012");
			assertThat(busy.send("still here").next()).isEqualTo("text:still here");
			busy.socket().abort();
		}
	}

	@Test
	void aClientThatTakesNoneOfTheBytesThatWaitForItIsClosedLongBeforeItIsIdle() throws Exception {
		TestBackend node = new TestBackend("n1");
		try (node;
				TestGateway gateway = TestGateway.start(List.of(node), List.of(),
						"atmosphere.gateway.idle-timeout=10m")) {
			TestSocket silent = TestSocket.connect(gateway.webSocket("/atmosphere/chat/a"));
			assertThat(silent.next()).isEqualTo("text:n1");
			ProxyStatistics statistics = gateway.bean(ProxyStatistics.class);
			WebSocket slow = connectWithoutReading(gateway);
			WebSocket stuck = connectWithoutReading(gateway);
			slow.sendText("flood 1000000", true).join();
			stuck.sendText("flood 2500", true).join();
			Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(50)).until(() -> {
				slow.request(20);
				return statistics.open() < 3;
			});
			assertThat(statistics.open()).isEqualTo(2);
			assertThat(statistics.slow()).isEqualTo(1);
			assertThat(slow.isInputClosed()).isFalse();
			assertThat(silent.send("still here").next()).isEqualTo("text:still here");
			silent.socket().abort();
			slow.abort();
			stuck.abort();
		}
	}

	private static WebSocket connectWithoutReading(TestGateway gateway) {
		WebSocket.Listener listener = new WebSocket.Listener() {

			@Override
			public void onOpen(WebSocket socket) {
				// Nothing is asked for
			}

			@Override
			public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
				return null;
			}

			@Override
			public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
				return null;
			}

		};
		return HttpClient.newHttpClient()
			.newWebSocketBuilder()
			.buildAsync(gateway.webSocket("/atmosphere/chat/a"), listener)
			.join();
	}

	@Test
	void nothingStaysOpenOfAClientThatTakesNoBytes() throws Exception {
		TestBackend node = new TestBackend("n1");
		try (node;
				TestGateway gateway = TestGateway.start(List.of(node), List.of(), "atmosphere.gateway.idle-timeout=2s",
						"atmosphere.gateway.send-timeout=10m")) {
			WebSocket socket = connectWithoutReading(gateway);
			socket.sendText("flood 2500", true).join();
			Awaitility.await().atMost(SOON).until(() -> node.flooded() > 0);
			ProxyStatistics statistics = gateway.bean(ProxyStatistics.class);
			Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> statistics.open() == 0);
			assertThat(gateway.bean(OpenExchanges.class).at("127.0.0.1:" + node.port())).isZero();
			socket.abort();
		}
	}

}
