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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.test.MachineTime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Tests for the WebSockets of a gateway that stops.
 */
class GatewayStopTests {

	private static final int SOCKETS = 40;

	private final TestBackend node = new TestBackend("n1");

	@AfterEach
	void stop() {
		this.node.close();
	}

	private List<TestSocket> connect(TestGateway gateway) throws InterruptedException {
		List<TestSocket> sockets = new ArrayList<>();
		for (int i = 0; i < SOCKETS; i++) {
			TestSocket socket = TestSocket.connect(gateway.webSocket("/atmosphere/chat/a"));
			assertThat(socket.next()).isEqualTo("text:n1");
			sockets.add(socket);
		}
		return sockets;
	}

	@Test
	void clientsAreAskedToReconnectOneSliceAfterAnother() throws Exception {
		TestGateway gateway = TestGateway.start(List.of(this.node), List.of(), "atmosphere.shutdown.slice-size=5",
				"atmosphere.shutdown.slice-interval=250ms");
		List<TestSocket> sockets = connect(gateway);
		ConcurrentLinkedQueue<Long> times = new ConcurrentLinkedQueue<>();
		List<CompletableFuture<String>> closed = sockets.stream()
			.map((socket) -> socket.nextLater().thenApply((event) -> {
				times.add(System.nanoTime());
				return event;
			}))
			.toList();
		CompletableFuture<Void> stopped = CompletableFuture.runAsync(gateway::close);
		closed.get(0).get(60, TimeUnit.SECONDS);
		CompletableFuture.anyOf(closed.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
		for (CompletableFuture<String> each : closed) {
			assertThat(each.get(60, TimeUnit.SECONDS)).isEqualTo("close:1012 gateway stops, please reconnect");
		}
		stopped.get(60, TimeUnit.SECONDS);
		List<Long> sorted = times.stream().sorted().toList();
		// Seven intervals lie between the first and the last slice
		assertThat(Duration.ofNanos(sorted.get(SOCKETS - 1) - sorted.get(0))).isGreaterThan(Duration.ofMillis(1_200));
		assertThat(this.node.closed()).hasSize(SOCKETS).containsOnly(1001);
	}

	@Test
	void aGatewayThatStopsAcceptsNobodyAndIsStoppedInTime() throws Exception {
		TestGateway gateway = TestGateway.start(List.of(this.node), List.of(), "atmosphere.shutdown.slice-size=1",
				"atmosphere.shutdown.slice-interval=500ms", "atmosphere.shutdown.timeout=3s");
		List<TestSocket> sockets = connect(gateway);
		List<CompletableFuture<String>> closed = sockets.stream().map(TestSocket::nextLater).toList();
		MachineTime time = MachineTime.start();
		CompletableFuture<Void> stopped = CompletableFuture.runAsync(gateway::close);
		CompletableFuture.anyOf(closed.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
		Throwable failure = catchThrowable(() -> TestSocket.connect(gateway.webSocket("/atmosphere/chat/a")));
		assertThat(failure).hasCauseInstanceOf(WebSocketHandshakeException.class);
		assertThat(((WebSocketHandshakeException) failure.getCause()).getResponse().statusCode()).isEqualTo(503);
		for (CompletableFuture<String> each : closed) {
			assertThat(each.get(60, TimeUnit.SECONDS)).isEqualTo("close:1012 gateway stops, please reconnect");
		}
		// One after another they would take 20 s
		assertThat(time.elapsed()).isLessThan(Duration.ofSeconds(12));
		stopped.get(60, TimeUnit.SECONDS);
	}

}
