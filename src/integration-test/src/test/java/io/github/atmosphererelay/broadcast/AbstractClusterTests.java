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

package io.github.atmosphererelay.broadcast;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.delivery.internal.PublishResult;
import io.github.atmosphererelay.event.RelayDown;
import io.github.atmosphererelay.event.RelayUp;
import io.github.atmosphererelay.event.SessionDisconnected;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.internal.RelayState;
import io.github.atmosphererelay.test.BrokerCluster;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import io.github.atmosphererelay.testkit.ApplicationNode;
import io.github.atmosphererelay.testkit.RelayClient;
import io.github.atmosphererelay.testkit.RelayCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Whole applications as nodes of a cluster, with real clients and a real broker that is
 * killed, frozen and brought back.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AbstractClusterTests {

	private static final Duration BACK_WITHIN = Duration.ofSeconds(5);

	private static final Duration NOTICED_WITHIN = Duration.ofSeconds(15);

	private final List<AutoCloseable> open = new ArrayList<>();

	private RelayCluster cluster;

	private Broker broker;

	abstract Broker startBroker();

	/**
	 * Return how many connections of all nodes come and go, whatever channels there are.
	 */
	int temporaryConnections() {
		return 0;
	}

	@BeforeAll
	void start() {
		this.broker = startBroker();
		this.cluster = BrokerCluster.of(properties(), ClusterApplication.class)
			.nodes(3)
			.timeout(Duration.ofSeconds(30))
			.start();
	}

	private String[] properties() {
		List<String> properties = new ArrayList<>(List.of("atmosphere.channels[0].pattern=chat/**",
				"atmosphere.channels[0].client-publish=true", "atmosphere.channels[1].pattern=here/**",
				"atmosphere.channels[1].scope=node", "atmosphere.channels[2].pattern=quiet/**",
				"atmosphere.channels[2].client-publish=true", "atmosphere.channels[2].echo=false",
				"atmosphere.relay.unsubscribe-delay=500ms", "atmosphere.websocket.messages-per-second=0",
				"atmosphere.websocket.queue.max-messages=20000", "atmosphere.websocket.queue.max-bytes=8MB"));
		properties.addAll(Arrays.asList(this.broker.proxiedProperties()));
		return properties.toArray(String[]::new);
	}

	@AfterAll
	void stop() {
		this.cluster.close();
		this.broker.close();
	}

	@AfterEach
	void closeClients() throws Exception {
		for (AutoCloseable each : this.open) {
			each.close();
		}
		this.open.clear();
		awaitAllUp();
		this.cluster.nodes().forEach((node) -> await().until(() -> messaging(node).registry().sessionCount() == 0));
	}

	private void awaitAllUp() {
		MachineTime.await(Duration.ofSeconds(20))
			.pollInterval(Duration.ofMillis(10))
			.until(() -> this.cluster.nodes().stream().allMatch((node) -> messaging(node).monitor().isUp()));
	}

	private ApplicationNode node(int index) {
		return this.cluster.node(index);
	}

	private static MessagingNode messaging(ApplicationNode node) {
		return node.bean(MessagingNode.class);
	}

	private RelayClient subscribe(ApplicationNode node, String channel) {
		RelayClient client = node.connect(channel);
		this.open.add(client);
		return client;
	}

	private RelayClient subscribe(ApplicationNode node, String channel, String user) {
		RelayClient client = node.client().parameter("user", user).connect(channel);
		this.open.add(client);
		return client;
	}

	private static List<String> texts(RelayClient client) {
		return client.received().stream().map(Payload::asText).toList();
	}

	/**
	 * In a cluster of its own, whose nodes wait longer for the broker's answers: the
	 * other nodes no longer expect the answer when the broker has stood still for a
	 * second, and cannot say then that a message was relayed.
	 */
	@Test
	@Reconciles
	void threeNodesExchangeTensOfThousandsOfMessagesInOrderAndExactlyOnce() {
		try (RelayCluster patient = BrokerCluster.of(properties(), ClusterApplication.class)
			.property("atmosphere.cluster.name=exchange")
			.property("atmosphere.relay.publish-timeout=10s")
			.property("atmosphere.relay.probe-timeout=30s")
			.nodes(3)
			.timeout(Duration.ofSeconds(30))
			.start()) {
			exchangeMessages(patient.nodes());
		}
	}

	private static void exchangeMessages(List<ApplicationNode> nodes) {
		int perPublisher = Boolean.getBoolean("atmosphere.test.long") ? 34_000 : 7_000;
		List<RelayClient> subscribers = nodes.stream().map((node) -> node.connect("chat/all")).toList();
		// The exception or receipt of the first message that was not relayed, which says
		// more than that it is missing
		AtomicReference<Object> refusal = new AtomicReference<>();
		for (int i = 0; i < perPublisher; i++) {
			for (int publisher = 0; publisher < 3; publisher++) {
				Object payload = (i % 2 != 0) ? binary(publisher, i) : publisher + ":" + i;
				nodes.get(publisher).broadcaster().broadcast("chat/all", payload).whenComplete((receipt, ex) -> {
					if (ex != null || receipt.outcome() != Outcome.RELAYED) {
						refusal.compareAndSet(null, (ex != null) ? ex : receipt);
					}
				});
			}
			if (i % 500 == 499 && i > 499) {
				// A window, because clients, nodes and broker share the processors here.
				expectNext1500(subscribers, refusal);
			}
		}
		expectNext1500(subscribers, refusal);
		for (RelayClient subscriber : subscribers) {
			subscriber.expectNothingMore();
			int[] next = new int[3];
			for (Payload message : subscriber.received()) {
				int publisher = publisherOf(message);
				assertThat(numberOf(message)).isEqualTo(next[publisher]);
				assertThat(message.isBinary()).isEqualTo(next[publisher] % 2 != 0);
				next[publisher]++;
			}
			assertThat(next).containsExactly(perPublisher, perPublisher, perPublisher);
		}
		assertThat(nodes.stream().mapToLong(AbstractClusterTests::missed)).containsOnly(0L);
	}

	private static void expectNext1500(List<RelayClient> subscribers, AtomicReference<Object> refusal) {
		try {
			subscribers.forEach((client) -> client.expectCount(1_500));
		}
		catch (AssertionError error) {
			assertThat(refusal.get()).as("the first message that was not relayed, for " + error.getMessage()).isNull();
			throw error;
		}
	}

	private static long missed(ApplicationNode node) {
		return messaging(node).statistics().deliveries().missed();
	}

	private static byte[] binary(int publisher, int number) {
		return ByteBuffer.allocate(6).put((byte) 0xFF).put((byte) publisher).putInt(number).array();
	}

	private static int publisherOf(Payload message) {
		return message.isBinary() ? message.bytes()[1] : Character.digit(message.asText().charAt(0), 10);
	}

	private static int numberOf(Payload message) {
		return message.isBinary() ? ByteBuffer.wrap(message.bytes()).getInt(2)
				: Integer.parseInt(message.asText().substring(2));
	}

	@Test
	void whatAClientSendsReachesTheClientsOfAllNodesAndItself() {
		List<RelayClient> clients = this.cluster.nodes().stream().map((node) -> subscribe(node, "chat/talk")).toList();
		String[] expected = numbered(200).toArray(String[]::new);
		Arrays.stream(expected).forEach(clients.get(0)::send);
		clients.forEach((client) -> client.expect(expected).expectNothingMore());
	}

	private static List<String> numbered(int count) {
		List<String> texts = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			texts.add(String.valueOf(i));
		}
		return texts;
	}

	@Test
	void aChannelWithoutEchoAndAnExceptedSessionAreRespectedOnEveryNode() {
		RelayClient a = subscribe(node(0), "quiet/room");
		RelayClient b = subscribe(node(1), "quiet/room");
		a.send("from a");
		b.expect("from a");
		Broadcaster broadcaster = node(1).broadcaster();
		broadcaster.broadcast("quiet/room", "not for a", PublishOptions.DEFAULTS.exceptSession(a.sessionId()));
		broadcaster.broadcast("quiet/room", "for both");
		a.expect("for both").expectNothingMore();
		b.expect("not for a", "for both").expectNothingMore();
	}

	@Test
	void aNodeScopedChannelNeverTouchesTheBroker() {
		RelayClient a = subscribe(node(0), "here/room");
		RelayClient b = subscribe(node(1), "here/room");
		long published = messaging(node(0)).statistics().publishing().published(PublishResult.NODE);
		long relayedBefore = messaging(node(1)).monitor().statistics().received();
		for (int i = 0; i < 50; i++) {
			assertThat(node(0).broadcaster().broadcast("here/room", "x" + i).join().outcome())
				.isEqualTo(Outcome.LOCAL_ONLY);
		}
		a.expectCount(50);
		// If anything had gone through the broker, it would have come before this.
		node(0).broadcaster().toEveryone("end").join();
		b.expect("end");
		assertThat(messaging(node(0)).statistics().publishing().published(PublishResult.NODE))
			.isEqualTo(published + 50);
		assertThat(messaging(node(1)).monitor().statistics().received() - relayedBefore).isLessThan(20);
	}

	@Test
	void usersSessionsAndEveryoneAreReachedFromEveryNode() {
		RelayClient aliceAtHome = subscribe(node(0), "chat/one", "alice");
		RelayClient aliceOnTheRoad = subscribe(node(1), "chat/two", "alice");
		RelayClient bob = subscribe(node(1), "chat/two", "bob");
		// The user's address is followed like the channel's, yet not necessarily before
		// it.
		await().until(() -> {
			node(2).broadcaster().toUser("alice", "ping").join();
			return texts(aliceAtHome).contains("ping") && texts(aliceOnTheRoad).contains("ping");
		});
		node(2).broadcaster().toUser("alice", "hello alice").join();
		node(0).broadcaster().toUser("alice", "also locally").join();
		assertThat(node(2).broadcaster().toSession(bob.sessionId(), "hello bob").join().outcome())
			.isEqualTo(Outcome.RELAYED);
		node(2).broadcaster().toEveryone("hello all").join();
		for (RelayClient alice : List.of(aliceAtHome, aliceOnTheRoad)) {
			await().until(() -> texts(alice).containsAll(List.of("hello alice", "also locally", "hello all")));
			assertThat(texts(alice)).filteredOn((text) -> !text.equals("ping")).doesNotHaveDuplicates().hasSize(3);
		}
		bob.expectInAnyOrder("hello bob", "hello all");
	}

	@Test
	void aChannelIsLeftAfterItsLastSessionAndFollowedAgainWithTheNext() {
		await().until(() -> messaging(node(1)).interest().size() == 2);
		RelayClient first = subscribe(node(1), "chat/brief");
		assertThat(messaging(node(1)).interest().size()).isEqualTo(3);
		first.close();
		await().until(() -> messaging(node(1)).interest().size() == 2);
		RelayClient second = subscribe(node(1), "chat/brief");
		node(0).broadcaster().broadcast("chat/brief", "again");
		second.expect("again").expectNothingMore();
	}

	@Test
	void fiveHundredChannelsNeedNoMoreConnectionsAndThreadsThanOne() {
		subscribe(node(0), "chat/first");
		subscribe(node(1), "chat/first");
		int connections = settledConnections();
		int threads = relayThreads();
		// Those of the test kit would each wait for the confirmation of the one before
		List<TestClient> clients = new ArrayList<>();
		for (int i = 0; i < 500; i++) {
			TestClient client = TestClient
				.connect(URI.create("ws://localhost:" + node(0).port() + "/atmosphere/chat/many/" + i + "?ack=true"));
			clients.add(client);
			this.open.add(client);
		}
		clients.forEach((client) -> client.awaitCount(1));
		for (int i = 0; i < 500; i++) {
			node(1).broadcaster().broadcast("chat/many/" + i, "m" + i);
		}
		for (int i = 0; i < 500; i++) {
			assertThat(clients.get(i).awaitCount(2).texts().get(1)).isEqualTo("m" + i);
		}
		assertThat(this.broker.proxy().connections()).isBetween(connections, connections + temporaryConnections());
		assertThat(relayThreads()).isLessThanOrEqualTo(threads);
	}

	/**
	 * Count the connections when their number has not changed for a while: the test
	 * before may have killed the broker or stopped a node.
	 */
	private int settledConnections() {
		int[] last = { -1 };
		MachineTime[] since = { MachineTime.start() };
		MachineTime.await(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(50)).until(() -> {
			int now = this.broker.proxy().connections();
			if (now != last[0]) {
				last[0] = now;
				since[0] = MachineTime.start();
			}
			return since[0].elapsed().compareTo(Duration.ofSeconds(2)) >= 0;
		});
		return last[0];
	}

	/**
	 * Count the threads that could belong to relays or to the library, except for those
	 * that close sessions, which come and go with these.
	 */
	private static int relayThreads() {
		int count = 0;
		for (Thread thread : Thread.getAllStackTraces().keySet()) {
			String name = thread.getName();
			if (name.matches("(?i).*(atmosphere|lettuce|jedis|redis|kafka|producer|consumer).*")
					&& !name.startsWith("atmosphere-closer")) {
				count++;
			}
		}
		return count;
	}

	@Test
	@Reconciles
	void aBrokerThatIsKilledAndComesBackUnderTrafficCostsNoSessionAndNoDouble() {
		disturbUnderTraffic("chat/killed", this.broker::kill, this.broker::start);
	}

	@Test
	void aFrozenBrokerIsNoticedAndBlocksNobody() {
		disturbUnderTraffic("chat/frozen", this.broker.proxy()::stall, this.broker.proxy()::resume);
	}

	private void disturbUnderTraffic(String channel, Runnable disturb, Runnable heal) {
		RelayClient here = subscribe(node(0), channel);
		RelayClient there = subscribe(node(1), channel);
		long missedBefore = missed(node(1));
		List<Object> events = node(0).bean(ClusterApplication.Events.class).seen();
		events.clear();
		Traffic traffic = new Traffic(node(0).broadcaster(), channel);
		traffic.publishFor(Duration.ofMillis(500));

		disturb.run();
		MachineTime disturbedAt = MachineTime.start();
		traffic.publishUntil(allDown(), NOTICED_WITHIN);
		traffic.publishFor(Duration.ofSeconds(2));
		assertThat(traffic.publish().join().outcome()).isEqualTo(Outcome.LOCAL_ONLY);
		assertThat(health(node(0).port())).contains("\"DEGRADED\"");
		assertThat(disturbedAt.elapsed()).isLessThan(NOTICED_WITHIN.plusSeconds(4));

		heal.run();
		int sentBeforeHealing = traffic.sent();
		long healedAt = System.nanoTime();
		traffic.publishUntil(() -> numberOfLast(there) >= sentBeforeHealing, BACK_WITHIN);
		System.out.println(channel + ": messages flow again after "
				+ Duration.ofNanos(System.nanoTime() - healedAt).toMillis() + " ms");
		traffic.publishFor(Duration.ofMillis(500));
		int last = traffic.sent() - 1;
		MachineTime.await(Duration.ofSeconds(10)).until(() -> numberOfLast(there) == last);
		here.expect(numbered(traffic.sent()).toArray(String[]::new));
		List<Integer> received = texts(there).stream().map(Integer::valueOf).toList();
		there.expectCount(received.size());
		assertThat(received).doesNotHaveDuplicates().isSorted();
		assertReceiptsAreTrue(traffic.awaitOutcomes(), new HashSet<>(received));
		assertThat(received.size() + missed(node(1)) - missedBefore).isEqualTo(traffic.sent());
		assertThat(traffic.slowestCall()).isLessThan(Duration.ofSeconds(1));
		assertThat(traffic.slowestReceipt()).isLessThan(Duration.ofSeconds(3));
		awaitAllUp();
		here.expectNothingMore();
		there.expectNothingMore();
		assertThat(health(node(0).port())).contains("\"UP\"");
		await().until(() -> events.stream().anyMatch(RelayUp.class::isInstance));
		assertThat(events).filteredOn((event) -> event instanceof RelayUp || event instanceof RelayDown)
			.startsWith(new RelayDown(node(0).bean(ClusterRelay.class).name()))
			.endsWith(new RelayUp(node(0).bean(ClusterRelay.class).name()));
	}

	private BooleanSupplier allDown() {
		return () -> this.cluster.nodes()
			.stream()
			.allMatch((node) -> messaging(node).monitor().state() == RelayState.DOWN);
	}

	private void assertReceiptsAreTrue(Map<Integer, Outcome> outcomes, Set<Integer> received) {
		assertThat(outcomes.values()).contains(Outcome.RELAYED, Outcome.LOCAL_ONLY);
		outcomes.forEach((number, outcome) -> {
			if (outcome == Outcome.LOCAL_ONLY) {
				assertThat(received).doesNotContain(number);
			}
			else if (outcome == Outcome.RELAYED && this.broker.keepsWhatItAcknowledged()) {
				assertThat(received).contains(number);
			}
		});
	}

	private static int numberOfLast(RelayClient client) {
		List<Payload> received = client.received();
		return received.isEmpty() ? -1 : Integer.parseInt(received.get(received.size() - 1).asText());
	}

	@Test
	void aNodeStartsWithoutItsBrokerAndJoinsWhenItComes() {
		this.broker.kill();
		try (TestNode late = TestNode.start(List.of(ClusterApplication.class), properties());
				TestClient alone = late.connect("chat/late?ack=true").awaitCount(1)) {
			assertThat(alone.texts().get(0)).contains("\"degraded\":true");
			assertThat(late.broadcaster().broadcast("chat/late", "locally").join().outcome())
				.isEqualTo(Outcome.LOCAL_ONLY);
			alone.awaitCount(2);
			assertThat(health(late.port())).contains("\"DEGRADED\"");
			this.broker.start();
			MachineTime.await(BACK_WITHIN).until(() -> {
				node(0).broadcaster().broadcast("chat/late", "from the cluster");
				return alone.texts().contains("from the cluster");
			});
		}
		finally {
			if (!allDown().getAsBoolean()) {
				awaitAllUp();
			}
		}
	}

	@Test
	void eventsTellOfSessionsAndChannels() {
		ClusterApplication.Events events = node(2).bean(ClusterApplication.Events.class);
		events.seen().clear();
		subscribe(node(2), "chat/events").close();
		await().until(() -> events.seen().stream().anyMatch(SessionDisconnected.class::isInstance));
		assertThat(events.seen()).extracting((event) -> event.getClass().getSimpleName())
			.containsSubsequence("SessionConnected", "ChannelSubscribed", "ChannelUnsubscribed", "SessionDisconnected");
	}

	private static String health(int port) {
		URI uri = URI.create("http://localhost:" + port + "/actuator/health/atmosphereRelay");
		HttpRequest request = HttpRequest.newBuilder(uri).build();
		try {
			return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
		}
		catch (IOException | InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
