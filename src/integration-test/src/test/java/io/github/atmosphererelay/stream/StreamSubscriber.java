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

package io.github.atmosphererelay.stream;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A client with a stream of its own, and what it knows of its keys. A version that goes
 * back is a failure, as is a message that comes twice.
 */
final class StreamSubscriber implements AutoCloseable {

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	private static final JsonMapper MAPPER = JsonMapper.builder().build();

	private final TestNode maker;

	private final String id;

	private final TestClient client;

	private final Map<String, JsonNode> views = new TreeMap<>();

	private final Map<String, Version> versions = new HashMap<>();

	private int read;

	private StreamSubscriber(TestNode maker, String id, TestClient client) {
		this.maker = maker;
		this.id = id;
		this.client = client;
	}

	/**
	 * Make a stream at a node, and subscribe to it at a node.
	 * @param body the stream's definition
	 */
	static StreamSubscriber subscribe(TestNode maker, TestNode door, Map<String, ?> body) {
		HttpResponse<String> answer = send(maker, "POST", "", MAPPER.writeValueAsString(body));
		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
		JsonNode stream = MAPPER.readTree(answer.body());
		return new StreamSubscriber(maker, stream.get("id").asString(), door.connect(stream.get("channel").asString()));
	}

	private static HttpResponse<String> send(TestNode node, String method, String path, @Nullable String body) {
		HttpRequest.Builder request = HttpRequest.newBuilder(node.http("/atmosphere/api/streams" + path))
			.header("Content-Type", "application/json")
			.method(method,
					(body != null) ? HttpRequest.BodyPublishers.ofString(body) : HttpRequest.BodyPublishers.noBody());
		try {
			return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
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
	 * Return the views of the stream's keys after all that has come by now.
	 */
	synchronized Map<String, JsonNode> views() {
		List<String> texts = this.client.texts();
		for (; this.read < texts.size(); this.read++) {
			take(MAPPER.readTree(texts.get(this.read)));
		}
		return Map.copyOf(this.views);
	}

	private void take(JsonNode message) {
		String key = message.get("key").asString();
		Version version = Version.parse(message.get("version").asString());
		Version before = this.versions.put(key, version);
		if (before != null) {
			// What is removed from a query has the version of its last state, or that of
			// the whole partition
			assertThat(version).as("version of %s in %s after %s", key, this.id, before).isGreaterThanOrEqualTo(before);
			assertThat(message.has("view") && version.equals(before) && this.views.containsKey(key))
				.as("%s of %s came twice in %s", version, key, this.id)
				.isFalse();
		}
		if (message.has("removed")) {
			this.views.remove(key);
		}
		else {
			this.views.put(key, message.get("view"));
		}
	}

	/**
	 * Return whether the connection has ended.
	 */
	boolean isClosed() {
		return this.client.isClosed();
	}

	/**
	 * Free the stream.
	 */
	void delete() {
		assertThat(send(this.maker, "DELETE", "/" + this.id, null).statusCode()).isEqualTo(204);
	}

	@Override
	public void close() {
		this.client.close();
	}

	private record Version(long generation, long offset) implements Comparable<Version> {

		static Version parse(String text) {
			String[] parts = text.split("/");
			return new Version(Long.parseLong(parts[0]), Long.parseLong(parts[1]));
		}

		@Override
		public int compareTo(Version other) {
			int generations = Long.compare(this.generation, other.generation);
			return (generations != 0) ? generations : Long.compare(this.offset, other.offset);
		}

	}

}
