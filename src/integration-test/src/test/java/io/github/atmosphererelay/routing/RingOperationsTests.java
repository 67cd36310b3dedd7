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
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import io.github.atmosphererelay.routing.internal.RoutingService;
import io.github.atmosphererelay.test.BrokerCluster;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.UsersByParameter;
import io.github.atmosphererelay.testkit.ApplicationNode;
import io.github.atmosphererelay.testkit.RelayClient;
import io.github.atmosphererelay.testkit.RelayCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What operators see of the ring, on two nodes with 30 users. What a change would move is
 * compared with what it moves.
 */
@Timeout(180)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RingOperationsTests {

	private static final Duration WITHIN = Duration.ofSeconds(60);

	private static final int USERS = 30;

	private static final Map<String, RelayClient> CLIENTS = new HashMap<>();

	private static RelayCluster cluster;

	private final HttpClient http = HttpClient.newHttpClient();

	@BeforeAll
	static void start() {
		cluster = BrokerCluster.inMemory(UsersByParameter.class)
			.nodes(2)
			.property("atmosphere.channels[0].pattern=chat/**")
			.property("atmosphere.routing.enabled=true")
			.property("atmosphere.routing.settle-time=500ms")
			.property("atmosphere.routing.move-delay=1s")
			.property("atmosphere.cluster.heartbeat-interval=500ms")
			.property("atmosphere.cluster.node-timeout=4s")
			.start();
		awaitMembers(2);
		for (int i = 0; i < USERS; i++) {
			String user = "user-" + i;
			CLIENTS.put(user, owner(user).client().parameter("user", user).connect("chat/lobby"));
		}
		CLIENTS.put("", cluster.node(0).client().connect("chat/lobby"));
		ApplicationNode other = (owner("user-0") == cluster.node(0)) ? cluster.node(1) : cluster.node(0);
		CLIENTS.put("elsewhere", other.client().parameter("user", "user-0").connect("chat/lobby"));
	}

	@AfterAll
	static void stop() {
		CLIENTS.values().forEach(RelayClient::close);
		cluster.close();
	}

	private static void awaitMembers(int count) {
		for (ApplicationNode node : cluster.nodes()) {
			MachineTime.await(WITHIN).until(() -> {
				PublishedRing ring = node.bean(Routes.class).ring();
				return ring != null && ring.ring().members().size() == count && node.bean(Routes.class).isAgreed();
			});
		}
	}

	private static ApplicationNode owner(String user) {
		String name = ring().owner(user).name();
		return cluster.nodes().stream().filter((node) -> node.name().equals(name)).findFirst().orElseThrow();
	}

	private static Ring ring() {
		return cluster.node(0).bean(Routes.class).ring().ring();
	}

	private static Stream<String> users() {
		return CLIENTS.keySet().stream().filter((name) -> name.startsWith("user-"));
	}

	private HttpResponse<String> ask(String path) throws Exception {
		return this.http.send(HttpRequest
			.newBuilder(URI.create("http://localhost:" + cluster.node(0).port() + "/actuator/atmosphere/" + path))
			.build(), BodyHandlers.ofString());
	}

	private JsonNode get(String path) throws Exception {
		HttpResponse<String> response = ask(path);
		assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
		return JsonMapper.shared().readTree(response.body());
	}

	private static long moves() {
		return cluster.nodes().stream().mapToLong((node) -> node.bean(RoutingService.class).statistics().moves()).sum();
	}

	@Test
	@Order(1)
	void theRingAndWhoOwnsHowManyAreShown() throws Exception {
		JsonNode ring = get("routing");
		RingVersion version = cluster.node(0).bean(Routes.class).ring().version();
		assertThat(ring.path("version").path("term").longValue()).isEqualTo(version.term());
		assertThat(ring.path("version").path("counter").longValue()).isEqualTo(version.counter());
		assertThat(ring.path("version").path("digest").stringValue()).isEqualTo(version.digest());
		assertThat(ring.path("publisher").path("name").stringValue()).isIn("node-0", "node-1");
		assertThat(ring.path("agreed").booleanValue()).isTrue();
		assertThat(ring.path("anonymous").intValue()).isOne();
		assertThat(ring.path("outside").isEmpty()).isTrue();
		assertThat(ring.path("unanswered").isEmpty()).isTrue();
		assertThat(ring.path("failed").isEmpty()).isTrue();
		assertThat(ring.has("problem")).isFalse();
		assertThat(ring.path("members").size()).isEqualTo(2);
		for (JsonNode member : ring.path("members")) {
			String name = member.path("name").stringValue();
			int owned = (int) users().filter((user) -> ring().owner(user).name().equals(name)).count();
			int both = ring().owner("user-0").name().equals(name) ? 1 : 0;
			assertThat(member.path("weight").intValue()).isOne();
			assertThat(member.path("share").doubleValue()).isEqualTo(0.5);
			assertThat(member.path("users").intValue()).as("user-0 counts on both nodes").isEqualTo(owned + both);
			assertThat(member.path("sessions").intValue()).isEqualTo(owned + both);
			assertThat(member.path("inPlace").intValue()).isEqualTo(owned);
		}
	}

	@Test
	@Order(2)
	void usersAndTheirNodesAreListedInPages() throws Exception {
		List<String> listed = new ArrayList<>();
		String after = "";
		int pages = 0;
		do {
			JsonNode page = get("routing/users?size=7&after=" + after);
			assertThat(page.path("users").size()).isLessThanOrEqualTo(7);
			for (JsonNode each : page.path("users")) {
				String user = each.path("user").stringValue();
				listed.add(user);
				assertThat(each.path("owner").stringValue()).isEqualTo(ring().owner(user).name());
				assertThat(each.path("inPlace").booleanValue())
					.isEqualTo(each.path("node").stringValue().equals(each.path("owner").stringValue()));
			}
			after = page.path("next").isNull() ? null
					: URLEncoder.encode(page.path("next").stringValue(), StandardCharsets.UTF_8);
			pages++;
		}
		while (after != null);
		assertThat(pages).isGreaterThan(4);
		assertThat(listed).containsExactlyInAnyOrderElementsOf(Stream.concat(users(), Stream.of("user-0")).toList());
		JsonNode one = get("routing/users?user=user-0");
		assertThat(one.path("owner").stringValue()).isEqualTo(ring().owner("user-0").name());
		assertThat(one.path("users").valueStream().map((each) -> each.path("inPlace").booleanValue()))
			.containsExactlyInAnyOrder(true, false);
		JsonNode nobody = get("routing/users?user=nobody");
		assertThat(nobody.path("owner").stringValue()).isEqualTo(ring().owner("nobody").name());
		assertThat(nobody.path("users").isEmpty()).isTrue();
	}

	@ParameterizedTest
	@Order(3)
	@ValueSource(strings = { "routing/change", "routing/change?add=node-2&remove=node-1", "routing/change?add=node-1",
			"routing/change?add=node-2&weight=101", "routing/change?add=node-2&weight=x",
			"routing/change?remove=node-9", "routing/change?change=node-9&weight=1", "routing/change?change=node-1",
			"routing/change?add=%07" })
	void aChangeThatIsNotPossibleIsRefused(String path) throws Exception {
		assertThat(ask(path).statusCode()).isEqualTo(400);
	}

	@Test
	@Order(4)
	void aChangeOfAWeightWouldMoveWhomTheOtherRingPlacesElsewhere() throws Exception {
		long before = moves();
		Ring after = Ring.of(List.of(new RingMember("node-0", 3), new RingMember("node-1", 1)));
		assertMoves(get("routing/change?change=node-0&weight=3"), after);
		Ring alone = Ring.of(List.of(new RingMember("node-1", 1)));
		assertMoves(get("routing/change?remove=node-0"), alone);
		JsonNode nothing = get("routing/change?change=node-0&weight=1");
		assertThat(nothing.path("movingUsers").intValue()).isZero();
		assertThat(nothing.path("nodes").size()).isEqualTo(2);
		assertThat(moves()).as("nobody has moved").isEqualTo(before);
	}

	/**
	 * A session moves if the change gives its user another owner, and it is not there
	 * already.
	 */
	private static void assertMoves(JsonNode answer, Ring after) {
		Map<String, Integer> expected = new TreeMap<>();
		CLIENTS.forEach((name, client) -> {
			String user = name.equals("elsewhere") ? "user-0" : name;
			if (name.isEmpty() || after.owner(user).name().equals(ring().owner(user).name())) {
				return;
			}
			String owner = ring().owner(user).name();
			String node = !name.equals("elsewhere") ? owner : owner.equals("node-0") ? "node-1" : "node-0";
			if (!after.owner(user).name().equals(node)) {
				expected.merge(node, 1, Integer::sum);
			}
		});
		Map<String, Integer> moving = new TreeMap<>();
		for (JsonNode node : answer.path("nodes")) {
			if (node.path("movingSessions").intValue() > 0) {
				moving.put(node.path("node").stringValue(), node.path("movingSessions").intValue());
			}
		}
		assertThat(moving).isEqualTo(expected).isNotEmpty();
		assertThat(answer.path("movingSessions").intValue())
			.isEqualTo(expected.values().stream().mapToInt(Integer::intValue).sum());
		assertThat(answer.path("unanswered").isEmpty()).isTrue();
	}

	@Test
	@Order(5)
	void aNodeThatJoinsMovesAsManyAsWasSaid() throws Exception {
		JsonNode answer = get("routing/change?add=node-2");
		assertThat(answer.path("members").size()).isEqualTo(3);
		int expected = answer.path("movingSessions").intValue();
		assertThat(expected).isPositive();
		for (JsonNode node : answer.path("nodes")) {
			assertThat(node.path("to").propertyNames()).isSubsetOf("node-2");
		}
		long before = moves();
		cluster.startNode();
		awaitMembers(3);
		MachineTime.await(WITHIN)
			.until(() -> cluster.nodes().stream().noneMatch((node) -> node.bean(RoutingService.class).isMoving()));
		assertThat(moves() - before).isEqualTo(expected);
	}

	@Test
	@Order(6)
	void withoutRoutingThereIsNoRing() throws Exception {
		try (RelayCluster plain = BrokerCluster.inMemory().nodes(1).start()) {
			HttpResponse<String> response = this.http.send(HttpRequest
				.newBuilder(URI.create("http://localhost:" + plain.node(0).port() + "/actuator/atmosphere/routing"))
				.build(), BodyHandlers.ofString());
			assertThat(response.statusCode()).isEqualTo(404);
		}
	}

}
