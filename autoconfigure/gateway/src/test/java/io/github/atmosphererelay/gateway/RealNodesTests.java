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

import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.Routes;
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
		Path store = directory.resolve("gateway.p12");
		Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
				"-genkeypair", "-alias", "gateway", "-keyalg", "EC", "-validity", "2", "-dname", "CN=localhost", "-ext",
				"SAN=dns:localhost,ip:127.0.0.1", "-storetype", "PKCS12", "-keystore", store.toString(), "-storepass",
				"changeit")
			.redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.start();
		assertThat(keytool.waitFor(30, TimeUnit.SECONDS)).isTrue();
		try (TestGateway gateway = gateway("server.ssl.key-store=" + store.toUri(),
				"server.ssl.key-store-password=changeit",
				"spring.cloud.gateway.server.webflux.trusted-proxies=127\\.0\\.0\\.1")) {
			ApplicationNode node = cluster.node(1);
			String user = userOf(node);
			String host = "localhost:" + gateway.port();
			TestSocket socket = TestSocket.connect(trusting(store),
					URI.create("wss://" + host + "/atmosphere/node/a?ack=true&user=" + user), "X-User", user, "Origin",
					"https://" + host);
			assertThat(socket.next()).startsWith("text:{\"type\":\"ready\"");
			node.broadcaster().broadcast("node/a", "over TLS");
			assertThat(socket.next()).isEqualTo("text:over TLS");
			socket.socket().abort();
		}
	}

	private static HttpClient trusting(Path store) throws Exception {
		KeyStore keys = KeyStore.getInstance("PKCS12");
		try (InputStream in = Files.newInputStream(store)) {
			keys.load(in, "changeit".toCharArray());
		}
		KeyStore trust = KeyStore.getInstance("PKCS12");
		trust.load(null, null);
		trust.setCertificateEntry("gateway", keys.getCertificate("gateway"));
		TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
		managers.init(trust);
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(null, managers.getTrustManagers(), null);
		return HttpClient.newBuilder().sslContext(context).build();
	}

	/**
	 * The application that the nodes run.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class NodeApplication {

	}

}
