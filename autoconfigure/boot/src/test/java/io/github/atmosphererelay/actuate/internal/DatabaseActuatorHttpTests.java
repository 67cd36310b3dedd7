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
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import javax.sql.DataSource;

import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.test.FakeRelay;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for what operators do about the outbox and the JDBC relay, over HTTP.
 */
class DatabaseActuatorHttpTests {

	private static final JsonMapper JSON = JsonMapper.builder().build();

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	private static final Duration SOON = Duration.ofSeconds(15);

	private static final String OUTBOX = "/actuator/atmosphere/outbox";

	private static final String EPOCHS = "/actuator/atmosphere/relay/epochs";

	@Test
	void messagesThatWereSetAsideAreListedSentAgainAndDiscarded() {
		try (TestNode node = withOutbox("management.endpoint.atmosphere.access=unrestricted")) {
			AtomicBoolean indigestible = new AtomicBoolean(true);
			poison(node, indigestible);
			Instant before = Instant.now();
			List<UUID> ids = new ArrayList<>();
			for (String text : List.of("poison 1", "good", "poison 2")) {
				ids.add(publish(node, text));
			}
			List<JsonNode> setAside = awaitSetAside(node, 2);
			JsonNode first = setAside.get(0);
			assertThat(first.path("id").asString()).isEqualTo(ids.get(0).toString());
			assertThat(first.path("destination").asString()).isEqualTo("channel:chat/a");
			assertThat(first.path("attempts").asInt()).isEqualTo(2);
			assertThat(first.path("reason").asString()).contains("indigestible");
			assertThat(Instant.parse(first.path("createdAt").asString())).isBetween(before.minusMillis(1),
					Instant.now());
			assertThat(Instant.parse(first.path("setAsideAt").asString())).isBetween(before.minusMillis(1),
					Instant.now());
			assertThat(setAside.get(1).path("id").asString()).isEqualTo(ids.get(2).toString());
			assertThat(get(node, OUTBOX + "?size=1").body().path("setAside").size()).isOne();
			JsonNode second = get(node, OUTBOX + "?page=1&size=1").body().path("setAside");
			assertThat(second.size()).isOne();
			assertThat(second.get(0).path("id").asString()).isEqualTo(ids.get(2).toString());

			indigestible.set(false);
			Answer resent = send(node, "POST", OUTBOX + "/" + ids.get(0), "{}");
			assertThat(resent.status()).isEqualTo(200);
			assertThat(resent.body().path("resent").asBoolean()).isTrue();
			MachineTime.await(SOON).untilAsserted(() -> assertThat(sent(node)).endsWith("poison 1"));
			assertThat(send(node, "POST", OUTBOX + "/" + ids.get(0), "{}").body().path("resent").asBoolean()).isFalse();

			int sent = sent(node).size();
			Answer discarded = send(node, "DELETE", OUTBOX + "/" + ids.get(2), "");
			assertThat(discarded.status()).isEqualTo(200);
			assertThat(discarded.body().path("discarded").asBoolean()).isTrue();
			assertThat(send(node, "DELETE", OUTBOX + "/" + ids.get(2), "").body().path("discarded").asBoolean())
				.isFalse();
			assertThat(awaitSetAside(node, 0)).isEmpty();
			assertThat(sent(node)).hasSize(sent);

			assertThat(send(node, "POST", OUTBOX + "/no-id", "{}").status()).isEqualTo(400);
			assertThat(send(node, "DELETE", OUTBOX + "/no-id", "").status()).isEqualTo(400);
		}
	}

	@Test
	void aMessageThatCannotBeReadCanOnlyBeDiscarded() {
		try (TestNode node = withOutbox("management.endpoint.atmosphere.access=unrestricted")) {
			poison(node, new AtomicBoolean(true));
			UUID id = publish(node, "poison");
			awaitSetAside(node, 1);
			new JdbcTemplate(node.bean(DataSource.class)).update("UPDATE ATMOSPHERE_SET_ASIDE SET ENVELOPE = ?",
					new byte[] { 1, 2, 3 });
			assertThat(send(node, "POST", OUTBOX + "/" + id, "{}").status()).isEqualTo(400);
			assertThat(awaitSetAside(node, 1)).hasSize(1);
			assertThat(send(node, "DELETE", OUTBOX + "/" + id, "").body().path("discarded").asBoolean()).isTrue();
			assertThat(awaitSetAside(node, 0)).isEmpty();
		}
	}

	@Test
	void byDefaultMessagesThatWereSetAsideCanOnlyBeListed() {
		try (TestNode node = withOutbox()) {
			poison(node, new AtomicBoolean(true));
			UUID id = publish(node, "poison");
			assertThat(awaitSetAside(node, 1)).hasSize(1);
			assertThat(send(node, "POST", OUTBOX + "/" + id, "{}").status()).isIn(404, 405);
			assertThat(send(node, "DELETE", OUTBOX + "/" + id, "").status()).isIn(404, 405);
			assertThat(awaitSetAside(node, 1)).hasSize(1);
		}
	}

	@Test
	void withoutAnOutboxThereIsNothingToListOrToSendAgain() {
		try (TestNode node = TestNode.start("atmosphere.channels[0].pattern=chat/**",
				"management.health.redis.enabled=false", "management.endpoint.atmosphere.access=unrestricted")) {
			assertThat(get(node, OUTBOX).status()).isEqualTo(404);
			assertThat(send(node, "POST", OUTBOX + "/" + UUID.randomUUID(), "{}").status()).isEqualTo(400);
			assertThat(send(node, "DELETE", OUTBOX + "/" + UUID.randomUUID(), "").status()).isEqualTo(400);
			assertThat(send(node, "DELETE", EPOCHS, "").status()).isEqualTo(400);
		}
	}

	@Test
	void theEpochsOfTheJdbcRelayAreRenewed() {
		try (TestNode node = TestNode
			.start(database("atmosphere.relay.type=jdbc", "management.endpoint.atmosphere.access=unrestricted",
					"atmosphere.channels[0].pattern=log/**", "atmosphere.channels[0].history.size=10"))) {
			MachineTime.await(SOON).until(() -> node.messaging().monitor().isUp());
			Position before = node.broadcaster().broadcast("log/a", "one").join().position();
			Answer renewed = send(node, "DELETE", EPOCHS, "");
			assertThat(renewed.status()).isEqualTo(200);
			assertThat(renewed.body().path("renewed").asInt()).isEqualTo(16);
			Position after = node.broadcaster().broadcast("log/a", "two").join().position();
			assertThat(after.epoch()).isNotEqualTo(before.epoch());
			assertThat(after.offset()).isGreaterThan(before.offset());
			assertThat(send(node, "DELETE", "/actuator/atmosphere/relay/other", "").status()).isEqualTo(400);
		}
	}

	@Test
	void byDefaultTheEpochsOfTheJdbcRelayAreKept() {
		try (TestNode node = TestNode.start(database("atmosphere.relay.type=jdbc",
				"atmosphere.channels[0].pattern=log/**", "atmosphere.channels[0].history.size=10"))) {
			MachineTime.await(SOON).until(() -> node.messaging().monitor().isUp());
			Position before = node.broadcaster().broadcast("log/a", "one").join().position();
			assertThat(send(node, "DELETE", EPOCHS, "").status()).isIn(404, 405);
			Position after = node.broadcaster().broadcast("log/a", "two").join().position();
			assertThat(after.epoch()).isEqualTo(before.epoch());
		}
	}

	private static TestNode withOutbox(String... args) {
		String[] own = database("atmosphere.outbox.enabled=true", "atmosphere.outbox.max-attempts=2",
				"atmosphere.channels[0].pattern=chat/**");
		TestNode node = TestNode.start(List.of(FakeRelayConfiguration.class),
				Stream.concat(Stream.of(own), Stream.of(args)).toArray(String[]::new));
		MachineTime.await(SOON).until(() -> node.messaging().monitor().isUp());
		return node;
	}

	private static String[] database(String... args) {
		return Stream.concat(Stream.of("spring.datasource.url=jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1",
				"spring.datasource.username=sa", "spring.datasource.password=",
				"management.health.redis.enabled=false"), Stream.of(args))
			.toArray(String[]::new);
	}

	/**
	 * Let the relay refuse some messages as long as something is so.
	 */
	private static void poison(TestNode node, AtomicBoolean indigestible) {
		node.bean(FakeRelay.class)
			.answer((envelope) -> (indigestible.get() && text(envelope).startsWith("poison"))
					? CompletableFuture.failedFuture(new IllegalStateException("indigestible"))
					: CompletableFuture.completedFuture(Receipt.of(envelope.id(), Outcome.RELAYED)));
	}

	private static String text(Envelope envelope) {
		return (envelope.kind() == Envelope.Kind.MESSAGE) ? envelope.payload().asText() : "";
	}

	private static UUID publish(TestNode node, String text) {
		return new TransactionTemplate(node.bean(PlatformTransactionManager.class))
			.execute((status) -> node.broadcaster().broadcast("chat/a", text).join().messageId());
	}

	private static List<String> sent(TestNode node) {
		return node.bean(FakeRelay.class)
			.published()
			.stream()
			.map(DatabaseActuatorHttpTests::text)
			.filter((text) -> !text.isEmpty())
			.toList();
	}

	private static List<JsonNode> awaitSetAside(TestNode node, int number) {
		List<JsonNode> messages = new ArrayList<>();
		MachineTime.await(SOON).untilAsserted(() -> {
			Answer answer = get(node, OUTBOX);
			assertThat(answer.status()).isEqualTo(200);
			messages.clear();
			answer.body().path("setAside").forEach(messages::add);
			assertThat(messages).hasSize(number);
		});
		return messages;
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

}
