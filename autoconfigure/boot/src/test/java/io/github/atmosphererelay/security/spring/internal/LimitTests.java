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

package io.github.atmosphererelay.security.spring.internal;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestClient.Close;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@code atmosphere.limits}, with real connections.
 */
class LimitTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	private static TestNode node(String... limits) {
		List<String> args = new ArrayList<>(
				List.of("atmosphere.channels[0].pattern=chat/**", "atmosphere.channels[0].client-publish=true"));
		args.addAll(List.of(limits));
		return TestNode.start(List.of(TestSecurity.class), args.toArray(String[]::new));
	}

	private static String[] as(String user) {
		return new String[] { "Authorization", "Bearer " + TestSecurity.token(user, Duration.ofHours(1)) };
	}

	@Test
	void aUserHasNoMoreSessionsThanAllowedHoweverTheyCome() {
		try (TestNode node = node("atmosphere.limits.sessions-per-user=2")) {
			URI uri = node.uri("chat/a?ack=true");
			TestClient first = TestClient.connect(uri, as("alice")).awaitCount(1);
			TestClient second = TestClient.connect(uri, as("alice")).awaitCount(1);
			assertThat(TestClient.refusedStatus(uri, as("alice"))).isEqualTo(429);
			TestClient third = TestClient.connect(node.uri("chat/a?auth=message"));
			third.send("{\"type\":\"auth\",\"token\":\"" + TestSecurity.token("alice", Duration.ofHours(1)) + "\"}");
			assertThat(third.awaitClosed(SOON)).isEqualTo(new Close(3504, "connection limit"));
			TestClient bob = TestClient.connect(uri, as("bob")).awaitCount(1);
			TestClient anonymous = TestClient.connect(uri).awaitCount(1);
			assertThat(node.messaging().statistics().inbound().refused(ErrorCode.LIMIT_EXCEEDED)).isEqualTo(2);
			first.close();
			MachineTime.await(SOON).until(() -> node.messaging().registry().ofUser("alice").size() == 1);
			TestClient again = TestClient.connect(uri, as("alice")).awaitCount(1);
			List.of(second, bob, anonymous, again).forEach(TestClient::close);
		}
	}

	@Test
	void connectionsThatComeAtTheSameMomentAreHeldToTheLimit() {
		try (TestNode node = node("atmosphere.limits.sessions-per-user=5")) {
			String[] alice = as("alice");
			List<CompletableFuture<TestClient>> attempts = IntStream.range(0, 20)
				.mapToObj((i) -> CompletableFuture
					.supplyAsync(() -> TestClient.connect(node.uri("chat/a?ack=true"), alice)))
				.toList();
			attempts.forEach((attempt) -> attempt.handle((client, ex) -> null).join());
			List<TestClient> connected = attempts.stream()
				.filter((attempt) -> !attempt.isCompletedExceptionally())
				.map(CompletableFuture::join)
				.toList();
			MachineTime.await(SOON).until(() -> connected.stream().filter((client) -> !client.isClosed()).count() == 5);
			assertThat(connected.stream().filter(TestClient::isClosed))
				.allSatisfy((client) -> assertThat(client.awaitClosed(SOON).code()).isEqualTo(3504));
			assertThat(node.messaging().registry().ofUser("alice")).hasSize(5);
			assertThat(node.messaging().statistics().inbound().refused(ErrorCode.LIMIT_EXCEEDED)).isEqualTo(15);
			connected.forEach(TestClient::close);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "?auth=message" })
	void anAddressHasNoMoreConnectionsThanAllowed(String query) {
		try (TestNode node = node("atmosphere.limits.sessions-per-address=3",
				"logging.level.io.github.atmosphererelay.door.internal.ClientLimits=OFF")) {
			List<TestClient> clients = IntStream.range(0, 3)
				.mapToObj((i) -> TestClient.connect(node.uri("chat/a" + query)))
				.toList();
			MachineTime.await(SOON).until(() -> TestClient.refusedStatus(node.uri("chat/a")) == 429);
			clients.forEach(TestClient::abort);
			MachineTime.await(SOON).until(() -> TestClient.refusedStatus(node.uri("chat/a")) == 101);
		}
	}

	@Test
	void behindAProxyTheClientsAddressCounts() {
		try (TestNode node = node("atmosphere.limits.sessions-per-address=1", "server.forward-headers-strategy=native",
				"logging.level.io.github.atmosphererelay.door.internal.ClientLimits=OFF")) {
			TestClient first = TestClient.connect(node.uri("chat/a?ack=true"), "X-Forwarded-For", "198.51.100.1")
				.awaitCount(1);
			TestClient second = TestClient.connect(node.uri("chat/a?ack=true"), "X-Forwarded-For", "198.51.100.2")
				.awaitCount(1);
			assertThat(TestClient.refusedStatus(node.uri("chat/a"), "X-Forwarded-For", "198.51.100.1")).isEqualTo(429);
			first.close();
			second.close();
		}
	}

	@Test
	void messagesOverTheUsersRateAreRefusedAndTheSessionsStay() {
		try (TestNode node = node("atmosphere.limits.user-messages-per-second=1", "atmosphere.limits.user-burst=10")) {
			TestClient first = TestClient.connect(node.uri("chat/a?ack=true"), as("alice")).awaitCount(1);
			TestClient second = TestClient.connect(node.uri("chat/b?ack=true"), as("alice")).awaitCount(1);
			TestClient bob = TestClient.connect(node.uri("chat/c?ack=true"), as("bob")).awaitCount(1);
			for (int i = 0; i < 20; i++) {
				first.send("m");
				second.send("m");
			}
			first.awaitCount(21);
			second.awaitCount(21);
			long passed = first.texts().stream().filter("m"::equals).count()
					+ second.texts().stream().filter("m"::equals).count();
			long refused = first.texts().stream().filter((text) -> text.contains("\"code\":111,")).count()
					+ second.texts().stream().filter((text) -> text.contains("\"code\":111,")).count();
			assertThat(passed).isBetween(10L, 25L);
			assertThat(passed + refused).isEqualTo(40);
			assertThat(node.messaging().statistics().inbound().refused(ErrorCode.TOO_MANY_REQUESTS)).isEqualTo(refused);
			assertThat(bob.send("m").awaitCount(2).texts().get(1)).isEqualTo("m");
			List.of(first, second, bob).forEach(TestClient::close);
		}
	}

	@Test
	void aSessionMayBeInAThousandChannelsIfItIsLet() {
		try (TestNode node = node("atmosphere.limits.channels-per-session=1000")) {
			TestClient client = node.connect("chat/0?ack=true").awaitCount(1);
			LocalSession session = node.messaging().registry().sessions().iterator().next();
			for (int i = 1; i < 1000; i++) {
				node.messaging().subscriptions().subscribe(session, "chat/" + i).join();
			}
			for (int i = 0; i < 1000; i++) {
				node.broadcaster().broadcast("chat/" + i, "to " + i).join();
			}
			List<String> texts = client.awaitCount(2000).texts();
			assertThat(texts.subList(0, 1000)).as("the client receives a frame for each subscription")
				.allSatisfy((text) -> assertThat(text).contains("\"type\":\"ready\""));
			assertThat(texts.subList(1000, 2000))
				.isEqualTo(IntStream.range(0, 1000).mapToObj((i) -> "to " + i).toList());
			client.close();
			MachineTime.await(SOON).until(() -> node.messaging().registry().channelCount() == 0);
		}
	}

}
