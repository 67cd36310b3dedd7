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

package io.github.atmosphererelay.routing;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import io.github.atmosphererelay.actuate.internal.RoutingHealthIndicator;
import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.presence.MemberJoined;
import io.github.atmosphererelay.presence.MemberLeft;
import io.github.atmosphererelay.presence.Presence;
import io.github.atmosphererelay.presence.PresenceMember;
import io.github.atmosphererelay.presence.internal.PresenceService;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.routing.internal.RoutingService;
import io.github.atmosphererelay.test.BrokerCluster;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.Reconciliation;
import io.github.atmosphererelay.test.RecordingClient;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.UsersByParameter;
import io.github.atmosphererelay.testkit.ApplicationNode;
import io.github.atmosphererelay.testkit.RelayCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.event.EventListener;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What others notice of sessions that move to a node that joins, on Redis: nothing.
 */
@Reconciles
@Timeout(240)
class MovesOnRedisTests {

	private static final Duration WITHIN = Duration.ofSeconds(60);

	private static final List<String> CHANNELS = List.of("room/a", "log/a");

	private static final List<String> PROPERTIES = List.of("atmosphere.channels[0].pattern=room/**",
			"atmosphere.channels[0].presence=true", "atmosphere.channels[1].pattern=log/**",
			"atmosphere.channels[1].presence=true", "atmosphere.channels[1].history.size=20000",
			"atmosphere.presence.push-interval=50ms", "atmosphere.presence.move-timeout=8s",
			"atmosphere.routing.enabled=true", "atmosphere.routing.settle-time=500ms",
			"atmosphere.routing.move-delay=2s", "atmosphere.cluster.heartbeat-interval=500ms",
			"atmosphere.cluster.node-timeout=5s");

	private static final int USERS = 16;

	private static Broker broker;

	private static RelayCluster cluster;

	private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(2);

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final List<RecordingClient> clients = new ArrayList<>();

	private final List<TestClient> sockets = new ArrayList<>();

	@BeforeAll
	static void start() {
		broker = new Broker.Redis();
		RelayCluster.Builder nodes = BrokerCluster.of(broker.directProperties(), MembersApplication.class).nodes(2);
		PROPERTIES.forEach(nodes::property);
		cluster = nodes.start();
		awaitAgreement();
	}

	@AfterAll
	static void stop() {
		cluster.close();
		broker.close();
	}

	@AfterEach
	void leave() {
		this.clients.forEach(RecordingClient::close);
		this.timer.shutdownNow();
		this.threads.shutdownNow();
		this.sockets.forEach(TestClient::abort);
	}

	private static void awaitAgreement() {
		int count = cluster.nodes().size();
		for (ApplicationNode node : cluster.nodes()) {
			MachineTime.await(WITHIN).until(() -> {
				PublishedRing ring = node.bean(Routes.class).ring();
				return ring != null && node.bean(Routes.class).isAgreed() && ring.ring().members().size() == count;
			});
		}
	}

	private static ApplicationNode owner(String user) {
		Route route = cluster.node(0).bean(Routes.class).find(user);
		assertThat(route).isNotNull();
		return cluster.nodes().stream().filter((node) -> node.name().equals(route.node())).findFirst().orElseThrow();
	}

	/**
	 * Return names of users who belong to the node that joins next.
	 */
	private static List<String> movers(String prefix, int count) {
		String next = "node-" + cluster.nodes().size();
		List<RingMember> members = new ArrayList<>(List.of(new RingMember(next, 1)));
		cluster.nodes().forEach((node) -> members.add(new RingMember(node.name(), 1)));
		Ring ring = Ring.of(members);
		return IntStream.range(0, 10_000).mapToObj((i) -> prefix + i).filter((user) -> {
			RingMember owner = ring.owner(user);
			return owner != null && owner.name().equals(next);
		}).limit(count).toList();
	}

	private static URI raw(ApplicationNode node, String channelAndQuery) {
		return URI.create("ws://localhost:" + node.port() + "/atmosphere/" + channelAndQuery);
	}

	private TestClient connect(URI uri) {
		TestClient client = TestClient.connect(uri);
		synchronized (this.sockets) {
			this.sockets.add(client);
		}
		return client;
	}

	/**
	 * Connect a client that keeps its position and goes to the user's owner, as often as
	 * it is closed.
	 */
	private RecordingClient follow(String user, String channel) {
		RecordingClient client = new RecordingClient(user, List.of(channel),
				() -> raw(owner(user), "connection/websocket?user=" + user), this.timer, user.hashCode());
		this.clients.add(client);
		client.connect();
		return client;
	}

	/**
	 * Connect a plain WebSocket that goes to the user's owner, as often as it is closed.
	 */
	private void stay(String user, String channel) {
		TestClient first = connect(raw(owner(user), channel + "?user=" + user));
		this.threads.execute(() -> {
			TestClient client = first;
			while (!Thread.currentThread().isInterrupted()) {
				try {
					client.awaitClosed(Duration.ofMinutes(5));
					client = connect(raw(owner(user), channel + "?user=" + user));
				}
				catch (CompletionException ex) {
					// The cluster stops
					return;
				}
			}
		});
	}

	private static boolean isAt(RecordingClient client, ApplicationNode node) {
		return client.isLive()
				&& client.session().startsWith(node.bean(MessagingNode.class).identity().id().toString());
	}

	private static void awaitMoves(long before, int count) {
		MachineTime.await(WITHIN).until(() -> moves() - before >= count);
		MachineTime.await(WITHIN)
			.until(() -> cluster.nodes().stream().noneMatch((node) -> node.bean(RoutingService.class).isMoving()));
		assertThat(moves() - before).as("moves after the plans have ended").isEqualTo(count);
	}

	private static long moves() {
		return cluster.nodes().stream().mapToLong((node) -> node.bean(RoutingService.class).statistics().moves()).sum();
	}

	private static Presence presence(ApplicationNode node) {
		return node.bean(Presence.class);
	}

	/**
	 * Plain WebSockets in an ephemeral channel and clients with positions in a recorded
	 * one, of which a few belong to the node that joins. One user has two sessions, and
	 * one does not come back: when all know that this user has left, they know all that
	 * there was to know.
	 */
	@Test
	void nobodySeesWhoMovesAndAllSeeOnceWhoDoesNotComeBack() {
		List<Watcher> watchers = new ArrayList<>();
		cluster.nodes().forEach((node) -> watchers.add(new Watcher(node)));
		String gone = movers("gone-", 1).get(0);
		String twice = movers("twice-", 1).get(0);
		Set<String> users = new TreeSet<>(Set.of(twice));
		users.addAll(movers("moving-", 4));
		IntStream.range(0, USERS).forEach((i) -> users.add("user-" + i));
		users.forEach((user) -> {
			stay(user, "room/a");
			follow(user, "log/a");
		});
		stay(twice, "room/a");
		connect(raw(owner(gone), "room/a?user=" + gone));
		for (ApplicationNode node : cluster.nodes()) {
			MachineTime.await(WITHIN)
				.until(() -> users.stream()
					.allMatch((user) -> CHANNELS.stream().allMatch((each) -> presence(node).isPresent(each, user)))
						&& presence(node).isPresent("room/a", gone)
						&& presence(node).members("room/a", null, 100)
							.members()
							.stream()
							.anyMatch((member) -> twice.equals(member.user()) && member.sessions() == 2));
		}
		for (Watcher watcher : watchers) {
			MachineTime.await(WITHIN)
				.untilAsserted(() -> assertThat(watcher.joinsOfSessions()).hasSize(2 * users.size() + 2));
			watcher.forget();
		}
		long before = moves();
		ApplicationNode joined = cluster.startNode();
		MachineTime.await(WITHIN).until(() -> joined.bean(Members.class).events.size() == 2 * users.size() + 1);
		// The join of a user's second session is held back for a moment
		MachineTime.await(WITHIN)
			.until(() -> joined.bean(PresenceService.class).listSessions("room/a", 1_000).size() == presence(joined)
				.sessions("room/a"));
		watchers.add(new Watcher(joined));
		Set<String> absent = ConcurrentHashMap.newKeySet();
		ScheduledFuture<?> looking = this.timer.scheduleWithFixedDelay(() -> {
			for (ApplicationNode node : List.of(cluster.node(0), cluster.node(1))) {
				users.stream().filter((user) -> !presence(node).isPresent("room/a", user)).forEach(absent::add);
			}
		}, 0, 5, TimeUnit.MILLISECONDS);
		awaitAgreement();
		List<String> movers = users.stream().filter((user) -> owner(user) == joined).toList();
		assertThat(movers).hasSizeGreaterThanOrEqualTo(5);
		awaitMoves(before, 2 * movers.size() + 2);
		for (RecordingClient client : this.clients) {
			MachineTime.await(WITHIN).until(() -> isAt(client, owner(client.name())));
		}
		for (Watcher watcher : watchers) {
			MachineTime.await(WITHIN).until(() -> watcher.seen().contains("-" + gone + " in room/a"));
			MachineTime.await(WITHIN).until(() -> watcher.leavesOfSessions().contains(gone));
			MachineTime.await(WITHIN).until(() -> watcher.events().contains("-" + gone + " in room/a"));
		}
		looking.cancel(false);
		assertThat(absent).isEmpty();
		for (Watcher watcher : watchers) {
			assertThat(watcher.seen()).as(watcher.node.name()).containsExactly("-" + gone + " in room/a");
			assertThat(watcher.joinsOfSessions()).as(watcher.node.name()).isEmpty();
			assertThat(watcher.leavesOfSessions()).as(watcher.node.name()).containsExactly(gone);
			assertThat(watcher.events()).as(watcher.node.name())
				.filteredOn((event) -> watcher.node != joined || event.startsWith("-"))
				.containsExactly("-" + gone + " in room/a");
			assertThat(watcher.events()).as(watcher.node.name()).doesNotHaveDuplicates();
			assertThat(presence(watcher.node).sessions("log/a")).isEqualTo(users.size() + 2 * watchers.size());
			assertThat(presence(watcher.node).sessions("room/a")).isEqualTo(users.size() + 1 + 2 * watchers.size());
		}
	}

	/**
	 * The twin has the name and the cluster of the first node, and comes later.
	 */
	@Test
	void theHealthOfASecondNodeOfANameIsDegradedAndNobodyMoves() {
		long before = moves();
		RelayCluster.Builder twins = BrokerCluster.of(broker.directProperties(), MembersApplication.class).nodes(1);
		PROPERTIES.forEach(twins::property);
		try (RelayCluster twin = twins.start()) {
			MachineTime.await(WITHIN).until(() -> health(twin.node(0)).getStatus().getCode().equals("DEGRADED"));
			assertThat(health(twin.node(0)).getDetails().get("outside")).asString().contains("'node-0'");
			MachineTime.await(WITHIN).until(() -> health(cluster.node(1)).getDetails().containsKey("outside"));
			for (ApplicationNode node : cluster.nodes()) {
				assertThat(health(node).getStatus()).as(node.name()).isEqualTo(Status.UP);
			}
		}
		for (ApplicationNode node : cluster.nodes()) {
			MachineTime.await(WITHIN).until(() -> !health(node).getDetails().containsKey("outside"));
		}
		awaitAgreement();
		assertThat(moves()).isEqualTo(before);
	}

	private static Health health(ApplicationNode node) {
		return node.bean(RoutingHealthIndicator.class).health();
	}

	@Test
	void recordedChannelsMissNothingWhileClientsMoveAndPublishersPublish() {
		List<String> channels = List.of("log/b", "log/c");
		List<String> users = new ArrayList<>(movers("moving-", 8));
		IntStream.range(0, USERS).forEach((i) -> users.add("user-" + i));
		for (int i = 0; i < users.size(); i++) {
			follow(users.get(i), channels.get(i % 2));
		}
		MachineTime.await(WITHIN).until(() -> this.clients.stream().allMatch(RecordingClient::isLive));
		Queue<Receipt> receipts = new ConcurrentLinkedQueue<>();
		AtomicInteger sent = new AtomicInteger();
		Reconciliation reconciliation = new Reconciliation();
		List<ScheduledFuture<?>> publishers = new ArrayList<>();
		for (ApplicationNode node : cluster.nodes()) {
			publishers.add(this.timer.scheduleAtFixedRate(() -> {
				int number = sent.getAndIncrement();
				String channel = channels.get(number % 2);
				node.broadcaster().broadcast(channel, "message " + number).whenComplete((receipt, failure) -> {
					synchronized (reconciliation) {
						if (receipt != null && receipt.position() != null) {
							reconciliation.found(channel, receipt.position(), "message " + number);
							receipts.add(receipt);
						}
						else {
							reconciliation.fault("message %d was not recorded: %s %s", number, receipt, failure);
						}
					}
				});
			}, 0, 10, TimeUnit.MILLISECONDS));
		}
		long before = moves();
		ApplicationNode joined = cluster.startNode();
		awaitAgreement();
		List<RecordingClient> movers = this.clients.stream().filter((each) -> owner(each.name()) == joined).toList();
		assertThat(movers).hasSizeGreaterThanOrEqualTo(8);
		awaitMoves(before, movers.size());
		for (RecordingClient client : this.clients) {
			MachineTime.await(WITHIN).until(() -> isAt(client, owner(client.name())));
		}
		publishers.forEach((each) -> each.cancel(false));
		MachineTime.await(WITHIN).until(() -> receipts.size() == sent.get());
		for (RecordingClient client : this.clients) {
			String channel = client.heard().keySet().iterator().next();
			MachineTime.await(WITHIN)
				.until(() -> client.offset(channel) >= cluster.node(0).broadcaster().position(channel).join().offset());
		}
		reconciliation.reconcile(this.clients, 1);
		assertThat(reconciliation.faults()).isEmpty();
		assertThat(reconciliation.told()).isZero();
		assertThat(sent.get()).as("messages").isGreaterThan(300);
		for (RecordingClient client : this.clients) {
			assertThat(client.closes()).as(client.name())
				.isEqualTo(movers.contains(client) ? List.of(4101) : List.of());
			assertThat(client.recoveries()).as(client.name()).isEqualTo(movers.contains(client) ? 1 : 0);
		}
	}

	/**
	 * Sees what one node says of the members of both channels: to plain WebSockets, to a
	 * client of the Centrifuge protocol, and to the application.
	 */
	private final class Watcher {

		private final ApplicationNode node;

		private final Map<String, TestClient> plain = new HashMap<>();

		private final TestClient centrifuge;

		private final Map<TestClient, Integer> forgotten = new HashMap<>();

		private int forgottenEvents;

		Watcher(ApplicationNode node) {
			this.node = node;
			for (String channel : CHANNELS) {
				this.plain.put(channel, connect(raw(node, channel + "?presence=true")).awaitCount(1));
			}
			this.centrifuge = connect(raw(node, "connection/websocket")).send("{\"id\":1,\"connect\":{}}")
				.awaitCount(1);
			for (int i = 0; i < CHANNELS.size(); i++) {
				this.centrifuge.send("{\"id\":%d,\"subscribe\":{\"channel\":\"%s\",\"join_leave\":true}}"
					.formatted(2 + i, CHANNELS.get(i)));
			}
			this.centrifuge.awaitCount(3);
		}

		/**
		 * Forget what was seen so far.
		 */
		void forget() {
			this.plain.values().forEach((client) -> this.forgotten.put(client, client.count()));
			this.forgotten.put(this.centrifuge, this.centrifuge.count());
			this.forgottenEvents = this.node.bean(Members.class).events.size();
		}

		private List<JsonNode> frames(TestClient client) {
			List<String> texts = client.texts();
			return texts.subList(this.forgotten.getOrDefault(client, 0), texts.size())
				.stream()
				.flatMap(String::lines)
				.map((line) -> JsonMapper.shared().readTree(line))
				.toList();
		}

		/**
		 * Return which users have joined and left, by the plain WebSockets.
		 */
		List<String> seen() {
			List<String> seen = new ArrayList<>();
			this.plain.forEach((channel, client) -> frames(client).forEach((frame) -> {
				add(seen, "+", frame.path("joined"), channel);
				add(seen, "-", frame.path("left"), channel);
			}));
			return seen;
		}

		private static void add(List<String> seen, String sign, JsonNode members, String channel) {
			members.forEach((member) -> {
				if (member.has("user")) {
					seen.add(sign + member.path("user").asString() + " in " + channel);
				}
			});
		}

		List<String> joinsOfSessions() {
			return sessions("join");
		}

		List<String> leavesOfSessions() {
			return sessions("leave");
		}

		private List<String> sessions(String kind) {
			return frames(this.centrifuge).stream()
				.map((frame) -> frame.path("push").path(kind).path("info"))
				.filter((info) -> !info.path("user").asString("").isEmpty())
				.map((info) -> info.path("user").asString())
				.toList();
		}

		List<String> events() {
			List<String> events = List.copyOf(this.node.bean(Members.class).events);
			return events.subList(this.forgottenEvents, events.size());
		}

	}

	/**
	 * An application that keeps which users have joined and left.
	 */
	@Configuration(proxyBeanMethods = false)
	@Import(UsersByParameter.class)
	static class MembersApplication {

		@Bean
		Members members() {
			return new Members();
		}

	}

	/**
	 * Keeps which users have joined and left.
	 */
	static class Members {

		private final Queue<String> events = new ConcurrentLinkedQueue<>();

		@EventListener
		void on(MemberJoined event) {
			add("+", event.member(), event.channel());
		}

		@EventListener
		void on(MemberLeft event) {
			add("-", event.member(), event.channel());
		}

		private void add(String sign, PresenceMember member, String channel) {
			if (member.user() != null && CHANNELS.contains(channel)) {
				this.events.add(sign + member.user() + " in " + channel);
			}
		}

	}

}
