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

package io.github.atmosphererelay.discovery;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.contract.broker.Ports;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.presence.MemberLeft;
import io.github.atmosphererelay.routing.RingVersion;
import io.github.atmosphererelay.routing.Route;
import io.github.atmosphererelay.routing.Routes;
import io.github.atmosphererelay.test.JavaProcess;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.Reconciliation;
import io.github.atmosphererelay.test.RecordingClient;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Nodes and a gateway in processes of their own, registered with a Eureka server, on
 * Redis. Clients with positions come through the gateway, and somebody publishes to them
 * all the time: nobody may miss anything, and only those may be closed whom the ring
 * gives another node.
 */
@Reconciles
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(900)
class GatewayMovesTests {

	private static final boolean LONG = Boolean.getBoolean("atmosphere.test.long");

	private static final int CLIENTS = LONG ? 6_000 : 600;

	private static final int CHANNELS = 20;

	private static final Duration WITHIN = Duration.ofSeconds(60);

	private static final int MOVED = 4101;

	private static final Path OUTPUT = Path.of("target", "gateway-moves.txt");

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(4);

	private final Broker broker = new Broker.Redis();

	private final Eureka eureka = new Eureka();

	private final Map<String, Node> nodes = new LinkedHashMap<>();

	private final List<RecordingClient> clients = new ArrayList<>();

	private final Map<RecordingClient, Integer> closesBefore = new HashMap<>();

	private final Queue<Published> published = new ConcurrentLinkedQueue<>();

	private final Queue<String> failed = new ConcurrentLinkedQueue<>();

	private final AtomicInteger sent = new AtomicInteger();

	private final int gatewayPort = Ports.free();

	private JavaProcess gateway;

	/** A member that serves no clients. It publishes, and knows the ring. */
	private TestNode observer;

	private volatile boolean publishing;

	@BeforeAll
	void start() {
		for (int i = 0; i < 3; i++) {
			launchNode(i);
		}
		List<String> arguments = new ArrayList<>(this.eureka.properties());
		arguments.addAll(cluster("gateway", 0, this.broker.directProperties()));
		arguments.add("server.port=" + this.gatewayPort);
		arguments.add("eureka.client.register-with-eureka=false");
		arguments.add("atmosphere.gateway.ring.source=member");
		this.gateway = JavaProcess.launch(RoutedGateway.class, OUTPUT, arguments);
		List<String> observing = new ArrayList<>(cluster("observer", 0, this.broker.directProperties()));
		observing.add("eureka.client.enabled=false");
		this.observer = TestNode.start(List.of(Departures.class), observing.toArray(String[]::new));
		awaitRing();
		awaitAnswer(this.gatewayPort);
		MachineTime.await(WITHIN).until(() -> lookup(this.gatewayPort, "user-0").path("node").isString());
		for (int i = 0; i < CLIENTS; i++) {
			String user = "user-" + i;
			RecordingClient client = new RecordingClient(user, List.of("log/" + i % CHANNELS),
					() -> URI
						.create("ws://localhost:" + this.gatewayPort + "/atmosphere/connection/websocket?user=" + user),
					this.timer, i)
				.header("X-User", user);
			this.clients.add(client);
			this.timer.schedule(client::connect, i * (LONG ? 3L : 5L), TimeUnit.MILLISECONDS);
		}
		this.timer.scheduleAtFixedRate(this::publish, 0, 50, TimeUnit.MILLISECONDS);
	}

	private void launchNode(int index) {
		String name = "node-" + index;
		int port = Ports.free();
		List<String> arguments = new ArrayList<>(this.eureka.properties());
		arguments
			.addAll(cluster(name, 1, (index == 2) ? this.broker.proxiedProperties() : this.broker.directProperties()));
		arguments.add("server.port=" + port);
		arguments.add("atmosphere.cluster.address=http://localhost:" + port);
		arguments.add("eureka.instance.metadata-map.atmosphere-node=" + name);
		arguments.add("eureka.instance.instance-id=" + name);
		this.nodes.put(name, new Node(port, JavaProcess.launch(RoutedNode.class, OUTPUT, arguments)));
	}

	private static List<String> cluster(String name, int weight, String[] broker) {
		List<String> properties = new ArrayList<>(List.of(broker));
		properties.addAll(List.of("atmosphere.cluster.name=moves", "atmosphere.cluster.node-name=" + name,
				"atmosphere.cluster.heartbeat-interval=500ms", "atmosphere.cluster.node-timeout=5s",
				"atmosphere.channels[0].pattern=log/**", "atmosphere.channels[0].presence=true",
				"atmosphere.channels[0].history.size=20000", "atmosphere.routing.enabled=true",
				"atmosphere.routing.lookup=" + (weight > 0), "atmosphere.routing.weight=" + weight,
				"atmosphere.routing.settle-time=500ms", "atmosphere.routing.move-delay=3s",
				"atmosphere.limits.sessions-per-address=0", "atmosphere.relay.probe-interval=500ms",
				"atmosphere.relay.probe-timeout=2s"));
		return properties;
	}

	@AfterAll
	void stop() {
		this.clients.forEach(RecordingClient::close);
		this.timer.shutdownNow();
		this.nodes.values().forEach((node) -> node.process.close());
		if (this.gateway != null) {
			this.gateway.close();
		}
		if (this.observer != null) {
			this.observer.close();
		}
		this.eureka.close();
		this.broker.close();
	}

	@BeforeEach
	void settle() {
		awaitInPlace();
		this.clients.forEach((client) -> this.closesBefore.put(client, client.closes().size()));
		this.observer.bean(Departures.class).seen.clear();
		this.publishing = true;
	}

	/**
	 * Compare what clients have received in all tests so far with what was published.
	 */
	@AfterEach
	void reconcile() {
		awaitInPlace();
		this.publishing = false;
		MachineTime.await(WITHIN).until(() -> this.published.size() + this.failed.size() == this.sent.get());
		assertThat(this.failed).isEmpty();
		Reconciliation reconciliation = new Reconciliation();
		Map<String, Long> ends = new HashMap<>();
		for (Published each : this.published) {
			reconciliation.found(each.channel(), each.position(), each.data());
			ends.merge(each.channel(), each.position().offset(), Math::max);
		}
		for (RecordingClient client : this.clients) {
			String channel = client.heard().keySet().iterator().next();
			MachineTime.await(WITHIN).until(() -> client.offset(channel) >= ends.getOrDefault(channel, 0L));
		}
		reconciliation.reconcile(this.clients, 1);
		assertThat(reconciliation.faults()).isEmpty();
		assertThat(reconciliation.told()).isZero();
	}

	private void publish() {
		if (!this.publishing) {
			return;
		}
		int number = this.sent.getAndIncrement();
		String channel = "log/" + number % CHANNELS;
		this.observer.broadcaster().broadcast(channel, "message " + number).whenComplete((receipt, failure) -> {
			Position position = (receipt != null) ? receipt.position() : null;
			if (position != null) {
				this.published.add(new Published(channel, position, "message " + number));
			}
			else {
				this.failed.add("message " + number + ": " + receipt + " " + failure);
			}
		});
	}

	private static void awaitAnswer(int port) {
		MachineTime.await(Duration.ofSeconds(120)).ignoreExceptions().until(() -> {
			HTTP.send(HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/")).build(),
					BodyHandlers.discarding());
			return true;
		});
	}

	private static JsonNode get(int port, String path) throws Exception {
		return JsonMapper.shared()
			.readTree(HTTP
				.send(HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
					.timeout(Duration.ofSeconds(5))
					.build(), BodyHandlers.ofString())
				.body());
	}

	/**
	 * Look up a user's node: at the gateway by the header, at a node as the user itself.
	 */
	private static JsonNode lookup(int port, String user) throws Exception {
		HttpRequest request = HttpRequest
			.newBuilder(URI.create("http://localhost:" + port + "/atmosphere/api/route?user=" + user))
			.header("X-User", user)
			.timeout(Duration.ofSeconds(5))
			.build();
		String body = HTTP.send(request, BodyHandlers.ofString()).body();
		return JsonMapper.shared().readTree(body.isEmpty() ? "{}" : body);
	}

	private Map<String, Node> running() {
		Map<String, Node> running = new LinkedHashMap<>(this.nodes);
		running.values().removeIf((node) -> !node.running);
		return running;
	}

	private Map<String, JsonNode> states() throws Exception {
		Map<String, JsonNode> states = new TreeMap<>();
		for (Map.Entry<String, Node> each : running().entrySet()) {
			states.put(each.getKey(), get(each.getValue().port, "/test/state"));
		}
		return states;
	}

	private Set<String> serving() {
		Set<String> names = new TreeSet<>();
		Routes routes = this.observer.bean(Routes.class);
		if (routes.ring() != null && routes.isAgreed()) {
			routes.ring()
				.ring()
				.members()
				.stream()
				.filter((member) -> member.weight() > 0)
				.forEach((member) -> names.add(member.name()));
		}
		return names;
	}

	private void awaitRing() {
		MachineTime.await(Duration.ofSeconds(120)).until(() -> serving().equals(running().keySet()));
	}

	private String owner(String user) {
		Route route = this.observer.bean(Routes.class).find(user);
		return (route != null) ? route.node() : "";
	}

	private Map<String, String> owners() {
		Map<String, String> owners = new TreeMap<>();
		this.clients.forEach((client) -> owners.put(client.name(), owner(client.name())));
		return owners;
	}

	/**
	 * Wait until all running nodes agree on a ring and have no plans, and each client is
	 * at the node of its user alone.
	 */
	private void awaitInPlace() {
		awaitRing();
		MachineTime.await(WITHIN).pollInterval(Duration.ofMillis(250)).ignoreExceptions().untilAsserted(() -> {
			Map<String, String> places = new TreeMap<>();
			for (Map.Entry<String, JsonNode> each : states().entrySet()) {
				JsonNode state = each.getValue();
				assertThat(state.path("agreed").asBoolean()).as(each.getKey()).isTrue();
				assertThat(state.path("moving").asBoolean()).as(each.getKey()).isFalse();
				assertThat(state.path("serving")).as(each.getKey()).hasSize(running().size());
				state.path("users")
					.properties()
					.forEach((user) -> places.merge(user.getKey(), each.getKey(), (a, b) -> a + " and " + b));
			}
			assertThat(places).isEqualTo(owners());
			assertThat(this.clients).allMatch(RecordingClient::isLive);
		});
	}

	private long moves() throws Exception {
		return states().values().stream().mapToLong((state) -> state.path("moves").asLong()).sum();
	}

	/**
	 * Return with which codes a client was closed in this test.
	 */
	private List<Integer> closes(RecordingClient client) {
		List<Integer> closes = client.closes();
		return closes.subList(this.closesBefore.get(client), closes.size());
	}

	private void assertMovedOnce(Predicate<RecordingClient> who) {
		for (RecordingClient client : this.clients) {
			assertThat(closes(client)).as(client.name()).isEqualTo(who.test(client) ? List.of(MOVED) : List.of());
		}
	}

	private void assertNobodyIsClosed() {
		assertMovedOnce((client) -> false);
	}

	@Test
	void aNodeThatJoinsTakesItsUsersOverAndNobodyElsesAndNobodySeesIt() throws Exception {
		Map<String, String> before = owners();
		launchNode(3);
		awaitAnswer(this.nodes.get("node-3").port);
		MachineTime time = MachineTime.start();
		awaitInPlace();
		assertThat(time.elapsed()).as("until all are in place").isLessThan(WITHIN);
		Map<String, String> after = owners();
		assertThat(after.values()).filteredOn("node-3"::equals).hasSizeBetween(CLIENTS / 8, CLIENTS / 2);
		assertMovedOnce((client) -> !after.get(client.name()).equals(before.get(client.name())));
		assertThat(this.observer.bean(Departures.class).seen).isEmpty();
	}

	@Test
	void aNodeThatIsKilledGivesItsUsersAwayAndNobodyElses() {
		Map<String, String> before = owners();
		Node killed = this.nodes.get("node-1");
		killed.running = false;
		killed.process.kill();
		awaitInPlace();
		for (RecordingClient client : this.clients) {
			if (before.get(client.name()).equals("node-1")) {
				assertThat(closes(client)).as(client.name()).filteredOn((code) -> code == MOVED).hasSizeLessThan(2);
			}
			else {
				assertThat(closes(client)).as(client.name()).isEmpty();
			}
		}
		this.clients.forEach((client) -> this.closesBefore.put(client, client.closes().size()));
		killed.process.launch();
		killed.running = true;
		awaitAnswer(killed.port);
		awaitInPlace();
		assertMovedOnce((client) -> before.get(client.name()).equals("node-1"));
	}

	@Test
	void aGatewayThatIsRestartedBringsEverybodyBackToTheirNodes() throws Exception {
		long moves = moves();
		this.gateway.kill();
		this.gateway.launch();
		awaitInPlace();
		assertThat(moves()).isEqualTo(moves);
		assertThat(this.clients).allSatisfy((client) -> assertThat(closes(client)).doesNotContain(MOVED));
	}

	@Test
	void aNodeThatIsCutOffFromTheBrokerTwiceKeepsItsUsers() throws Exception {
		long moves = moves();
		for (int i = 0; i < 2; i++) {
			this.broker.proxy().cut();
			MachineTime.await(WITHIN).until(() -> !serving().isEmpty() && !serving().contains("node-2"));
			this.broker.proxy().resume();
			awaitRing();
		}
		awaitInPlace();
		assertThat(moves()).isEqualTo(moves);
		assertNobodyIsClosed();
	}

	@Test
	void aNodeThatStandsStillForTenSecondsKeepsItsUsers() throws Exception {
		long moves = moves();
		JavaProcess process = this.nodes.get("node-0").process;
		process.pause();
		try {
			MachineTime.await(WITHIN).until(() -> !serving().isEmpty() && !serving().contains("node-0"));
			MachineTime time = MachineTime.start();
			MachineTime.await(WITHIN).until(() -> time.elapsed().compareTo(Duration.ofSeconds(4)) > 0);
		}
		finally {
			process.resume();
		}
		awaitRing();
		awaitInPlace();
		assertThat(moves()).isEqualTo(moves);
		assertNobodyIsClosed();
	}

	@Test
	void aNodeThatIsDrainedAndRestartedUnderItsNameOnlyMovesItsUsers() {
		Map<String, String> before = owners();
		Node node = this.nodes.get("node-1");
		Predicate<RecordingClient> ofNode = (client) -> before.get(client.name()).equals("node-1");
		node.running = false;
		node.process.terminate();
		awaitInPlace();
		for (RecordingClient client : this.clients) {
			assertThat(closes(client)).as(client.name()).hasSize(ofNode.test(client) ? 1 : 0).doesNotContain(MOVED);
		}
		this.clients.forEach((client) -> this.closesBefore.put(client, client.closes().size()));
		node.process.launch();
		node.running = true;
		awaitAnswer(node.port);
		awaitInPlace();
		assertMovedOnce(ofNode);
	}

	@Test
	void theLookupOfAllNodesAndOfTheGatewayAgreeAtOneVersion() throws Exception {
		List<Integer> ports = new ArrayList<>(running().values().stream().map((node) -> node.port).toList());
		ports.add(this.gatewayPort);
		RingVersion version = this.observer.bean(Routes.class).ring().version();
		for (String user : IntStream.range(0, 100).mapToObj((i) -> "somebody-" + i).toList()) {
			for (int port : ports) {
				JsonNode answer = lookup(port, user);
				assertThat(answer.path("node").asString()).as(user).isEqualTo(owner(user));
				if (port == this.gatewayPort) {
					assertThat(answer.path("version").asString()).as(user).isEqualTo(version.toString());
				}
				else {
					JsonNode ring = answer.path("ring");
					assertThat(new RingVersion(ring.path("term").asLong(), ring.path("counter").asLong(),
							ring.path("digest").asString()))
						.as(user)
						.isEqualTo(version);
				}
				assertThat(answer.path("address").asString()).as(user)
					.isEqualTo("http://localhost:" + this.nodes.get(owner(user)).port);
			}
		}
	}

	/**
	 * A message that stands in a log.
	 */
	private record Published(String channel, Position position, String data) {

	}

	/**
	 * A node's process.
	 */
	private static final class Node {

		private final int port;

		private final JavaProcess process;

		private boolean running = true;

		Node(int port, JavaProcess process) {
			this.port = port;
			this.process = process;
		}

	}

	/**
	 * Keeps who has left a channel, as the observer's application is told.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Departures {

		private final Queue<String> seen = new ConcurrentLinkedQueue<>();

		@EventListener
		void on(MemberLeft event) {
			this.seen.add(event.member().user() + " in " + event.channel());
		}

	}

}
