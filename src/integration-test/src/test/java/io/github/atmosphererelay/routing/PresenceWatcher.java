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
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import io.github.atmosphererelay.presence.MemberJoined;
import io.github.atmosphererelay.presence.MemberLeft;
import io.github.atmosphererelay.presence.PresenceMember;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.UsersByParameter;
import io.github.atmosphererelay.testkit.ApplicationNode;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.event.EventListener;

/**
 * Sees what one node says of the members of channels: to plain WebSockets, to a client of
 * the Centrifuge protocol, and to the application.
 */
final class PresenceWatcher implements AutoCloseable {

	private final ApplicationNode node;

	private final Map<String, TestClient> plain = new HashMap<>();

	private final TestClient centrifuge;

	private final Map<TestClient, Integer> forgotten = new HashMap<>();

	private int forgottenEvents;

	private int commands;

	PresenceWatcher(ApplicationNode node, List<String> channels) {
		this.node = node;
		for (String channel : channels) {
			this.plain.put(channel, TestClient.connect(uri(channel + "?presence=true")).awaitCount(1));
		}
		this.centrifuge = TestClient.connect(uri("connection/websocket"));
		request("connect", "{}");
		for (String channel : channels) {
			request("subscribe", "{\"channel\":\"%s\",\"join_leave\":true}".formatted(channel));
		}
	}

	private URI uri(String channelAndQuery) {
		return URI.create("ws://localhost:" + this.node.port() + "/atmosphere/" + channelAndQuery);
	}

	private JsonNode request(String name, String body) {
		int id = ++this.commands;
		this.centrifuge.send("{\"id\":%d,\"%s\":%s}".formatted(id, name, body));
		MachineTime.await(Duration.ofSeconds(30)).until(() -> answer(id) != null);
		JsonNode answer = answer(id);
		if (!answer.has(name)) {
			throw new IllegalStateException("Refused: " + answer);
		}
		return answer.path(name);
	}

	private JsonNode answer(int id) {
		return lines(this.centrifuge, 0).stream()
			.filter((line) -> line.path("id").asInt() == id)
			.findFirst()
			.orElse(null);
	}

	ApplicationNode node() {
		return this.node;
	}

	/**
	 * Forget what was seen so far.
	 */
	void forget() {
		this.plain.values().forEach((client) -> this.forgotten.put(client, client.count()));
		this.forgotten.put(this.centrifuge, this.centrifuge.count());
		this.forgottenEvents = this.node.bean(Members.class).events.size();
	}

	private static List<JsonNode> lines(TestClient client, int from) {
		List<String> texts = client.texts();
		return texts.subList(from, texts.size())
			.stream()
			.flatMap(String::lines)
			.map((line) -> JsonMapper.shared().readTree(line))
			.toList();
	}

	private List<JsonNode> frames(TestClient client) {
		return lines(client, this.forgotten.getOrDefault(client, 0));
	}

	/**
	 * Return which users have joined and left, by the plain WebSockets.
	 */
	List<String> seen() {
		List<String> seen = new ArrayList<>();
		this.plain.forEach((channel, client) -> frames(client).forEach((frame) -> {
			add(seen, "+", frame.path("joined"), channel);
			add(seen, "-", frame.path("left"), channel);
		}));
		return seen;
	}

	private static void add(List<String> seen, String sign, JsonNode members, String channel) {
		members.forEach((member) -> {
			if (member.has("user")) {
				seen.add(sign + member.path("user").asString() + " in " + channel);
			}
		});
	}

	List<String> joinsOfSessions() {
		return sessions("join");
	}

	List<String> leavesOfSessions() {
		return sessions("leave");
	}

	private List<String> sessions(String kind) {
		return frames(this.centrifuge).stream()
			.map((frame) -> frame.path("push").path(kind).path("info"))
			.filter((info) -> !info.path("user").asString("").isEmpty())
			.map((info) -> info.path("user").asString())
			.toList();
	}

	/**
	 * Return the client ids that {@code presence()} lists, with their users.
	 */
	Map<String, String> present(String channel) {
		Map<String, String> present = new HashMap<>();
		request("presence", "{\"channel\":\"%s\"}".formatted(channel)).path("presence")
			.properties()
			.forEach((each) -> present.put(each.getKey(), each.getValue().path("user").asString("")));
		return present;
	}

	List<String> events() {
		List<String> events = List.copyOf(this.node.bean(Members.class).events);
		return events.subList(this.forgottenEvents, events.size());
	}

	@Override
	public void close() {
		this.plain.values().forEach(TestClient::abort);
		this.centrifuge.abort();
	}

	/**
	 * An application that keeps which users have joined and left.
	 */
	@Configuration(proxyBeanMethods = false)
	@Import(UsersByParameter.class)
	static class Members {

		private final Queue<String> events = new ConcurrentLinkedQueue<>();

		@EventListener
		void on(MemberJoined event) {
			add("+", event.member(), event.channel());
		}

		@EventListener
		void on(MemberLeft event) {
			add("-", event.member(), event.channel());
		}

		private void add(String sign, PresenceMember member, String channel) {
			if (member.user() != null) {
				this.events.add(sign + member.user() + " in " + channel);
			}
		}

		/**
		 * Return all that has happened.
		 */
		List<String> all() {
			return List.copyOf(this.events);
		}

	}

}
