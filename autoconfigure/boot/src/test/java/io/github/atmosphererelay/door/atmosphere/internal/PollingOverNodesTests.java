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
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestNode;
import io.github.atmosphererelay.test.UsersByParameter;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Requests for messages that come to the node of the session and to another one, of
 * clients that may have the session and of others that may not.
 */
class PollingOverNodesTests {

	private static final String TOKEN = "X-Atmosphere-Session-Token";

	private static final JsonMapper JSON = JsonMapper.builder().build();

	private static Broker broker;

	private static TestNode here;

	private static TestNode there;

	private final HttpClient http = HttpClient.newHttpClient();

	@BeforeAll
	static void start() {
		broker = new Broker.Redis();
		here = node(broker.directProperties());
		there = node(broker.directProperties());
		MachineTime.await(Duration.ofSeconds(30))
			.until(() -> here.bean(Cluster.class).nodes().size() == 2 && there.bean(Cluster.class).nodes().size() == 2);
	}

	private static TestNode node(String... arguments) {
		return TestNode
			.start(List.of(UsersByParameter.class), Stream
				.concat(Stream.of(arguments),
						Stream.of("atmosphere.channels[0].pattern=log/**", "atmosphere.channels[0].history.size=1000",
								"atmosphere.channels[0].client-publish=true",
								"atmosphere.websocket.messages-per-second=20", "atmosphere.websocket.burst=20"))
				.toArray(String[]::new))
			.awaitUp();
	}

	@AfterAll
	static void stop() {
		for (TestNode node : new TestNode[] { there, here }) {
			if (node != null) {
				node.close();
			}
		}
		broker.close();
	}

	private static long refused(TestNode node, ErrorCode code) {
		return node.messaging().statistics().inbound().refused(code);
	}

	private static HttpRequest poll(TestNode node, String channel, @Nullable String user, @Nullable String token,
			String... headers) {
		URI uri = node.http("/atmosphere/" + channel + "?X-Atmosphere-Transport=long-polling"
				+ ((user != null) ? "&user=" + user : "") + ((token != null) ? "&" + TOKEN + "=" + token : ""));
		HttpRequest.Builder request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(60));
		return ((headers.length > 0) ? request.headers(headers) : request).build();
	}

	private HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
		return this.http.send(request, BodyHandlers.ofString());
	}

	private static String token(HttpResponse<?> response) {
		return response.headers().firstValue(TOKEN).orElseThrow();
	}

	@Test
	void theTokenIsOfNoUseToAnotherUser() throws Exception {
		String token = token(send(poll(here, "log/alice", "alice", null)));
		for (TestNode node : List.of(here, there)) {
			long refused = refused(node, ErrorCode.PERMISSION_DENIED);
			assertThat(send(poll(node, "log/alice", "mallory", token)).statusCode()).isEqualTo(404);
			assertThat(send(poll(node, "log/alice", null, token)).statusCode()).isEqualTo(404);
			assertThat(refused(node, ErrorCode.PERMISSION_DENIED)).isEqualTo(refused + 2);
		}
		here.broadcaster().broadcast("log/alice", "hello").orTimeout(20, TimeUnit.SECONDS).join();
		HttpResponse<String> answer = send(poll(there, "log/alice", "alice", token));
		for (int i = 0; i < 5 && answer.body().isEmpty(); i++) {
			answer = send(poll(there, "log/alice", "alice", token(answer)));
		}
		assertThat(answer.body()).isEqualTo("hello");
		assertThat(there.bean(AtmosphereDoor.class).statistics().carriedCount()).isPositive();
		assertThat(here.bean(AtmosphereDoor.class).pollSessions()).isPositive();
	}

	@Test
	void pagesOfOtherOriginsAreRefused() throws Exception {
		String token = token(send(poll(here, "log/origin", "alice", null)));
		long refused = refused(here, ErrorCode.PERMISSION_DENIED);
		assertThat(send(poll(here, "log/origin", "alice", null, "Origin", "https://foe.example")).statusCode())
			.isEqualTo(403);
		assertThat(send(poll(here, "log/origin", "alice", token, "Origin", "https://foe.example")).statusCode())
			.isEqualTo(403);
		assertThat(send(connect(here, null, "Origin", "https://foe.example")).statusCode()).isEqualTo(403);
		assertThat(refused(here, ErrorCode.PERMISSION_DENIED)).isEqualTo(refused + 3);
	}

	@Test
	void whoGuessesTokensIsRefused() {
		UUID node = there.messaging().identity().id();
		List<CompletableFuture<Integer>> answers = new ArrayList<>();
		for (int i = 0; i < 1_000; i++) {
			answers.add(
					this.http
						.sendAsync(
								continuing(here, "guesser",
										new PollToken(node, "%032x".formatted(i), 0, null).toString()),
								BodyHandlers.discarding())
						.thenApply(HttpResponse::statusCode));
			if (i % 50 == 49) {
				answers.forEach(CompletableFuture::join);
			}
		}
		assertThat(answers.stream().map(CompletableFuture::join)).contains(404, 429).containsOnly(404, 429);
		assertThat(refused(here, ErrorCode.TOO_MANY_REQUESTS)).isPositive();
	}

	@Test
	void aFloodOfMessagesIsRefused() {
		long refused = refused(here, ErrorCode.TOO_MANY_REQUESTS);
		List<CompletableFuture<Integer>> answers = IntStream.range(0, 100)
			.mapToObj((number) -> HttpRequest.newBuilder(here.http(
					"/atmosphere/log/flood?user=flooder&X-Atmosphere-Transport=long-polling&X-Atmosphere-tracking-id=0"))
				.header("Content-Type", "text/plain")
				.POST(BodyPublishers.ofString("message " + number))
				.build())
			.map((request) -> this.http.sendAsync(request, BodyHandlers.discarding())
				.thenApply(HttpResponse::statusCode))
			.toList();
		List<Integer> statuses = answers.stream().map(CompletableFuture::join).toList();
		assertThat(statuses).contains(204, 429).containsOnly(204, 429);
		assertThat(refused(here, ErrorCode.TOO_MANY_REQUESTS))
			.isEqualTo(refused + statuses.stream().filter((status) -> status == 429).count());
	}

	private static HttpRequest connect(TestNode node, @Nullable String user, String... headers) {
		HttpRequest.Builder request = HttpRequest
			.newBuilder(node.http("/atmosphere/connection/polling" + ((user != null) ? "?user=" + user : "")))
			.header("Content-Type", "application/json")
			.POST(BodyPublishers.ofString("{\"id\":1,\"connect\":{}}"));
		return ((headers.length > 0) ? request.headers(headers) : request).build();
	}

	private static HttpRequest continuing(TestNode node, String user, String token) {
		return HttpRequest.newBuilder(node.http("/atmosphere/connection/polling?user=" + user))
			.timeout(Duration.ofSeconds(60))
			.POST(BodyPublishers.ofString(token))
			.build();
	}

	/**
	 * Ask the nodes in turn until there is a reply.
	 */
	private HttpResponse<String> next(String user, HttpResponse<String> last, TestNode... nodes)
			throws IOException, InterruptedException {
		HttpResponse<String> response = last;
		for (int i = 0; i < 10; i++) {
			response = send(continuing(nodes[i % nodes.length], user, token(response)));
			if (response.statusCode() != 200 || !response.body().isEmpty()) {
				break;
			}
		}
		return response;
	}

	private static List<JsonNode> replies(HttpResponse<String> response) {
		return response.body().lines().<JsonNode>map(JSON::readTree).toList();
	}

	@Test
	void aClientOfTheCentrifugeProtocolPollsAtAnyNode() throws Exception {
		HttpResponse<String> response = send(connect(here, "bob"));
		assertThat(response.statusCode()).isEqualTo(200);
		response = next("bob", response, there, here);
		JsonNode connected = replies(response).get(0).path("connect");
		String command = JSON.writeValueAsString(JSON.createObjectNode()
			.put("session", connected.path("session").asString())
			.put("node", connected.path("node").asString())
			.put("data", "{\"id\":2,\"subscribe\":{\"channel\":\"log/bob\"}}"));
		assertThat(send(HttpRequest.newBuilder(there.http("/atmosphere/connection/emulation?user=bob"))
			.header("Content-Type", "application/json")
			.POST(BodyPublishers.ofString(command))
			.build()).statusCode()).isEqualTo(204);
		response = next("bob", response, there, here);
		assertThat(replies(response).get(0).path("id").intValue()).isEqualTo(2);
		List<Integer> received = new ArrayList<>();
		for (int i = 0; i < 50; i++) {
			there.broadcaster().broadcast("log/bob", String.valueOf(i)).orTimeout(20, TimeUnit.SECONDS).join();
		}
		while (received.size() < 50) {
			response = next("bob", response, there, here);
			assertThat(response.statusCode()).isEqualTo(200);
			replies(response).forEach((reply) -> received.add(reply.path("push").path("pub").path("data").intValue()));
		}
		assertThat(received).isEqualTo(IntStream.range(0, 50).boxed().toList());
		assertThat(send(continuing(there, "mallory", token(response))).statusCode()).isEqualTo(404);
		here.bean(Cluster.class).disconnectUser("bob", CloseReason.LOGGED_OUT).orTimeout(20, TimeUnit.SECONDS).join();
		response = next("bob", response, there, here);
		assertThat(replies(response).get(0).path("push").path("disconnect").path("code").intValue()).isPositive();
		assertThat(next("bob", response, there, here).statusCode()).isEqualTo(404);
	}

}
