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

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.EndReason;
import io.github.atmosphererelay.test.EventSource;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Streams as clients see them, on each web server.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AbstractStreamDoorTests {

	private static final String[] CHANNELS = { "atmosphere.channels[0].pattern=chat/**",
			"atmosphere.channels[0].client-publish=true", "atmosphere.channels[1].pattern=log/**",
			"atmosphere.channels[1].history.size=50", "atmosphere.channels[1].client-publish=true",
			"atmosphere.channels[2].pattern=news/**", "atmosphere.channels[3].pattern=members/**",
			"atmosphere.channels[3].subscribe=authenticated", "atmosphere.channels[4].pattern=internal/**",
			"atmosphere.channels[4].subscribe=none", "atmosphere.websocket.allowed-origins=https://friend.example",
			"atmosphere.websocket.ping-interval=1s", "atmosphere.websocket.send-timeout=2s",
			"atmosphere.websocket.max-message-size=20KB", "atmosphere.websocket.queue.max-bytes=512KB" };

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	private final List<AutoCloseable> open = new ArrayList<>();

	private TestNode node;

	abstract String[] serverArguments();

	/**
	 * Open a stream once.
	 */
	EventSource connect(URI uri, String... headers) {
		return EventSource.once(uri, headers);
	}

	@BeforeAll
	void startNode() {
		this.node = TestNode
			.start(Stream.concat(Arrays.stream(CHANNELS), Arrays.stream(serverArguments())).toArray(String[]::new));
		this.node.awaitUp();
	}

	@AfterAll
	void stopNode() {
		this.node.close();
	}

	@AfterEach
	void closeClients() throws Exception {
		for (AutoCloseable each : this.open) {
			each.close();
		}
		this.open.clear();
		// Otherwise each would be found by a ping
		this.node.messaging().registry().forEach((session) -> session.close(CloseReason.GOING_AWAY));
		MachineTime.await(Duration.ofSeconds(20)).until(() -> this.node.messaging().registry().sessionCount() == 0);
	}

	private EventSource subscribe(String channelAndQuery, String... headers) {
		EventSource source = connect(this.node.http("/atmosphere/" + channelAndQuery), headers);
		this.open.add(source);
		return source;
	}

	private EventSource once(String channelAndQuery, String... headers) {
		EventSource source = EventSource.once(this.node.http("/atmosphere/" + channelAndQuery), headers);
		this.open.add(source);
		return source;
	}

	private void publish(String channel, String text) {
		this.node.broadcaster().broadcast(channel, text).join();
	}

	private HttpResponse<String> post(String channel, String type, String body, String... headers) {
		HttpRequest.Builder request = HttpRequest.newBuilder(this.node.http("/atmosphere/" + channel))
			.POST(HttpRequest.BodyPublishers.ofString(body));
		request.header("Content-Type", type);
		for (int i = 0; i < headers.length; i += 2) {
			request.header(headers[i], headers[i + 1]);
		}
		return HTTP.sendAsync(request.build(), HttpResponse.BodyHandlers.ofString()).join();
	}

	private static JsonNode json(String text) {
		return JsonMapper.builder().build().readTree(text);
	}

	@Test
	void aClientReceivesTheMessagesOfItsChannelInOrder() {
		EventSource client = subscribe("chat/order").awaitSubscribed(1);
		List<String> sent = IntStream.range(0, 500).mapToObj((i) -> "message " + i).toList();
		sent.forEach((text) -> publish("chat/order", text));
		client.awaitEvents("message", 500);
		assertThat(client.messages()).isEqualTo(sent);
		assertThat(client.events().get(0).name()).isEqualTo("subscribed");
		assertThat(client.events("message")).allMatch((event) -> event.id().isEmpty());
	}

	@Test
	void headersKeepProxiesFromBuffering() {
		EventSource client = subscribe("chat/headers").awaitSubscribed(1);
		assertThat(client.header("Content-Type")).isEqualTo("text/event-stream;charset=UTF-8");
		assertThat(client.header("Cache-Control")).isEqualTo("no-store, no-transform");
		assertThat(client.header("X-Accel-Buffering")).isEqualTo("no");
		assertThat(client.header("Content-Encoding")).isNull();
		assertThat(client.retries()).hasSize(1).allMatch((millis) -> millis >= 500 && millis < 3_000);
	}

	@Test
	void textKeepsItsLinesAndCharacters() {
		EventSource client = subscribe("chat/lines").awaitSubscribed(1);
		List<String> sent = List.of("a\nb", " leading", "a\n\nb\n", "", "ü€😀", "id: 3", "data: x\nevent: y", "\n");
		sent.forEach((text) -> publish("chat/lines", text));
		publish("chat/lines", "a\r\nb\rc");
		client.awaitEvents("message", sent.size() + 1);
		assertThat(client.messages().subList(0, sent.size())).isEqualTo(sent);
		// The format has no carriage returns
		assertThat(client.messages().get(sent.size())).isEqualTo("a\nb\nc");
	}

	@Test
	void binaryMessagesComeInBase64() {
		EventSource client = subscribe("chat/binary").awaitSubscribed(1);
		byte[] sent = { 0, 1, 10, 13, -1 };
		this.node.broadcaster().broadcast("chat/binary", sent).join();
		client.awaitEvents("binary", 1);
		assertThat(Base64.getDecoder().decode(client.events("binary").get(0).data())).isEqualTo(sent);
	}

	@Test
	void aLargeMessageArrivesWhole() {
		EventSource client = subscribe("chat/large").awaitSubscribed(1);
		String text = "x".repeat(300_000);
		publish("chat/large", text);
		publish("chat/large", "after");
		client.awaitEvents("message", 2);
		assertThat(client.messages()).containsExactly(text, "after");
	}

	@Test
	void aRecoveringClientGetsWhatItHasMissed() {
		publish("log/recover", "first");
		EventSource client = subscribe("log/recover").awaitSubscribed(1);
		publish("log/recover", "second");
		client.awaitEvents("message", 1);
		String id = client.lastId();
		client.close();
		publish("log/recover", "third");
		publish("log/recover", "fourth");
		EventSource back = subscribe("log/recover?since=other:1", "Last-Event-ID", id).awaitEvents("message", 2);
		JsonNode subscribed = json(back.events().get(0).data());
		assertThat(subscribed.get("recovered").booleanValue()).isTrue();
		assertThat(subscribed.get("replayed").intValue()).isEqualTo(2);
		publish("log/recover", "fifth");
		back.awaitEvents("message", 3);
		assertThat(back.messages()).containsExactly("third", "fourth", "fifth");
		assertThat(back.events()).extracting(EventSource.Event::id).doesNotHaveDuplicates();
	}

	@Test
	void theQueryRecoversAsTheHeaderDoes() {
		EventSource client = subscribe("log/query").awaitSubscribed(1);
		String begin = client.lastId();
		assertThat(begin).isNotEmpty();
		client.close();
		publish("log/query", "missed");
		EventSource back = subscribe("log/query?since=" + begin).awaitEvents("message", 1);
		assertThat(back.messages()).containsExactly("missed");
		assertThat(json(back.events().get(0).data()).get("recovered").booleanValue()).isTrue();
	}

	/**
	 * Otherwise a page that loads itself anew when something is missing would do so at
	 * the end of each stream.
	 */
	@Test
	void anEphemeralChannelBesideARecordedOneDoesNotSayThatSomethingIsMissing() {
		EventSource client = subscribe("log/both?channel=chat/both").awaitSubscribed(2);
		String id = client.lastId();
		client.close();
		EventSource back = subscribe("log/both?channel=chat/both", "Last-Event-ID", id).awaitSubscribed(2);
		for (EventSource.Event each : back.events("subscribed")) {
			JsonNode subscribed = json(each.data());
			boolean recorded = subscribed.get("channel").asString().startsWith("log/");
			assertThat(subscribed.get("wasRecovering").booleanValue()).isEqualTo(recorded);
			assertThat(subscribed.get("recovered").booleanValue()).isEqualTo(recorded);
		}
	}

	@Test
	void aClientWhosePositionIsGoneIsToldSoOnce() {
		for (int i = 0; i < 60; i++) {
			publish("log/old", "message " + i);
		}
		for (String id : List.of("another-epoch:3", "no position")) {
			EventSource client = subscribe("log/old", "Last-Event-ID", id).awaitSubscribed(1);
			JsonNode subscribed = json(client.events("subscribed").get(0).data());
			assertThat(subscribed.get("wasRecovering").booleanValue()).isTrue();
			assertThat(subscribed.get("recovered").booleanValue()).isFalse();
			publish("log/old", "live");
			client.awaitEvents("message", 1);
			assertThat(client.messages()).containsExactly("live");
			assertThat(client.events("subscribed")).hasSize(1);
			// Now its position is known
			String next = client.lastId();
			client.close();
			publish("log/old", "next");
			EventSource back = subscribe("log/old", "Last-Event-ID", next).awaitEvents("message", 1);
			assertThat(json(back.events().get(0).data()).get("recovered").booleanValue()).isTrue();
			assertThat(back.messages()).containsExactly("next");
		}
	}

	@Test
	void oneStreamCarriesSeveralChannels() {
		EventSource client = subscribe("log/a?channel=log/b&channel=chat/c").awaitSubscribed(3);
		publish("log/a", "1");
		publish("log/b", "2");
		publish("chat/c", "3");
		client.awaitEvents("message", 3);
		client.close();
		publish("log/b", "4");
		publish("log/a", "5");
		publish("chat/c", "lost");
		EventSource back = subscribe("log/a?channel=log/b&channel=chat/c", "Last-Event-ID", client.lastId())
			.awaitSubscribed(3)
			.awaitEvents("message", 2);
		publish("log/a", "6");
		back.awaitEvents("message", 3);
		assertThat(Stream.concat(client.messages().stream(), back.messages().stream())
			.map(AbstractStreamDoorTests::json)
			.map((message) -> message.get("channel").stringValue() + " " + message.get("data").stringValue()))
			.containsExactlyInAnyOrder("log/a 1", "log/b 2", "chat/c 3", "log/b 4", "log/a 5", "log/a 6");
		for (EventSource.Event event : back.events("subscribed")) {
			JsonNode subscribed = json(event.data());
			assertThat(subscribed.get("recovered").booleanValue())
				.isEqualTo(subscribed.get("channel").stringValue().startsWith("log/"));
		}
	}

	@Test
	void newlineDelimitedJsonHasTheSameMessagesAndPositions() throws IOException {
		EventSource events = subscribe("log/same").awaitSubscribed(1);
		TestClient socket = this.node.connect("log/same?positions=true").awaitCount(1);
		this.open.add(socket);
		try (Socket lines = new Socket("localhost", this.node.port())) {
			lines.setSoTimeout(20_000);
			lines.getOutputStream()
				.write(("GET /atmosphere/log/same HTTP/1.0\r\nHost: localhost\r\nAccept: application/x-ndjson\r\n\r\n")
					.getBytes(StandardCharsets.US_ASCII));
			List<String> read = lines(lines, "subscribed");
			for (int i = 0; i < 20; i++) {
				publish("log/same", "message\n" + i);
			}
			read = lines(lines, "\"offset\":20");
			List<JsonNode> messages = read.stream()
				.filter((line) -> line.contains("\"message\""))
				.map(AbstractStreamDoorTests::json)
				.toList();
			socket.awaitCount(21);
			events.awaitEvents("message", 20);
			List<JsonNode> frames = socket.texts().stream().skip(1).map(AbstractStreamDoorTests::json).toList();
			for (int i = 0; i < 20; i++) {
				JsonNode frame = frames.get(i);
				String position = frame.get("epoch").stringValue() + ":" + frame.get("offset").longValue();
				EventSource.Event event = events.events("message").get(i);
				assertThat(event.id()).isEqualTo(position);
				assertThat(event.data()).isEqualTo(frame.get("data").stringValue());
				JsonNode line = messages.get(i);
				assertThat(line.get("id").stringValue()).isEqualTo(position);
				assertThat(line.get("data")).isEqualTo(frame.get("data"));
				assertThat(line.get("offset")).isEqualTo(frame.get("offset"));
			}
		}
	}

	/**
	 * Read lines up to one that contains a text.
	 */
	private static List<String> lines(Socket socket, String end) throws IOException {
		List<String> lines = new ArrayList<>();
		StringBuilder line = new StringBuilder();
		while (true) {
			int next = socket.getInputStream().read();
			assertThat(next).as("the stream ends after %s", lines).isNotNegative();
			if (next == '\n') {
				lines.add(line.toString());
				if (line.indexOf(end) >= 0) {
					return lines;
				}
				line.setLength(0);
			}
			else {
				line.append((char) next);
			}
		}
	}

	@Test
	void refusalsForGoodHaveTheirStatus() {
		Map.of("nothing/here", 404, "members/a", 401, "internal/a", 403, "chat/a?since=nonsense", 400,
				"chat/a?channel=nothing/here", 404, "chat/a?channel=internal/a", 403, "chat/%ff", 400, "chat//a", 400)
			.forEach(
					(path, status) -> assertThat(once(path).awaitClosed().statuses()).as(path).containsExactly(status));
		assertThat(once("chat/a", "Origin", "https://foe.example").awaitClosed().statuses()).containsExactly(403);
		assertThat(once("chat/a", "Sec-Fetch-Site", "cross-site").awaitClosed().statuses()).containsExactly(403);
	}

	@Test
	void aPageOfAnAllowedOriginMayReadTheStream() {
		EventSource client = once("chat/friend", "Origin", "https://friend.example").awaitSubscribed(1);
		assertThat(client.header("Access-Control-Allow-Origin")).isEqualTo("https://friend.example");
		assertThat(client.header("Access-Control-Allow-Credentials")).isEqualTo("true");
	}

	@Test
	void othersGetNoStream() {
		HttpResponse<String> page = HTTP
			.sendAsync(HttpRequest.newBuilder(this.node.http("/atmosphere/chat/a")).header("Accept", "*/*").build(),
					HttpResponse.BodyHandlers.ofString())
			.join();
		assertThat(page.statusCode()).isEqualTo(426);
	}

	@Test
	void messagesAreSentByPost() {
		EventSource client = subscribe("log/post").awaitSubscribed(1);
		assertThat(post("log/post", "text/plain", "hello").statusCode()).isEqualTo(204);
		assertThat(post("log/post", "application/json", "{\"a\":1}").statusCode()).isEqualTo(204);
		assertThat(post("log/post", "application/octet-stream", "x").statusCode()).isEqualTo(204);
		client.awaitEvents("message", 2).awaitEvents("binary", 1);
		assertThat(client.messages()).containsExactly("hello", "{\"a\":1}");
	}

	@Test
	void postsAreRefusedAsFramesAre() {
		long refused = this.node.messaging().statistics().inbound().refused();
		assertThat(post("news/a", "text/plain", "x").statusCode()).isEqualTo(403);
		assertThat(post("members/a", "text/plain", "x").statusCode()).isEqualTo(401);
		assertThat(post("internal/a", "text/plain", "x").statusCode()).isEqualTo(403);
		assertThat(post("chat/a", "text/plain", "x", "Origin", "https://foe.example").statusCode()).isEqualTo(403);
		assertThat(post("chat/a", "application/x-www-form-urlencoded", "x").statusCode()).isEqualTo(415);
		assertThat(post("chat/a", "text/plain", "x".repeat(20_481)).statusCode()).isEqualTo(413);
		assertThat(this.node.messaging().statistics().inbound().refused()).isEqualTo(refused + 6);
		assertThat(post("nothing/here", "text/plain", "x").statusCode()).isEqualTo(404);
	}

	@Test
	void aClientThatIsGoneIsNoticedByPings() {
		EventSource client = subscribe("chat/gone").awaitSubscribed(1);
		assertThat(this.node.messaging().registry().sessionCount()).isEqualTo(1);
		client.cut();
		MachineTime.await(Duration.ofSeconds(20)).until(() -> this.node.messaging().registry().sessionCount() == 0);
	}

	@Test
	void aQuietClientIsNotClosedForWantOfPongs() {
		EventSource client = subscribe("chat/quiet").awaitSubscribed(1);
		MachineTime.await(Duration.ofSeconds(20))
			.until(() -> this.node.messaging()
				.registry()
				.sessions()
				.iterator()
				.next()
				.openedAt()
				.plusSeconds(4)
				.isBefore(Instant.now()));
		publish("chat/quiet", "still there");
		client.awaitEvents("message", 1);
	}

	@Test
	void aClientThatDoesNotReadIsClosedAndHarmsNobody() throws Exception {
		long slow = this.node.messaging().writers().statistics().slowConsumers();
		try (Socket stuck = new Socket()) {
			stuck.setReceiveBufferSize(4 * 1024);
			stuck.connect(new InetSocketAddress("localhost", this.node.port()));
			stuck.getOutputStream()
				.write(("GET /atmosphere/chat/stuck HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
					.getBytes(StandardCharsets.US_ASCII));
			MachineTime.await(Duration.ofSeconds(10)).until(() -> this.node.messaging().registry().sessionCount() == 1);
			EventSource other = subscribe("chat/stuck").awaitSubscribed(1);
			String text = "x".repeat(16_000);
			int sent = 0;
			while (this.node.messaging().registry().sessionCount() == 2 && sent < 5_000) {
				publish("chat/stuck", text);
				sent++;
				int expected = sent;
				MachineTime.await(Duration.ofSeconds(20))
					.pollInterval(Duration.ofMillis(1))
					.until(() -> other.events("message").size() >= expected);
			}
			MachineTime.await(Duration.ofSeconds(20)).until(() -> this.node.messaging().registry().sessionCount() == 1);
			assertThat(this.node.messaging().writers().statistics().slowConsumers()).isEqualTo(slow + 1);
			assertThat(this.node.messaging().writers().statistics().ended(EndReason.SLOW_CONSUMER)).isPositive();
			publish("chat/stuck", "end");
			other.awaitEvents("message", sent + 1);
		}
	}

}
