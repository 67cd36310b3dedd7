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

package io.github.atmosphererelay.actuate.internal;

import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import io.github.atmosphererelay.endpoint.ManagedService;
import io.github.atmosphererelay.endpoint.Message;
import io.github.atmosphererelay.message.internal.Json;
import io.github.atmosphererelay.test.FakeRelay;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import io.github.atmosphererelay.test.UsersByParameter;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for health and the endpoint as operators see them, over HTTP.
 */
class ActuatorHttpTests {

	private static final JsonMapper JSON = JsonMapper.builder().build();

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	@Test
	void theRelayIsUpAndTellsHowItIs() {
		try (TestNode node = start()) {
			Answer health = get(node, "/actuator/health");
			assertThat(health.status()).isEqualTo(200);
			assertThat(health.body().path("status").asString()).isEqualTo("UP");
			JsonNode relay = health.body().path("components").path("atmosphereRelay");
			assertThat(relay.path("status").asString()).isEqualTo("UP");
			JsonNode details = relay.path("details");
			assertThat(details.path("relay").asString()).isEqualTo("fake");
			assertThat(details.path("state").asString()).isEqualTo("UP");
			assertThat(details.path("topic").asString()).isEqualTo("fake-topic");
			assertThat(details.path("roundTrip").asString()).endsWith(" us");
			assertThat(details.path("lastSeen").asString()).isNotEmpty();
			for (String count : List.of("nodes", "outages", "notRelayed", "unconfirmed", "missed", "dropped")) {
				assertThat(details.path(count).isNumber()).as(count).isTrue();
			}
		}
	}

	@Test
	void withoutItsBrokerANodeIsDegradedAndGoesOnServing() {
		try (TestNode node = start()) {
			silence(node);
			Answer health = get(node, "/actuator/health");
			assertThat(health.status()).isEqualTo(200);
			assertThat(relayStatus(health)).isEqualTo("DEGRADED");
			assertThat(health.body().path("status").asString()).isEqualTo("UP");
			Answer readiness = get(node, "/actuator/health/readiness");
			assertThat(readiness.status()).isEqualTo(200);
		}
	}

	@Test
	void withoutItsBrokerANodeIsDownAndNotReadyWhereThatIsWanted() {
		try (TestNode node = start("atmosphere.health.degraded-is-down=true")) {
			assertThat(get(node, "/actuator/health/readiness").status()).isEqualTo(200);
			silence(node);
			Answer health = get(node, "/actuator/health");
			assertThat(health.status()).isEqualTo(503);
			assertThat(relayStatus(health)).isEqualTo("DOWN");
			Answer readiness = get(node, "/actuator/health/readiness");
			assertThat(readiness.status()).isEqualTo(503);
			assertThat(readiness.body().path("status").asString()).isEqualTo("DOWN");
			Answer liveness = get(node, "/actuator/health/liveness");
			assertThat(liveness.status()).isEqualTo(200);
			node.bean(FakeRelay.class).answering();
			await().until(() -> get(node, "/actuator/health/readiness").status() == 200);
		}
	}

	@Test
	void aReadinessGroupOfTheApplicationsOwnIsKept() {
		try (TestNode node = start("atmosphere.health.degraded-is-down=true",
				"management.endpoint.health.group.readiness.include=ping",
				"management.endpoint.health.group.readiness.additional-path=server:/readyz",
				"management.endpoint.health.group.other.include=ping")) {
			silence(node);
			Answer readiness = get(node, "/actuator/health/readiness");
			assertThat(readiness.status()).isEqualTo(503);
			assertThat(readiness.body().path("components").has("ping")).isTrue();
			assertThat(relayStatus(readiness)).isEqualTo("DOWN");
			assertThat(get(node, "/readyz").status()).isEqualTo(503);
			Answer other = get(node, "/actuator/health/other");
			assertThat(other.status()).isEqualTo(200);
			assertThat(relayStatus(other)).isEmpty();
		}
	}

	@Test
	void withoutAReadinessGroupNoneIsMade() {
		try (TestNode node = start("atmosphere.health.degraded-is-down=true",
				"management.endpoint.health.probes.enabled=false")) {
			assertThat(get(node, "/actuator/health/readiness").status()).isEqualTo(404);
			assertThat(get(node, "/actuator/health").status()).isEqualTo(200);
		}
	}

	@Test
	void theEndpointDescribesTheNode() {
		try (TestNode node = start()) {
			TestClient client = node.connect("chat/a?ack=true").awaitCount(1);
			Answer answer = get(node, "/actuator/atmosphere");
			assertThat(answer.status()).isEqualTo(200);
			JsonNode body = answer.body();
			assertThat(body.path("id").asString()).isEqualTo(node.messaging().identity().id().toString());
			assertThat(body.path("name").asString()).isEqualTo("node-1");
			assertThat(body.path("sessions").asInt()).isOne();
			assertThat(body.path("users").asInt()).isZero();
			assertThat(body.path("channels").asInt()).isOne();
			assertThat(body.path("subscriptions").asInt()).isOne();
			JsonNode nodes = get(node, "/actuator/atmosphere/cluster").body().path("nodes");
			assertThat(nodes).hasSize(1);
			assertThat(nodes.get(0).has("routing")).as("a node without routing says nothing of it").isFalse();
			JsonNode relay = body.path("relay");
			assertThat(relay.path("type").asString()).isEqualTo("fake");
			assertThat(relay.path("state").asString()).isEqualTo("UP");
			assertThat(relay.path("roundTripMicros").isNumber()).isTrue();
			assertThat(relay.path("addresses").asInt()).isEqualTo(3);
			assertThat(relay.path("details").path("topic").asString()).isEqualTo("fake-topic");
			assertThat(body.path("limits").path("atmosphere.websocket.max-message-size").asString())
				.isEqualTo("65536B");
			assertThat(body.path("patterns").get(0).path("pattern").asString()).isEqualTo("chat/**");
			client.close();
		}
	}

	@Test
	void channelsWhoseMessagesAnEndpointTakesAreShownAsPublishedByClients() {
		try (TestNode node = TestNode.start(List.of(Orders.class), "management.endpoints.web.exposure.include=*",
				"atmosphere.channels[0].pattern=orders/{id}", "atmosphere.channels[1].pattern=news/**")) {
			JsonNode patterns = get(node, "/actuator/atmosphere").body().path("patterns");
			assertThat(patterns.get(0).path("pattern").asString()).isEqualTo("orders/{id}");
			assertThat(patterns.get(0).path("clientPublish").asString()).isEqualTo("ANYONE");
			assertThat(patterns.get(1).path("pattern").asString()).isEqualTo("news/**");
			assertThat(patterns.get(1).path("clientPublish").asString()).isEqualTo("NONE");
		}
	}

	@Test
	void sessionsAndChannelsAreListedInPages() {
		try (TestNode node = start()) {
			List<TestClient> clients = new ArrayList<>();
			for (int i = 0; i < 7; i++) {
				clients.add(node.connect("chat/" + i % 3 + "?ack=true").awaitCount(1));
			}
			List<String> ids = new ArrayList<>();
			for (int page = 0; page < 3; page++) {
				JsonNode body = get(node, "/actuator/atmosphere/sessions?size=3&page=" + page).body();
				assertThat(body.path("page").asInt()).isEqualTo(page);
				assertThat(body.path("size").asInt()).isEqualTo(3);
				assertThat(body.path("total").asInt()).isEqualTo(7);
				assertThat(body.path("content").size()).isEqualTo((page < 2) ? 3 : 1);
				body.path("content").forEach((session) -> ids.add(session.path("id").asString()));
			}
			assertThat(ids).doesNotHaveDuplicates()
				.containsExactlyInAnyOrderElementsOf(
						node.messaging().registry().sessions().stream().map(Object::toString).toList());
			JsonNode inChannel = get(node, "/actuator/atmosphere/sessions?channel=chat/0").body();
			assertThat(inChannel.path("total").asInt()).isEqualTo(3);
			JsonNode session = inChannel.path("content").get(0);
			assertThat(session.path("channels").get(0).asString()).isEqualTo("chat/0");
			assertThat(session.path("channelCount").asInt()).isOne();
			assertThat(session.path("queuedMessages").asInt()).isZero();
			assertThat(session.path("remoteAddress").asString()).isNotEmpty();
			JsonNode channels = get(node, "/actuator/atmosphere/channels?size=2").body();
			assertThat(channels.path("total").asInt()).isEqualTo(3);
			assertThat(channels.path("content").size()).isEqualTo(2);
			assertThat(channels.path("content").get(0).path("name").asString()).isEqualTo("chat/0");
			assertThat(channels.path("content").get(0).path("sessions").asInt()).isEqualTo(3);
			clients.forEach(TestClient::close);
		}
	}

	@Test
	void invalidPageSizesAreCorrectedAndOtherListsDoNotExist() {
		try (TestNode node = start()) {
			TestClient client = node.connect("chat/a?ack=true").awaitCount(1);
			JsonNode far = get(node, "/actuator/atmosphere/sessions?size=0&page=2147483647").body();
			assertThat(far.path("size").asInt()).isOne();
			assertThat(far.path("content").size()).isZero();
			assertThat(far.path("total").asInt()).isOne();
			JsonNode negative = get(node, "/actuator/atmosphere/sessions?size=100000&page=-5").body();
			assertThat(negative.path("size").asInt()).isEqualTo(1000);
			assertThat(negative.path("content").size()).isOne();
			assertThat(get(node, "/actuator/atmosphere/sessions?user=nobody").body().path("total").asInt()).isZero();
			assertThat(get(node, "/actuator/atmosphere/secrets").status()).isEqualTo(404);
			assertThat(get(node, "/actuator/atmosphere/sessions?page=x").status()).isEqualTo(400);
			client.close();
		}
	}

	@Test
	void theNodesOfTheClusterAndTheSessionsOfAllAreShown() {
		try (TestNode node = start()) {
			List<TestClient> clients = new ArrayList<>();
			for (int i = 0; i < 5; i++) {
				clients.add(node.connect("chat/" + i % 2 + "?ack=true").awaitCount(1));
			}
			JsonNode cluster = get(node, "/actuator/atmosphere/cluster").body();
			assertThat(cluster.path("self").asString()).isEqualTo(node.messaging().identity().id().toString());
			assertThat(cluster.path("size").asInt()).isOne();
			assertThat(cluster.path("sessions").asInt()).isEqualTo(5);
			assertThat(cluster.path("deliveredPerSecond").isNumber()).isTrue();
			JsonNode self = cluster.path("nodes").get(0);
			assertThat(self.path("name").asString()).isEqualTo("node-1");
			assertThat(self.path("address").asString()).endsWith(":" + node.port());
			assertThat(self.path("load").path("channels").asInt()).isEqualTo(2);
			JsonNode first = get(node, "/actuator/atmosphere/cluster/sessions?channel=chat/0&size=2").body();
			assertThat(first.path("sessions").size()).isEqualTo(2);
			assertThat(first.path("totals").path(cluster.path("self").asString()).asInt()).isEqualTo(3);
			assertThat(first.path("unanswered").size()).isZero();
			JsonNode second = get(node, "/actuator/atmosphere/cluster/sessions?channel=chat/0&size=2&after="
					+ first.path("next").asString())
				.body();
			assertThat(second.path("sessions").size()).isOne();
			assertThat(second.path("next").isNull()).isTrue();
			assertThat(get(node, "/actuator/atmosphere/cluster/secrets").status()).isEqualTo(404);
			clients.forEach(TestClient::close);
		}
	}

	@Test
	void nothingCanBeChangedByDefault() {
		try (TestNode node = start()) {
			TestClient client = node.connect("chat/a?ack=true").awaitCount(1);
			String session = node.messaging().registry().sessions().iterator().next().id();
			assertThat(send(node, "DELETE", "/actuator/atmosphere/sessions/" + session, "").status()).isIn(404, 405);
			assertThat(send(node, "POST", "/actuator/atmosphere/users/alice",
					"{\"channel\":\"chat/b\",\"subscribed\":true}")
				.status()).isIn(404, 405);
			assertThat(client.isClosed()).isFalse();
			client.close();
		}
	}

	@Test
	void withUnrestrictedAccessSessionsAreEndedAndSubscribed() {
		try (TestNode node = start("management.endpoint.atmosphere.access=unrestricted")) {
			TestClient first = node.connect("chat/a?ack=true").awaitCount(1);
			TestClient second = node.connect("chat/b?ack=true").awaitCount(1);
			String session = node.messaging().registry().inChannel("chat/a").iterator().next().id();
			Answer closed = send(node, "DELETE",
					"/actuator/atmosphere/sessions/" + session + "?code=4000&reason=enough", "");
			assertThat(closed.status()).isEqualTo(200);
			assertThat(closed.body().path("sessions").asInt()).isOne();
			assertThat(closed.body().path("nodes").asInt()).isOne();
			assertThat(first.awaitClosed(Duration.ofSeconds(5))).isEqualTo(new TestClient.Close(4000, "enough"));
			session = node.messaging().registry().inChannel("chat/b").iterator().next().id();
			assertThat(send(node, "DELETE", "/actuator/atmosphere/sessions/" + session, "").status()).isEqualTo(200);
			assertThat(second.awaitClosed(Duration.ofSeconds(5)))
				.isEqualTo(new TestClient.Close(1008, "disconnected by an operator"));
			for (String subscribed : List.of("true", "false")) {
				Answer changed = send(node, "POST", "/actuator/atmosphere/users/alice",
						"{\"channel\":\"chat/b\",\"subscribed\":" + subscribed + "}");
				assertThat(changed.status()).isEqualTo(200);
				assertThat(changed.body().path("sessions").asInt()).isZero();
			}
			assertThat(send(node, "DELETE", "/actuator/atmosphere/users/alice", "").body().path("sessions").asInt())
				.isZero();
			for (String name : List.of("a/b", "a\\b", "..", "a/../b", "%2e%2e", "ü&?#")) {
				String encoded = URLEncoder.encode(name, StandardCharsets.UTF_8);
				TestClient client = node.connect("chat/a?ack=true&user=" + encoded).awaitCount(1);
				assertThat(send(node, "POST", "/actuator/atmosphere/users",
						"{\"name\":" + Json.quote(name) + ",\"channel\":\"chat/c\",\"subscribed\":true}")
					.body()
					.path("sessions")
					.asInt()).as(name).isOne();
				assertThat(send(node, "DELETE", "/actuator/atmosphere/users?code=4000&name=" + encoded, "").body()
					.path("sessions")
					.asInt()).as(name).isOne();
				assertThat(client.awaitClosed(Duration.ofSeconds(5)).code()).isEqualTo(4000);
			}
			assertThat(send(node, "DELETE", "/actuator/atmosphere/users", "").status()).isEqualTo(400);
			assertThat(send(node, "DELETE", "/actuator/atmosphere/users/alice?code=1000", "").status()).isEqualTo(400);
			assertThat(send(node, "DELETE", "/actuator/atmosphere/sessions/nonsense", "").status()).isEqualTo(400);
			assertThat(send(node, "DELETE", "/actuator/atmosphere/channels/chat", "").status()).isEqualTo(400);
			assertThat(send(node, "POST", "/actuator/atmosphere/users/alice",
					"{\"channel\":\"unknown\",\"subscribed\":true}")
				.status()).isEqualTo(400);
		}
	}

	private static TestNode start(String... args) {
		String[] all = { "atmosphere.channels[0].pattern=chat/**", "atmosphere.cluster.node-name=node-1",
				"atmosphere.relay.probe-interval=100ms", "atmosphere.relay.probe-timeout=300ms",
				"management.health.redis.enabled=false" };
		return TestNode.start(List.of(FakeRelayConfiguration.class, UsersByParameter.class),
				IntStream.range(0, all.length + args.length)
					.mapToObj((i) -> (i < all.length) ? all[i] : args[i - all.length])
					.toArray(String[]::new));
	}

	private static void silence(TestNode node) {
		node.bean(FakeRelay.class).silent();
		await().until(() -> !node.messaging().monitor().isUp());
	}

	private static String relayStatus(Answer health) {
		return health.body().path("components").path("atmosphereRelay").path("status").asString("");
	}

	private static Answer get(TestNode node, String path) {
		return send(node, "GET", path, "");
	}

	private static Answer send(TestNode node, String method, String path, String json) {
		HttpRequest request = HttpRequest.newBuilder(node.http(path))
			.method(method,
					json.isEmpty() ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(json))
			.header("Content-Type", "application/json")
			.build();
		try {
			HttpResponse<String> response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
			return new Answer(response.statusCode(),
					response.body().startsWith("{") ? JSON.readTree(response.body()) : JSON.createObjectNode());
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * What the server answers.
	 */
	private record Answer(int status, JsonNode body) {
	}

	@ManagedService("orders/{id}")
	static class Orders {

		@Message
		String take(String order) {
			return order;
		}

	}

}
