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

package io.github.atmosphererelay.door.raw.internal;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.test.Covers;
import io.github.atmosphererelay.test.KnownFault;
import io.github.atmosphererelay.test.LossyRelay;
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

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Positions at the raw door: what a client gets that asks for them, and what it gets back
 * after it was away.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AbstractPositionsTests {

	private static final JsonMapper JSON = JsonMapper.builder().build();

	private final List<AutoCloseable> open = new ArrayList<>();

	private TestNode node;

	private LossyRelay relay;

	private int channels;

	abstract String[] serverArguments();

	@BeforeAll
	void startNode() {
		List<String> args = new ArrayList<>(
				List.of("atmosphere.channels[0].pattern=log/**", "atmosphere.channels[0].client-publish=true",
						"atmosphere.channels[0].history.size=200", "atmosphere.channels[0].presence=true",
						"atmosphere.channels[1].pattern=chat/**", "atmosphere.channels[1].client-publish=true",
						"atmosphere.channels[2].pattern=narrow/**", "atmosphere.channels[2].history.size=200",
						"atmosphere.channels[2].max-queued-messages=10", "atmosphere.recovery.max-messages=100"));
		args.addAll(List.of(serverArguments()));
		this.node = TestNode.start(List.of(RelayConfiguration.class), args.toArray(String[]::new));
		this.relay = this.node.bean(LossyRelay.class);
	}

	@AfterAll
	void stopNode() {
		this.node.close();
	}

	@AfterEach
	void closeClients() throws Exception {
		this.relay.away(false);
		for (AutoCloseable each : this.open) {
			each.close();
		}
		this.open.clear();
		MachineTime.await(Duration.ofSeconds(10)).until(() -> this.node.messaging().registry().sessionCount() == 0);
	}

	private TestClient connect(String channelAndQuery) {
		TestClient client = this.node.connect(channelAndQuery);
		this.open.add(client);
		return client;
	}

	private String channel() {
		return "log/" + this.channels++;
	}

	private Position publish(String channel, Object payload) {
		Receipt receipt = this.node.broadcaster().broadcast(channel, payload).orTimeout(10, TimeUnit.SECONDS).join();
		Position position = receipt.position();
		assertThat(position).isNotNull();
		return position;
	}

	private List<String> publish(String channel, int from, int to) {
		List<String> texts = IntStream.range(from, to).mapToObj((i) -> "message " + i).toList();
		texts.forEach((text) -> publish(channel, text));
		return texts;
	}

	private static String since(Position position) {
		return "since=" + URLEncoder.encode(position.epoch() + ":" + position.offset(), StandardCharsets.UTF_8);
	}

	private static JsonNode json(TestClient client, int index) {
		return JSON.readTree(client.texts().get(index));
	}

	private static Position position(JsonNode frame) {
		return new Position(frame.get("epoch").asString(), frame.get("offset").asLong());
	}

	/**
	 * Return what the client has got of messages, in order.
	 */
	private static List<String> data(TestClient client) {
		return client.texts()
			.stream()
			.map(JSON::readTree)
			.filter((frame) -> frame.get("type").asString().equals("message"))
			.map((frame) -> frame.get("data").asString())
			.toList();
	}

	@Test
	void messagesComeWithTheirPositionsAfterAFrameThatTellsWhereTheSubscriptionBegins() {
		String channel = channel();
		Position before = publish(channel, "before");
		TestClient client = connect(channel + "?positions=true").awaitCount(1);
		Position text = publish(channel, "grüße \"😀\"\n");
		this.node.broadcaster()
			.broadcast(channel, new byte[] { (byte) 0xFF, 0 }, PublishOptions.DEFAULTS)
			.orTimeout(10, TimeUnit.SECONDS)
			.join();
		client.awaitCount(3);
		JsonNode first = json(client, 0);
		assertThat(first.get("type").asString()).isEqualTo("subscribed");
		assertThat(first.get("channel").asString()).isEqualTo(channel);
		assertThat(first.get("recoverable").asBoolean()).isTrue();
		assertThat(first.get("wasRecovering").asBoolean()).isFalse();
		assertThat(first.get("recovered").asBoolean()).isFalse();
		assertThat(position(first)).isEqualTo(before);
		assertThat(json(client, 1).get("data").asString()).isEqualTo("grüße \"😀\"\n");
		assertThat(position(json(client, 1))).isEqualTo(text);
		assertThat(json(client, 2).get("base64").asString()).isEqualTo("/wA=");
		assertThat(json(client, 2).has("data")).isFalse();
	}

	@Test
	@Covers(KnownFault.EVERY_RELAY_WITH_EVERY_PROTOCOL)
	void aClientThatWasCutOffRecoversAllThatItHasMissedInOrderAndOnce() {
		String channel = channel();
		TestClient client = connect(channel + "?positions=true").awaitCount(1);
		List<String> expected = new ArrayList<>(publish(channel, 0, 10));
		client.awaitCount(11);
		Position last = position(json(client, 10));
		client.abort();
		expected.addAll(publish(channel, 10, 60));
		TestClient back = connect(channel + "?positions=true&" + since(last)).awaitCount(51);
		expected.addAll(publish(channel, 60, 70));
		back.awaitCount(61);
		JsonNode first = json(back, 0);
		assertThat(first.get("wasRecovering").asBoolean()).isTrue();
		assertThat(first.get("recovered").asBoolean()).isTrue();
		assertThat(first.get("replayed").asInt()).isEqualTo(50);
		// What a client may keep before it has read what is replayed.
		assertThat(position(first)).isEqualTo(last);
		List<String> received = new ArrayList<>(data(client));
		received.addAll(data(back));
		assertThat(received).isEqualTo(expected);
	}

	@Test
	void nothingIsLostOrDoubledWhenAFloodComesWhileTheLogIsRead() {
		String channel = channel();
		Position begin = publish(channel, "begin");
		List<String> expected = new ArrayList<>(publish(channel, 0, 20));
		CompletableFuture<Void> flood = new CompletableFuture<>();
		this.relay.beforeReply(() -> flood);
		TestClient client = connect(channel + "?positions=true&ack=true&" + since(begin));
		MachineTime.await(Duration.ofSeconds(10))
			.until(() -> this.node.messaging().registry().countInChannel(channel) == 1);
		expected.addAll(publish(channel, 20, 80));
		flood.complete(null);
		expected.addAll(publish(channel, 80, 150));
		this.relay.beforeReply(() -> CompletableFuture.completedFuture(null));
		// With the first frame and that of the confirmation.
		client.awaitCount(152);
		assertThat(json(client, 0).get("recovered").asBoolean()).isTrue();
		assertThat(data(client)).isEqualTo(expected);
	}

	@Test
	void aPlainClientGetsWhatItHasMissedAsPlainFramesBeforeAnythingElse() {
		String channel = channel();
		Position begin = publish(channel, "begin");
		List<String> expected = new ArrayList<>(publish(channel, 0, 5));
		TestClient client = connect(channel + "?" + since(begin)).awaitCount(5);
		expected.addAll(publish(channel, 5, 8));
		client.awaitCount(8);
		assertThat(client.texts()).isEqualTo(expected);
	}

	@Test
	void whoHasMissedTooMuchIsToldSoAndGetsNothingOfIt() {
		String channel = channel();
		Position begin = publish(channel, "begin");
		publish(channel, 0, 101);
		assertNotRecovered(channel, since(begin));
	}

	@Test
	void whoComesWithAPositionOfAnotherLogIsToldSo() {
		String channel = channel();
		publish(channel, 0, 3);
		assertNotRecovered(channel, since(new Position("a:strange.epoch", 1)));
	}

	@Test
	void whoComesAfterTheLogWasTrimmedIsToldSo() {
		String channel = channel();
		Position begin = publish(channel, "begin");
		publish(channel, 0, 250);
		assertNotRecovered(channel, since(begin));
	}

	private void assertNotRecovered(String channel, String since) {
		TestClient positioned = connect(channel + "?positions=true&" + since).awaitCount(1);
		TestClient plain = connect(channel + "?" + since).awaitCount(1);
		Position next = publish(channel, "next");
		positioned.awaitCount(2);
		plain.awaitCount(2);
		JsonNode first = json(positioned, 0);
		assertThat(first.get("wasRecovering").asBoolean()).isTrue();
		assertThat(first.get("recovered").asBoolean()).isFalse();
		assertThat(first.get("replayed").asInt()).isZero();
		assertThat(position(first)).isEqualTo(new Position(next.epoch(), next.offset() - 1));
		assertThat(data(positioned)).containsExactly("next");
		assertThat(plain.texts().get(0)).startsWith("{\"type\":\"error\",\"code\":112,");
		assertThat(plain.texts().get(1)).isEqualTo("next");
	}

	@Test
	void aRecoveryIsCompleteAlsoWhereFewerMessagesMayWait() {
		String channel = "narrow/a";
		Position begin = publish(channel, "begin");
		List<String> expected = publish(channel, 0, 90);
		TestClient client = connect(channel + "?positions=true&" + since(begin)).awaitCount(91);
		assertThat(data(client)).isEqualTo(expected);
	}

	@Test
	void aChannelWithoutALogHasNoPositionsAndNothingToRecover() {
		TestClient positioned = connect("chat/a?positions=true&ack=true&since=e:1").awaitCount(2);
		TestClient plain = connect("chat/a?since=e:1&ack=true").awaitCount(2);
		this.node.broadcaster().broadcast("chat/a", "live");
		positioned.awaitCount(3);
		plain.awaitCount(3);
		JsonNode first = json(positioned, 0);
		assertThat(first.get("recoverable").asBoolean()).isFalse();
		assertThat(first.get("wasRecovering").asBoolean()).isTrue();
		assertThat(first.get("recovered").asBoolean()).isFalse();
		assertThat(first.has("offset")).isFalse();
		assertThat(json(positioned, 1).get("type").asString()).isEqualTo("ready");
		assertThat(positioned.texts().get(2))
			.isEqualTo("{\"type\":\"message\",\"channel\":\"chat/a\",\"data\":\"live\"}");
		assertThat(plain.texts().get(0)).contains("\"code\":112");
		assertThat(plain.texts().get(2)).isEqualTo("live");
	}

	@Test
	void aClientStaysWhileTheLogCannotBeReadAndIsSubscribedOnceItCan() {
		String channel = channel();
		Position begin = publish(channel, "begin");
		List<String> expected = publish(channel, 0, 3);
		this.relay.away(true);
		TestClient client = connect(channel + "?positions=true&" + since(begin)).awaitCount(1, Duration.ofSeconds(15));
		assertThat(client.texts().get(0)).startsWith("{\"type\":\"error\",\"code\":100,");
		this.relay.away(false);
		client.awaitCount(5, Duration.ofSeconds(20));
		assertThat(json(client, 1).get("recovered").asBoolean()).isTrue();
		assertThat(data(client)).isEqualTo(expected);
	}

	@Test
	void whoCannotBeToldAllThatCameIsClosedSoThatItAsksAgain() {
		String channel = channel();
		TestClient client = connect(channel + "?positions=true").awaitCount(1);
		TestClient plain = connect(channel + "?ack=true").awaitCount(1);
		this.relay.newEpoch();
		publish(channel, "of another log");
		TestClient.Close close = client.awaitClosed(Duration.ofSeconds(10));
		assertThat(close.code()).isEqualTo(3010);
		assertThat(close.reason()).isEqualTo("insufficient state");
		assertThat(plain.awaitCount(2).isClosed()).isFalse();
	}

	@Test
	void presenceAndAnswersWorkWithPositionsToo() {
		String channel = channel();
		TestClient client = connect(channel + "?positions=true&presence=true").awaitCount(2);
		assertThat(json(client, 0).get("type").asString()).isEqualTo("subscribed");
		assertThat(json(client, 1).get("type").asString()).isEqualTo("presence");
		client.send("mine");
		MachineTime.await(Duration.ofSeconds(10)).until(() -> data(client).contains("mine"));
	}

	@Test
	void aPositionThatCannotBeReadIsRefused() {
		for (String since : List.of("x", "e:", "e:-1", ":1", "e:1x", "x".repeat(400) + ":1")) {
			assertThat(TestClient.refusedStatus(this.node.uri("log/a?since=" + since))).as(since).isEqualTo(400);
		}
	}

	/**
	 * A relay whose faults the tests decide.
	 */
	@Configuration(proxyBeanMethods = false)
	static class RelayConfiguration {

		@Bean
		LossyRelay relay() {
			return new LossyRelay();
		}

	}

}
