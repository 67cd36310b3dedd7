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

import java.net.http.WebSocketHandshakeException;
import java.time.Duration;
import java.util.List;

import io.github.atmosphererelay.gateway.internal.GatewayMeters;
import io.github.atmosphererelay.gateway.internal.ProxyStatistics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Tests for messages that are too large, and nodes that do not answer.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(OutputCaptureExtension.class)
class WebSocketLimitsTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	private static final long HANDSHAKE_TIMEOUT = 1;

	private final TestBackend node = new TestBackend("n1");

	private TestGateway gateway;

	@BeforeAll
	void start() {
		this.gateway = TestGateway.start(List.of(this.node), List.of(), "atmosphere.gateway.max-message-size=64KB",
				"atmosphere.gateway.handshake-timeout=" + HANDSHAKE_TIMEOUT, "atmosphere.gateway.idle-timeout=0");
	}

	@AfterAll
	void stop() {
		this.gateway.close();
		this.node.close();
	}

	private TestSocket connect() throws InterruptedException {
		TestSocket socket = TestSocket.connect(this.gateway.webSocket("/atmosphere/chat/a"));
		assertThat(socket.next()).isEqualTo("text:n1");
		return socket;
	}

	private ProxyStatistics statistics() {
		return this.gateway.bean(ProxyStatistics.class);
	}

	@Test
	void aClientThatSendsTooMuchIsClosedWith1009AndItsNodeToo() throws Exception {
		this.node.closed().clear();
		long before = statistics().tooLarge();
		TestSocket socket = connect();
		socket.socket().sendText("x".repeat(100_000), true);
		assertThat(socket.next()).startsWith("close:1009");
		// The connections of other tests may end late, with other codes
		Awaitility.await().atMost(SOON).untilAsserted(() -> assertThat(this.node.closed()).contains(1009));
		assertThat(statistics().tooLarge()).isEqualTo(before + 1);
	}

	@Test
	void aMessageInPartsIsTooLargeAsAWhole() throws Exception {
		this.node.closed().clear();
		TestSocket socket = connect();
		for (int i = 0; i < 5; i++) {
			socket.socket().sendText("x".repeat(20_000), i == 4).join();
		}
		assertThat(socket.next()).startsWith("close:1009");
		// The connections of other tests may end late, with other codes
		Awaitility.await().atMost(SOON).untilAsserted(() -> assertThat(this.node.closed()).contains(1009));
	}

	@Test
	void aClientWhoseNodeSendsTooMuchIsClosedWith1009() throws Exception {
		long before = statistics().tooLarge();
		TestSocket socket = connect();
		assertThat(socket.send("large 60000").next()).isEqualTo("text of 60000");
		assertThat(socket.send("large 70000").next()).startsWith("close:1009");
		Awaitility.await().atMost(SOON).until(() -> statistics().open() == 0);
		assertThat(statistics().tooLarge()).isEqualTo(before + 1);
	}

	@Test
	void aNodeThatDoesNotAnswerAHandshakeIs504() {
		long failed = statistics().failed();
		assertThat(status("silent")).isEqualTo(504);
		assertThat(statistics().failed()).isEqualTo(failed + 1);
		Awaitility.await().atMost(SOON).until(() -> this.node.waiting() == 0);
	}

	@Test
	void aNodeThatClosesTheConnectionDuringAHandshakeIs502() {
		long failed = statistics().failed();
		assertThat(status("cut")).isEqualTo(502);
		assertThat(statistics().failed()).isEqualTo(failed + 1);
	}

	@Test
	void refusalsAreCountedAndLoggedInOneLine(CapturedOutput output) {
		long refused = statistics().refused();
		for (int i = 0; i < 5; i++) {
			assertThat(status("refused")).isEqualTo(403);
		}
		assertThat(statistics().refused()).isEqualTo(refused + 5);
		assertThat(output.getAll().lines().filter((line) -> line.contains("A node has refused a WebSocket with 403")))
			.hasSize(1);
		assertThat(output.getAll()).doesNotContain("observed an error").doesNotContain("HandshakeException");
	}

	@Test
	void handshakesThatFailLeaveNoStackTrace(CapturedOutput output) {
		assertThat(status("cut")).isEqualTo(502);
		assertThat(status("silent")).isEqualTo(504);
		Awaitility.await().atMost(SOON).until(() -> this.node.waiting() == 0);
		assertThat(output.getAll()).doesNotContain("\tat ");
	}

	private int status(String channel) {
		Throwable failure = catchThrowable(() -> TestSocket.connect(this.gateway.webSocket("/atmosphere/" + channel)));
		assertThat(failure).hasCauseInstanceOf(WebSocketHandshakeException.class);
		return ((WebSocketHandshakeException) failure.getCause()).getResponse().statusCode();
	}

	@Test
	void theTimeForTheHandshakeDoesNotCloseASilentWebSocket() throws Exception {
		TestSocket socket = connect();
		long opened = System.nanoTime();
		Awaitility.await()
			.atMost(SOON)
			.until(() -> System.nanoTime() - opened > Duration.ofSeconds(2 * HANDSHAKE_TIMEOUT).toNanos());
		assertThat(socket.send("still here").next()).isEqualTo("text:still here");
		socket.socket().abort();
	}

	@Test
	void theMetersShowWhatIsOpenAndHasEnded() throws Exception {
		SimpleMeterRegistry meters = new SimpleMeterRegistry();
		this.gateway.bean(GatewayMeters.class).bindTo(meters);
		Awaitility.await().atMost(SOON).until(() -> statistics().open() == 0);
		double lost = meters.get("atmosphere.gateway.closed").tag("reason", "node_lost").functionCounter().count();
		double accepted = meters.get("atmosphere.gateway.handshakes")
			.tag("outcome", "accepted")
			.functionCounter()
			.count();
		TestSocket socket = connect();
		assertThat(meters.get("atmosphere.gateway.websockets").gauge().value()).isEqualTo(1);
		assertThat(socket.send("die").next()).startsWith("close:1012");
		Awaitility.await().atMost(SOON).until(() -> meters.get("atmosphere.gateway.websockets").gauge().value() == 0);
		assertThat(meters.get("atmosphere.gateway.closed").tag("reason", "node_lost").functionCounter().count())
			.isEqualTo(lost + 1);
		assertThat(meters.get("atmosphere.gateway.handshakes").tag("outcome", "accepted").functionCounter().count())
			.isEqualTo(accepted + 1);
	}

}
