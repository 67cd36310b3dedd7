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

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestNode;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A client of the transport {@code http_stream}, which may send what the SDK does not.
 */
final class EmulatedClient implements AutoCloseable {

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	private static final JsonMapper JSON = JsonMapper.builder().build();

	private final List<JsonNode> replies = new CopyOnWriteArrayList<>();

	private final HttpResponse<InputStream> response;

	private volatile boolean ended;

	private EmulatedClient(HttpResponse<InputStream> response) {
		this.response = response;
		Thread reader = new Thread(this::read, "http-stream");
		reader.setDaemon(true);
		reader.start();
	}

	/**
	 * Open a stream.
	 * @param headers names and values in turn
	 */
	static EmulatedClient open(TestNode node, String query, String... headers) {
		return new EmulatedClient(HTTP
			.sendAsync(request(node.http("/atmosphere/connection/http_stream" + query), "{\"id\":1,\"connect\":{}}",
					headers), HttpResponse.BodyHandlers.ofInputStream())
			.join());
	}

	private static HttpRequest request(URI uri, String body, String... headers) {
		HttpRequest.Builder request = HttpRequest.newBuilder(uri)
			.header("Content-Type", "application/json")
			.POST(HttpRequest.BodyPublishers.ofString(body));
		for (int i = 0; i < headers.length; i += 2) {
			request.header(headers[i], headers[i + 1]);
		}
		return request.build();
	}

	private void read() {
		try (BufferedReader in = new BufferedReader(
				new InputStreamReader(this.response.body(), StandardCharsets.UTF_8))) {
			for (String line = in.readLine(); line != null; line = in.readLine()) {
				// The SDK parses each line, too
				this.replies.add(JSON.readTree(line));
			}
		}
		catch (IOException ex) {
			// As the end of the stream
		}
		this.ended = true;
	}

	int status() {
		return this.response.statusCode();
	}

	List<JsonNode> replies() {
		return List.copyOf(this.replies);
	}

	EmulatedClient awaitReplies(int count) {
		if (this.replies.size() < count) {
			MachineTime.await(Duration.ofSeconds(20)).until(() -> this.replies.size() >= count);
		}
		return this;
	}

	EmulatedClient awaitEnd() {
		MachineTime.await(Duration.ofSeconds(20)).until(() -> this.ended);
		return this;
	}

	String session() {
		return awaitReplies(1).replies.get(0).path("connect").path("session").asString();
	}

	String node() {
		return awaitReplies(1).replies.get(0).path("connect").path("node").asString();
	}

	/**
	 * Send commands of this client's session to a node.
	 */
	CompletableFuture<Integer> send(TestNode node, String query, String commands) {
		return send(node, query, session(), node(), commands);
	}

	static CompletableFuture<Integer> send(TestNode node, String query, String session, String sessionNode,
			String commands, String... headers) {
		String body = JSON.writeValueAsString(Map.of("session", session, "node", sessionNode, "data", commands));
		return HTTP
			.sendAsync(request(node.http("/atmosphere/connection/emulation" + query), body, headers),
					HttpResponse.BodyHandlers.ofString())
			.thenApply(HttpResponse::statusCode);
	}

	@Override
	public void close() throws IOException {
		this.response.body().close();
	}

}
