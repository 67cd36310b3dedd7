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

package io.github.atmosphererelay.door.raw.internal;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.durable.SessionStore;
import io.github.atmosphererelay.durable.StoredSession;
import io.github.atmosphererelay.durable.internal.DurableOutcome;
import io.github.atmosphererelay.durable.internal.DurableSessions;
import io.github.atmosphererelay.durable.internal.DurableStatistics;
import io.github.atmosphererelay.durable.internal.MemorySessionStore;
import io.github.atmosphererelay.security.spring.internal.TestSecurity;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.RawRequest;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for durable sessions as the raw door offers them, on each kind of server, in the
 * memory of the node.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(OutputCaptureExtension.class)
class DurableDoorTests {

	private final Map<Server, TestNode> nodes = new EnumMap<>(Server.class);

	private final List<TestClient> clients = new ArrayList<>();

	@BeforeAll
	void start() {
		for (Server server : Server.values()) {
			this.nodes.put(server,
					TestNode.start(List.of(TestSecurity.class), "atmosphere.channels[0].pattern=log/**",
							"atmosphere.channels[0].history.size=100", "atmosphere.durable-sessions.enabled=true",
							"atmosphere.durable-sessions.save-interval=200ms", server.argument));
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
			MachineTime.await(Duration.ofSeconds(10)).until(() -> node.messaging().registry().sessionCount() == 0);
		}
	}

	private TestClient connect(TestNode node, String channelAndQuery, String... headers) {
		TestClient client = TestClient.connect(node.uri(channelAndQuery), headers);
		this.clients.add(client);
		return client;
	}

	private static String token(String frame) {
		return frame.replaceAll(".*\"token\":\"([^\"]*)\".*", "$1");
	}

	@ParameterizedTest
	@EnumSource
	void aBrowserGetsItsTokenAsACookieOfTheChannel(Server server) {
		TestNode node = this.nodes.get(server);
		String cookie;
		try (RawRequest request = RawRequest.handshake(node.port(), "/atmosphere/log/a%C3%BC?durable=true")) {
			assertThat(request.status()).isEqualTo(101);
			cookie = request.header("Set-Cookie");
		}
		assertThat(cookie)
			.matches("atmosphere-session=[A-Za-z0-9_-]{32}; Path=/atmosphere/log/a%C3%BC; HttpOnly;" + " SameSite=Lax");
		try (RawRequest request = RawRequest.handshake(node.port(), "/atmosphere/log/a%C3%BC?durable=true",
				"Cookie: " + cookie.substring(0, cookie.indexOf(';')))) {
			assertThat(request.status()).isEqualTo(101);
			// It has it already.
			assertThat(request.header("Set-Cookie")).isNull();
		}
		try (RawRequest request = RawRequest.handshake(node.port(), "/atmosphere/log/a%C3%BC")) {
			assertThat(request.header("Set-Cookie")).isNull();
		}
	}

	@ParameterizedTest
	@EnumSource
	void theCookieBringsTheSessionBack(Server server) {
		TestNode node = this.nodes.get(server);
		String channel = "log/cookie-" + server;
		TestClient client = connect(node, channel + "?durable=true").awaitCount(2);
		assertThat(client.texts().get(0)).contains("\"durable\":true,\"restored\":false", "\"ttl\":600");
		String token = token(client.texts().get(0));
		node.broadcaster().broadcast(channel, "one").join();
		client.awaitCount(3);
		client.abort();
		node.broadcaster().broadcast(channel, "two").join();
		TestClient back = connect(node, channel + "?durable=true", "Cookie", "atmosphere-session=" + token);
		MachineTime.await(Duration.ofSeconds(10)).until(() -> back.texts().contains("two"));
		assertThat(back.texts().get(0)).contains("\"restored\":true", "\"token\":\"" + token + "\"");
		assertThat(back.texts().get(1)).contains("\"type\":\"subscribed\"", "\"recovered\":true");
	}

	@ParameterizedTest
	@EnumSource
	void aClientThatSaysInAFrameWhoItIsGetsItsSessionBackAndNobodyElseDoes(Server server) {
		TestNode node = this.nodes.get(server);
		String channel = "log/login-" + server;
		TestClient alice = connect(node, channel + "?auth=message&durable=true");
		alice.send(login("alice")).awaitCount(3);
		assertThat(alice.texts().get(0)).contains("\"type\":\"authenticated\"");
		String token = token(alice.texts().get(1));
		node.messaging().registry().inChannel(channel).iterator().next().attributes().put("level", 3);
		alice.abort();
		long refused = refused(node);
		TestClient bob = connect(node, channel + "?auth=message&session=" + token);
		bob.send(login("bob"));
		assertThat(bob.awaitClosed(Duration.ofSeconds(10)).code()).isEqualTo(3507);
		assertThat(refused(node)).isEqualTo(refused + 1);
		assertThat(TestClient.refusedStatus(node.uri(channel + "?session=" + token))).isEqualTo(403);
		TestClient back = connect(node, channel + "?auth=message&session=" + token);
		back.send(login("alice")).awaitCount(3);
		assertThat(back.texts().get(1)).contains("\"restored\":true");
		assertThat(node.messaging().registry().inChannel(channel).iterator().next().attributes()).containsEntry("level",
				3);
	}

	private static String login(String user) {
		return "{\"type\":\"auth\",\"token\":\"" + TestSecurity.token(user, Duration.ofHours(1)) + "\"}";
	}

	private static long refused(TestNode node) {
		return node.bean(DurableSessions.class).statistics().starts(DurableOutcome.REFUSED);
	}

	@Test
	void whoUsesTheBrowserNextGetsASessionOfItsOwn() {
		TestNode node = this.nodes.get(Server.TOMCAT);
		TestClient alice = TestClient.connect(node.uri("log/shared?durable=true"),
				List.of("atmosphere", "bearer." + TestSecurity.token("alice", Duration.ofHours(1))));
		this.clients.add(alice);
		String token = token(alice.awaitCount(1).texts().get(0));
		TestClient next = connect(node, "log/shared?durable=true", "Cookie", "atmosphere-session=" + token);
		next.awaitCount(2);
		assertThat(next.texts().get(0)).contains("\"durable\":true,\"restored\":false");
		assertThat(token(next.texts().get(0))).isNotEqualTo(token);
		assertThat(alice.isClosed()).isFalse();
	}

	@ParameterizedTest
	@EnumSource
	void aSessionIsBoundToItsChannelAlthoughBrowsersSendItsCookieToThoseBelow(Server server) {
		TestNode node = this.nodes.get(server);
		String room = "log/rooms-" + server;
		String events = room + "/events";
		TestClient first = connect(node, room + "?durable=true").awaitCount(2);
		String token = token(first.texts().get(0));
		for (TestClient other : List.of(
				connect(node, events + "?durable=true", "Cookie", "atmosphere-session=" + token),
				connect(node, events + "?session=" + token))) {
			other.awaitCount(2);
			assertThat(other.texts().get(0)).contains("\"durable\":true,\"restored\":false");
			assertThat(token(other.texts().get(0))).isNotEqualTo(token);
			node.broadcaster().broadcast(room, "for the room").join();
			node.broadcaster().broadcast(events, "for the events").join();
			other.awaitCount(3);
			assertThat(other.texts()).endsWith("for the events").doesNotContain("for the room");
			assertThat(first.isClosed()).isFalse();
		}
		first.awaitCount(4);
		assertThat(first.texts().subList(2, 4)).containsOnly("for the room");
		TestClient back = connect(node, room + "?session=" + token).awaitCount(1);
		assertThat(back.texts().get(0)).contains("\"restored\":true");
		assertThat(first.awaitClosed(Duration.ofSeconds(10)).code()).isEqualTo(4501);
	}

	@Test
	void whenThereAreAsManyAsAllowedFurtherClientsAreServedWithoutAndTheLogSaysSoOnce(CapturedOutput output) {
		try (TestNode node = TestNode.start("atmosphere.channels[0].pattern=log/**",
				"atmosphere.channels[0].history.size=100", "atmosphere.durable-sessions.enabled=true",
				"atmosphere.durable-sessions.max-sessions=3", "atmosphere.durable-sessions.save-interval=100ms")) {
			List<String> tokens = new ArrayList<>();
			for (int i = 0; i < 3; i++) {
				tokens.add(token(connect(node, "log/a?durable=true").awaitCount(2).texts().get(0)));
			}
			for (int i = 0; i < 20; i++) {
				TestClient client = connect(node, "log/a?durable=true").awaitCount(1);
				assertThat(client.texts().get(0))
					.isEqualTo("{\"type\":\"durable\",\"durable\":false,\"restored\":false,"
							+ "\"reason\":\"too many durable sessions\"}");
				// Others come back meanwhile, and nothing fails.
				connect(node, "log/a?session=" + tokens.get(i % 3)).awaitCount(2);
			}
			DurableStatistics statistics = node.bean(DurableSessions.class).statistics();
			assertThat(statistics.starts(DurableOutcome.FULL)).isEqualTo(20);
			assertThat(statistics.starts(DurableOutcome.RESTORED)).isEqualTo(20);
			assertThat(statistics.failures()).isZero();
			assertThat(statistics.stored()).isEqualTo(3);
			this.clients.forEach(TestClient::abort);
			this.clients.clear();
		}
		assertThat(output.toString().lines().filter((line) -> line.contains("durable-sessions.max-sessions")))
			.hasSize(1);
		assertThat(output).doesNotContain("The session store failed", "The session store works again");
	}

	@Test
	void aStoreThatFailsAndAnswersInTurnLeavesTwoLines(CapturedOutput output) {
		try (TestNode node = TestNode.start(List.of(FlappingStore.class), "atmosphere.channels[0].pattern=log/**",
				"atmosphere.durable-sessions.enabled=true", "atmosphere.durable-sessions.save-interval=50ms",
				"logging.level.io.github.atmosphererelay=INFO")) {
			MachineTime.await(Duration.ofSeconds(40)).until(() -> {
				connect(node, "log/a?durable=true").awaitCount(1);
				return node.bean(DurableSessions.class).statistics().failures() >= 3;
			});
			this.clients.forEach(TestClient::abort);
			this.clients.clear();
		}
		assertThat(output.toString().lines().filter((line) -> line.contains("The session store failed"))).hasSize(1);
		assertThat(output.toString().lines().filter((line) -> line.contains("The session store works again")))
			.hasSize(1);
	}

	@Test
	void whereThereAreNoDurableSessionsAClientIsToldSo() {
		try (TestNode node = TestNode.start("atmosphere.channels[0].pattern=log/**")) {
			TestClient client = connect(node, "log/a?durable=true&ack=true").awaitCount(2);
			assertThat(client.texts().get(0)).isEqualTo("{\"type\":\"durable\",\"durable\":false,\"restored\":false}");
			client.abort();
			this.clients.remove(client);
		}
	}

	/**
	 * A store that fails with every second client.
	 */
	static class FlappingStore extends MemoryBacked {

		private final AtomicInteger creations = new AtomicInteger();

		@Override
		public Set<String> save(Collection<StoredSession> sessions) {
			if (sessions.stream().anyMatch((each) -> each.generation() == 1 && each.channels().isEmpty())
					&& this.creations.incrementAndGet() % 2 == 0) {
				throw new IllegalStateException("away");
			}
			return super.save(sessions);
		}

	}

	/**
	 * A store of the application's own.
	 */
	static class MemoryBacked implements SessionStore {

		private final MemorySessionStore store = new MemorySessionStore();

		@Override
		public @Nullable StoredSession find(String key) {
			return this.store.find(key);
		}

		@Override
		public Set<String> save(Collection<StoredSession> sessions) {
			return this.store.save(sessions);
		}

		@Override
		public int removeExpired(Instant now) {
			return this.store.removeExpired(now);
		}

	}

	/**
	 * Who serves the clients.
	 */
	enum Server {

		TOMCAT("server.servlet.context-path="), TOMCAT_WEBSOCKET("atmosphere.websocket.direct-io=false"),
		JETTY(TestNode.onJetty());

		private final String argument;

		Server(String argument) {
			this.argument = argument;
		}

	}

}
