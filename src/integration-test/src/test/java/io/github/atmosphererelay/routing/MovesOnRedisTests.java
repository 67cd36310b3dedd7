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

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.github.atmosphererelay.actuate.internal.RoutingHealthIndicator;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.presence.Presence;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.Reconciliation;
import io.github.atmosphererelay.test.RecordingClient;
import io.github.atmosphererelay.test.TestClient;
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

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for what users and those around them notice of a move to a node that joins, on
 * Redis.
 */
@Reconciles
@Timeout(240)
class MovesOnRedisTests {

	private static final int MOVED = 4101;

	private static final List<String> CHANNELS = List.of("room/a", "log/a");

	private static final int USERS = 16;

	private static MovingNodes nodes;

	private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(4);

	private final List<RecordingClient> clients = new ArrayList<>();

	private final List<AutoCloseable> connected = new ArrayList<>();

	@BeforeAll
	static void start() {
		nodes = new MovingNodes();
	}

	@AfterAll
	static void stop() {
		nodes.close();
	}

	@AfterEach
	void leave() throws Exception {
		this.clients.forEach(RecordingClient::close);
		for (AutoCloseable each : this.connected) {
			each.close();
		}
		this.timer.shutdownNow();
	}

	/**
	 * Connect a client that keeps its position and goes to the user's node, as often as
	 * it is closed.
	 */
	private RecordingClient follow(String user, String channel) {
		RecordingClient client = new RecordingClient(user, List.of(channel),
				() -> nodes.door(user, "connection/websocket"), this.timer, user.hashCode());
		this.clients.add(client);
		client.connect();
		return client;
	}

	/**
	 * Connect a plain WebSocket that goes to the user's node, as often as it is closed.
	 */
	private void stay(String user, String channel) {
		this.connected.add(new StayingSocket((before) -> nodes.door(user, channel), this.timer));
	}

	private PresenceWatcher watch(ApplicationNode node) {
		PresenceWatcher watcher = new PresenceWatcher(node, CHANNELS);
		this.connected.add(watcher);
		return watcher;
	}

	private static Presence presence(ApplicationNode node) {
		return node.bean(Presence.class);
	}

	private void awaitInPlace() {
		MachineTime.await(MovingNodes.WITHIN).until(() -> this.clients.stream().allMatch(nodes::isInPlace));
	}

	/**
	 * Plain WebSockets in an ephemeral channel and clients with positions in a recorded
	 * one, of which a few belong to the node that joins. One user has two sessions, and
	 * one does not come back: when all know that this user has left, they know all that
	 * there was to know.
	 */
	@Test
	void nobodySeesWhoMovesAndAllSeeOnceWhoDoesNotComeBack() {
		List<PresenceWatcher> watchers = new ArrayList<>();
		nodes.all().forEach((node) -> watchers.add(watch(node)));
		String gone = nodes.movers("gone-", 1).get(0);
		String twice = nodes.movers("twice-", 1).get(0);
		Set<String> users = new TreeSet<>(Set.of(twice));
		users.addAll(nodes.movers("moving-", 4));
		IntStream.range(0, USERS).forEach((i) -> users.add("user-" + i));
		users.forEach((user) -> {
			stay(user, "room/a");
			follow(user, "log/a");
		});
		stay(twice, "room/a");
		this.connected.add(TestClient.connect(nodes.door(gone, "room/a")));
		for (PresenceWatcher watcher : watchers) {
			MachineTime.await(MovingNodes.WITHIN)
				.untilAsserted(() -> assertThat(watcher.joinsOfSessions()).hasSize(2 * users.size() + 2));
			MachineTime.await(MovingNodes.WITHIN)
				.untilAsserted(() -> assertThat(watcher.seen()).hasSize(2 * users.size() + 1));
			MachineTime.await(MovingNodes.WITHIN)
				.untilAsserted(() -> assertThat(watcher.events()).hasSize(2 * users.size() + 1));
			watcher.forget();
		}
		long before = nodes.moves();
		ApplicationNode joined = nodes.startNode();
		// The new node tells its application of everybody who is there
		MachineTime.await(MovingNodes.WITHIN)
			.until(() -> joined.bean(PresenceWatcher.Members.class).all().size() == 2 * users.size() + 1);
		watchers.add(watch(joined));
		watchers.get(2).forget();
		Set<String> absent = ConcurrentHashMap.newKeySet();
		ScheduledFuture<?> looking = this.timer.scheduleWithFixedDelay(() -> {
			for (ApplicationNode node : List.of(nodes.node(0), nodes.node(1))) {
				users.stream().filter((user) -> !presence(node).isPresent("room/a", user)).forEach(absent::add);
			}
		}, 0, 5, TimeUnit.MILLISECONDS);
		nodes.awaitAgreement();
		List<String> movers = users.stream().filter((user) -> nodes.owner(user) == joined).toList();
		assertThat(movers).hasSizeGreaterThanOrEqualTo(5);
		nodes.awaitMoves(before, 2 * movers.size() + 2);
		awaitInPlace();
		for (PresenceWatcher watcher : watchers) {
			MachineTime.await(MovingNodes.WITHIN).until(() -> watcher.seen().contains("-" + gone + " in room/a"));
			MachineTime.await(MovingNodes.WITHIN).until(() -> watcher.leavesOfSessions().contains(gone));
			MachineTime.await(MovingNodes.WITHIN).until(() -> watcher.events().contains("-" + gone + " in room/a"));
		}
		looking.cancel(false);
		assertThat(absent).isEmpty();
		Map<String, String> clientIds = new TreeMap<>();
		this.clients
			.forEach((client) -> clientIds.put(client.sessions().get(client.sessions().size() - 1), client.name()));
		for (PresenceWatcher watcher : watchers) {
			String name = watcher.node().name();
			assertThat(watcher.seen()).as(name).containsExactly("-" + gone + " in room/a");
			// A node announces the second session of a user two seconds after it has
			// heard
			// of it, and the new one has heard of all sessions at its start
			assertThat(watcher.joinsOfSessions()).as(name)
				.filteredOn((user) -> watcher.node() != joined || !user.equals(twice))
				.isEmpty();
			assertThat(watcher.leavesOfSessions()).as(name).containsExactly(gone);
			assertThat(watcher.events()).as(name).containsExactly("-" + gone + " in room/a");
			assertThat(watcher.present("log/a")).as("the ids that clients have got, at " + name)
				.containsAllEntriesOf(clientIds)
				.hasSize(users.size() + 2 * watchers.size());
			assertThat(presence(watcher.node()).sessions("log/a")).isEqualTo(users.size() + 2 * watchers.size());
			assertThat(presence(watcher.node()).sessions("room/a")).isEqualTo(users.size() + 1 + 2 * watchers.size());
		}
	}

	/**
	 * The twin has the name and the cluster of the first node, and comes later.
	 */
	@Test
	void theHealthOfASecondNodeOfANameIsDegradedAndNobodyMoves() {
		long before = nodes.moves();
		try (RelayCluster twin = nodes.start(1)) {
			MachineTime.await(MovingNodes.WITHIN)
				.until(() -> health(twin.node(0)).getStatus().getCode().equals("DEGRADED"));
			assertThat(health(twin.node(0)).getDetails().get("outside")).asString().contains("'node-0'");
			MachineTime.await(MovingNodes.WITHIN)
				.until(() -> health(nodes.node(1)).getDetails().containsKey("outside"));
			for (ApplicationNode node : nodes.all()) {
				assertThat(health(node).getStatus()).as(node.name()).isEqualTo(Status.UP);
			}
		}
		for (ApplicationNode node : nodes.all()) {
			MachineTime.await(MovingNodes.WITHIN).until(() -> !health(node).getDetails().containsKey("outside"));
		}
		nodes.awaitAgreement();
		assertThat(nodes.moves()).isEqualTo(before);
	}

	private static Health health(ApplicationNode node) {
		return node.bean(RoutingHealthIndicator.class).health();
	}

	/**
	 * Clients with positions in one channel, and plain clients with durable sessions in
	 * another, while each node publishes in both.
	 */
	@Test
	void recordedChannelsAndDurableSessionsMissNothingWhileClientsMove() {
		List<String> users = new ArrayList<>(nodes.movers("moving-", 8));
		IntStream.range(0, USERS).forEach((i) -> users.add("user-" + i));
		users.forEach((user) -> follow(user, "log/b"));
		List<String> durable = new ArrayList<>(nodes.movers("durable-", 4));
		IntStream.range(0, 4).forEach((i) -> durable.add("user-" + i));
		Map<String, StayingSocket> sockets = new TreeMap<>();
		durable.forEach((user) -> {
			StayingSocket socket = new StayingSocket(
					(connections) -> nodes.door(user, "log/c?"
							+ (connections.isEmpty() ? "durable=true" : "session=" + token(connections.get(0)))),
					this.timer);
			this.connected.add(socket);
			sockets.put(user, socket);
		});
		MachineTime.await(MovingNodes.WITHIN)
			.until(() -> this.clients.stream().allMatch(RecordingClient::isLive)
					&& sockets.values().stream().allMatch((each) -> subscribed(each.connections().get(0)) != null));
		Publishers publishers = new Publishers(List.of("log/b", "log/c"));
		long before = nodes.moves();
		ApplicationNode joined = nodes.startNode();
		nodes.awaitAgreement();
		List<RecordingClient> movers = this.clients.stream()
			.filter((each) -> nodes.owner(each.name()) == joined)
			.toList();
		List<String> durableMovers = durable.stream().filter((user) -> nodes.owner(user) == joined).toList();
		assertThat(movers).hasSizeGreaterThanOrEqualTo(8);
		assertThat(durableMovers).hasSizeGreaterThanOrEqualTo(4);
		nodes.awaitMoves(before, movers.size() + durableMovers.size());
		awaitInPlace();
		MachineTime.await(MovingNodes.WITHIN)
			.until(() -> durableMovers.stream().allMatch((user) -> sockets.get(user).connections().size() > 1));
		Map<String, TreeMap<Long, String>> logs = publishers.stop();
		Reconciliation reconciliation = new Reconciliation();
		Position end = nodes.node(0).broadcaster().position("log/b").join();
		logs.get("log/b")
			.forEach((offset, message) -> reconciliation.found("log/b", new Position(end.epoch(), offset), message));
		MachineTime.await(MovingNodes.WITHIN)
			.until(() -> this.clients.stream().allMatch((client) -> client.offset("log/b") >= end.offset()));
		reconciliation.reconcile(this.clients, 1);
		assertThat(reconciliation.faults()).isEmpty();
		assertThat(reconciliation.told()).isZero();
		for (RecordingClient client : this.clients) {
			boolean moves = movers.contains(client);
			assertThat(client.closes()).as(client.name()).isEqualTo(moves ? List.of(MOVED) : List.of());
			assertThat(client.recoveries()).as(client.name()).isEqualTo(moves ? 1 : 0);
		}
		List<String> expected = List.copyOf(logs.get("log/c").values());
		assertThat(expected).hasSizeGreaterThan(100);
		sockets.forEach((user, socket) -> {
			MachineTime.await(MovingNodes.WITHIN).until(() -> socket.messages().containsAll(expected));
			assertThat(new LinkedHashSet<>(socket.messages())).as(user).containsExactlyElementsOf(expected);
			List<TestClient> connections = socket.connections();
			assertThat(connections).as(user).hasSize(durableMovers.contains(user) ? 2 : 1);
			if (durableMovers.contains(user)) {
				assertThat(connections.get(0).awaitClosed(MovingNodes.WITHIN).code()).as(user).isEqualTo(MOVED);
				assertThat(frame(connections.get(1), "durable").path("restored").asBoolean()).as(user).isTrue();
				assertThat(subscribed(connections.get(1)).path("recovered").asBoolean()).as(user).isTrue();
			}
		});
	}

	private static String token(TestClient client) {
		return frame(client, "durable").path("token").asString();
	}

	private static JsonNode subscribed(TestClient client) {
		return frame(client, "subscribed");
	}

	private static JsonNode frame(TestClient client, String type) {
		return client.texts()
			.stream()
			.filter((text) -> text.startsWith("{\"type\":\"" + type + "\""))
			.map(JsonMapper.shared()::readTree)
			.findFirst()
			.orElse(null);
	}

	/**
	 * Publishes at each of the first two nodes a hundred messages in a second, in turn in
	 * several channels.
	 */
	private final class Publishers {

		private final List<ScheduledFuture<?>> running = new ArrayList<>();

		private final List<CompletableFuture<Sent>> sent = new ArrayList<>();

		private final List<String> channels;

		private boolean stopped;

		Publishers(List<String> channels) {
			this.channels = channels;
			for (ApplicationNode node : List.of(nodes.node(0), nodes.node(1))) {
				this.running.add(MovesOnRedisTests.this.timer.scheduleAtFixedRate(() -> publish(node), 0, 10,
						TimeUnit.MILLISECONDS));
			}
		}

		private synchronized void publish(ApplicationNode node) {
			if (this.stopped) {
				return;
			}
			int number = this.sent.size();
			String channel = this.channels.get(number % this.channels.size());
			String message = "message " + number;
			this.sent.add(node.broadcaster()
				.broadcast(channel, message)
				.thenApply((receipt) -> new Sent(channel, message, receipt))
				.toCompletableFuture());
		}

		/**
		 * Publish no more.
		 * @return the logs of the channels, by offset, as the receipts say
		 */
		Map<String, TreeMap<Long, String>> stop() {
			synchronized (this) {
				this.stopped = true;
			}
			this.running.forEach((each) -> each.cancel(false));
			Map<String, TreeMap<Long, String>> logs = new TreeMap<>();
			for (CompletableFuture<Sent> each : this.sent) {
				Sent message = each.orTimeout(30, TimeUnit.SECONDS).join();
				Position position = message.receipt().position();
				assertThat(position).as(message.toString()).isNotNull();
				logs.computeIfAbsent(message.channel(), (any) -> new TreeMap<>())
					.put(position.offset(), message.text());
			}
			assertThat(logs.values().stream().mapToInt(Map::size).sum()).as("each at its own offset")
				.isEqualTo(this.sent.size());
			return logs;
		}

	}

	/**
	 * A message and its receipt.
	 */
	private record Sent(String channel, String text, Receipt receipt) {

	}

}
