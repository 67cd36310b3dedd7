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

package io.github.atmosphererelay.door.atmosphere.internal;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.NodeScripts;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The npm client {@code atmosphere.js}, as published, over HTTP: three nodes behind a
 * balancer that sends each request to the next one.
 */
class AtmosphereJsOverHttpTests {

	private static final int MESSAGES = 60;

	private static RedisServers.Standalone redis;

	private static List<TestNode> nodes = List.of();

	@BeforeAll
	static void start() throws Exception {
		NodeScripts.install();
		redis = RedisServers.standalone();
		nodes = List.of(startNode(), startNode(), startNode());
	}

	private static TestNode startNode() {
		return TestNode.start("atmosphere.relay.type=redis", "spring.data.redis.host=" + RedisServers.HOST,
				"spring.data.redis.port=" + redis.port(), "atmosphere.channels[0].pattern=chat/**",
				"atmosphere.channels[0].client-publish=true", "atmosphere.channels[1].pattern=log/**",
				"atmosphere.channels[1].client-publish=true", "atmosphere.channels[1].history.size=1000");
	}

	@AfterAll
	static void stop() {
		nodes.forEach(TestNode::close);
		if (redis != null) {
			redis.close();
		}
	}

	private static CompletableFuture<JsonNode> client(List<TestNode> nodes, String channel, String options,
			String... sent) {
		String ports = nodes.stream().map((node) -> String.valueOf(node.port())).collect(Collectors.joining(","));
		CompletableFuture<JsonNode> result = new CompletableFuture<>();
		new Thread(() -> {
			try {
				result.complete(
						NodeScripts
							.run(60, "atmosphere-http.mjs", ports, "/atmosphere/" + channel, options,
									JsonMapper.builder().build().writeValueAsString(sent), "end")
							.result());
			}
			catch (IOException | InterruptedException | RuntimeException ex) {
				result.completeExceptionally(ex);
			}
		}).start();
		return result;
	}

	private static Set<String> sessions(List<TestNode> nodes, String channel) {
		Set<String> ids = new HashSet<>();
		nodes.forEach((node) -> node.messaging()
			.registry()
			.inChannel(channel)
			.stream()
			.filter(LocalSession::isOpen)
			.forEach((session) -> ids.add(session.id())));
		return ids;
	}

	private static String awaitSession(List<TestNode> nodes, String channel) {
		MachineTime.await(Duration.ofSeconds(30)).until(() -> sessions(nodes, channel).size() == 1);
		return sessions(nodes, channel).iterator().next();
	}

	/**
	 * Return the node of a session: what it publishes reaches the session also before the
	 * broker has confirmed the subscription.
	 */
	private static TestNode owner(List<TestNode> nodes, String session) {
		return nodes.stream()
			.filter((node) -> node.messaging().registry().find(session) != null)
			.findFirst()
			.orElseThrow();
	}

	private static String message(int number) {
		return switch (number % 4) {
			case 0 -> "message " + number;
			case 1 -> "{\"t\":\"a|b\",\"n\":" + number + "}";
			case 2 -> number + "|x|y|z|\ud83d\ude00 gr\u00fc\u00dfe";
			default -> "two\nlines " + number;
		};
	}

	private static List<String> publish(TestNode node, String channel, int from, int to) {
		List<String> published = new ArrayList<>();
		for (int i = from; i < to; i++) {
			published.add(message(i));
			node.broadcaster().broadcast(channel, message(i)).orTimeout(20, TimeUnit.SECONDS).join();
		}
		return published;
	}

	private static List<String> texts(JsonNode array) {
		List<String> texts = new ArrayList<>();
		array.forEach((each) -> texts.add(each.asString()));
		return texts;
	}

	@ParameterizedTest
	@CsvSource({ "long-polling, true, true, log/p1", "long-polling, true, true, chat/p1",
			"long-polling, false, true, log/p2", "long-polling, true, false, log/p3",
			"long-polling, false, false, chat/p4", "sse, false, false, log/e1", "sse, true, true, log/e2",
			"streaming, true, true, log/s1", "streaming, false, true, chat/s2" })
	void whatIsPublishedArrivesOnceAndInOrder(String transport, boolean protocol, boolean lengths, String channel) {
		CompletableFuture<JsonNode> client = client(nodes, channel, "{\"transport\":\"" + transport
				+ "\",\"enableProtocol\":" + protocol + ",\"trackMessageLength\":" + lengths + "}");
		String session = awaitSession(nodes, channel);
		TestNode publisher = channel.startsWith("log/") ? nodes.get(1) : owner(nodes, session);
		List<String> published = publish(publisher, channel, 0, MESSAGES);
		assertThat(sessions(nodes, channel)).containsExactly(session);
		publisher.broadcaster().broadcast(channel, "end").orTimeout(20, TimeUnit.SECONDS).join();
		JsonNode result = client.orTimeout(70, TimeUnit.SECONDS).join();
		published.add("end");
		assertThat(texts(result.path("messages"))).as(result.toString()).isEqualTo(published);
		assertThat(texts(result.path("events"))).containsExactly("open " + transport);
		assertThat(result.path("error").isNull()).isTrue();
	}

	@ParameterizedTest
	@CsvSource({ "long-polling, chat/f1", "sse, chat/f2", "streaming, chat/f3" })
	void aClientWhoseWebSocketIsRefusedFallsBackAndSends(String fallback, String channel) throws Exception {
		TestClient witness = TestClient.connect(nodes.get(0).uri(channel));
		String known = awaitSession(nodes, channel);
		CompletableFuture<JsonNode> client = client(nodes, channel,
				"{\"transport\":\"websocket\",\"enableProtocol\":true,\"trackMessageLength\":true,"
						+ "\"fallbackTransport\":\"" + fallback + "\"}",
				"hello|world");
		witness.awaitCount(1, Duration.ofSeconds(30));
		assertThat(witness.texts()).containsExactly("hello|world");
		// The witness is one of them
		MachineTime.await(Duration.ofSeconds(30)).until(() -> sessions(nodes, channel).size() == 2);
		String session = sessions(nodes, channel).stream().filter((id) -> !id.equals(known)).findFirst().orElseThrow();
		owner(nodes, session).broadcaster().broadcast(channel, "end").orTimeout(20, TimeUnit.SECONDS).join();
		JsonNode result = client.orTimeout(70, TimeUnit.SECONDS).join();
		assertThat(texts(result.path("events"))).as(result.toString())
			.containsExactly("close", "transportFailure", "open " + fallback);
		assertThat(texts(result.path("messages"))).endsWith("end");
		witness.close();
	}

	@Test
	void aWebSocketPutsLengthsBeforeMessagesAndFrames() {
		TestNode node = nodes.get(0);
		TestClient client = TestClient
			.connect(node.uri("chat/lengths?X-Atmosphere-TrackMessageSize=true&X-atmo-protocol=true"));
		client.awaitCount(1);
		String session = awaitSession(List.of(node), "chat/lengths");
		node.broadcaster().broadcast("chat/lengths", "a|\ud83d\ude00").orTimeout(20, TimeUnit.SECONDS).join();
		client.awaitCount(2);
		String greeting = session + "|0|X|";
		assertThat(client.texts()).containsExactly(greeting.length() + "|" + greeting, "4|a|\ud83d\ude00");
		client.close();
	}

	@Test
	void aClientThatPollsGetsEverythingOnceWhenTheNodeOfItsSessionStops() {
		String channel = "log/moved";
		List<TestNode> others = new ArrayList<>(
				Stream.generate(AtmosphereJsOverHttpTests::startNode).limit(2).toList());
		try {
			CompletableFuture<JsonNode> client = client(others, channel,
					"{\"transport\":\"long-polling\",\"enableProtocol\":true,\"trackMessageLength\":true}");
			String session = awaitSession(others, channel);
			List<String> published = publish(nodes.get(0), channel, 0, 20);
			TestNode owner = owner(others, session);
			TestNode other = others.get(1 - others.indexOf(owner));
			owner.close();
			published.addAll(publish(nodes.get(0), channel, 20, 40));
			MachineTime.await(Duration.ofSeconds(30)).until(() -> sessions(List.of(other), channel).size() == 1);
			published.addAll(publish(nodes.get(0), channel, 40, 60));
			nodes.get(0).broadcaster().broadcast(channel, "end").orTimeout(20, TimeUnit.SECONDS).join();
			published.add("end");
			JsonNode result = client.orTimeout(70, TimeUnit.SECONDS).join();
			assertThat(texts(result.path("messages"))).as(result.toString()).isEqualTo(published);
		}
		finally {
			others.forEach(TestNode::close);
		}
	}

}
