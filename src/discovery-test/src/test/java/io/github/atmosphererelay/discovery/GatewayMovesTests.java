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

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.IntStream;

import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.RingMember;
import io.github.atmosphererelay.routing.RingVersion;
import io.github.atmosphererelay.routing.Route;
import io.github.atmosphererelay.routing.Routes;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.RecordingClient;
import io.github.atmosphererelay.test.WithProcesses;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for who moves when nodes and the gateway come, go, stand still and are cut off:
 * with processes, a gateway that finds the nodes by Eureka, and clients that hear
 * recorded channels in which messages are published all the time. All tests share the
 * cluster and its clients, one after the other.
 */
@Reconciles
@WithProcesses
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(1_800)
class GatewayMovesTests {

	private static final Duration WITHIN = MovesClients.WITHIN;

	/** Within which time all users are at their nodes after one has joined. */
	private static final Duration IN_PLACE = Duration.ofSeconds(60);

	/** The code that asks a session to move. */
	private static final int MOVED = 4101;

	private MovesCluster cluster;

	private MovesClients clients;

	private MachineTime time;

	@BeforeAll
	void start() {
		this.cluster = new MovesCluster(3);
		awaitRing();
		this.cluster.awaitGateway();
		this.clients = new MovesClients(this.cluster.gatewayPort(), this.cluster.observer().broadcaster());
		MachineTime.await(WITHIN)
			.untilAsserted(() -> assertThat(this.clients.all().stream().filter(RecordingClient::isLive))
				.hasSize(MovesClients.COUNT));
	}

	@AfterAll
	void stop() {
		if (this.clients != null) {
			this.clients.close();
		}
		if (this.cluster != null) {
			this.cluster.close();
		}
	}

	@BeforeEach
	void begin() {
		awaitInPlace();
		this.clients.begin();
		this.time = MachineTime.start();
	}

	/**
	 * End a test: all that was published has been heard.
	 */
	private void reconcile(TestInfo test) {
		long moved = this.clients.all().stream().filter((each) -> this.clients.closes(each).contains(MOVED)).count();
		System.out.printf("%s: %d of %d users were asked to move, %d messages so far, %.1f s%n",
				test.getTestMethod().orElseThrow().getName(), moved, MovesClients.COUNT, this.clients.reconcile(),
				this.time.elapsed().toMillis() / 1000.0);
	}

	private Routes routes() {
		return this.cluster.observer().bean(Routes.class);
	}

	private Set<String> serving() {
		PublishedRing ring = routes().ring();
		Set<String> names = new TreeSet<>();
		if (ring != null && routes().isAgreed()) {
			ring.ring()
				.members()
				.stream()
				.filter((member) -> member.weight() > 0)
				.map(RingMember::name)
				.forEach(names::add);
		}
		return names;
	}

	private void awaitRing() {
		MachineTime.await(Duration.ofSeconds(120)).until(() -> serving().equals(this.cluster.running().keySet()));
	}

	private void awaitRingWithout(String name) {
		MachineTime.await(WITHIN).until(() -> !serving().isEmpty() && !serving().contains(name));
	}

	private String owner(String user) {
		Route route = routes().find(user);
		return (route != null) ? route.node() : "";
	}

	private Map<String, String> owners() {
		Map<String, String> owners = new TreeMap<>();
		this.clients.all().forEach((client) -> owners.put(client.name(), owner(client.name())));
		return owners;
	}

	private Map<String, RoutedNode.State> states() throws Exception {
		Map<String, RoutedNode.State> states = new TreeMap<>();
		for (Map.Entry<String, MovesCluster.Node> each : this.cluster.running().entrySet()) {
			states.put(each.getKey(), each.getValue().state());
		}
		return states;
	}

	/**
	 * Wait until all running nodes agree on a ring and have no plans, and each client is
	 * at the node of its user alone.
	 */
	private void awaitInPlace() {
		awaitRing();
		MachineTime.await(WITHIN).pollInterval(Duration.ofMillis(250)).ignoreExceptions().untilAsserted(() -> {
			Map<String, String> places = new TreeMap<>();
			states().forEach((name, state) -> {
				assertThat(state.agreed()).as(name).isTrue();
				assertThat(state.moving()).as(name).isFalse();
				assertThat(state.serving()).as(name).hasSameElementsAs(this.cluster.running().keySet());
				state.users()
					.forEach((user, count) -> places.merge(user, (count == 1) ? name : name + " " + count + " times",
							(a, b) -> a + " and " + b));
			});
			assertThat(places).isEqualTo(owners());
			assertThat(this.clients.all()).allMatch(RecordingClient::isLive);
		});
	}

	private long moves() throws Exception {
		return states().values().stream().mapToLong(RoutedNode.State::moves).sum();
	}

	/**
	 * Expect that some clients were asked to move once, and that nothing happened to the
	 * connections of all others.
	 */
	private void assertMovedOnce(Predicate<RecordingClient> who) {
		for (RecordingClient client : this.clients.all()) {
			boolean moves = who.test(client);
			assertThat(this.clients.closes(client)).as(client.name()).isEqualTo(moves ? List.of(MOVED) : List.of());
			assertThat(this.clients.sessions(client)).as(client.name()).hasSize(moves ? 1 : 0);
		}
	}

	private void assertNobodyIsClosed(long movesBefore) throws Exception {
		assertThat(moves()).isEqualTo(movesBefore);
		assertMovedOnce((client) -> false);
	}

	@Test
	void aNodeThatJoinsTakesItsUsersOverAndNobodyElses(TestInfo test) throws Exception {
		Map<String, String> before = owners();
		long moves = moves();
		this.cluster.startNode(3).awaitAnswer();
		MachineTime joined = MachineTime.start();
		awaitInPlace();
		assertThat(joined.elapsed()).as("until all are in place").isLessThan(IN_PLACE);
		Map<String, String> after = owners();
		assertThat(after.values()).filteredOn("node-3"::equals)
			.hasSizeBetween(MovesClients.COUNT / 8, MovesClients.COUNT / 2)
			.hasSize((int) (moves() - moves));
		assertMovedOnce((client) -> !after.get(client.name()).equals(before.get(client.name())));
		reconcile(test);
	}

	/**
	 * Before the others have given the dead node up, the gateway sends its users to any
	 * other node. Those who did not come to their new owner are asked to move there,
	 * once.
	 */
	@Test
	void aNodeThatIsKilledGivesItsUsersAwayAndNobodyElses(TestInfo test) throws Exception {
		Map<String, String> before = owners();
		Predicate<RecordingClient> ofNode = (client) -> before.get(client.name()).equals("node-1");
		MovesCluster.Node killed = this.cluster.node("node-1");
		killed.kill();
		awaitInPlace();
		Map<String, String> names = new HashMap<>();
		states().forEach((name, state) -> names.put(state.id(), name));
		for (RecordingClient client : this.clients.all()) {
			List<String> places = this.clients.sessions(client)
				.stream()
				.map((session) -> names.get(session.substring(0, 36)))
				.toList();
			List<Integer> closes = this.clients.closes(client);
			if (ofNode.test(client)) {
				String owner = owner(client.name());
				assertThat(places).as(client.name()).hasSizeBetween(1, 2).endsWith(owner);
				boolean moved = !places.get(0).equals(owner);
				assertThat(places).as(client.name()).hasSize(moved ? 2 : 1);
				assertThat(closes).as(client.name()).filteredOn((code) -> code == MOVED).hasSize(moved ? 1 : 0);
			}
			else {
				assertThat(places).as(client.name()).isEmpty();
				assertThat(closes).as(client.name()).isEmpty();
			}
		}
		reconcile(test);
	}

	/**
	 * The clients come back before the gateway knows the ring, and are placed by it
	 * nevertheless.
	 */
	@Test
	void aGatewayThatIsRestartedBringsEverybodyBackToTheirNodes(TestInfo test) throws Exception {
		long moves = moves();
		this.cluster.restartGateway();
		this.cluster.awaitGateway();
		MachineTime.await(WITHIN)
			.until(() -> this.clients.all().stream().noneMatch((client) -> this.clients.sessions(client).isEmpty()));
		awaitInPlace();
		assertThat(moves()).isEqualTo(moves);
		Map<String, String> ids = new HashMap<>();
		states().forEach((name, state) -> ids.put(name, state.id()));
		for (RecordingClient client : this.clients.all()) {
			assertThat(this.clients.sessions(client)).as(client.name())
				.allMatch((session) -> session.startsWith(ids.get(owner(client.name()))));
			assertThat(this.clients.closes(client)).as(client.name()).doesNotContain(MOVED);
		}
		reconcile(test);
	}

	@Test
	void aNodeThatFlapsBecauseItIsCutOffFromTheBrokerKeepsItsUsers(TestInfo test) throws Exception {
		long moves = moves();
		for (int i = 0; i < 2; i++) {
			this.cluster.proxy().cut();
			awaitRingWithout(MovesCluster.CUT_OFF);
			this.cluster.proxy().resume();
			awaitRing();
		}
		awaitInPlace();
		assertNobodyIsClosed(moves);
		reconcile(test);
	}

	@Test
	void aNodeThatStandsStillUntilTheOthersHaveGivenItUpKeepsItsUsers(TestInfo test) throws Exception {
		long moves = moves();
		MovesCluster.Node node = this.cluster.node("node-0");
		node.pause();
		try {
			awaitRingWithout("node-0");
		}
		finally {
			node.resume();
		}
		awaitInPlace();
		assertNobodyIsClosed(moves);
		reconcile(test);
	}

	@Test
	void aNodeThatIsDrainedAndRestartedUnderItsNameOnlyMovesItsUsers(TestInfo test) {
		Map<String, String> before = owners();
		Predicate<RecordingClient> ofNode = (client) -> before.get(client.name()).equals("node-0");
		MovesCluster.Node node = this.cluster.node("node-0");
		node.drain();
		awaitInPlace();
		for (RecordingClient client : this.clients.all()) {
			int expected = ofNode.test(client) ? 1 : 0;
			assertThat(this.clients.closes(client)).as(client.name()).hasSize(expected).doesNotContain(MOVED, 1006);
			assertThat(this.clients.sessions(client)).as(client.name()).hasSize(expected);
		}
		this.clients.mark();
		node.restart();
		awaitInPlace();
		assertMovedOnce(ofNode);
		reconcile(test);
	}

	@Test
	void theLookupOfAllNodesAndOfTheGatewayAgreeAtOneVersion() throws Exception {
		List<Integer> ports = new ArrayList<>(
				this.cluster.running().values().stream().map(MovesCluster.Node::port).toList());
		ports.add(this.cluster.gatewayPort());
		PublishedRing published = routes().ring();
		for (String user : IntStream.range(0, 100).mapToObj((i) -> "somebody-" + i).toList()) {
			for (int port : ports) {
				JsonNode answer = MovesCluster.lookup(port, user);
				assertThat(answer.path("node").asString("")).as(user).isEqualTo(owner(user));
				JsonNode ring = answer.path("ring");
				assertThat(new RingVersion(ring.path("term").asLong(), ring.path("counter").asLong(),
						ring.path("digest").asString("")))
					.as(user)
					.isEqualTo(published.version());
				assertThat(answer.path("here").asBoolean()).as(user)
					.isEqualTo(port == this.cluster.gatewayPort() || port == this.cluster.node(owner(user)).port());
			}
		}
		assertThat(routes().ring().version()).isEqualTo(published.version());
	}

}
