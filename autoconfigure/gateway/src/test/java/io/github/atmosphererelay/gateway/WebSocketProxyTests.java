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

import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import io.github.atmosphererelay.gateway.internal.OpenExchanges;
import io.github.atmosphererelay.gateway.internal.ProxyStatistics;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Tests for what a gateway forwards between a client and its node.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WebSocketProxyTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	private final TestBackend node = new TestBackend("n1");

	private TestGateway gateway;

	@BeforeAll
	void start() {
		this.gateway = TestGateway.start(List.of(this.node), List.of(), "atmosphere.gateway.send-timeout=10m");
	}

	@AfterAll
	void stop() {
		this.gateway.close();
		this.node.close();
	}

	private TestSocket connect(String... headers) throws InterruptedException {
		TestSocket socket = TestSocket.connect(uri("chat/a"), headers);
		assertThat(socket.next()).isEqualTo("text:n1");
		return socket;
	}

	private URI uri(String channel) {
		return this.gateway.webSocket("/atmosphere/" + channel);
	}

	@ParameterizedTest
	@ValueSource(ints = { 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 1014, 3000, 3503, 4999 })
	void theNodesCloseCodeAndReasonReachTheClient(int code) throws Exception {
		assertThat(connect().send("close " + code).next()).isEqualTo("close:" + code + " as asked");
	}

	@ParameterizedTest
	@ValueSource(ints = { 1000, 3000, 4999 })
	void theClientsCloseCodeReachesTheNode(int code) throws Exception {
		this.node.closed().clear();
		connect().socket().sendClose(code, "bye").join();
		// Others' connections to the node may end late
		Awaitility.await().atMost(SOON).until(() -> this.node.closed().contains(code));
	}

	@Test
	void pingsAndPongsPassThrough() throws Exception {
		TestSocket socket = connect();
		socket.socket().sendPing(ByteBuffer.wrap("to-the-node".getBytes(StandardCharsets.UTF_8))).join();
		assertThat(socket.next()).isEqualTo("pong:to-the-node");
		assertThat(this.node.received()).contains("ping:to-the-node");
		assertThat(socket.send("ping me").next()).isEqualTo("ping:beat");
		Awaitility.await().atMost(SOON).until(() -> this.node.received().contains("pong:beat"));
		assertThat(socket.send("next").next()).isEqualTo("text:next");
		socket.socket().abort();
	}

	@Test
	void largeMessagesPassThrough() throws Exception {
		TestSocket socket = connect();
		assertThat(socket.send("x".repeat(1_000_000)).next()).isEqualTo("text of 1000000");
		socket.socket().sendBinary(ByteBuffer.allocate(3_000_000), true).join();
		assertThat(socket.next()).isEqualTo("binary of 3000000");
		socket.socket().abort();
	}

	@Test
	void aClientGetsTheRefusalOfTheNode() {
		Throwable failure = catchThrowable(() -> TestSocket.connect(uri("refused")));
		assertThat(failure).hasCauseInstanceOf(WebSocketHandshakeException.class);
		HttpResponse<?> response = ((WebSocketHandshakeException) failure.getCause()).getResponse();
		assertThat(response.statusCode()).isEqualTo(403);
		assertThat(response.headers().firstValue("X-Reason")).hasValue("not you");
	}

	@Test
	void theNodeChoosesTheSubprotocol() throws Exception {
		TestSocket socket = connect("protocols", "first");
		assertThat(socket.socket().getSubprotocol()).isEqualTo("first");
		socket.socket().abort();
		TestSocket other = connect("protocols", "unknown");
		assertThat(other.socket().getSubprotocol()).isEmpty();
		other.socket().abort();
	}

	@Test
	void aClientWhoseNodeDiesIsAskedToReconnect() throws Exception {
		assertThat(connect().send("die").next()).startsWith("close:1012");
	}

	@Test
	void aClientThatVanishesIsClosedAtTheNode() throws Exception {
		this.node.closed().clear();
		connect().socket().abort();
		Awaitility.await().atMost(SOON).until(() -> !this.node.closed().isEmpty());
	}

	@Test
	void aStreamedResponseIsForwardedAsItComes() throws Exception {
		// The first line brings the headers with it
		this.node.stream("data: 0\n");
		HttpResponse<Stream<String>> response = HttpClient.newHttpClient()
			.sendAsync(HttpRequest.newBuilder(this.gateway.http("/atmosphere/stream")).build(), BodyHandlers.ofLines())
			.orTimeout(10, TimeUnit.SECONDS)
			.join();
		Iterator<String> lines = response.body().iterator();
		for (int i = 0; i < 3; i++) {
			assertThat(CompletableFuture.supplyAsync(lines::next).get(10, TimeUnit.SECONDS)).isEqualTo("data: " + i);
			this.node.stream("data: " + (i + 1) + "\n");
		}
		response.body().close();
	}

	@Test
	void aClientThatVanishesDuringTheHandshakeIsForgottenAtTheNode() throws Exception {
		try (Socket socket = new Socket("127.0.0.1", this.gateway.port())) {
			socket.getOutputStream()
				.write(("GET /atmosphere/silent HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
						+ "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
					.getBytes(StandardCharsets.US_ASCII));
			Awaitility.await().atMost(SOON).until(() -> this.node.waiting() == 1);
		}
		// Before the node's time for an answer is over
		Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> this.node.waiting() == 0);
		awaitNothingOpen();
	}

	@Test
	void nothingStaysOpenWhenBothSidesCloseAtOnce() throws Exception {
		for (int i = 0; i < 50; i++) {
			TestSocket socket = connect();
			socket.send("close 3000");
			socket.socket().sendClose(4000, "");
		}
		awaitNothingOpen();
	}

	private void awaitNothingOpen() {
		ProxyStatistics statistics = this.gateway.bean(ProxyStatistics.class);
		OpenExchanges open = this.gateway.bean(OpenExchanges.class);
		Awaitility.await().atMost(SOON).untilAsserted(() -> {
			assertThat(statistics.open()).isZero();
			assertThat(open.at("127.0.0.1:" + this.node.port())).isZero();
		});
	}

	@Test
	void aNodeIsReadOnlyAsFastAsItsClientTakesTheFrames() throws Exception {
		int frames = 2_500;
		AtomicInteger received = new AtomicInteger();
		WebSocket.Listener listener = new WebSocket.Listener() {

			@Override
			public void onOpen(WebSocket socket) {
				// Nothing is asked for yet
			}

			@Override
			public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
				received.addAndGet(data.remaining());
				return null;
			}

		};
		WebSocket socket = HttpClient.newHttpClient().newWebSocketBuilder().buildAsync(uri("chat/a"), listener).join();
		socket.sendText("flood " + frames, true).join();
		Awaitility.await().atMost(SOON).until(() -> this.node.flooded() > 0);
		Awaitility.await().atMost(SOON).during(Duration.ofSeconds(2)).until(() -> this.node.flooded() < frames / 2);
		socket.request(Long.MAX_VALUE);
		Awaitility.await().atMost(SOON).until(() -> received.get() == frames * TestBackend.FLOOD_FRAME);
		assertThat(this.node.flooded()).isEqualTo(frames);
		socket.abort();
	}

}
