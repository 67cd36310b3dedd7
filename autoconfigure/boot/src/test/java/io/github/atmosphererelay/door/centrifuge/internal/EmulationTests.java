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

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.door.internal.HandshakeGate;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestNode;
import io.github.atmosphererelay.test.UsersByParameter;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Commands that clients of HTTP streams send in requests of their own, to either of two
 * nodes.
 */
class EmulationTests {

	private static Broker broker;

	private static TestNode here;

	private static TestNode there;

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
			.start(List.of(UsersByParameter.class),
					Stream.concat(Stream.of(arguments), Stream.of("atmosphere.channels[0].pattern=log/**",
							"atmosphere.channels[0].history.size=1000", "atmosphere.channels[0].client-publish=true"))
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

	@Test
	void commandsThatOvertakeEachOtherAreCarriedOutInTheOrderOfTheirNumbers() throws Exception {
		try (EmulatedClient client = EmulatedClient.open(here, "")) {
			assertThat(client.send(there, "", "{\"id\":2,\"subscribe\":{\"channel\":\"log/order\"}}").join())
				.isEqualTo(204);
			client.awaitReplies(2);
			for (int first = 3; first < 63; first += 10) {
				List<Integer> numbers = new ArrayList<>(IntStream.range(first, first + 10).boxed().toList());
				Collections.shuffle(numbers, new Random(first));
				List<CompletableFuture<Integer>> answers = new ArrayList<>();
				for (int number : numbers) {
					answers.add(client.send((number % 2 == 0) ? here : there, "",
							"{\"id\":%1$d,\"publish\":{\"channel\":\"log/order\",\"data\":%1$d}}".formatted(number)));
				}
				assertThat(answers).allSatisfy((answer) -> assertThat(answer.join()).isEqualTo(204));
			}
			client.awaitReplies(2 + 2 * 60);
			assertThat(client.replies()
				.stream()
				.map((reply) -> reply.path("push").path("pub").path("data"))
				.filter(JsonNode::isNumber)
				.map(JsonNode::intValue)).isEqualTo(IntStream.range(3, 63).boxed().toList());
		}
	}

	@Test
	void aCommandThatNeverComesDoesNotHoldUpTheOthers() throws Exception {
		try (EmulatedClient client = EmulatedClient.open(here, "")) {
			assertThat(client.send(here, "", "{\"id\":7,\"ping\":{}}").join()).isEqualTo(204);
			assertThat(client.awaitReplies(2).replies().get(1).path("id").intValue()).isEqualTo(7);
		}
	}

	@Test
	void theSecretIsOfNoUseToAnotherUser() throws Exception {
		String command = "{\"id\":2,\"subscribe\":{\"channel\":\"log/a\"}}";
		try (EmulatedClient alice = EmulatedClient.open(here, "?user=alice")) {
			for (TestNode node : List.of(here, there)) {
				long refused = refused(node, ErrorCode.PERMISSION_DENIED);
				assertThat(alice.send(node, "?user=mallory", command).join()).isEqualTo(404);
				assertThat(alice.send(node, "", command).join()).isEqualTo(404);
				assertThat(refused(node, ErrorCode.PERMISSION_DENIED)).isEqualTo(refused + 2);
			}
			assertThat(alice.send(there, "?user=alice", command).join()).isEqualTo(204);
			alice.awaitReplies(2);
			assertThat(alice.replies()).hasSize(2);
		}
	}

	@Test
	void sessionsThatDoNotExistAreNotFound() {
		String nobody = "0".repeat(32);
		for (String node : List.of(here.messaging().identity().id().toString(),
				there.messaging().identity().id().toString(), UUID.randomUUID().toString(), "here", "")) {
			long refused = refused(here, ErrorCode.PERMISSION_DENIED);
			assertThat(EmulatedClient.send(here, "", nobody, node, "{}").join()).as(node).isEqualTo(404);
			assertThat(refused(here, ErrorCode.PERMISSION_DENIED)).isEqualTo(refused + 1);
		}
	}

	@Test
	void whoGuessesTooOftenIsRefused() {
		String node = there.messaging().identity().id().toString();
		List<CompletableFuture<Integer>> answers = new ArrayList<>();
		for (int i = 0; i < 1_000; i++) {
			answers.add(EmulatedClient.send(here, "?user=guesser", "%032x".formatted(i), node, "{}"));
			if (i % 50 == 49) {
				answers.forEach(CompletableFuture::join);
			}
		}
		assertThat(answers.stream().map(CompletableFuture::join)).contains(404, 429).doesNotContain(204);
		assertThat(refused(here, ErrorCode.TOO_MANY_REQUESTS)).isPositive();
		// Others are not affected
		assertThat(EmulatedClient.send(here, "?user=other", "0".repeat(32), node, "{}").join()).isEqualTo(404);
	}

	@Test
	void pagesOfOtherOriginsAreRefused() throws Exception {
		long refused = refused(here, ErrorCode.PERMISSION_DENIED);
		try (EmulatedClient client = EmulatedClient.open(here, "", "Origin", "https://foe.example")) {
			assertThat(client.status()).isEqualTo(403);
		}
		try (EmulatedClient client = EmulatedClient.open(here, "")) {
			assertThat(EmulatedClient
				.send(here, "", client.session(), client.node(), "{}", "Origin", "https://foe.example")
				.join()).isEqualTo(403);
		}
		assertThat(refused(here, ErrorCode.PERMISSION_DENIED)).isEqualTo(refused + 2);
	}

	private static HttpResponse<InputStream> events(String connect, String... headers) {
		HttpRequest.Builder request = HttpRequest
			.newBuilder(here
				.http("/atmosphere/connection/sse?cf_connect=" + URLEncoder.encode(connect, StandardCharsets.UTF_8)))
			.header("Accept", "text/event-stream");
		HttpResponse<InputStream> response = HttpClient.newHttpClient()
			.sendAsync(((headers.length > 0) ? request.headers(headers) : request).build(),
					HttpResponse.BodyHandlers.ofInputStream())
			.join();
		try {
			response.body().close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return response;
	}

	/**
	 * A page of another origin can have a browser make a GET without {@code Origin}, for
	 * example for an image. A browser may also tell nothing but the page's address.
	 */
	@Test
	void aPageOfAnotherOriginCannotConnectByGet() {
		String connect = "{\"id\":1,\"connect\":{}}";
		for (String[] page : new String[][] { { "Origin", "https://foe.example" }, { "Sec-Fetch-Site", "cross-site" },
				{ "Sec-Fetch-Site", "same-site" }, { "Referer", "https://foe.example/page" } }) {
			assertThat(events(connect, page).statusCode()).as(page[0] + ' ' + page[1]).isEqualTo(403);
		}
		String own = "http://localhost:" + here.port();
		for (String[] page : new String[][] { { "Origin", own }, { "Sec-Fetch-Site", "same-origin" },
				{ "Sec-Fetch-Site", "none" }, { "Referer", own + "/page?a=b" } }) {
			assertThat(events(connect, page).statusCode()).as(page[0] + ' ' + page[1]).isEqualTo(200);
		}
	}

	/**
	 * A GET passes an application's check of CSRF tokens.
	 */
	@Test
	void aGetConnectsAndDoesNothingElse() {
		long published = here.messaging().statistics().inbound().refused(ErrorCode.BAD_REQUEST);
		String connect = "{\"id\":1,\"connect\":{}}\n";
		for (String other : List.of("{\"id\":2,\"publish\":{\"channel\":\"log/get\",\"data\":1}}",
				"{\"id\":2,\"rpc\":{\"method\":\"a\"}}", "{\"send\":{\"data\":1}}",
				"{\"id\":2,\"subscribe\":{\"channel\":\"log/get\"}}")) {
			assertThat(events(connect + other).statusCode()).as(other).isEqualTo(400);
			assertThat(events(other).statusCode()).as(other).isEqualTo(400);
		}
		assertThat(here.messaging().statistics().inbound().refused(ErrorCode.BAD_REQUEST)).isEqualTo(published + 8);
	}

	@Test
	void aClientThatAnswersNoPingIsSentAway() throws Exception {
		try (TestNode node = node("atmosphere.websocket.ping-interval=1s", "atmosphere.websocket.pong-timeout=1s");
				EmulatedClient client = EmulatedClient.open(node, "")) {
			client.awaitEnd();
			List<JsonNode> replies = client.replies();
			assertThat(replies).hasSizeGreaterThan(2);
			assertThat(replies.get(replies.size() - 1).path("push").path("disconnect").path("code").intValue())
				.isEqualTo(3012);
			assertThat(node.messaging().registry().sessionCount()).isZero();
		}
	}

	@Test
	void aNodeThatStopsSendsItsClientsToOthers() throws Exception {
		try (TestNode node = node(); EmulatedClient client = EmulatedClient.open(node, "")) {
			client.session();
			node.bean(HandshakeGate.class).shut();
			try (EmulatedClient refused = EmulatedClient.open(node, "")) {
				assertThat(refused.awaitEnd().status()).isEqualTo(200);
				assertThat(code(refused)).isEqualTo(3001);
			}
			assertThat(client.send(node, "", "{\"id\":2,\"ping\":{}}").join()).isEqualTo(204);
			node.bean(HandshakeGate.class).open();
			node.close();
			assertThat(code(client.awaitEnd())).isEqualTo(3001);
		}
	}

	private static int code(EmulatedClient client) {
		List<JsonNode> replies = client.replies();
		return replies.get(replies.size() - 1).path("push").path("disconnect").path("code").intValue();
	}

}
