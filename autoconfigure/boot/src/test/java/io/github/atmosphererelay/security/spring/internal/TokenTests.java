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
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.security.spring.internal.TestSecurity.SlowDecoder;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestClient.Close;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.security.oauth2.server.resource.authentication.JwtAuthenticationToken;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for tokens of clients, with a real decoder, on each kind of server.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TokenTests {

	private static final Duration SOON = Duration.ofSeconds(15);

	private static final Duration HOUR = Duration.ofHours(1);

	private final Map<Server, TestNode> nodes = new EnumMap<>(Server.class);

	private final List<TestClient> clients = new ArrayList<>();

	@BeforeAll
	void start() {
		for (Server server : Server.values()) {
			this.nodes.put(server, TestNode.start(List.of(TestSecurity.class), "atmosphere.channels[0].pattern=chat/**",
					"atmosphere.channels[0].client-publish=true", "atmosphere.channels[1].pattern=members/**",
					"atmosphere.channels[1].subscribe=authenticated", "atmosphere.channels[2].pattern=internal/**",
					"atmosphere.channels[2].subscribe=none", "atmosphere.security.token-timeout=3s",
					"logging.level.io.github.atmosphererelay.door.internal.TokenChecker=OFF", server.argument));
		}
	}

	@AfterAll
	void stop() {
		this.nodes.values().forEach(TestNode::close);
	}

	@AfterEach
	void leave() {
		this.clients.forEach(TestClient::abort);
		this.clients.clear();
		for (TestNode node : this.nodes.values()) {
			MachineTime.await(SOON).until(() -> node.messaging().registry().sessionCount() == 0);
		}
	}

	private TestClient connect(URI uri, String... headers) {
		return added(TestClient.connect(uri, headers));
	}

	private TestClient added(TestClient client) {
		this.clients.add(client);
		return client;
	}

	private TestClient offer(TestNode node, String channelAndQuery, String token) {
		return added(TestClient.connect(node.uri(channelAndQuery), List.of("atmosphere", "bearer." + token)));
	}

	private static String frame(String token) {
		return "{\"type\":\"auth\",\"token\":\"" + token + "\"}";
	}

	private static LocalSession onlySession(TestNode node) {
		assertThat(node.messaging().registry().sessions()).hasSize(1);
		return node.messaging().registry().sessions().iterator().next();
	}

	@ParameterizedTest
	@EnumSource
	void aSubprotocolCarriesTheToken(Server server) {
		TestNode node = this.nodes.get(server);
		TestClient client = offer(node, "members/lobby?ack=true", TestSecurity.token("alice", HOUR)).awaitCount(1);
		assertThat(client.subprotocol()).isEqualTo("atmosphere");
		assertThat(onlySession(node).principal()).isInstanceOf(JwtAuthenticationToken.class)
			.extracting((principal) -> principal.getName())
			.isEqualTo("alice");
		node.broadcaster().toUser("alice", "for alice").join();
		assertThat(client.awaitCount(2).texts().get(1)).isEqualTo("for alice");
	}

	@ParameterizedTest
	@EnumSource
	void aSubprotocolWithAnInvalidTokenIsRefusedAtTheHandshake(Server server) {
		TestNode node = this.nodes.get(server);
		long before = node.messaging().statistics().inbound().refused(ErrorCode.UNAUTHORIZED);
		for (String token : List.of("nonsense", TestSecurity.foreignToken("alice"),
				TestSecurity.token("alice", Duration.ofMinutes(-5)))) {
			assertThat(TestClient.refusedStatus(node.uri("chat/lobby"), List.of("atmosphere", "bearer." + token)))
				.isEqualTo(401);
		}
		assertThat(node.messaging().statistics().inbound().refused(ErrorCode.UNAUTHORIZED) - before).isEqualTo(3);
		assertThat(TestClient.refusedStatus(node.uri("members/lobby"))).isEqualTo(401);
		node.bean(SlowDecoder.class).setBroken(true);
		try {
			assertThat(TestClient.refusedStatus(node.uri("chat/lobby"),
					List.of("atmosphere", "bearer." + TestSecurity.token("alice", HOUR))))
				.isEqualTo(500);
		}
		finally {
			node.bean(SlowDecoder.class).setBroken(false);
		}
	}

	@ParameterizedTest
	@EnumSource
	void theFirstFrameTellsWhoTheClientIsAndNothingComesBefore(Server server) {
		TestNode node = this.nodes.get(server);
		TestClient client = connect(node.uri("members/lobby?auth=message&ack=true"));
		assertThat(node.messaging().registry().sessionCount()).isZero();
		node.broadcaster().broadcast("members/lobby", "too early").join();
		client.send(frame(TestSecurity.token("alice", HOUR))).awaitCount(2);
		LocalSession session = onlySession(node);
		assertThat(session.principal()).isNotNull().extracting((principal) -> principal.getName()).isEqualTo("alice");
		assertThat(client.texts().get(0)).startsWith(
				"{\"type\":\"authenticated\",\"session\":\"" + session.id() + "\",\"user\":\"alice\",\"ttl\":35");
		assertThat(client.texts().get(1)).startsWith("{\"type\":\"ready\"");
		node.broadcaster().broadcast("members/lobby", "hello").join();
		assertThat(client.awaitCount(3).texts().get(2)).isEqualTo("hello");
		client.send("not for me").awaitCount(4);
		assertThat(client.texts().get(3)).startsWith("{\"type\":\"error\",\"code\":103,");
	}

	@ParameterizedTest
	@EnumSource
	void aFirstFrameThatProvesNothingClosesTheConnectionWithItsCode(Server server) {
		TestNode node = this.nodes.get(server);
		assertClosed(node, "chat/a", frame(TestSecurity.foreignToken("alice")), new Close(3500, "invalid token"));
		assertClosed(node, "chat/a", frame(TestSecurity.token("alice", Duration.ofMinutes(-5))),
				new Close(3500, "invalid token"));
		assertClosed(node, "chat/a", frame(TestSecurity.token("alice", Duration.ofSeconds(-5))),
				new Close(3005, "connection expired"));
		assertClosed(node, "chat/a", "hello", new Close(3501, "bad request"));
		assertClosed(node, "chat/a", frame("x".repeat(20_000)), new Close(1009, "message too big"));
		assertClosed(node, "internal/a", frame(TestSecurity.token("alice", HOUR)),
				new Close(3507, "permission denied"));
		TestClient binary = connect(node.uri("chat/a?auth=message")).send(new byte[] { 1 });
		assertThat(binary.awaitClosed(SOON)).isEqualTo(new Close(3501, "bad request"));
		node.bean(SlowDecoder.class).setBroken(true);
		try {
			assertClosed(node, "chat/a", frame(TestSecurity.token("alice", HOUR)), new Close(3004, "internal error"));
		}
		finally {
			node.bean(SlowDecoder.class).setBroken(false);
		}
		assertThat(node.messaging().registry().sessionCount()).isZero();
	}

	private void assertClosed(TestNode node, String channel, String frame, Close expected) {
		TestClient client = connect(node.uri(channel + "?auth=message")).send(frame);
		assertThat(client.awaitClosed(SOON)).isEqualTo(expected);
	}

	@ParameterizedTest
	@EnumSource
	void aClientThatSendsNoTokenInTimeIsStale(Server server) {
		TestNode node = this.nodes.get(server);
		TestClient silent = connect(node.uri("chat/a?auth=message"));
		assertThat(silent.awaitClosed(SOON)).isEqualTo(new Close(3502, "stale"));
	}

	private static String shortLivedToken() {
		return TestSecurity.token("alice", Duration.ofSeconds(4));
	}

	@ParameterizedTest
	@EnumSource
	void aSilentSessionEndsWhenItsTokenExpires(Server server) {
		TestNode node = this.nodes.get(server);
		long before = node.messaging().writers().statistics().expired();
		TestClient first = offer(node, "chat/a?ack=true", shortLivedToken()).awaitCount(1);
		TestClient second = connect(node.uri("chat/a?auth=message")).send(frame(shortLivedToken())).awaitCount(1);
		TestClient third = connect(node.uri("chat/a?ack=true"), "Authorization", "Bearer " + shortLivedToken())
			.awaitCount(1);
		TestClient anonymous = connect(node.uri("chat/a?ack=true")).awaitCount(1);
		for (TestClient client : List.of(first, second, third)) {
			assertThat(client.awaitClosed(SOON)).isEqualTo(new Close(3005, "connection expired"));
			assertThat(client.count()).isOne();
		}
		assertThat(node.messaging().writers().statistics().expired() - before).isEqualTo(3);
		assertThat(anonymous.isClosed()).isFalse();
	}

	@ParameterizedTest
	@EnumSource
	void aNewTokenOfTheSameUserKeepsTheSession(Server server) {
		TestNode node = this.nodes.get(server);
		TestClient renewed = connect(node.uri("chat/a?auth=message")).send(frame(shortLivedToken())).awaitCount(1);
		renewed.send(frame(TestSecurity.token("alice", HOUR))).awaitCount(2);
		assertThat(renewed.texts().get(1)).startsWith("{\"type\":\"authenticated\"").contains("\"ttl\":35");
		// Ends later than the first token of the one that goes on
		TestClient control = connect(node.uri("chat/b?auth=message")).send(frame(shortLivedToken())).awaitCount(1);
		assertThat(control.awaitClosed(SOON).code()).isEqualTo(3005);
		assertThat(renewed.send("still here").awaitCount(3).texts().get(2)).isEqualTo("still here");
	}

	@ParameterizedTest
	@EnumSource
	void aNewTokenThatIsNotTheUsersIsRefusedAndTheSessionGoesOn(Server server) {
		TestNode node = this.nodes.get(server);
		TestClient client = connect(node.uri("chat/a?auth=message")).send(frame(TestSecurity.token("alice", HOUR)))
			.awaitCount(1);
		client.send(frame(TestSecurity.token("bob", HOUR))).awaitCount(2);
		client.send(frame(TestSecurity.foreignToken("alice"))).awaitCount(3);
		client.send("after").awaitCount(4);
		assertThat(client.texts().subList(1, 4)).containsExactly(
				"{\"type\":\"error\",\"code\":103,\"reason\":\"the token is another user's\"}",
				"{\"type\":\"error\",\"code\":101,\"reason\":\"invalid token\"}", "after");
		assertThat(onlySession(node).principal()).isNotNull();
		// What came with the handshake cannot be renewed: the frame is a message.
		TestClient other = offer(node, "chat/b?ack=true", TestSecurity.token("bob", HOUR)).awaitCount(1);
		String frame = frame(TestSecurity.token("bob", HOUR));
		assertThat(other.send(frame).awaitCount(2).texts().get(1)).isEqualTo(frame);
	}

	@ParameterizedTest
	@EnumSource
	void aDecoderThatWaitsHoldsUpNobodyElse(Server server) {
		TestNode node = this.nodes.get(server);
		SlowDecoder decoder = node.bean(SlowDecoder.class);
		decoder.shut();
		List<TestClient> waiting;
		try {
			String frame = frame(TestSecurity.token("alice", HOUR));
			waiting = IntStream.range(0, 20)
				.mapToObj((i) -> connect(node.uri("chat/a?auth=message")).send(frame))
				.toList();
			MachineTime.await(SOON).until(() -> decoder.waiting() == 8);
			TestClient client = connect(node.uri("chat/a?ack=true")).awaitCount(1);
			assertThat(client.send("hello").awaitCount(2).texts().get(1)).isEqualTo("hello");
			assertThat(node.messaging().registry().sessionCount()).isOne();
			waiting.get(0).abort();
			// It may not send anything else before it is known.
			waiting.get(1).send("impatient");
			assertThat(waiting.get(1).awaitClosed(SOON)).isEqualTo(new Close(3501, "bad request"));
		}
		finally {
			decoder.open();
		}
		MachineTime.await(SOON).until(() -> node.messaging().registry().ofUser("alice").size() == 18);
		waiting.subList(2, 20).forEach((client) -> client.awaitCount(1));
	}

	/**
	 * What the connections are served by.
	 */
	enum Server {

		TOMCAT("spring.profiles.active=none"),

		TOMCAT_WEBSOCKET("atmosphere.websocket.direct-io=false"),

		JETTY(TestNode.onJetty());

		private final String argument;

		Server(String argument) {
			this.argument = argument;
		}

	}

}
