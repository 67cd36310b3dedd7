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
import java.util.function.BooleanSupplier;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.delivery.PublishResult;
import io.github.atmosphererelay.event.RelayDown;
import io.github.atmosphererelay.event.RelayUp;
import io.github.atmosphererelay.event.SessionDisconnected;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.RelayState;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
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

	private final List<TestNode> nodes = new ArrayList<>();

	private Broker broker;

	abstract Broker startBroker();

	@BeforeAll
	void start() {
		this.broker = startBroker();
		for (String name : List.of("node-a", "node-b", "node-c")) {
			this.nodes.add(startNode(name));
		}
		awaitAllUp();
	}

	private TestNode startNode(String name) {
		List<String> args = new ArrayList<>(
				List.of("atmosphere.cluster.node-name=" + name, "atmosphere.channels[0].pattern=chat/**",
						"atmosphere.channels[0].client-publish=true", "atmosphere.channels[1].pattern=here/**",
						"atmosphere.channels[1].scope=node", "atmosphere.channels[2].pattern=quiet/**",
						"atmosphere.channels[2].client-publish=true", "atmosphere.channels[2].echo=false",
						"atmosphere.relay.unsubscribe-delay=500ms", "atmosphere.websocket.messages-per-second=0",
						"atmosphere.websocket.queue.max-messages=20000", "atmosphere.websocket.queue.max-bytes=8MB"));
		args.addAll(Arrays.asList(this.broker.proxiedProperties()));
		return TestNode.start(List.of(ClusterApplication.class), args.toArray(String[]::new));
	}

	@AfterAll
	void stop() {
		this.nodes.forEach(TestNode::close);
		this.broker.close();
	}

	@AfterEach
	void closeClients() throws Exception {
		for (AutoCloseable each : this.open) {
			each.close();
		}
		this.open.clear();
		awaitAllUp();
		this.nodes.forEach((node) -> await().until(() -> node.messaging().registry().sessionCount() == 0));
	}

	private void awaitAllUp() {
		this.nodes.forEach((node) -> awaitState(node, RelayState.UP, Duration.ofSeconds(20)));
	}

	private static void awaitState(TestNode node, RelayState state, Duration timeout) {
		MachineTime.await(timeout)
			.pollInterval(Duration.ofMillis(10))
			.until(() -> node.messaging().monitor().state() == state);
	}

	private TestNode node(int index) {
		return this.nodes.get(index);
	}

	private TestClient subscribe(TestNode node, String channel) {
		TestClient client = node.connect(channel + (channel.contains("?") ? "&" : "?") + "ack=true");
		this.open.add(client);
		client.awaitCount(1);
		assertThat(client.texts().get(0)).contains("\"degraded\":false");
		client.received().clear();
		return client;
	}

	@Test
	@Reconciles
	void threeNodesExchange100000MessagesInOrderAndExactlyOnce() {
		int perPublisher = 34_000;
		List<TestClient> subscribers = this.nodes.stream().map((node) -> subscribe(node, "chat/all")).toList();
		long[] missedBefore = this.nodes.stream().mapToLong(AbstractClusterTests::missed).toArray();
		for (int i = 0; i < perPublisher; i++) {
			for (int publisher = 0; publisher < 3; publisher++) {
				Object payload = (i % 2 != 0) ? binary(publisher, i) : publisher + ":" + i;
				node(publisher).broadcaster().broadcast("chat/all", payload);
			}
			if (i % 500 == 499) {
				// A window, because clients, nodes and broker share the processors here.
				int expected = 1 + 3 * (i + 1) - 1_500;
				subscribers.forEach((client) -> client.awaitCount(expected, Duration.ofSeconds(30)));
			}
		}
		for (TestClient subscriber : subscribers) {
			subscriber.awaitCount(1 + 3 * perPublisher, Duration.ofSeconds(30));
			int[] next = new int[3];
			for (Object message : subscriber.received().toArray()) {
				int publisher = publisherOf(message);
				assertThat(numberOf(message)).isEqualTo(next[publisher]);
				assertThat(message instanceof byte[]).isEqualTo(next[publisher] % 2 != 0);
				next[publisher]++;
			}
			assertThat(next).containsExactly(perPublisher, perPublisher, perPublisher);
		}
		assertThat(this.nodes.stream().mapToLong(AbstractClusterTests::missed)).containsExactly(missedBefore[0],
				missedBefore[1], missedBefore[2]);
	}

	private static long missed(TestNode node) {
		return node.messaging().statistics().deliveries().missed();
	}

	private static byte[] binary(int publisher, int number) {
		return ByteBuffer.allocate(6).put((byte) 0xFF).put((byte) publisher).putInt(number).array();
	}

	private static int publisherOf(Object message) {
		return (message instanceof byte[] bytes) ? bytes[1] : Character.digit(((String) message).charAt(0), 10);
	}

	private static int numberOf(Object message) {
		return (message instanceof byte[] bytes) ? ByteBuffer.wrap(bytes).getInt(2)
				: Integer.parseInt(((String) message).substring(2));
	}

	@Test
	void whatAClientSendsReachesTheClientsOfAllNodesAndItself() {
		List<TestClient> clients = this.nodes.stream().map((node) -> subscribe(node, "chat/talk")).toList();
		List<String> expected = numbered(200);
		expected.forEach(clients.get(0)::send);
		for (TestClient client : clients) {
			client.awaitCount(201);
			assertThat(client.texts()).containsExactlyElementsOf(expected);
		}
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
		TestClient a = subscribe(node(0), "quiet/room");
		TestClient b = subscribe(node(1), "quiet/room");
		a.send("from a");
		b.awaitCount(2);
		String sessionOfA = node(0).messaging().registry().inChannel("quiet/room").iterator().next().id();
		Broadcaster broadcaster = node(1).broadcaster();
		broadcaster.broadcast("quiet/room", "not for a", PublishOptions.DEFAULTS.exceptSession(sessionOfA));
		broadcaster.broadcast("quiet/room", "for both");
		a.awaitCount(2);
		b.awaitCount(4);
		assertThat(a.texts()).containsExactly("for both");
		assertThat(b.texts()).containsExactly("from a", "not for a", "for both");
	}

	@Test
	void aNodeScopedChannelNeverTouchesTheBroker() {
		TestClient a = subscribe(node(0), "here/room");
		TestClient b = subscribe(node(1), "here/room");
		long published = node(0).messaging().statistics().publishing().published(PublishResult.NODE);
		long relayedBefore = node(1).messaging().monitor().statistics().received();
		for (int i = 0; i < 50; i++) {
			assertThat(node(0).broadcaster().broadcast("here/room", "x" + i).join().outcome())
				.isEqualTo(Outcome.LOCAL_ONLY);
		}
		a.awaitCount(51);
		// If anything had gone through the broker, it would have come before this.
		node(0).broadcaster().toEveryone("end").join();
		b.awaitCount(2);
		assertThat(b.texts()).containsExactly("end");
		assertThat(node(0).messaging().statistics().publishing().published(PublishResult.NODE))
			.isEqualTo(published + 50);
		assertThat(node(1).messaging().monitor().statistics().received() - relayedBefore).isLessThan(20);
	}

	@Test
	void usersSessionsAndEveryoneAreReachedFromEveryNode() {
		TestClient aliceAtHome = subscribe(node(0), "chat/one?user=alice");
		TestClient aliceOnTheRoad = subscribe(node(1), "chat/two?user=alice");
		TestClient bob = subscribe(node(1), "chat/two?user=bob");
		// The user's address is followed like the channel's, yet not necessarily before
		// it.
		await().until(() -> {
			node(2).broadcaster().toUser("alice", "ping").join();
			return aliceAtHome.texts().contains("ping") && aliceOnTheRoad.texts().contains("ping");
		});
		node(2).broadcaster().toUser("alice", "hello alice").join();
		node(0).broadcaster().toUser("alice", "also locally").join();
		String bobsSession = node(1).messaging().registry().ofUser("bob").iterator().next().id();
		assertThat(node(2).broadcaster().toSession(bobsSession, "hello bob").join().outcome())
			.isEqualTo(Outcome.RELAYED);
		node(2).broadcaster().toEveryone("hello all").join();
		for (TestClient alice : List.of(aliceAtHome, aliceOnTheRoad)) {
			await().until(() -> alice.texts().containsAll(List.of("hello alice", "also locally", "hello all")));
			assertThat(alice.texts()).filteredOn((text) -> !text.equals("ping")).doesNotHaveDuplicates().hasSize(3);
		}
		bob.awaitCount(3);
		assertThat(bob.texts()).containsExactlyInAnyOrder("hello bob", "hello all");
	}

	@Test
	void aChannelIsLeftAfterItsLastSessionAndFollowedAgainWithTheNext() {
		await().until(() -> node(1).messaging().interest().size() == 2);
		TestClient first = subscribe(node(1), "chat/brief");
		assertThat(node(1).messaging().interest().size()).isEqualTo(3);
		first.close();
		await().until(() -> node(1).messaging().interest().size() == 2);
		TestClient second = subscribe(node(1), "chat/brief");
		node(0).broadcaster().broadcast("chat/brief", "again");
		second.awaitCount(2);
		assertThat(second.texts()).containsExactly("again");
	}

	@Test
	void fiveHundredChannelsNeedNoMoreConnectionsAndThreadsThanOne() {
		subscribe(node(0), "chat/first");
		subscribe(node(1), "chat/first");
		int connections = this.broker.proxy().connections();
		int threads = relayThreads();
		List<TestClient> clients = new ArrayList<>();
		for (int i = 0; i < 500; i++) {
			TestClient client = node(0).connect("chat/many/" + i + "?ack=true");
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
		assertThat(this.broker.proxy().connections()).isEqualTo(connections);
		assertThat(relayThreads()).isLessThanOrEqualTo(threads);
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
		TestClient here = subscribe(node(0), channel);
		TestClient there = subscribe(node(1), channel);
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
		assertThat(health(node(0))).contains("\"DEGRADED\"");
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
		here.awaitCount(1 + traffic.sent());

		assertThat(here.isClosed() || there.isClosed()).isFalse();
		assertThat(here.texts()).containsExactlyElementsOf(numbered(traffic.sent()));
		List<Integer> received = there.texts().stream().map(Integer::valueOf).toList();
		assertThat(received).doesNotHaveDuplicates().isSorted();
		assertReceiptsAreTrue(traffic.awaitOutcomes(), new HashSet<>(received));
		assertThat(received.size() + missed(node(1)) - missedBefore).isEqualTo(traffic.sent());
		assertThat(traffic.slowestCall()).isLessThan(Duration.ofSeconds(1));
		assertThat(traffic.slowestReceipt()).isLessThan(Duration.ofSeconds(3));
		awaitAllUp();
		assertThat(health(node(0))).contains("\"UP\"");
		await().until(() -> events.stream().anyMatch(RelayUp.class::isInstance));
		assertThat(events).filteredOn((event) -> event instanceof RelayUp || event instanceof RelayDown)
			.startsWith(new RelayDown(node(0).bean(ClusterRelay.class).name()))
			.endsWith(new RelayUp(node(0).bean(ClusterRelay.class).name()));
	}

	private BooleanSupplier allDown() {
		return () -> this.nodes.stream().allMatch((node) -> node.messaging().monitor().state() == RelayState.DOWN);
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

	private static int numberOfLast(TestClient client) {
		Object[] received = client.received().toArray();
		return (received.length > 0) ? Integer.parseInt((String) received[received.length - 1]) : -1;
	}

	@Test
	void aNodeStartsWithoutItsBrokerAndJoinsWhenItComes() {
		this.broker.kill();
		TestNode late = startNode("late");
		try {
			TestClient alone = late.connect("chat/late?ack=true").awaitCount(1);
			this.open.add(alone);
			assertThat(alone.texts().get(0)).contains("\"degraded\":true");
			assertThat(late.broadcaster().broadcast("chat/late", "locally").join().outcome())
				.isEqualTo(Outcome.LOCAL_ONLY);
			alone.awaitCount(2);
			assertThat(health(late)).contains("\"DEGRADED\"");
			this.broker.start();
			MachineTime.await(BACK_WITHIN).until(() -> {
				node(0).broadcaster().broadcast("chat/late", "from the cluster");
				return alone.texts().contains("from the cluster");
			});
		}
		finally {
			late.close();
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

	private static String health(TestNode node) {
		HttpRequest request = HttpRequest.newBuilder(node.http("/actuator/health/atmosphereRelay")).build();
		try {
			return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
		}
		catch (IOException | InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
