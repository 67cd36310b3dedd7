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

package io.github.atmosphererelay.listening;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.endpoint.internal.GroupListeners;
import io.github.atmosphererelay.event.GroupMessageSetAside;
import io.github.atmosphererelay.message.MessageId;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.test.FakeRelay;
import io.github.atmosphererelay.test.TestNode;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Positive;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.messaging.handler.annotation.MessageExceptionHandler;
import org.springframework.web.bind.annotation.PathVariable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link ChannelListener} methods in a group.
 */
@Timeout(240)
class GroupListenerTests {

	private static final JsonMapper JSON = JsonMapper.builder().build();

	private static final String[] ARGS = { "atmosphere.channels[0].pattern=live/**",
			"atmosphere.channels[1].pattern=orders/**", "atmosphere.channels[1].history.size=100",
			"atmosphere.groups.retry-delay=10ms", "atmosphere.groups.max-attempts=2",
			"management.endpoint.atmosphere.access=unrestricted", "app.group=shipping" };

	@Test
	void methodsGetMessagesOfThePatternWithWhatIsKnownOfThem() {
		try (TestNode node = TestNode.start(List.of(Billing.class), ARGS).awaitGroups()) {
			Billing billing = node.bean(Billing.class);
			Receipt receipt = node.broadcaster()
				.broadcast("orders/7", Map.of("amount", 3), PublishOptions.DEFAULTS.header("table", "9"))
				.join();
			await().until(() -> billing.calls.size() == 1);
			assertThat(billing.calls)
				.containsExactly("order 3 of 7 " + receipt.position() + " " + receipt.messageId() + " 9 orders/7");
			await().until(() -> billing.shipped.contains("orders/7"));
			node.broadcaster().broadcast("live/7", "text").join();
			node.broadcaster().broadcast("orders/new/8", "text").join();
			await().until(() -> billing.shipped.contains("orders/new/8"));
			assertThat(billing.calls).hasSize(1);
			assertThat(billing.shipped).containsExactlyInAnyOrder("orders/7", "orders/new/8");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "local", "jdbc" })
	void anInvalidMessageIsSetAsideAtOnceAndAFailureAfterTheLastAttempt(String relay) throws Exception {
		String[] args = Stream
			.concat(Stream.of(ARGS),
					Stream.of("atmosphere.relay.type=" + relay,
							"spring.datasource.url=jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1"))
			.toArray(String[]::new);
		try (TestNode node = TestNode.start(List.of(Billing.class), args).awaitUp().awaitGroups()) {
			Billing billing = node.bean(Billing.class);
			node.broadcaster().broadcast("orders/1", Map.of("amount", -12345)).join();
			node.broadcaster().broadcast("orders/1", "no JSON").join();
			node.broadcaster().broadcast("orders/1", Map.of("amount", 13)).join();
			node.broadcaster().broadcast("orders/1", Map.of("amount", 14)).join();
			node.broadcaster().broadcast("orders/1", Map.of("amount", 4)).join();
			await().until(() -> billing.calls.contains("order 4 of 1"));
			await().until(() -> billing.aside.size() == 3);
			assertThat(billing.aside).extracting(GroupMessageSetAside::attempts).containsExactly(1, 1, 2);
			assertThat(billing.aside).extracting(GroupMessageSetAside::reason)
				.noneMatch((reason) -> reason.contains("12345") || reason.contains("no JSON"));
			assertThat(billing.calls).containsExactly("failed 13", "failed 13", "recovered 14", "order 4 of 1");
			await().until(() -> count(node, "handled") == 2);
			assertThat(count(node, "failed")).isEqualTo(4);
			assertThat(count(node, "set_aside")).isEqualTo(3);
			JsonNode list = get(node, "/actuator/atmosphere/set-aside?size=2").path("setAside");
			assertThat(list).hasSize(2);
			JsonNode second = get(node, "/actuator/atmosphere/set-aside?page=1&size=2").path("setAside");
			assertThat(second).hasSize(1);
			assertThat(second.get(0).path("channel").asString()).isEqualTo("orders/1");
			assertThat(second.get(0).path("reason").asString()).contains("expected");
			String id = second.get(0).path("id").asString();
			assertThat(id).startsWith("billing:");
			assertThat(send(node, "POST", id).path("handled").asBoolean()).isFalse();
			billing.broken = false;
			assertThat(send(node, "POST", id).path("handled").asBoolean()).isTrue();
			assertThat(billing.calls.get(billing.calls.size() - 1)).isEqualTo("order 13 of 1");
			assertThat(send(node, "DELETE", list.get(0).path("id").asString()).path("discarded").asBoolean()).isTrue();
			assertThat(get(node, "/actuator/atmosphere/set-aside").path("setAside")).hasSize(1);
			JsonNode group = get(node, "/actuator/atmosphere/groups").path("groups").get(0);
			assertThat(group.path("group").asString()).isEqualTo("billing");
			assertThat(group.path("channels").asString()).isEqualTo("orders/{id}");
			assertThat(group.path("listener").asString()).isEqualTo("Billing.onOrder");
			assertThat(group.path("lanes")).isNotEmpty();
		}
	}

	private static double count(TestNode node, String outcome) {
		return node.bean(MeterRegistry.class)
			.get("atmosphere.groups.events")
			.tag("group", "billing")
			.tag("outcome", outcome)
			.functionCounter()
			.count();
	}

	private static JsonNode get(TestNode node, String path) throws Exception {
		return send(HttpRequest.newBuilder(node.http(path)).build());
	}

	private static JsonNode send(TestNode node, String method, String id) throws Exception {
		URI uri = node.http("/actuator/atmosphere/set-aside/" + id);
		return send(HttpRequest.newBuilder(uri)
			.header("Content-Type", "application/json")
			.method(method, HttpRequest.BodyPublishers.ofString("{}"))
			.build());
	}

	private static JsonNode send(HttpRequest request) throws Exception {
		HttpResponse<String> response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
		assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
		return JSON.readTree(response.body());
	}

	@Test
	void theEndpointListsGroupsInTheOrderOfTheirNames() throws Exception {
		try (TestNode node = TestNode.start(List.of(Later.class, Billing.class), ARGS)) {
			JsonNode groups = get(node, "/actuator/atmosphere/groups").path("groups");
			assertThat(groups).extracting((group) -> group.path("group").asString())
				.containsExactly("billing", "later", "shipping");
		}
	}

	@Test
	void aFutureThatFailsGoesToTheExceptionHandlerAndIsTriedAgain() {
		try (TestNode node = TestNode.start(List.of(Later.class), ARGS).awaitGroups()) {
			Later later = node.bean(Later.class);
			node.broadcaster().broadcast("orders/1", "recover").join();
			node.broadcaster().broadcast("orders/1", "fail").join();
			node.broadcaster().broadcast("orders/1", "last").join();
			await().until(() -> later.texts.contains("last"));
			assertThat(later.texts).containsExactly("recover", "fail", "fail", "last");
			assertThat(node.bean(GroupListeners.class).runners().all().get(0).countSetAside().join()).isOne();
		}
	}

	@Test
	void groupsBeginAgainWithTheApplication() {
		try (TestNode node = TestNode.start(List.of(Billing.class), ARGS).awaitGroups()) {
			Billing billing = node.bean(Billing.class);
			node.broadcaster().broadcast("orders/1", Map.of("amount", 1)).join();
			await().until(() -> billing.calls.size() == 1);
			node.context().stop();
			node.context().start();
			node.awaitUp().awaitGroups();
			node.broadcaster().broadcast("orders/1", Map.of("amount", 2)).join();
			await().until(() -> billing.calls.contains("order 2 of 1"));
		}
	}

	@Test
	void methodsThatCannotWorkFailTheStart() {
		assertThatThrownBy(() -> TestNode.start(List.of(Ephemeral.class), ARGS).close())
			.hasStackTraceContaining("Ephemeral.on")
			.hasStackTraceContaining("have no log");
		assertThatThrownBy(() -> TestNode.start(List.of(Unknown.class), ARGS).close())
			.hasStackTraceContaining("there is no channel 'unknown/**'");
		assertThatThrownBy(() -> TestNode.start(List.of(TwoMethods.class), ARGS).close())
			.hasStackTraceContaining("are in the same group 'billing'");
		assertThatThrownBy(() -> TestNode.start(List.of(BadName.class), ARGS).close())
			.hasStackTraceContaining("The name of a group");
		assertThatThrownBy(() -> TestNode.start(List.of(BadVariable.class), ARGS).close())
			.hasStackTraceContaining("has no variable 'other'");
	}

	@Test
	void aRelayWithoutGroupsFailsTheStartAndNamesTheProperty() {
		assertThatThrownBy(() -> TestNode.start(List.of(Billing.class, OtherRelay.class), ARGS).close())
			.hasStackTraceContaining("the relay 'fake' has no consumer groups");
	}

	@Configuration(proxyBeanMethods = false)
	static class OtherRelay {

		@Bean
		FakeRelay fakeRelay() {
			return new FakeRelay();
		}

	}

	static class Billing {

		final List<String> calls = new CopyOnWriteArrayList<>();

		final List<String> shipped = new CopyOnWriteArrayList<>();

		final List<GroupMessageSetAside> aside = new CopyOnWriteArrayList<>();

		volatile boolean broken = true;

		@ChannelListener(value = "orders/{id}", group = "billing")
		void onOrder(@Valid Order order, @PathVariable String id, Position position, MessageId message,
				@Header(name = "table", required = false) @Nullable String table, Publication publication) {
			if (this.broken && order.amount() == 13) {
				this.calls.add("failed 13");
				throw new IllegalStateException("expected");
			}
			if (order.amount() == 14) {
				throw new UnsupportedOperationException("14");
			}
			this.calls.add("order " + order.amount() + " of " + id + ((table != null)
					? " " + position + " " + message + " " + table + " " + publication.channel() : ""));
		}

		@ChannelListener(value = "orders/**", group = "${app.group}")
		void ship(Publication publication) {
			this.shipped.add(publication.channel());
		}

		@MessageExceptionHandler
		void onFailure(UnsupportedOperationException failure) {
			this.calls.add("recovered " + failure.getMessage());
		}

		@EventListener
		void onSetAside(GroupMessageSetAside message) {
			this.aside.add(message);
		}

	}

	record Order(@Positive int amount) {
	}

	static class Later {

		final List<String> texts = new CopyOnWriteArrayList<>();

		@ChannelListener(value = "orders/1", group = "later", start = ChannelListener.Start.BEGINNING)
		CompletableFuture<Void> on(String text) {
			this.texts.add(text);
			return switch (text) {
				case "recover" -> CompletableFuture.failedFuture(new UnsupportedOperationException("expected"));
				case "fail" -> CompletableFuture.failedFuture(new IllegalStateException("expected"));
				default -> CompletableFuture.completedFuture(null);
			};
		}

		@MessageExceptionHandler
		void onFailure(UnsupportedOperationException failure) {
		}

	}

	static class Ephemeral {

		@ChannelListener(value = "live/*", group = "billing")
		void on(String text) {
		}

	}

	static class Unknown {

		@ChannelListener(value = "unknown/**", group = "billing")
		void on(String text) {
		}

	}

	static class TwoMethods {

		@ChannelListener(value = "orders/1", group = "billing")
		void one(String text) {
		}

		@ChannelListener(value = "orders/2", group = "billing")
		void two(String text) {
		}

	}

	static class BadName {

		@ChannelListener(value = "orders/1", group = "no name")
		void on(String text) {
		}

	}

	static class BadVariable {

		@ChannelListener(value = "orders/{id}", group = "billing")
		void on(String text, @PathVariable String other) {
		}

	}

}
