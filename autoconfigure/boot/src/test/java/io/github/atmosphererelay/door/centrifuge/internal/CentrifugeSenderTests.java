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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.session.TokenAuthenticator;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static io.github.atmosphererelay.door.centrifuge.internal.CentrifugeSocket.json;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Who is told which client has sent a message. Two nodes on Redis, of which one is
 * configured like a release that does not know of senders.
 */
class CentrifugeSenderTests {

	private static RedisServers.Standalone redis;

	private static TestNode node;

	private static TestNode other;

	private final List<AutoCloseable> open = new ArrayList<>();

	@BeforeAll
	static void start() {
		String cluster = "sender-" + UUID.randomUUID();
		redis = RedisServers.standalone();
		node = start(cluster, "true");
		other = start(cluster, "false");
	}

	private static TestNode start(String cluster, String sender) {
		return TestNode.start(List.of(Tokens.class), "atmosphere.relay.type=redis",
				"spring.data.redis.host=" + RedisServers.HOST, "spring.data.redis.port=" + redis.port(),
				"atmosphere.cluster.name=" + cluster, "atmosphere.channels[0].pattern=chat/**",
				"atmosphere.channels[0].client-publish=true", "atmosphere.channels[0].sender=" + sender,
				"atmosphere.channels[1].pattern=log/**", "atmosphere.channels[1].client-publish=true",
				"atmosphere.channels[1].history.size=20", "atmosphere.channels[1].sender=" + sender,
				"atmosphere.channels[2].pattern=secret/**", "atmosphere.channels[2].client-publish=true");
	}

	@AfterAll
	static void stop() {
		node.close();
		other.close();
		redis.stop();
	}

	@AfterEach
	void closeClients() throws Exception {
		for (AutoCloseable each : this.open) {
			each.close();
		}
	}

	private CentrifugeSocket open(TestNode at) {
		CentrifugeSocket socket = CentrifugeSocket.open(at.uri("connection/websocket"));
		this.open.add(socket);
		return socket;
	}

	private static String connect(CentrifugeSocket socket, String connect) {
		return socket.call("connect", connect).path("client").asString();
	}

	private static List<JsonNode> publications(CentrifugeSocket socket, int count) {
		return socket.awaitPushes(count).stream().map((push) -> push.path("pub")).toList();
	}

	@Test
	void theMessagesOfClientsSayWhoHasSentThemOnAllNodesAndInTheHistory() {
		for (String channel : List.of("chat/told", "log/told")) {
			CentrifugeSocket alice = open(node);
			String session = connect(alice, "{'token':'alice'}");
			CentrifugeSocket anonymous = open(node);
			String nobody = connect(anonymous, "{}");
			CentrifugeSocket elsewhere = open(other);
			connect(elsewhere, "{}");
			List.of(alice, anonymous, elsewhere).forEach((each) -> each.subscribe(channel));
			assertThat(alice.errorOf("publish", "{'channel':'" + channel + "','data':1}")).isZero();
			publications(elsewhere, 1);
			assertThat(anonymous.errorOf("publish", "{'channel':'" + channel + "','data':2}")).isZero();
			publications(elsewhere, 2);
			node.broadcaster().broadcast(channel, "3").join();
			publications(elsewhere, 3);
			assertThat(elsewhere.errorOf("publish", "{'channel':'" + channel + "','data':4}")).isZero();
			for (CentrifugeSocket each : List.of(alice, anonymous, elsewhere)) {
				List<JsonNode> told = publications(each, 4);
				assertThat(told.get(0).path("info")).isEqualTo(json("{'user':'alice','client':'" + session + "'}"));
				assertThat(told.get(1).path("info")).isEqualTo(json("{'user':'','client':'" + nobody + "'}"));
				assertThat(told.get(2).has("info")).isFalse();
				assertThat(told.get(3).has("info")).isFalse();
			}
			if (channel.startsWith("log")) {
				JsonNode history = elsewhere.call("history", "{'channel':'log/told','limit':10}").path("publications");
				assertThat(history.get(0).path("info").path("user").asString()).isEqualTo("alice");
				assertThat(history.get(3).has("info")).isFalse();
			}
		}
	}

	@Test
	void aClientOfTheRawDoorIsASenderToo() {
		TestClient raw = node.connect("chat/raw?ack=true").awaitCount(1);
		this.open.add(raw);
		CentrifugeSocket socket = open(node);
		connect(socket, "{}");
		socket.subscribe("chat/raw");
		raw.send("1").awaitCount(2);
		LocalSession session = node.messaging()
			.registry()
			.inChannel("chat/raw")
			.stream()
			.filter((each) -> !each.id().equals(connectedId(socket)))
			.findFirst()
			.orElseThrow();
		assertThat(publications(socket, 1).get(0).path("info").path("client").asString()).isEqualTo(session.id());
		assertThat(raw.received().get(1)).isEqualTo("1");
	}

	private static String connectedId(CentrifugeSocket socket) {
		return socket.objects().get(0).path("connect").path("client").asString();
	}

	@Test
	void aChannelTellsOfNobodyUnlessItIsToldTo() {
		CentrifugeSocket alice = open(node);
		String session = connect(alice, "{'token':'alice'}");
		alice.subscribe("secret/a");
		assertThat(alice.errorOf("publish", "{'channel':'secret/a','data':1}")).isZero();
		assertThat(publications(alice, 1)).containsExactly(json("{'data':1}"));
		LocalSession sender = node.messaging().registry().find(session);
		assertThat(sender).isNotNull();
		node.broadcaster().broadcast("secret/a", "2", PublishOptions.DEFAULTS.sender(sender)).join();
		assertThat(publications(alice, 2).get(1).path("info").path("user").asString()).isEqualTo("alice");
	}

	/**
	 * Takes names for tokens.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Tokens {

		@Bean
		TokenAuthenticator tokens() {
			return (token) -> new TokenAuthenticator.Authenticated(() -> token, null);
		}

	}

}
