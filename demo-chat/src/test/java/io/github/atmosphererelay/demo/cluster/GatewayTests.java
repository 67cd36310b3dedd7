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

package io.github.atmosphererelay.demo.cluster;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the demo with a gateway: three nodes and a fourth one that an operator starts
 * and stops. What the page looks like is left in {@code target/screenshots}.
 */
class GatewayTests {

	private static final Duration SOON = Duration.ofSeconds(30);

	private static final Duration LATER = Duration.ofMinutes(3);

	/** As the page on the ring computes it. */
	private static final Map<String, String> OWNERS = Map.of("alice", "node-a", "bob", "node-c", "carol", "node-a",
			"dave", "node-b", "emil", "node-c", "felix", "node-b");

	/** Whom a fourth node takes over. */
	private static final Set<String> MOVED = Set.of("emil", "felix");

	private static Cluster cluster;

	private static String gateway;

	private static Operator operator;

	@BeforeAll
	static void startCluster() {
		List<Integer> ports = FreePorts.find(5);
		cluster = Cluster.start(new Plan(Broker.Kind.REDIS, false, ports.subList(1, 5), ports.get(0)),
				System.out::println,
				// For the gateway with TLS
				Map.of("demo.warm-up", "false", "server.forward-headers-strategy", "native"));
		gateway = cluster.gatewayUrl();
		operator = new Operator(gateway);
		await().atMost(SOON).until(() -> ringHas("node-a", "node-b", "node-c"));
	}

	@AfterAll
	static void stopCluster() {
		if (cluster != null) {
			cluster.close();
		}
	}

	/** By the owners, since a node that joins owns somebody. */
	private static boolean ringHas(String... nodes) {
		String placement = placement();
		int begin = placement.indexOf("\"owners\":");
		String owners = (begin >= 0) ? placement.substring(begin, placement.indexOf('}', begin)) : "";
		return Set.of(nodes)
			.equals(List.of("node-a", "node-b", "node-c", "node-d")
				.stream()
				.filter((node) -> owners.contains("\"" + node + "\""))
				.collect(Collectors.toSet()));
	}

	private static String placement() {
		return operator.get("/api/placement?room=gateway");
	}

	@Test
	void eachUserComesToTheNodeOfTheRingAndOnlyThoseOfAFourthNodeMove() throws Exception {
		assertThat(cluster.nodes()).extracting(Cluster.NodeState::state)
			.containsExactly("running", "running", "running", "stopped");
		Map<String, ChatClient> clients = new LinkedHashMap<>();
		try {
			for (Map.Entry<String, String> each : OWNERS.entrySet()) {
				clients.put(each.getKey(), joinAt(each.getKey(), each.getValue()));
			}
			// An answer is kept for a second; sessions of others are without their ids
			await().atMost(SOON)
				.untilAsserted(
						() -> assertThat(placement()).contains("{\"id\":null,\"user\":\"felix\",\"node\":\"node-b\"}"));
			sayInTurn(clients);
			assertThat(operator.command("node-d", "start")).isEqualTo(202);
			await().atMost(LATER).until(() -> MOVED.stream().allMatch((user) -> clients.get(user).isClosed()));
			for (String user : MOVED) {
				assertThat(clients.get(user).closedWith()).isEqualTo(4101);
				ChatClient client = ChatClient.join(gateway, "gateway", user);
				assertThat(client.ready()).contains("\"node\":\"node-d\"");
				clients.put(user, client);
			}
			assertThat(clients.values()).noneMatch(ChatClient::isClosed);
			sayInTurn(clients);
			assertThat(operator.command("node-d", "stop")).isEqualTo(202);
			await().atMost(LATER).until(() -> cluster.nodes().get(3).state().equals("stopped"));
			await().atMost(SOON).until(() -> ringHas("node-a", "node-b", "node-c"));
			for (String user : MOVED) {
				clients.get(user).close();
				clients.put(user, joinAt(user, OWNERS.get(user)));
			}
			assertThat(clients.values()).noneMatch(ChatClient::isClosed);
		}
		finally {
			clients.values().forEach(ChatClient::close);
		}
	}

	/** The gateway learns of a ring a moment later than the nodes that were asked. */
	private static ChatClient joinAt(String user, String node) throws Exception {
		AtomicReference<ChatClient> joined = new AtomicReference<>();
		await().atMost(SOON).until(() -> {
			ChatClient client = ChatClient.join(gateway, "gateway", user);
			joined.set(client);
			boolean placed = client.ready().contains("\"node\":\"" + node + "\"");
			if (!placed) {
				client.close();
			}
			return placed;
		});
		return joined.get();
	}

	/** What each of them says reaches all of them once, in order. */
	private static void sayInTurn(Map<String, ChatClient> clients) throws Exception {
		Map<String, Integer> before = new LinkedHashMap<>();
		clients.forEach((user, client) -> before.put(user, client.messages().size()));
		int count = 0;
		for (ChatClient speaker : clients.values()) {
			for (int i = 0; i < 20; i++) {
				speaker.say(
						"{\"type\":\"chat\",\"id\":\"%1$d\",\"text\":\"message %1$d.\",\"sentAt\":1}".formatted(count));
				count++;
			}
			int said = count;
			clients.forEach((user, client) -> {
				await().atMost(SOON).until(() -> client.messages().size() >= before.get(user) + said);
				List<String> heard = client.messages();
				assertThat(heard).hasSize(before.get(user) + said);
				for (int i = 0; i < said; i++) {
					assertThat(heard.get(before.get(user) + i)).contains("\"text\":\"message " + i + ".\"");
				}
			});
		}
	}

	@Test
	void thePageShowsWhoIsWhereAndAnOperatorSeesWhoMoves() {
		ChatBrowser.assumePresent();
		try (ChatBrowser admin = ChatBrowser.of("admin", gateway).join(gateway, "moves");
				ChatBrowser felix = ChatBrowser.of("felix", gateway).join(gateway, "moves");
				ChatBrowser alice = ChatBrowser.of("alice", gateway).join(gateway, "moves")) {
			felix.until(() -> felix.has(".pane[data-node=node-b][data-state=live]"));
			for (ChatBrowser browser : List.of(admin, felix, alice)) {
				browser.until(() -> browser.has(user("node-b", "felix", "here")));
				browser.until(() -> browser.has(user("node-b", "admin", "here")));
				browser.until(() -> browser.has(user("node-a", "alice", "here")));
				browser.until(() -> browser.has(user("node-c", "bob", "away")));
				assertThat(browser.shows("#side")).isFalse();
			}
			assertThat(admin.has(".placement-node[data-node=node-d][data-state=stopped]")).isTrue();
			assertThat(felix.shows(".placement-node button")).isFalse();
			felix.say("Before");
			alice.until(() -> alice.messages("node-a").contains("Before"));
			admin.click(".placement-node[data-node=node-d] button");
			admin.untilStarted(() -> admin.has(user("node-d", "felix", "here")));
			assertThat(admin.texts("#placement-news").get(0)).endsWith(": emil and felix to node-d");
			felix.until(() -> felix.has(".pane[data-node=node-d][data-state=live]"));
			assertThat(alice.has(".pane[data-node=node-a][data-state=live]")).isTrue();
			assertThat(alice.texts(".note")).as("nobody saw alice move").noneMatch((note) -> note.contains("again"));
			alice.say("After");
			felix.until(() -> felix.messages("node-d").equals(List.of("Before", "After")));
			admin.screenshot("gateway-light");
			felix.look(390, 780, "dark");
			felix.screenshot("gateway-narrow-dark");
			admin.click(".placement-node[data-node=node-d] button");
			admin.until(() -> admin.has(".placement-node[data-node=node-d][data-state=stopped]"));
			admin.until(() -> admin.has(user("node-b", "felix", "here")));
			felix.until(() -> felix.has(".pane[data-node=node-b][data-state=live]"));
			for (ChatBrowser browser : List.of(admin, felix, alice)) {
				assertThat(browser.complaints()).isEmpty();
			}
		}
	}

	@Test
	void aPageTalksOverTlsToOneWithoutIt(@TempDir Path directory) throws Exception {
		ChatBrowser.assumePresent();
		Path store = directory.resolve("gateway.p12");
		Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
				"-genkeypair", "-alias", "gateway", "-keyalg", "EC", "-validity", "2", "-dname", "CN=localhost", "-ext",
				"SAN=dns:localhost", "-storetype", "PKCS12", "-keystore", store.toString(), "-storepass", "changeit")
			.redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.start();
		assertThat(keytool.waitFor(30, TimeUnit.SECONDS)).isTrue();
		Map<String, String> properties = new LinkedHashMap<>(cluster.gatewayProperties());
		properties.putAll(Map.of("server.port", "0", "server.ssl.key-store", store.toUri().toString(),
				"server.ssl.key-store-password", "changeit", "atmosphere.cluster.node-name", "gateway-tls",
				"spring.cloud.gateway.server.webflux.trusted-proxies", "127\\.0\\.0\\.1|0:0:0:0:0:0:0:1",
				"spring.main.register-shutdown-hook", "false"));
		String[] arguments = properties.entrySet()
			.stream()
			.map((each) -> "--" + each.getKey() + "=" + each.getValue())
			.toArray(String[]::new);
		try (ConfigurableApplicationContext tls = GatewayMain.application().run(arguments)) {
			String url = "https://localhost:" + tls.getEnvironment().getRequiredProperty("local.server.port");
			try (ChatBrowser alice = ChatBrowser.of("alice", url).join(url, "secure");
					ChatBrowser bob = ChatBrowser.of("bob", gateway).join(gateway, "secure")) {
				alice.until(() -> alice.has(".pane[data-node=node-a][data-state=live]"));
				alice.until(() -> alice.has(user("node-c", "bob", "here")));
				alice.say("Over TLS");
				bob.until(() -> bob.messages("node-c").equals(List.of("Over TLS")));
				bob.say("Without");
				alice.until(() -> alice.messages("node-a").equals(List.of("Over TLS", "Without")));
				assertThat(alice.complaints()).isEmpty();
			}
		}
	}

	private static String user(String node, String user, String state) {
		return ".placement-node[data-node=%s] li[data-user=%s][data-state=%s]".formatted(node, user, state);
	}

}
