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

package io.github.atmosphererelay.door.stream.internal;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.door.internal.HandshakeGate;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.EndReason;
import io.github.atmosphererelay.test.EventSource;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestNode;
import io.github.atmosphererelay.test.UsersByParameter;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How streams end, and how requests for streams are refused for now: so that a browser
 * comes back.
 */
class StreamEndTests {

	private static final String[] CHANNELS = { "atmosphere.channels[0].pattern=log/**",
			"atmosphere.channels[0].history.size=100", "atmosphere.channels[1].pattern=chat/**",
			"atmosphere.channels[1].client-publish=true" };

	private static TestNode start(String... args) {
		String[] all = new String[CHANNELS.length + args.length];
		System.arraycopy(CHANNELS, 0, all, 0, CHANNELS.length);
		System.arraycopy(args, 0, all, CHANNELS.length, args.length);
		return TestNode.start(List.of(UsersByParameter.class), all).awaitUp();
	}

	private static JsonNode json(EventSource.Event event) {
		return JsonMapper.builder().build().readTree(event.data());
	}

	@Test
	void aNodeThatStopsEndsStreamsInOrderAndMakesClientsComeBack() {
		TestNode node = start();
		try (EventSource client = EventSource.once(node.http("/atmosphere/log/a"))) {
			client.awaitSubscribed(1);
			node.broadcaster().broadcast("log/a", "last").join();
			node.close();
			client.awaitClosed();
			assertThat(client.messages()).containsExactly("last");
			assertThat(client.statuses()).containsExactly(200);
			EventSource.Event last = client.events().get(client.events().size() - 1);
			assertThat(last.name()).isEqualTo("closed");
			assertThat(json(last).get("code").intValue()).isEqualTo(CloseReason.GOING_AWAY.code());
			assertThat(client.retries()).hasSize(2);
		}
		finally {
			node.close();
		}
	}

	@Test
	void aNodeThatStopsRefusesStreamsForNow() {
		try (TestNode node = start()) {
			node.bean(HandshakeGate.class).shut();
			long refused = node.messaging().statistics().inbound().refused(ErrorCode.NOT_AVAILABLE);
			try (EventSource client = EventSource.once(node.http("/atmosphere/log/a"))) {
				client.awaitClosed();
				assertThat(client.statuses()).containsExactly(200);
				assertThat(client.events()).extracting(EventSource.Event::name).containsExactly("refused");
				assertThat(client.retries()).hasSize(1);
			}
			assertThat(node.messaging().statistics().inbound().refused(ErrorCode.NOT_AVAILABLE)).isEqualTo(refused + 1);
			HttpRequest lines = HttpRequest.newBuilder(node.http("/atmosphere/log/a"))
				.header("Accept", "application/x-ndjson")
				.build();
			assertThat(HttpClient.newHttpClient()
				.sendAsync(lines, HttpResponse.BodyHandlers.ofString())
				.join()
				.statusCode()).isEqualTo(503);
			node.bean(HandshakeGate.class).open();
		}
	}

	/**
	 * The answer was 500, for which an {@code EventSource} gives up for good.
	 */
	@Test
	void whatFailsUnexpectedlyRefusesAStreamForNow() {
		try (TestNode node = TestNode.start(List.of(FailingLogin.class), CHANNELS).awaitUp()) {
			for (String path : List.of("log/a?fails",
					"connection/sse?fails&cf_connect=%7B%22id%22%3A1%2C%22connect%22%3A%7B%7D%7D",
					"log/a?fails&X-Atmosphere-Transport=sse&X-Atmosphere-Framework=5.0.0")) {
				long refused = node.messaging().statistics().inbound().refused(ErrorCode.INTERNAL);
				try (EventSource client = EventSource.once(node.http("/atmosphere/" + path))) {
					client.awaitClosed();
					assertThat(client.statuses()).as(path).containsExactly(200);
				}
				assertThat(node.messaging().statistics().inbound().refused(ErrorCode.INTERNAL)).as(path)
					.isEqualTo(refused + 1);
			}
		}
	}

	/**
	 * Without the headers a browser takes any answer for a failure, and its
	 * {@code EventSource} gives up for good.
	 */
	@Test
	void aPageOfAnAllowedOriginMayReadWhyItIsRefused() {
		try (TestNode node = start("atmosphere.websocket.allowed-origins=https://friend.example",
				"atmosphere.limits.sessions-per-user=1");
				EventSource first = EventSource.once(node.http("/atmosphere/log/a?user=alice"))) {
			first.awaitSubscribed(1);
			for (String path : List.of("log/a?user=alice", "nothing/here", "log/a?since=nonsense",
					"connection/sse?user=alice&cf_connect=%7B%22id%22%3A1%2C%22connect%22%3A%7B%7D%7D",
					"connection/sse")) {
				for (String origin : List.of("https://friend.example", "https://foe.example")) {
					boolean friend = origin.equals("https://friend.example");
					try (EventSource refused = EventSource.once(node.http("/atmosphere/" + path), "Origin", origin)) {
						refused.awaitClosed();
						assertThat(refused.header("Access-Control-Allow-Origin")).as(path)
							.isEqualTo(friend ? origin : null);
						assertThat(refused.header("Access-Control-Allow-Credentials")).as(path)
							.isEqualTo(friend ? "true" : null);
						assertThat(refused.statuses()).as(path).containsExactly(status(path, friend));
					}
				}
			}
			node.bean(HandshakeGate.class).shut();
			try (EventSource refused = EventSource.once(node.http("/atmosphere/log/a"), "Origin",
					"https://friend.example")) {
				refused.awaitClosed();
				assertThat(refused.statuses()).containsExactly(200);
				assertThat(refused.header("Access-Control-Allow-Origin")).isEqualTo("https://friend.example");
			}
			node.bean(HandshakeGate.class).open();
		}
	}

	private static int status(String path, boolean friend) {
		if (!friend) {
			return 403;
		}
		return path.contains("user=alice") ? 200 : path.startsWith("nothing") ? 404 : 400;
	}

	@Test
	void aLimitRefusesStreamsForNow() {
		try (TestNode node = start("atmosphere.limits.sessions-per-user=1", "atmosphere.limits.sessions-per-address=3");
				EventSource alice = EventSource.once(node.http("/atmosphere/log/a?user=alice"));
				EventSource second = EventSource.once(node.http("/atmosphere/log/a?user=alice"))) {
			MachineTime.await(Duration.ofSeconds(10)).until(() -> alice.events().size() + second.events().size() == 2);
			assertThat(List.of(alice.events().get(0).name(), second.events().get(0).name()))
				.containsExactlyInAnyOrder("subscribed", "refused");
			assertThat(second.statuses()).containsExactly(200);
			try (EventSource bob = EventSource.once(node.http("/atmosphere/log/a?user=bob"));
					EventSource carol = EventSource.once(node.http("/atmosphere/log/a?user=carol"))) {
				bob.awaitSubscribed(1);
				carol.awaitSubscribed(1);
				try (EventSource dave = EventSource.once(node.http("/atmosphere/log/a?user=dave"))) {
					dave.awaitClosed();
					assertThat(dave.statuses()).containsExactly(200);
					assertThat(dave.events()).extracting(EventSource.Event::name).containsExactly("refused");
					assertThat(dave.retries().get(0)).isGreaterThanOrEqualTo(5_000);
				}
			}
		}
	}

	@Test
	void aStreamEndsByAgeAndGoesOnInTheNextOne() {
		try (TestNode node = start("atmosphere.http-streams.max-stream-age=1s");
				EventSource client = EventSource.open(node.http("/atmosphere/log/a"))) {
			client.awaitSubscribed(1);
			int sent = 0;
			while (client.statuses().size() < 4) {
				node.broadcaster().broadcast("log/a", String.valueOf(sent++)).join();
				if (sent % 20 == 0) {
					int expected = sent;
					MachineTime.await(Duration.ofSeconds(10)).until(() -> client.messages().size() >= expected);
				}
			}
			client.awaitEvents("message", sent);
			assertThat(client.messages())
				.containsExactlyElementsOf(IntStream.range(0, sent).mapToObj(String::valueOf).toList());
			assertThat(client.events("closed"))
				.allMatch((event) -> json(event).get("reason").stringValue().equals(CloseReason.STREAM_AGE.text()));
			assertThat(node.messaging().writers().statistics().ended(EndReason.STREAM_AGE)).isGreaterThanOrEqualTo(2);
			assertThat(client.statuses()).containsOnly(200);
		}
	}

	@Test
	void anApplicationCanCloseAndUnsubscribeAStream() {
		try (TestNode node = start();
				EventSource client = EventSource.once(node.http("/atmosphere/log/a?user=erna&channel=chat/b"))) {
			client.awaitSubscribed(2);
			Cluster cluster = node.bean(Cluster.class);
			CompletableFuture<?> done = cluster.unsubscribe("erna", "chat/b");
			client.awaitEvents("unsubscribed", 1);
			done.join();
			node.broadcaster().broadcast("chat/b", "not for her").join();
			node.broadcaster().toUser("erna", "for her").join();
			client.awaitEvents("message", 1);
			assertThat(client.messages().get(0)).contains("for her").doesNotContain("not for her");
			cluster.disconnectUser("erna", new CloseReason(4000, "go")).join();
			client.awaitClosed();
			assertThat(json(client.events("closed").get(0)).get("code").intValue()).isEqualTo(4000);
		}
	}

	@Test
	void postsOverTheRateAreRefusedAndCounted() {
		try (TestNode node = start("atmosphere.websocket.messages-per-second=5", "atmosphere.websocket.burst=10")) {
			HttpClient http = HttpClient.newHttpClient();
			long refused = node.messaging().statistics().inbound().refused(ErrorCode.TOO_MANY_REQUESTS);
			int accepted = 0;
			int limited = 0;
			while (limited < 20) {
				HttpRequest request = HttpRequest.newBuilder(node.http("/atmosphere/chat/a"))
					.header("Content-Type", "text/plain")
					.POST(HttpRequest.BodyPublishers.ofString("x"))
					.build();
				int status = http.sendAsync(request, HttpResponse.BodyHandlers.ofString()).join().statusCode();
				assertThat(status).isIn(204, 429);
				accepted += (status == 204) ? 1 : 0;
				limited += (status == 429) ? 1 : 0;
			}
			assertThat(accepted).isGreaterThanOrEqualTo(10);
			assertThat(node.messaging().statistics().inbound().refused(ErrorCode.TOO_MANY_REQUESTS))
				.isEqualTo(refused + limited);
			assertThat(node.messaging().statistics().inbound().clientMessages()).isEqualTo(accepted);
		}
	}

	@Test
	void theResponsesOfOtherClientsAreNeverWrittenTo() throws IOException {
		try (TestNode node = start("atmosphere.websocket.ping-interval=1s")) {
			// Connections that are used again for other requests after a stream
			for (int round = 0; round < 20; round++) {
				try (Socket socket = new Socket("localhost", node.port())) {
					socket.setSoTimeout(10_000);
					socket.getOutputStream()
						.write(("GET /atmosphere/chat/x HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
							.getBytes(StandardCharsets.US_ASCII));
					read(socket, "subscribed");
					node.messaging().registry().forEach((session) -> session.close(CloseReason.GOING_AWAY));
					// Messages that come too late for the stream
					for (int i = 0; i < 50; i++) {
						node.broadcaster().broadcast("chat/x", "late").join();
					}
					read(socket, "0\r\n\r\n");
					socket.getOutputStream()
						.write("GET /actuator/health/ping HTTP/1.1\r\nHost: localhost\r\n\r\n"
							.getBytes(StandardCharsets.US_ASCII));
					String answer = read(socket, "\"UP\"");
					assertThat(answer).startsWith("HTTP/1.1 200").doesNotContain("late", "closed", "retry:");
				}
			}
		}
	}

	private static String read(Socket socket, String end) throws IOException {
		ByteArrayOutputStream read = new ByteArrayOutputStream();
		while (!read.toString(StandardCharsets.UTF_8).contains(end)) {
			int next = socket.getInputStream().read();
			assertThat(next).as("the connection ends after %s", read).isNotNegative();
			read.write(next);
		}
		return read.toString(StandardCharsets.UTF_8);
	}

	/**
	 * Asks a server for the user that is away at present.
	 */
	@Configuration(proxyBeanMethods = false)
	static class FailingLogin {

		@Bean
		Filter failingLogin() {
			return (request, response, chain) -> chain.doFilter((request.getParameter("fails") != null)
					? new HttpServletRequestWrapper((HttpServletRequest) request) {

						@Override
						public Principal getUserPrincipal() {
							throw new IllegalStateException("The server of the log-ins is away");
						}

					} : request, response);
		}

	}

}
