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

package io.github.atmosphererelay.autoconfigure;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.broker.Ports;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.http.internal.HttpRelay;
import io.github.atmosphererelay.relay.http.internal.RefusalReason;
import io.github.atmosphererelay.relay.internal.RelayState;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.security.autoconfigure.SecurityAutoConfiguration;
import org.springframework.boot.security.autoconfigure.UserDetailsServiceAutoConfiguration;
import org.springframework.boot.security.autoconfigure.web.servlet.SecurityFilterAutoConfiguration;
import org.springframework.boot.security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Nodes that are applications, on Tomcat and Jetty, with and without Spring Security, and
 * with nothing between them but HTTP.
 */
class HttpRelayNodesTests {

	private static final String SECRET = "0123456789abcdef0123456789abcdef";

	private final List<TestNode> nodes = new ArrayList<>();

	@AfterEach
	void close() {
		this.nodes.forEach(TestNode::close);
	}

	@Test
	void messagesCrossFromTomcatToJettyAndUnderAContextPath() {
		int[] ports = ports(3);
		String peers = "atmosphere.relay.http.peers=http://localhost:" + ports[0] + ",http://localhost:" + ports[1]
				+ ",http://localhost:" + ports[2] + "/app";
		start(List.of(), ports[0], peers, secret());
		start(List.of(), ports[1], peers, secret(), TestNode.onJetty());
		start(List.of(), ports[2], peers, secret(), "server.servlet.context-path=/app");
		awaitPeers(2);
		assertThatAllHearAll(this.nodes.get(0).uri("chat/lobby"), this.nodes.get(1).uri("chat/lobby"),
				URI.create("ws://localhost:" + ports[2] + "/app/atmosphere/chat/lobby"));
	}

	@Test
	void springSecuritysDefaultChainDoesNotStandInTheWayAndNobodyElseGetsThrough() throws Exception {
		int[] ports = ports(2);
		start(List.of(DefaultSecurity.class), ports[0], peers(ports), secret());
		start(List.of(), ports[1], peers(ports), secret());
		awaitPeers(1);
		try (TestClient client = this.nodes.get(1).connect("chat/lobby?ack=true")) {
			client.awaitCount(1);
			assertThat(this.nodes.get(0).broadcaster().broadcast("chat/lobby", "hello").join().outcome())
				.isEqualTo(Outcome.RELAYED);
			client.awaitCount(2);
			assertThat(client.texts().get(1)).isEqualTo("hello");
		}
		HttpResponse<String> stranger = HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(this.nodes.get(0).http("/atmosphere/connection/peers"))
				.POST(HttpRequest.BodyPublishers.ofString("hello"))
				.build(), HttpResponse.BodyHandlers.ofString());
		assertThat(stranger.statusCode()).isEqualTo(401);
		assertThat(stranger.body()).isEmpty();
		assertThat(this.nodes.get(0).bean(HttpRelay.class).statistics().refused(RefusalReason.UNAUTHENTICATED))
			.isEqualTo(1);
	}

	@Test
	void anotherSecretKeepsANodeOut() {
		int[] ports = ports(2);
		start(List.of(), ports[0], peers(ports), secret());
		start(List.of(), ports[1], peers(ports), "atmosphere.relay.http.secret=" + "f".repeat(32));
		await().untilAsserted(() -> assertThat(relay(0).details().get("peers").toString())
			.contains("not found: refused with status 401"));
		await().until(() -> this.nodes.get(1).messaging().monitor().state() == RelayState.DOWN);
		assertThat(relay(0).livePeers()).isZero();
		assertThat(relay(0).statistics().refused(RefusalReason.UNAUTHENTICATED)).isPositive();
	}

	@Test
	void nodesThatAcceptEachOthersSecretsAreConnected() {
		String other = "f".repeat(32);
		int[] ports = ports(2);
		start(List.of(), ports[0], peers(ports), secret(), "atmosphere.relay.http.accepted-secrets=" + other);
		start(List.of(), ports[1], peers(ports), "atmosphere.relay.http.secret=" + other,
				"atmosphere.relay.http.accepted-secrets=" + SECRET);
		awaitPeers(1);
		assertThat(this.nodes).allSatisfy(
				(node) -> assertThat(node.bean(HttpRelay.class).statistics().refused(RefusalReason.UNAUTHENTICATED))
					.isZero());
	}

	@Test
	void aNodeThatStopsIsNotWaitedForAndOneThatReturnsIsFoundAgain() {
		int[] ports = ports(2);
		start(List.of(), ports[0], peers(ports), secret());
		start(List.of(), ports[1], peers(ports), secret());
		awaitPeers(1);
		this.nodes.remove(1).close();
		assertThat(relay(0).livePeers()).isZero();
		MachineTime start = MachineTime.start();
		assertThat(this.nodes.get(0).broadcaster().broadcast("chat/lobby", "alone").join().outcome())
			.isEqualTo(Outcome.RELAYED);
		assertThat(start.elapsed()).isLessThan(Duration.ofMillis(500));
		assertThat(this.nodes.get(0).messaging().monitor().isUp()).isTrue();
		start(List.of(), ports[1], peers(ports), secret());
		awaitPeers(1);
	}

	private void start(List<Class<?>> configuration, int port, String... properties) {
		this.nodes.add(TestNode.start(configuration, with(properties, "server.port=" + port,
				"atmosphere.relay.type=http", "atmosphere.channels[0].pattern=chat/**")));
	}

	private static String[] with(String[] properties, String... more) {
		List<String> all = new ArrayList<>(List.of(properties));
		all.addAll(List.of(more));
		return all.toArray(String[]::new);
	}

	private static String secret() {
		return "atmosphere.relay.http.secret=" + SECRET;
	}

	private static int[] ports(int count) {
		return IntStream.range(0, count).map((i) -> Ports.free()).toArray();
	}

	private static String peers(int... ports) {
		return "atmosphere.relay.http.peers="
				+ Arrays.stream(ports).mapToObj((port) -> "http://localhost:" + port).collect(Collectors.joining(","));
	}

	private HttpRelay relay(int index) {
		return this.nodes.get(index).bean(HttpRelay.class);
	}

	private void awaitPeers(int number) {
		await().untilAsserted(() -> assertThat(this.nodes).allSatisfy((node) -> {
			assertThat(node.bean(HttpRelay.class).livePeers()).isEqualTo(number);
			assertThat(node.messaging().monitor().isUp()).isTrue();
		}));
	}

	private void assertThatAllHearAll(URI... uris) {
		List<TestClient> clients = Arrays.stream(uris)
			.map((uri) -> TestClient.connect(URI.create(uri + "?ack=true")).awaitCount(1))
			.toList();
		for (TestNode node : this.nodes) {
			node.broadcaster().broadcast("chat/lobby", "from " + node.port()).join();
		}
		for (TestClient client : clients) {
			client.awaitCount(1 + this.nodes.size());
			assertThat(client.texts().subList(1, 1 + this.nodes.size()))
				.containsExactlyInAnyOrderElementsOf(this.nodes.stream().map((node) -> "from " + node.port()).toList());
			client.close();
		}
	}

	/**
	 * Spring Security as Spring Boot configures it for an application that says nothing.
	 */
	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ SecurityAutoConfiguration.class, ServletWebSecurityAutoConfiguration.class,
			SecurityFilterAutoConfiguration.class, UserDetailsServiceAutoConfiguration.class })
	static class DefaultSecurity {

	}

}
