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

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A plain WebSocket client that says what it is told to, word for word. Quotes may be
 * single ones.
 */
final class CentrifugeSocket implements AutoCloseable {

	/** Without limits of its own: what nodes carry may be unusual. */
	private static final JsonMapper JSON = JsonMapper
		.builder(JsonFactory.builder()
			.streamReadConstraints(StreamReadConstraints.builder()
				.maxNestingDepth(Integer.MAX_VALUE)
				.maxNameLength(Integer.MAX_VALUE)
				.maxNumberLength(Integer.MAX_VALUE)
				.build())
			.build())
		.build();

	private static final Duration POLL = Duration.ofMillis(5);

	private final TestClient client;

	private int lastId;

	private CentrifugeSocket(TestClient client) {
		this.client = client;
	}

	static CentrifugeSocket open(URI uri, String... headers) {
		return new CentrifugeSocket(TestClient.connect(uri, headers));
	}

	/**
	 * Open a connection and let the client in.
	 */
	static CentrifugeSocket connect(URI uri, String... headers) {
		CentrifugeSocket socket = open(uri, headers);
		socket.call("connect", "{}");
		return socket;
	}

	TestClient client() {
		return this.client;
	}

	CentrifugeSocket send(String text) {
		this.client.send(text.replace('\'', '"'));
		return this;
	}

	/**
	 * Send a command.
	 * @return its number
	 */
	int command(String name, String fields) {
		int id = ++this.lastId;
		send("{'id':" + id + ",'" + name + "':" + fields + "}");
		return id;
	}

	/**
	 * Send a command and wait for its reply.
	 * @return the result, or the error's code
	 */
	JsonNode call(String name, String fields) {
		JsonNode reply = reply(command(name, fields));
		return reply.has("error") ? reply.path("error") : reply.path(name);
	}

	int errorOf(String name, String fields) {
		JsonNode reply = reply(command(name, fields));
		return reply.path("error").path("code").asInt(0);
	}

	void subscribe(String channel) {
		JsonNode result = call("subscribe", "{'channel':'" + channel + "'}");
		if (result.has("code")) {
			throw new IllegalStateException("Not subscribed: " + result);
		}
	}

	JsonNode reply(int id) {
		MachineTime.await(Duration.ofSeconds(10))
			.pollInterval(POLL)
			.until(() -> find(id) != null || this.client.isClosed());
		JsonNode reply = find(id);
		if (reply == null) {
			throw new IllegalStateException("Closed with " + this.client.awaitClosed(Duration.ofSeconds(1)));
		}
		return reply;
	}

	private @Nullable JsonNode find(int id) {
		return objects().stream().filter((each) -> each.path("id").asInt(0) == id).findFirst().orElse(null);
	}

	/**
	 * Return everything that has come, whatever frames it came in.
	 */
	List<JsonNode> objects() {
		List<JsonNode> objects = new ArrayList<>();
		this.client.texts().forEach((text) -> text.lines().forEach((line) -> objects.add(JSON.readTree(line))));
		return objects;
	}

	List<JsonNode> pushes() {
		return objects().stream().filter((each) -> each.has("push")).map((each) -> each.path("push")).toList();
	}

	List<JsonNode> awaitPushes(int count) {
		MachineTime.await(Duration.ofSeconds(10))
			.pollInterval(POLL)
			.until(() -> pushes().size() >= count || this.client.isClosed());
		return pushes();
	}

	TestClient.Close awaitClosed() {
		return this.client.awaitClosed(Duration.ofSeconds(10));
	}

	static JsonNode json(String text) {
		return JSON.readTree(text.replace('\'', '"'));
	}

	@Override
	public void close() {
		this.client.close();
	}

}
