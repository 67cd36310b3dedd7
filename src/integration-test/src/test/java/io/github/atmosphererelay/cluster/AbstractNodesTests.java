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

package io.github.atmosphererelay.cluster;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;

import io.github.atmosphererelay.broadcast.MessageTooLargeException;
import io.github.atmosphererelay.broadcast.UnknownSessionException;
import io.github.atmosphererelay.channel.UnknownChannelException;
import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.presence.Presence;
import io.github.atmosphererelay.presence.PresenceMember;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.test.Covers;
import io.github.atmosphererelay.test.KnownFault;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Three whole applications as nodes of a cluster. The third reaches the broker through a
 * proxy, by which it can be cut off.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AbstractNodesTests {

	private static final String[] QUICK = { "atmosphere.cluster.heartbeat-interval=500ms",
			"atmosphere.cluster.node-timeout=3s", "atmosphere.cluster.request-timeout=2s" };

	private static final CloseReason BYE = new CloseReason(4001, "signed out");

	private final List<TestNode> nodes = new ArrayList<>();

	private final List<TestClient> clients = new ArrayList<>();

	private Broker broker;

	abstract Broker startBroker();

	@BeforeAll
	void start() {
		this.broker = startBroker();
		this.nodes.add(startNode("node-a", this.broker.directProperties(), QUICK));
		this.nodes.add(startNode("node-b", this.broker.directProperties(), QUICK));
		this.nodes.add(startNode("node-c", this.broker.proxiedProperties(), QUICK));
		awaitAll();
	}

	private static TestNode startNode(String name, String[]... properties) {
		return TestNode.start(List.of(NodeApplication.class), arguments(name, properties).toArray(String[]::new));
	}

	private static List<String> arguments(String name, String[]... properties) {
		List<String> args = new ArrayList<>(List.of("atmosphere.cluster.node-name=" + name,
				"atmosphere.channels[0].pattern=chat/**", "atmosphere.channels[1].pattern=here/**",
				"atmosphere.channels[1].scope=node", "atmosphere.channels[2].pattern=room/**",
				"atmosphere.channels[2].presence=true", "atmosphere.relay.max-message-size=64KB",
				"atmosphere.relay.probe-interval=500ms", "atmosphere.relay.probe-timeout=2s"));
		Stream.of(properties).flatMap(Arrays::stream).forEach(args::add);
		return args;
	}

	@AfterAll
	void stop() {
		this.nodes.forEach(TestNode::close);
		this.broker.close();
	}

	@AfterEach
	void closeClients() {
		this.clients.forEach(TestClient::close);
		this.clients.clear();
		awaitAll();
		this.nodes.forEach((node) -> await().until(() -> node.messaging().registry().sessionCount() == 0));
	}

	private void awaitAll() {
		for (TestNode node : this.nodes) {
			MachineTime.await(Duration.ofSeconds(20))
				.untilAsserted(() -> assertThat(names(node)).containsExactlyInAnyOrder("node-a", "node-b", "node-c"));
			MachineTime.await(Duration.ofSeconds(20)).until(() -> !cluster(node).isFrozen());
		}
	}

	private static List<String> names(TestNode node) {
		return cluster(node).nodes().stream().map(ClusterNode::name).toList();
	}

	private static Cluster cluster(TestNode node) {
		return node.bean(Cluster.class);
	}

	private TestNode node(int index) {
		return this.nodes.get(index);
	}

	private UUID id(int index) {
		return node(index).messaging().identity().id();
	}

	private static List<String> events(TestNode node) {
		return node.bean(NodeApplication.Events.class).seen();
	}

	private TestClient connect(TestNode node, String channel, String user) {
		TestClient client = node.connect(channel + "?ack=true&user=" + user);
		this.clients.add(client);
		client.awaitCount(1);
		assertThat(client.texts().get(0)).contains("\"degraded\":false");
		client.received().clear();
		return client;
	}

	@Test
	void nodesDescribeThemselvesToEachOther() {
		connect(node(1), "chat/one", "alice");
		connect(node(1), "chat/two", "alice");
		MachineTime.await(Duration.ofSeconds(5)).untilAsserted(() -> {
			ClusterNode seen = cluster(node(0)).nodes()
				.stream()
				.filter((node) -> node.id().equals(id(1)))
				.findFirst()
				.orElseThrow();
			assertThat(seen.load().sessions()).isEqualTo(2);
			assertThat(seen.load().channels()).isEqualTo(2);
			assertThat(seen.address()).endsWith(":" + node(1).port());
			assertThat(seen.version()).isNotEmpty();
			assertThat(seen.startedAt()).isEqualTo(cluster(node(1)).self().startedAt().truncatedTo(ChronoUnit.MILLIS));
		});
		assertThat(cluster(node(0)).nodes().get(0)).extracting(ClusterNode::id).isEqualTo(id(0));
	}

	@Test
	void oneThatComesIsSeenWithinSecondsAndOneThatStopsIsGoneAtOnce() {
		this.nodes.forEach((node) -> events(node).clear());
		TestNode late = startNode("node-d", this.broker.directProperties(), QUICK);
		for (TestNode node : List.of(node(0), node(1), node(2), late)) {
			MachineTime.await(Duration.ofSeconds(3)).until(() -> names(node).size() == 4);
		}
		late.context().stop();
		for (TestNode node : this.nodes) {
			MachineTime.await(Duration.ofSeconds(1)).until(() -> names(node).size() == 3);
		}
		late.context().start();
		for (TestNode node : List.of(node(0), node(1), node(2), late)) {
			MachineTime.await(Duration.ofSeconds(3)).until(() -> names(node).size() == 4);
		}
		late.close();
		for (TestNode node : this.nodes) {
			MachineTime.await(Duration.ofSeconds(1)).until(() -> names(node).size() == 3);
			await().until(() -> events(node).size() == 4);
			assertThat(events(node)).containsExactly("joined node-d", "STOPPED node-d", "joined node-d",
					"STOPPED node-d");
		}
	}

	@Test
	@Covers(KnownFault.PARTITION_HEALS)
	void aNodeThatIsCutOffJudgesNobodyIsRemovedByTheOthersAndComesBackOnce() {
		this.nodes.forEach((node) -> events(node).clear());
		connect(node(0), "chat/a", "alice");
		connect(node(2), "chat/a", "alice");
		this.broker.proxy().stall();
		// Not removed yet: it is asked, and does not answer.
		SessionPage page = cluster(node(0)).sessions(SessionQuery.ALL).join();
		assertThat(page.unanswered()).containsExactly(id(2));
		assertThat(page.totals()).containsOnly(Map.entry(id(0), 1), Map.entry(id(1), 0));
		assertThat(page.isComplete()).isFalse();
		for (TestNode node : List.of(node(0), node(1))) {
			MachineTime.await(Duration.ofSeconds(10)).until(() -> names(node).size() == 2);
		}
		MachineTime.await(Duration.ofSeconds(5)).until(() -> cluster(node(2)).isFrozen());
		AffectedSessions closed = cluster(node(2)).disconnectUser("alice", BYE).join();
		assertThat(closed.byNode()).containsOnly(Map.entry(id(2), 1));
		assertThat(closed.unanswered()).containsExactlyInAnyOrder(id(0), id(1));
		MachineTime.await(Duration.ofSeconds(15)).until(() -> !node(2).messaging().monitor().isUp());
		assertThat(names(node(2))).hasSize(3);
		assertThat(events(node(2))).isEmpty();

		this.broker.proxy().resume();
		awaitAll();
		// What was asked while it was away has come late, and is not done any more.
		assertThat(this.clients.get(0).isClosed()).isFalse();
		for (TestNode node : List.of(node(0), node(1))) {
			await().until(() -> events(node).size() >= 2);
			assertThat(events(node)).containsExactly("SILENT node-c", "joined node-c");
		}
		assertThat(events(node(2))).isEmpty();
		assertThat(cluster(node(0)).sessions(SessionQuery.ALL).join().isComplete()).isTrue();
	}

	@Test
	void aNodeThatIsKilledIsGoneWithinTenSecondsWithItsSessionsAndMembersAndNobodyElse() throws IOException {
		// With the default times.
		try (TestNode first = startNode("first", this.broker.directProperties(), apart());
				TestNode second = startNode("second", this.broker.directProperties(), apart())) {
			Process third = startProcess("third", this.broker.directProperties(), apart());
			try {
				for (TestNode node : List.of(first, second)) {
					MachineTime.await(Duration.ofSeconds(60)).until(() -> names(node).size() == 3);
				}
				connect(first, "room/a", "alice");
				connect(second, "room/a", "bob");
				TestClient lost = TestClient.connect(URI
					.create("ws://localhost:" + port(first, "third") + "/atmosphere/room/a?ack=true&user=carol"));
				lost.awaitCount(1);
				for (TestNode node : List.of(first, second)) {
					await().untilAsserted(() -> assertThat(members(node)).containsExactly("alice", "bob", "carol"));
				}
				assertThat(cluster(first).sessions(SessionQuery.ALL).join().totals()).hasSize(3);
			}
			finally {
				third.destroyForcibly().onExit().join();
			}
			for (TestNode node : List.of(first, second)) {
				MachineTime.await(Duration.ofSeconds(10)).until(() -> names(node).size() == 2);
				MachineTime.await(Duration.ofSeconds(1)).until(() -> members(node).equals(List.of("alice", "bob")));
				await().until(() -> events(node).contains("SILENT third"));
				assertThat(events(node)).filteredOn((event) -> !event.startsWith("joined"))
					.containsExactly("SILENT third");
			}
			assertThat(names(first)).containsExactly("first", "second");
			SessionPage page = cluster(first).sessions(SessionQuery.ALL).join();
			assertThat(page.isComplete()).isTrue();
			assertThat(page.totals().values()).containsExactly(1, 1);
		}
	}

	private static String port(TestNode asked, String name) {
		// Known once its web server listens, which is after it has joined.
		String address = await().until(() -> cluster(asked).nodes()
			.stream()
			.filter((node) -> node.name().equals(name))
			.map(ClusterNode::address)
			.filter(Objects::nonNull)
			.findFirst()
			.orElse(null), Objects::nonNull);
		return address.substring(address.lastIndexOf(':') + 1);
	}

	private static List<String> members(TestNode node) {
		return node.bean(Presence.class)
			.members("room/a", null, 10)
			.members()
			.stream()
			.map(PresenceMember::user)
			.toList();
	}

	private static String[] apart() {
		return new String[] { "atmosphere.cluster.name=apart" };
	}

	private static Process startProcess(String name, String[]... properties) throws IOException {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m",
						"-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
						System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
						NodeProcess.class.getName()));
		command.addAll(arguments(name, properties));
		return new ProcessBuilder(command).redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.start();
	}

	@Test
	void sessionsOfAllNodesAreListedInPages() {
		Set<String> expected = new HashSet<>();
		for (int i = 0; i < 12; i++) {
			connect(node(i % 3), (i % 2 != 0) ? "chat/odd" : "chat/even", (i < 6) ? "alice" : "bob");
		}
		this.nodes
			.forEach((node) -> node.messaging().registry().sessions().forEach((session) -> expected.add(session.id())));
		List<ClusterSession> listed = listAll(node(1), SessionQuery.ALL.limit(5));
		assertThat(listed).extracting(ClusterSession::id)
			.doesNotHaveDuplicates()
			.isSorted()
			.containsExactlyInAnyOrderElementsOf(expected);
		assertThat(listed).allSatisfy((session) -> {
			assertThat(session.id()).startsWith(session.node().toString());
			assertThat(session.channelCount()).isOne();
			assertThat(session.channels()).hasSize(1);
		});
		assertThat(listAll(node(0), SessionQuery.ALL.ofUser("alice").limit(2))).hasSize(6)
			.allMatch((session) -> "alice".equals(session.user()));
		assertThat(listAll(node(0), SessionQuery.ALL.inChannel("chat/odd").ofUser("bob").limit(2))).hasSize(3)
			.allMatch((session) -> session.channels().contains("chat/odd"));
		SessionPage page = cluster(node(2)).sessions(SessionQuery.ALL.inChannel("chat/even").limit(1)).join();
		assertThat(page.total()).isEqualTo(6);
		assertThat(page.totals()).containsOnly(Map.entry(id(0), 2), Map.entry(id(1), 2), Map.entry(id(2), 2));
		assertThat(page.isComplete()).isTrue();
	}

	private static List<ClusterSession> listAll(TestNode node, SessionQuery query) {
		List<ClusterSession> listed = new ArrayList<>();
		SessionQuery next = query;
		while (true) {
			SessionPage page = cluster(node).sessions(next).join();
			assertThat(page.isComplete()).as("all nodes have answered: %s", page).isTrue();
			assertThat(page.sessions()).hasSizeLessThanOrEqualTo(query.limit());
			listed.addAll(page.sessions());
			if (page.next() == null) {
				return listed;
			}
			next = query.after(page.next());
		}
	}

	@Test
	void aUserIsDisconnectedEverywhereWithCodeAndReason() {
		List<TestClient> alice = List.of(connect(node(0), "chat/a", "alice"), connect(node(0), "chat/b", "alice"),
				connect(node(1), "chat/a", "alice"), connect(node(2), "chat/c", "alice"));
		TestClient bob = connect(node(1), "chat/a", "bob");
		AffectedSessions closed = cluster(node(1)).disconnectUser("alice", BYE).join();
		assertThat(closed.sessions()).isEqualTo(4);
		assertThat(closed.nodes()).isEqualTo(3);
		assertThat(closed.byNode()).containsOnly(Map.entry(id(0), 2), Map.entry(id(1), 1), Map.entry(id(2), 1));
		assertThat(closed.isComplete()).isTrue();
		for (TestClient client : alice) {
			assertThat(client.awaitClosed(Duration.ofSeconds(5))).isEqualTo(new TestClient.Close(4001, "signed out"));
		}
		assertThat(bob.isClosed()).isFalse();
		this.nodes.forEach((node) -> await().until(() -> node.messaging().registry().ofUser("alice").isEmpty()));
		assertThat(cluster(node(0)).disconnectUser("alice", BYE).join().sessions()).isZero();
	}

	@Test
	void oneSessionIsDisconnectedWhereverItIs() {
		TestClient first = connect(node(2), "chat/a", "alice");
		TestClient second = connect(node(2), "chat/b", "alice");
		String session = node(2).messaging().registry().inChannel("chat/a").iterator().next().id();
		AffectedSessions closed = cluster(node(0)).disconnectSession(session, BYE).join();
		assertThat(closed.byNode()).containsOnly(Map.entry(id(2), 1));
		assertThat(first.awaitClosed(Duration.ofSeconds(5)).code()).isEqualTo(4001);
		assertThat(second.isClosed()).isFalse();
		await().until(() -> node(2).messaging().registry().sessionCount() == 1);
		assertThat(cluster(node(0)).disconnectSession(session, BYE).join().sessions()).isZero();
		UUID nobody = UUID.randomUUID();
		assertThat(cluster(node(0)).disconnectSession(nobody + ".1", BYE).join().unanswered()).containsExactly(nobody);
		assertThat(cluster(node(0)).disconnectSession("what", BYE)).failsWithin(Duration.ofSeconds(1))
			.withThrowableThat()
			.withCauseInstanceOf(UnknownSessionException.class);
	}

	@Test
	void allSessionsOfAUserAreSubscribedAndUnsubscribed() {
		List<TestClient> alice = List.of(connect(node(0), "chat/a", "alice"), connect(node(1), "chat/b", "alice"),
				connect(node(2), "chat/c", "alice"));
		TestClient bob = connect(node(2), "chat/c", "bob");
		assertThat(cluster(node(0)).subscribe("alice", "chat/extra").join().byNode()).containsOnly(Map.entry(id(0), 1),
				Map.entry(id(1), 1), Map.entry(id(2), 1));
		await().until(() -> {
			node(1).broadcaster().broadcast("chat/extra", "probe").join();
			return alice.stream().allMatch((client) -> client.texts().contains("probe"));
		});
		assertThat(cluster(node(2)).unsubscribe("alice", "chat/extra").join().sessions()).isEqualTo(3);
		assertThat(cluster(node(2)).unsubscribe("alice", "chat/extra").join().sessions()).isZero();
		node(0).broadcaster().broadcast("chat/extra", "nobody").join();
		node(0).broadcaster().toUser("alice", "end").join();
		for (TestClient client : alice) {
			await().until(() -> client.texts().contains("end"));
			assertThat(client.texts()).doesNotContain("nobody");
		}
		assertThat(bob.texts()).isEmpty();
		assertThatExceptionOfType(UnknownChannelException.class)
			.isThrownBy(() -> cluster(node(0)).subscribe("alice", "unknown"));
	}

	@Test
	void aUserIsReachedOnEveryNodeOnceAlsoWhenOneSessionIsHere() {
		List<TestClient> alice = List.of(connect(node(0), "chat/a", "alice"), connect(node(1), "chat/b", "alice"),
				connect(node(2), "chat/c", "alice"));
		await().until(() -> {
			node(0).broadcaster().toUser("alice", "probe").join();
			return alice.stream().allMatch((client) -> client.texts().contains("probe"));
		});
		for (int i = 0; i < 30; i++) {
			node(i % 3).broadcaster().toUser("alice", "m" + i).join();
		}
		for (TestClient client : alice) {
			await().until(() -> client.texts().stream().filter((text) -> text.startsWith("m")).count() >= 30);
			assertThat(client.texts()).filteredOn((text) -> text.startsWith("m")).doesNotHaveDuplicates().hasSize(30);
		}
		String session = node(2).messaging().registry().ofUser("alice").iterator().next().id();
		assertThat(node(0).broadcaster().toSession(session, "one").join().outcome()).isEqualTo(Outcome.RELAYED);
		await().until(() -> alice.get(2).texts().contains("one"));
	}

	@Test
	void theApplicationsOfAllNodesAreAsked() {
		ClusterAnswers<Payload> names = ask("name", "!");
		assertThat(names.isComplete()).isTrue();
		Map<UUID, String> texts = new HashMap<>();
		names.answers().forEach((node, answer) -> texts.put(node, answer.asText()));
		assertThat(texts).containsOnly(Map.entry(id(0), "node-a!"), Map.entry(id(1), "node-b!"),
				Map.entry(id(2), "node-c!"));
		ClusterAnswers<Payload> broken = ask("broken", "");
		assertThat(broken.answers()).isEmpty();
		assertThat(broken.failed()).containsOnlyKeys(id(0), id(1), id(2))
			.containsValue("IllegalStateException: no idea");
		assertThat(ask("unknown", "").failed()).hasSize(3);
		ClusterAnswers<Payload> large = ask("large", "");
		assertThat(large.answers()).containsOnlyKeys(id(0));
		assertThat(large.failed()).containsOnlyKeys(id(1), id(2))
			.allSatisfy((node, reason) -> assertThat(reason).contains("atmosphere.relay.max-message-size"));
		CompletableFuture<?> tooLarge = cluster(node(0)).ask("name", Payload.binary(new byte[65_536]),
				Duration.ofSeconds(2));
		assertThatExceptionOfType(CompletionException.class).isThrownBy(tooLarge::join)
			.withCauseInstanceOf(MessageTooLargeException.class);
	}

	private ClusterAnswers<Payload> ask(String question, String details) {
		return cluster(node(1)).ask(question, Payload.text(details), Duration.ofSeconds(5)).join();
	}

	@Test
	void acknowledgedBroadcastsTellWhoHasTakenThemAndKeepTheirOrder() {
		List<TestClient> subscribers = List.of(connect(node(0), "chat/ack", "alice"),
				connect(node(0), "chat/ack", "bob"), connect(node(2), "chat/ack", "carol"));
		List<CompletableFuture<Acknowledgement>> acknowledgements = new ArrayList<>();
		for (int i = 0; i < 200; i++) {
			if (i % 4 == 0) {
				acknowledgements
					.add(cluster(node(1)).broadcastAcknowledged("chat/ack", "m" + i, Duration.ofSeconds(10)));
			}
			else {
				node(1).broadcaster().broadcast("chat/ack", "m" + i);
			}
		}
		for (CompletableFuture<Acknowledgement> each : acknowledgements) {
			Acknowledgement acknowledgement = each.join();
			assertThat(acknowledgement.receipt().outcome()).isEqualTo(Outcome.RELAYED);
			assertThat(acknowledgement.taken().byNode()).containsOnly(Map.entry(id(0), 2), Map.entry(id(1), 0),
					Map.entry(id(2), 1));
			assertThat(acknowledgement.taken().isComplete()).isTrue();
		}
		for (TestClient subscriber : subscribers) {
			subscriber.awaitCount(201);
			assertThat(subscriber.texts()).hasSize(200);
			for (int i = 0; i < 200; i++) {
				assertThat(subscriber.texts().get(i)).isEqualTo("m" + i);
			}
		}
		connect(node(1), "here/room", "alice");
		Acknowledgement here = cluster(node(1)).broadcastAcknowledged("here/room", "m", Duration.ofSeconds(5)).join();
		assertThat(here.receipt().outcome()).isEqualTo(Outcome.LOCAL_ONLY);
		assertThat(here.taken().byNode()).containsOnly(Map.entry(id(1), 1));
		assertThat(here.taken().isComplete()).isTrue();
	}

}
