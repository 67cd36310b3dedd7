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

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.Routes;
import io.github.atmosphererelay.test.NodeScripts;
import io.github.atmosphererelay.test.UsersByParameter;
import io.github.atmosphererelay.testkit.ApplicationNode;
import io.github.atmosphererelay.testkit.RelayCluster;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for a gateway before two nodes, whose ring it follows through the bean of one of
 * them. What a node publishes in {@code node/a} only reaches its own clients.
 */
class RealNodesTests {

	private static final Duration WITHIN = Duration.ofSeconds(30);

	private static RelayCluster cluster;

	@BeforeAll
	static void start() {
		cluster = RelayCluster.of(NodeApplication.class, UsersByParameter.class)
			.nodes(2)
			.timeout(WITHIN)
			.property("spring.main.web-application-type=servlet")
			.property("spring.cloud.gateway.enabled=false")
			.property("spring.cloud.gateway.server.webflux.enabled=false")
			.property("spring.cloud.gateway.server.webflux.redis.enabled=false")
			.property("spring.application.name=chat")
			.property("logging.level.root=WARN")
			.property("server.forward-headers-strategy=native")
			.property("atmosphere.channels[0].pattern=chat/**")
			.property("atmosphere.channels[1].pattern=node/**")
			.property("atmosphere.channels[1].scope=node")
			.property("atmosphere.routing.enabled=true")
			.property("atmosphere.routing.settle-time=300ms")
			.property("atmosphere.cluster.heartbeat-interval=300ms")
			.property("atmosphere.cluster.node-timeout=5s")
			.start();
		Awaitility.await().atMost(WITHIN).until(() -> cluster.nodes().stream().allMatch((node) -> {
			PublishedRing ring = node.bean(Routes.class).ring();
			return ring != null && ring.ring().members().size() == 2;
		}));
	}

	@AfterAll
	static void stop() {
		cluster.close();
	}

	private static TestGateway gateway(String... args) {
		Map<String, Integer> ports = new LinkedHashMap<>();
		cluster.nodes().forEach((node) -> ports.put(node.name(), node.port()));
		return TestGateway.start(cluster.node(0).bean(Routes.class), ports, args);
	}

	private static String userOf(ApplicationNode node) {
		int i = 0;
		while (!node.name().equals(cluster.node(1).bean(Routes.class).find("user-" + i).node())) {
			i++;
		}
		return "user-" + i;
	}

	@Test
	void eachUserComesToItsNodeThroughBothDoors() throws Exception {
		try (TestGateway gateway = gateway()) {
			for (ApplicationNode node : cluster.nodes()) {
				String user = userOf(node);
				TestSocket raw = TestSocket.connect(gateway.webSocket("/atmosphere/node/a?ack=true&user=" + user),
						"X-User", user);
				assertThat(raw.next()).startsWith("text:{\"type\":\"ready\"");
				TestSocket centrifuge = TestSocket
					.connect(gateway.webSocket("/atmosphere/connection/websocket?user=" + user), "X-User", user);
				centrifuge.send("{\"id\":1,\"connect\":{}}");
				assertThat(centrifuge.next()).startsWith("text:{\"id\":1,\"connect\":");
				centrifuge.send("{\"id\":2,\"subscribe\":{\"channel\":\"node/a\"}}");
				assertThat(centrifuge.next()).startsWith("text:{\"id\":2,\"subscribe\":");
				for (ApplicationNode each : cluster.nodes()) {
					each.broadcaster().broadcast("node/a", "{\"from\":\"" + each.name() + "\"}");
				}
				assertThat(raw.next()).isEqualTo("text:{\"from\":\"" + node.name() + "\"}");
				assertThat(centrifuge.next()).contains("\"push\"", "\"from\":\"" + node.name() + "\"");
				raw.socket().abort();
				centrifuge.socket().abort();
			}
		}
	}

	@Test
	void aPageConnectsOverTls(@TempDir Path directory) throws Exception {
		TestCertificate certificate = TestCertificate.create(directory);
		try (TestGateway gateway = gateway(certificate.properties())) {
			ApplicationNode node = cluster.node(1);
			String user = userOf(node);
			String host = "localhost:" + gateway.port();
			TestSocket socket = TestSocket.connect(certificate.trusting(),
					URI.create("wss://" + host + "/atmosphere/node/a?ack=true&user=" + user), "X-User", user, "Origin",
					"https://" + host);
			assertThat(socket.next()).startsWith("text:{\"type\":\"ready\"");
			node.broadcaster().broadcast("node/a", "over TLS");
			assertThat(socket.next()).isEqualTo("text:over TLS");
			socket.socket().abort();
		}
	}

	@Test
	void theUnmodifiedCentrifugeClientConnectsOverTls(@TempDir Path directory) throws Exception {
		NodeScripts.install();
		int count = 100;
		TestCertificate certificate = TestCertificate.create(directory);
		try (TestGateway gateway = gateway(certificate.properties())) {
			ApplicationNode node = cluster.node(1);
			String user = userOf(node);
			String url = "wss://localhost:%d/atmosphere/connection/websocket?user=%s".formatted(gateway.port(), user);
			Process client = NodeScripts.start("centrifuge-gateway.mjs", url, certificate.file().toString(),
					"USER=" + user, "node/b", Integer.toString(count));
			try {
				BufferedReader lines = client.inputReader(StandardCharsets.UTF_8);
				assertThat(line(lines)).isEqualTo("subscribed");
				for (int i = 0; i < count; i++) {
					for (ApplicationNode each : cluster.nodes()) {
						each.broadcaster().broadcast("node/b", "%s says %d".formatted(each.name(), i));
					}
				}
				List<String> expected = IntStream.range(0, count)
					.mapToObj((i) -> "\"%s says %d\"".formatted(node.name(), i))
					.toList();
				assertThat(line(lines)).isEqualTo("[" + String.join(",", expected) + "]");
			}
			finally {
				client.destroyForcibly();
			}
		}
	}

	private static String line(BufferedReader lines) throws Exception {
		return CompletableFuture.supplyAsync(() -> {
			try {
				return lines.readLine();
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}).get(60, TimeUnit.SECONDS);
	}

	/**
	 * The application that the nodes run.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class NodeApplication {

	}

}
