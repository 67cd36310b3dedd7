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

package io.github.atmosphererelay.door.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.test.EventSource;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * One channel, read at the same time by a plain WebSocket, the Centrifuge protocol,
 * server-sent events, lines of JSON and long polling.
 */
class SameChannelAtEveryDoorTests {

	private static final int MESSAGES = 40;

	private static final String CHANNEL = "log/all";

	private static final JsonMapper JSON = JsonMapper.builder().build();

	private final HttpClient http = HttpClient.newHttpClient();

	@Test
	void theMessagesAndTheirPositionsAreTheSame() throws Exception {
		CountDownLatch subscribed = new CountDownLatch(2);
		try (TestNode node = TestNode.start("atmosphere.channels[0].pattern=log/**",
				"atmosphere.channels[0].history.size=100");
				TestClient socket = node.connect(CHANNEL + "?positions=true");
				TestClient centrifuge = TestClient.connect(node.uri("connection/websocket"));
				EventSource events = EventSource.open(node.http("/atmosphere/" + CHANNEL))) {
			centrifuge.send("{\"id\":1,\"connect\":{}}\n{\"id\":2,\"subscribe\":{\"channel\":\"log/all\"}}");
			CompletableFuture<List<Received>> lines = inBackground(() -> lines(node, subscribed));
			CompletableFuture<List<Received>> polled = inBackground(() -> poll(node, subscribed));
			socket.awaitCount(1);
			events.awaitSubscribed(1);
			MachineTime.await(Duration.ofSeconds(30)).until(() -> replies(centrifuge).size() >= 2);
			assertThat(subscribed.await(30, TimeUnit.SECONDS)).isTrue();
			List<Received> sent = IntStream.range(0, MESSAGES)
				.mapToObj((number) -> publish(node, "message " + number + " {|\ud83d\ude00 gr\u00fc\u00dfe"))
				.toList();
			socket.awaitCount(1 + MESSAGES);
			events.awaitEvents("message", MESSAGES);
			MachineTime.await(Duration.ofSeconds(30)).until(() -> publications(centrifuge).size() >= MESSAGES);
			assertThat(socket.texts().stream().skip(1).map(Received::of)).isEqualTo(sent);
			String epoch = sent.get(0).position().epoch();
			assertThat(publications(centrifuge).stream()
				.map((each) -> new Received(each.path("data").asString(),
						new Position(epoch, each.path("offset").longValue()))))
				.isEqualTo(sent);
			assertThat(replies(centrifuge).get(1).path("subscribe").path("epoch").asString()).isEqualTo(epoch);
			assertThat(events.events("message").stream().map((each) -> new Received(each.data(), position(each.id()))))
				.isEqualTo(sent);
			assertThat(lines.orTimeout(60, TimeUnit.SECONDS).join()).isEqualTo(sent);
			assertThat(polled.orTimeout(60, TimeUnit.SECONDS).join()).isEqualTo(sent);
		}
	}

	private static Received publish(TestNode node, String text) {
		Position position = node.broadcaster()
			.broadcast(CHANNEL, text)
			.orTimeout(20, TimeUnit.SECONDS)
			.join()
			.position();
		return new Received(text, position);
	}

	private static CompletableFuture<List<Received>> inBackground(Supplier<List<Received>> reader) {
		CompletableFuture<List<Received>> result = new CompletableFuture<>();
		new Thread(() -> {
			try {
				result.complete(reader.get());
			}
			catch (RuntimeException | Error ex) {
				result.completeExceptionally(ex);
			}
		}).start();
		return result;
	}

	private static List<JsonNode> replies(TestClient client) {
		return client.texts().stream().flatMap(String::lines).<JsonNode>map(JSON::readTree).toList();
	}

	private static List<JsonNode> publications(TestClient client) {
		return replies(client).stream()
			.map((reply) -> reply.path("push").path("pub"))
			.filter((publication) -> !publication.isMissingNode())
			.toList();
	}

	private List<Received> lines(TestNode node, CountDownLatch subscribed) {
		HttpRequest request = HttpRequest.newBuilder(node.http("/atmosphere/" + CHANNEL))
			.header("Accept", "application/x-ndjson")
			.build();
		List<Received> received = new ArrayList<>();
		try (Stream<String> lines = this.http.send(request, BodyHandlers.ofLines()).body()) {
			for (Iterator<String> each = lines.iterator(); received.size() < MESSAGES && each.hasNext();) {
				String line = each.next();
				switch (JSON.readTree(line).path("type").asString()) {
					case "subscribed" -> subscribed.countDown();
					case "message" -> received.add(Received.of(line));
					default -> {
					}
				}
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
		return received;
	}

	/**
	 * Poll as an {@code atmosphere.js}: the token of an answer with a message ends with
	 * the position of the message.
	 */
	private List<Received> poll(TestNode node, CountDownLatch subscribed) {
		List<Received> received = new ArrayList<>();
		String token = null;
		boolean begun = false;
		while (received.size() < MESSAGES) {
			HttpResponse<String> answer = poll(node, token);
			assertThat(answer.statusCode()).isEqualTo(200);
			token = answer.headers().firstValue("X-Atmosphere-Session-Token").orElseThrow();
			String[] parts = token.split("\\.", 4);
			if (!answer.body().isEmpty()) {
				received.add(new Received(answer.body(),
						position(new String(Base64.getUrlDecoder().decode(parts[3]), StandardCharsets.UTF_8))));
			}
			else if (parts.length == 4 && !begun) {
				begun = true;
				subscribed.countDown();
			}
		}
		return received;
	}

	private HttpResponse<String> poll(TestNode node, @Nullable String token) {
		URI uri = node.http("/atmosphere/" + CHANNEL + "?X-Atmosphere-Transport=long-polling"
				+ ((token != null) ? "&X-Atmosphere-Session-Token=" + token : ""));
		try {
			return this.http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static Position position(String text) {
		int colon = text.lastIndexOf(':');
		return new Position(text.substring(0, colon), Long.parseLong(text.substring(colon + 1)));
	}

	/**
	 * A message at its position.
	 */
	private record Received(String text, @Nullable Position position) {

		static Received of(String json) {
			JsonNode message = JSON.readTree(json);
			assertThat(message.path("type").asString()).isEqualTo("message");
			return new Received(message.path("data").asString(),
					new Position(message.path("epoch").asString(), message.path("offset").longValue()));
		}

	}

}
