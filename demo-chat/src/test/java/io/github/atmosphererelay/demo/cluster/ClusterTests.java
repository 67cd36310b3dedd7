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

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link Cluster}, and so for the demo as a whole: everything is real but the
 * browser.
 */
class ClusterTests {

	private static final int MESSAGES = 50;

	private static final Duration SOON = Duration.ofSeconds(15);

	/** In which a process starts, on a machine that is busy with others. */
	private static final Duration LATER = Duration.ofMinutes(3);

	/**
	 * One cluster for all of it: each of its nodes is a process, which takes a while to
	 * start.
	 */
	@Test
	void nodesAreProcessesThatTalkAndAreStoppedKilledAndStartedAgain() throws Exception {
		Set<Path> before = temporaryDirectories();
		List<String> said = new CopyOnWriteArrayList<>();
		List<Long> processes = new ArrayList<>();
		try (Cluster cluster = Cluster.start(Plan.of(Broker.Kind.REDIS, false, FreePorts.find(3)), said::add,
				Map.of("demo.warm-up", "false"))) {
			List<String> urls = List.copyOf(cluster.urls().values());
			processes.addAll(cluster.nodes().stream().map(Cluster.NodeState::pid).toList());
			assertThat(processes).doesNotContainNull()
				.doesNotContain(ProcessHandle.current().pid())
				.doesNotHaveDuplicates();
			whatIsSaidOnAnyNodeArrivesOnceAndInOrderOnAll(urls);
			aRoomIsHeardInThatRoomOnly(urls);
			aNodeThatComesBackHearsTheOthersAgain(cluster, urls);
			aKeyKillsANodeAndStartsItAgain(cluster, urls, said);
			theOperatorStopsANodeAndStartsItAgain(cluster, urls);
			processes.addAll(cluster.nodes().stream().map(Cluster.NodeState::pid).toList());
		}
		assertThat(processes).hasSize(6)
			.allSatisfy((pid) -> assertThat(ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false)).isFalse());
		assertThat(temporaryDirectories()).isEqualTo(before);
	}

	@Test
	@EnabledIfSystemProperty(named = "atmosphere.test.long", matches = "true")
	void theNodesTalkOverKafkaToo() throws Exception {
		Set<Path> before = temporaryDirectories();
		try (Cluster cluster = TestCluster.start(Broker.Kind.KAFKA, FreePorts.find(2))) {
			whatIsSaidOnAnyNodeArrivesOnceAndInOrderOnAll(List.copyOf(cluster.urls().values()));
		}
		assertThat(temporaryDirectories()).isEqualTo(before);
	}

	@Test
	@EnabledIfSystemProperty(named = "atmosphere.test.long", matches = "true")
	void theNodesTalkOverADatabaseToo() throws Exception {
		Set<Path> before = temporaryDirectories();
		try (Cluster cluster = TestCluster.start(Broker.Kind.JDBC, FreePorts.find(2))) {
			whatIsSaidOnAnyNodeArrivesOnceAndInOrderOnAll(List.copyOf(cluster.urls().values()));
		}
		assertThat(temporaryDirectories()).isEqualTo(before);
	}

	@Test
	@EnabledIfSystemProperty(named = "atmosphere.test.long", matches = "true")
	void theNodesTalkWithoutABrokerToo() throws Exception {
		Set<Path> before = temporaryDirectories();
		try (Cluster cluster = TestCluster.start(Broker.Kind.HTTP, FreePorts.find(3))) {
			List<String> urls = List.copyOf(cluster.urls().values());
			whatIsSaidOnAnyNodeArrivesOnceAndInOrderOnAll(urls);
			aNodeThatComesBackHearsTheOthersAgain(cluster, urls);
		}
		assertThat(temporaryDirectories()).isEqualTo(before);
	}

	@Test
	void whatTheDatabaseRefusesIsHeardByNobodyAndItsSenderIsTold() throws Exception {
		Set<Path> before = temporaryDirectories();
		try (Cluster cluster = TestCluster.start(Broker.Kind.REDIS, true, FreePorts.find(2))) {
			List<String> urls = List.copyOf(cluster.urls().values());
			for (String url : urls) {
				await().atMost(SOON).until(() -> NodeStatus.relayStateOf(url).equals("up"));
			}
			try (ChatClient alice = ChatClient.join(urls.get(0), "lobby", "alice");
					ChatClient bob = ChatClient.join(urls.get(1), "lobby", "bob")) {
				alice.say(chat("first"));
				await().atMost(SOON).until(() -> said(bob).size() == 1);
				// More than the column takes, and less than the page may send
				alice.say(chat("x".repeat(501)));
				await().atMost(SOON)
					.until(() -> alice.messages().stream().anyMatch((frame) -> frame.contains("\"type\":\"error\"")));
				bob.say(chat("second"));
				for (ChatClient client : List.of(alice, bob)) {
					await().atMost(SOON).until(() -> said(client).size() == 2);
					assertThat(said(client).get(0)).contains("\"text\":\"first\"");
					assertThat(said(client).get(1)).contains("\"text\":\"second\"");
				}
				assertThat(alice.messages()).filteredOn((frame) -> frame.contains("\"type\":\"error\""))
					.singleElement(InstanceOfAssertFactories.STRING)
					.contains("the database does not take it");
				assertThat(bob.messages()).noneMatch((frame) -> frame.contains("\"type\":\"error\""));
			}
		}
		assertThat(temporaryDirectories()).isEqualTo(before);
	}

	private static String chat(String text) {
		return "{\"type\":\"chat\",\"id\":\"1\",\"text\":\"" + text + "\",\"sentAt\":1}";
	}

	private static List<String> said(ChatClient client) {
		return client.messages().stream().filter((frame) -> frame.contains("\"type\":\"chat\"")).toList();
	}

	private static void whatIsSaidOnAnyNodeArrivesOnceAndInOrderOnAll(List<String> urls) throws Exception {
		List<ChatClient> clients = new ArrayList<>();
		try {
			for (String url : urls) {
				await().atMost(SOON).until(() -> NodeStatus.relayStateOf(url).equals("up"));
				clients.add(ChatClient.join(url, "lobby"));
			}
			assertThat(clients.get(0).ready()).contains("\"node\":\"node-a\"").contains("\"degraded\":false");
			assertThat(clients.get(1).ready()).contains("\"node\":\"node-b\"").contains("\"degraded\":false");
			List<String> said = new ArrayList<>();
			for (ChatClient speaker : clients) {
				for (int i = 0; i < MESSAGES; i++) {
					String message = "message %d \u00e9\u4f60\ud83d\ude80".formatted(said.size());
					said.add(message);
					speaker.say(message);
				}
				// The next speaker only begins when everybody has heard the last one
				for (ChatClient listener : clients) {
					await().atMost(SOON).until(() -> listener.messages().size() >= said.size());
					assertThat(listener.messages()).isEqualTo(said);
				}
			}
		}
		finally {
			clients.forEach(ChatClient::close);
		}
	}

	private static void aKeyKillsANodeAndStartsItAgain(Cluster cluster, List<String> urls, List<String> said)
			throws Exception {
		long before = cluster.nodes().get(1).pid();
		Keys.read(new ByteArrayInputStream("?xB\n".getBytes(StandardCharsets.US_ASCII)),
				(key) -> DemoChatCluster.pressed(key, cluster));
		await().atMost(LATER).until(() -> cluster.nodes().get(1).state().equals("stopped"));
		await().atMost(SOON).until(() -> said.contains("  node-b was killed"));
		assertThat(ProcessHandle.of(before).map(ProcessHandle::isAlive).orElse(false)).isFalse();
		assertThat(NodeStatus.nodesOf(urls.get(0))).as("the page's columns")
			.containsExactly("node-a", "node-b", "node-c");
		DemoChatCluster.pressed('b', cluster);
		await().atMost(LATER).until(() -> cluster.nodes().get(1).state().equals("running"));
		assertThat(cluster.nodes().get(1).pid()).isNotEqualTo(before);
	}

	private static void theOperatorStopsANodeAndStartsItAgain(Cluster cluster, List<String> urls) {
		Operator operator = new Operator(urls.get(0));
		assertThat(operator.overview()).contains("\"supervised\":true", "\"state\":\"running\"");
		assertThat(operator.command("node-b", "start")).as("of one that runs").isEqualTo(409);
		assertThat(operator.command("node-x", "stop")).isEqualTo(404);
		assertThat(operator.command("node-b", "stop")).isEqualTo(202);
		await().atMost(LATER).until(() -> operator.overview().contains("\"state\":\"stopped\""));
		assertThat(operator.command("node-b", "start")).isEqualTo(202);
		await().atMost(LATER).until(() -> cluster.nodes().get(1).state().equals("running"));
	}

	private static void aRoomIsHeardInThatRoomOnly(List<String> urls) throws Exception {
		try (ChatClient a = ChatClient.join(urls.get(0), "lobby");
				ChatClient b = ChatClient.join(urls.get(1), "lobby");
				ChatClient other = ChatClient.join(urls.get(1), "engineering")) {
			a.say("for the lobby");
			await().atMost(SOON).until(() -> !b.messages().isEmpty());
			other.say("for engineering");
			await().atMost(SOON).until(() -> !other.messages().isEmpty());
			assertThat(other.messages()).containsExactly("for engineering");
		}
	}

	private static void aNodeThatComesBackHearsTheOthersAgain(Cluster cluster, List<String> urls) throws Exception {
		cluster.stopNode("node-b");
		cluster.startNode("node-b");
		try (ChatClient a = ChatClient.join(urls.get(0), "lobby");
				ChatClient b = ChatClient.join(urls.get(1), "lobby")) {
			a.say("welcome back");
			await().atMost(SOON).until(() -> !b.messages().isEmpty());
			assertThat(b.messages()).containsExactly("welcome back");
		}
	}

	@Test
	void leavesNothingBehindWhenAPortIsInUse() throws Exception {
		Set<Path> before = temporaryDirectories();
		List<Integer> ports = FreePorts.find(2);
		try (ServerSocket socket = new ServerSocket(ports.get(1))) {
			assertThatExceptionOfType(Cluster.PortUnavailableException.class)
				.isThrownBy(() -> TestCluster.start(Broker.Kind.REDIS, ports))
				.satisfies((ex) -> assertThat(ex.getPort()).isEqualTo(socket.getLocalPort()));
		}
		assertThat(temporaryDirectories()).isEqualTo(before);
		assertThat(children()).isEmpty();
	}

	@Test
	void leavesNothingBehindWhenANodeDoesNotStart() throws Exception {
		Set<Path> before = temporaryDirectories();
		int port = FreePorts.find(1).get(0);
		// The second node finds its port taken by the first
		assertThatExceptionOfType(RuntimeException.class)
			.isThrownBy(() -> TestCluster.start(Broker.Kind.REDIS, List.of(port, port)));
		assertThat(temporaryDirectories()).isEqualTo(before);
		assertThat(children()).isEmpty();
		new ServerSocket(port).close();
	}

	private static List<String> children() {
		return ProcessHandle.current()
			.descendants()
			.map((process) -> process.info().command().orElse(""))
			.filter((command) -> command.contains("redis") || command.endsWith("java"))
			.toList();
	}

	private static Set<Path> temporaryDirectories() throws IOException {
		try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
			return files.filter((path) -> path.getFileName().toString().startsWith(Cluster.directoryPrefix()))
				.collect(Collectors.toSet());
		}
	}

}
