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

package io.github.atmosphererelay.gateway;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for where a gateway sends requests.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PlacementTests {

	private final HttpClient http = HttpClient.newHttpClient();

	private final List<TestBackend> nodes = List.of(new TestBackend("n1"), new TestBackend("n2"),
			new TestBackend("n3"));

	private final List<TestBackend> others = List.of(new TestBackend("o1"), new TestBackend("o2"));

	private TestGateway gateway;

	@BeforeAll
	void start() {
		this.gateway = TestGateway.start(this.nodes, this.others);
	}

	@AfterAll
	void stop() {
		this.gateway.close();
		this.nodes.forEach(TestBackend::close);
		this.others.forEach(TestBackend::close);
	}

	@ParameterizedTest
	@ValueSource(strings = { "header", "principal", "cookie", "claim" })
	void aUserComesToTheNodeThatTheRingNames(String source) throws Exception {
		for (int i = 0; i < 30; i++) {
			String user = "user-" + i;
			String owner = this.gateway.ring().ring().owner(user).name();
			String[] header = header(source, user);
			assertThat(get("/atmosphere/chat/a", header).body()).isEqualTo(owner);
			TestSocket socket = TestSocket.connect(this.gateway.webSocket("/atmosphere/chat/a"), header);
			assertThat(socket.next()).isEqualTo("text:" + owner);
			socket.socket().abort();
			JsonNode answer = JsonMapper.shared().readTree(get("/atmosphere/api/route", header).body());
			assertThat(answer.path("node").stringValue()).isEqualTo(owner);
			assertThat(answer.path("here").booleanValue()).isTrue();
			assertThat(answer.path("ring").path("term").longValue()).isEqualTo(1);
			assertThat(answer.path("ring").path("digest").stringValue())
				.isEqualTo(this.gateway.ring().version().digest());
			assertThat(answer.propertyNames()).as("a client stays at the gateway")
				.containsExactlyInAnyOrder("node", "here", "ring");
		}
	}

	private static String[] header(String source, String user) {
		return switch (source) {
			case "header" -> new String[] { "X-User", user };
			case "principal" -> new String[] { "X-Principal", user };
			case "cookie" -> new String[] { "Cookie", "USER=" + user };
			default -> new String[] { "Authorization",
					"Bearer e30."
							+ Base64.getUrlEncoder()
								.withoutPadding()
								.encodeToString(("{\"sub\":\"" + user + "\"}").getBytes(StandardCharsets.UTF_8))
							+ ".c2ln" };
		};
	}

	@Test
	void aUserInThePathComesToTheNodeThatTheRingNames() throws Exception {
		for (int i = 0; i < 30; i++) {
			String owner = this.gateway.ring().ring().owner("user-" + i).name();
			assertThat(get("/users/user-" + i + "/a").body()).isEqualTo(owner);
			TestSocket socket = TestSocket.connect(this.gateway.webSocket("/users/user-" + i + "/a"));
			assertThat(socket.next()).isEqualTo("text:" + owner);
			socket.socket().abort();
		}
	}

	@Test
	void aNodeReceivesNoPlacingHeaderAndTheHostThatTheClientHasNamed() throws Exception {
		String[] sent = { "X-User", "alice", "x-second", "bob", "X-Other", "kept", "Cookie", "USER=eve" };
		String owner = this.gateway.ring().ring().owner("alice").name();
		TestBackend node = this.nodes.stream().filter((each) -> each.name().equals(owner)).findFirst().orElseThrow();
		assertThat(get("/atmosphere/chat/a", sent).body()).isEqualTo(owner);
		assertForwarded(node);
		TestSocket socket = TestSocket.connect(this.gateway.webSocket("/atmosphere/chat/a"), sent);
		assertThat(socket.next()).isEqualTo("text:" + owner);
		assertThat(node.headers().get("Upgrade")).isEqualToIgnoringCase("websocket");
		assertThat(node.headers().contains("Origin")).as("made up by the gateway").isFalse();
		assertForwarded(node);
		socket.socket().abort();
	}

	private void assertForwarded(TestBackend node) {
		assertThat(node.headers().contains("X-User")).isFalse();
		assertThat(node.headers().contains("X-Second")).isFalse();
		assertThat(node.headers().getAll("X-Other")).containsExactly("kept");
		assertThat(node.headers().getAll("Cookie")).containsExactly("USER=eve");
		assertThat(node.headers().getAll("Host")).containsExactly("127.0.0.1:" + this.gateway.port());
	}

	@Test
	void theFirstSourceThatHasAUserCounts() throws Exception {
		String owner = this.gateway.ring().ring().owner("alice").name();
		String other = nameOfAnotherOwner(owner);
		assertThat(get("/atmosphere/chat/a", "X-User", "alice", "Cookie", "USER=" + other).body()).isEqualTo(owner);
	}

	private String nameOfAnotherOwner(String owner) {
		int i = 0;
		while (this.gateway.ring().ring().owner("other-" + i).name().equals(owner)) {
			i++;
		}
		return "other-" + i;
	}

	@Test
	void aRequestWithoutAUserGoesToTheNodeWithTheFewestSessions() throws Exception {
		List<TestSocket> sockets = new ArrayList<>();
		Map<String, Integer> counts = new HashMap<>();
		for (int i = 0; i < 9; i++) {
			TestSocket socket = TestSocket.connect(this.gateway.webSocket("/atmosphere/chat/a"), "Authorization",
					"Bearer broken");
			sockets.add(socket);
			counts.merge(socket.next(), 1, Integer::sum);
		}
		assertThat(counts).hasSize(3).containsValue(3).doesNotContainValue(4);
		sockets.forEach((socket) -> socket.socket().abort());
		HttpResponse<String> answer = get("/atmosphere/api/route");
		assertThat(answer.statusCode()).isEqualTo(200);
		assertThat(answer.body()).as("as a node answers").isEqualTo("{}");
		assertThat(answer.headers().firstValue("Cache-Control")).hasValue("no-store");
	}

	@Test
	void aSpreadUserGoesToTheNodeWithTheFewestSessions() throws Exception {
		List<TestSocket> sockets = new ArrayList<>();
		Map<String, Integer> counts = new HashMap<>();
		for (int i = 0; i < 9; i++) {
			TestSocket socket = TestSocket.connect(this.gateway.webSocket("/atmosphere/chat/a"), "X-User", "bot");
			sockets.add(socket);
			counts.merge(socket.next(), 1, Integer::sum);
		}
		assertThat(counts).hasSize(3).containsValue(3).doesNotContainValue(4);
		sockets.forEach((socket) -> socket.socket().abort());
		assertThat(get("/atmosphere/api/route", "X-User", "bot").body()).isEqualTo("{}");
	}

	@Test
	void anotherServiceKeepsItsBalancerAndItsHeaders() throws Exception {
		List<String> answers = new ArrayList<>();
		for (int i = 0; i < 10; i++) {
			answers.add(get("/other/a", "X-User", "alice").body());
		}
		assertThat(Collections.frequency(answers, "o1 for alice")).isEqualTo(5);
		assertThat(Collections.frequency(answers, "o2 for alice")).isEqualTo(5);
	}

	private HttpResponse<String> get(String path, String... headers) throws Exception {
		return get(this.gateway.http(path), headers);
	}

	private HttpResponse<String> get(URI uri, String... headers) throws Exception {
		HttpRequest.Builder request = HttpRequest.newBuilder(uri);
		if (headers.length > 0) {
			request.headers(headers);
		}
		return this.http.send(request.build(), BodyHandlers.ofString());
	}

}
