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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.stream.IntStream;

import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.RawSocket;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.transport.internal.ControlRate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import static io.github.atmosphererelay.door.centrifuge.internal.CentrifugeSocket.json;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whom and what the Centrifuge door refuses, and how the client is told.
 */
abstract class AbstractCentrifugeRefusalTests extends AbstractCentrifugeNodeTests {

	@ParameterizedTest
	@ValueSource(strings = { "", "nonsense", "[]", "1", "{'id':2,'ping':{}", "{'id':2,'ping':{}}}",
			"{'id':2,'ping':{}} {}", "{'ping':{}}", "{'id':-1,'ping':{}}", "{'id':'2','ping':{}}",
			"{'id':99999999999999999999,'ping':{}}", "{'id':2,'subscribe':{'channel':5}}",
			"{'id':2,'subscribe':{'channel':'chat/a','offset':-1}}",
			"{'id':2,'subscribe':{'channel':'chat/a','offset':99999999999999999999}}",
			"{'id':2,'subscribe':{'channel':'chat/a','recover':'yes'}}",
			"{'id':2,'publish':{'channel':'chat/a','data':{]}}}", "{'id':2,'ping':{},'rpc':{}}",
			"{'id':2,'connect':{}}", "{}", "LONG NUMBER", "BINARY",
			"{'id':2,'history':{'channel':'log/a','limit':1,'since':5}}" })
	void whatIsNotOfTheProtocolClosesTheConnectionAndHarmsNobodyElse(String frame) {
		CentrifugeSocket witness = connect();
		witness.subscribe("chat/witness");
		CentrifugeSocket rude = connect();
		long before = node().messaging().statistics().inbound().refused(ErrorCode.BAD_REQUEST);
		switch (frame) {
			case "BINARY" -> rude.client().send(new byte[] { 1 });
			case "LONG NUMBER" -> rude.send("{'id':" + "9".repeat(60_000) + ",'ping':{}}");
			default -> rude.send(frame);
		}
		TestClient.Close close = rude.awaitClosed();
		assertThat(close).isEqualTo(new TestClient.Close(3501, "bad request"));
		assertThat(node().messaging().statistics().inbound().refused(ErrorCode.BAD_REQUEST)).isEqualTo(before + 1);
		witness.call("publish", "{'channel':'chat/witness','data':1}");
		assertThat(witness.awaitPushes(1)).hasSize(1);
		assertThat(witness.client().isClosed()).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "depth", "name", "number", "string" })
	void dataIsCarriedWordForWordHoweverDeepItIsAndHoweverLongItsNames(String kind) {
		String data = switch (kind) {
			case "depth" -> "[".repeat(30_000) + "]".repeat(30_000);
			case "name" -> "{\"" + "n".repeat(60_000) + "\":1}";
			case "number" -> "1" + "0".repeat(60_000);
			default -> "\"" + "s".repeat(60_000) + "\"";
		};
		CentrifugeSocket sender = connect();
		sender.subscribe("log/unusual-" + kind);
		sender.subscribe("handled");
		CentrifugeSocket reader = connect();
		reader.subscribe("log/unusual-" + kind);
		sender.client()
			.send("{\"id\":70,\"publish\":{\"channel\":\"log/unusual-" + kind + "\",\"data\":" + data + "}}");
		assertThat(sender.reply(70).has("error")).isFalse();
		reader.client().awaitCount(3);
		assertThat(reader.client().texts().get(2)).contains(",\"pub\":{\"data\":" + data + ",\"offset\":1}");
		reader.client()
			.send("{\"id\":71,\"history\":{\"channel\":\"log/unusual-" + kind + "\",\"limit\":1}}")
			.awaitCount(4);
		assertThat(reader.client().texts().get(3)).startsWith("{\"id\":71,\"history\":{").contains(data);
		sender.client().send("{\"id\":73,\"publish\":{\"channel\":\"handled\",\"data\":" + data + "}}");
		assertThat(sender.reply(73).has("error")).isFalse();
		MachineTime.await(Duration.ofSeconds(10))
			.until(() -> sender.client().texts().stream().anyMatch((text) -> text.contains("{\"got\":" + data + "}")));
		sender.client().send("{\"id\":72,\"rpc\":{\"method\":\"none\",\"data\":" + data + "}}");
		assertThat(sender.reply(72).path("error").path("code").asInt()).isEqualTo(108);
	}

	@Test
	void pongsThatAnswerNoPingAreLimited() throws Exception {
		RawSocket socket = closing(RawSocket.connect(uri()));
		socket.send(RawSocket.TEXT, "{\"id\":1,\"connect\":{}}".getBytes(StandardCharsets.UTF_8));
		for (int i = 0; i < 2 * ControlRate.MAX_PER_SECOND; i++) {
			socket.send(RawSocket.PONG, new byte[0]);
		}
		assertThat(socket.readCloseCode()).isEqualTo(3013);
	}

	@Test
	void aCommandBeforeTheConnectIsABadRequest() {
		CentrifugeSocket socket = open();
		socket.send("{'id':1,'subscribe':{'channel':'chat/a'}}");
		assertThat(socket.awaitClosed().code()).isEqualTo(3501);
	}

	@Test
	void whatIsNotOfferedIsAnErrorAndUnknownFieldsAreIgnored() {
		CentrifugeSocket socket = connect();
		assertThat(socket.errorOf("map_publish", "{'channel':'chat/a'}")).isEqualTo(104);
		assertThat(socket.errorOf("rpc", "{'method':'none','data':{}}")).isEqualTo(108);
		assertThat(socket.errorOf("sub_refresh", "{'channel':'chat/a','token':'x'}")).isEqualTo(108);
		assertThat(socket.errorOf("subscribe", "{'channel':'nowhere'}")).isEqualTo(102);
		assertThat(socket.errorOf("subscribe", "{'channel':''}")).isEqualTo(107);
		assertThat(socket.errorOf("subscribe", "{'channel':'members/a'}")).isEqualTo(101);
		assertThat(socket.errorOf("history", "{'channel':'chat/a','limit':1}")).isEqualTo(108);
		assertThat(socket.errorOf("presence", "{'channel':'log/a'}")).isEqualTo(108);
		assertThat(socket.errorOf("publish", "{'channel':'chat/a','data':1}")).isEqualTo(103);
		assertThat(socket.errorOf("subscribe", "{'channel':'chat/a','new':{'x':[1]},'delta':'fossil'}")).isZero();
		assertThat(socket.errorOf("subscribe", "{'channel':'chat/a'}")).isEqualTo(105);
		assertThat(socket.errorOf("publish", "{'channel':'chat/a'}")).isEqualTo(107);
		socket.send("{'send':{}}");
		assertThat(socket.errorOf("ping", "null")).isEqualTo(104);
	}

	@Test
	void aSessionIsInNoMoreChannelsThanItMayBe() {
		CentrifugeSocket socket = connect();
		IntStream.range(0, 5).forEach((i) -> socket.subscribe("chat/" + i));
		assertThat(socket.errorOf("subscribe", "{'channel':'chat/5'}")).isEqualTo(106);
		assertThat(socket.errorOf("unsubscribe", "{'channel':'chat/0'}")).isZero();
		socket.subscribe("chat/5");
	}

	@Test
	void aFrameOverTheLimitIsRefusedWithACodeAfterWhichClientsDoNotTryAgain() {
		CentrifugeSocket socket = connect();
		socket.subscribe("chat/big");
		String begin = "{'id':9,'publish':{'channel':'chat/big','data':'";
		socket.send(begin + "x".repeat(64 * 1024 - begin.length() - 3) + "'}}");
		assertThat(socket.awaitPushes(1)).hasSize(1);
		socket.send(begin + "x".repeat(64 * 1024 - begin.length() - 2) + "'}}");
		assertThat(socket.awaitClosed()).isEqualTo(new TestClient.Close(3501, "message too big"));
	}

	@Test
	void whoSendsTooMuchIsSentAwayForAWhile() {
		CentrifugeSocket socket = connect();
		StringBuilder frame = new StringBuilder();
		for (int i = 2; i < 2_000; i++) {
			frame.append("{'id':").append(i).append(",'ping':{}}\n");
		}
		socket.send(frame.toString());
		assertThat(socket.awaitClosed()).isEqualTo(new TestClient.Close(3013, "too many requests"));
	}

	@Test
	void whoDoesNotSayWhoItIsIsStale() {
		CentrifugeSocket socket = open();
		assertThat(socket.awaitClosed()).isEqualTo(new TestClient.Close(3502, "stale"));
	}

	@Test
	void aClientThatTalksIsPingedNeverthelessAndOneThatDoesNotAnswerIsSentAway() {
		CentrifugeSocket silent = connect();
		CentrifugeSocket answering = connect();
		int answered = 0;
		while (!silent.client().isClosed()) {
			answering.call("ping", "{}");
			long pings = answering.objects().stream().filter(JsonNode::isEmpty).count();
			for (; answered < pings; answered++) {
				answering.send("{}");
			}
		}
		assertThat(silent.awaitClosed()).isEqualTo(new TestClient.Close(3012, "no pong"));
		assertThat(silent.objects()).contains(json("{}"));
		assertThat(answered).isPositive();
		assertThat(answering.client().isClosed()).isFalse();
	}

	@Test
	void aClientThatDoesNotReadIsSlow() throws Exception {
		RawSocket slow = closing(RawSocket.connect(uri(), 4096));
		slow.send(RawSocket.TEXT, "{\"id\":1,\"connect\":{}}\n{\"id\":2,\"subscribe\":{\"channel\":\"chat/slow\"}}"
			.getBytes(StandardCharsets.UTF_8));
		MachineTime.await(Duration.ofSeconds(10))
			.until(() -> node().messaging().registry().countInChannel("chat/slow") == 1);
		long before = node().messaging().writers().statistics().slowConsumers();
		MachineTime.await(Duration.ofSeconds(20)).until(() -> {
			for (int i = 0; i < 100; i++) {
				node().broadcaster().broadcast("chat/slow", "s".repeat(16 * 1024));
			}
			return node().messaging().writers().statistics().slowConsumers() > before;
		});
		assertThat(slow.readCloseCode()).isIn(3008, 1006);
	}

	@Test
	void tokensSayWhoTheClientIsAndHowLong() {
		CentrifugeSocket socket = open();
		JsonNode connected = socket.call("connect", "{'token':'alice for 100'}");
		assertThat(connected.path("expires").asBoolean()).isTrue();
		assertThat(connected.path("ttl").asInt()).isBetween(85, 91);
		socket.subscribe("members/a");
		JsonNode refreshed = socket.call("refresh", "{'token':'alice for 1000'}");
		assertThat(refreshed.path("ttl").asInt()).isBetween(985, 991);
		assertThat(socket.errorOf("refresh", "{'token':'alice for -1'}")).isEqualTo(109);
		assertThat(socket.client().isClosed()).isFalse();
		socket.command("refresh", "{'token':'bob'}");
		assertThat(socket.awaitClosed()).isEqualTo(new TestClient.Close(3500, "invalid token"));
	}

	@Test
	void anInvalidTokenEndsTheConnectionAndAnExpiredOneAsksForAnother() {
		CentrifugeSocket invalid = open();
		invalid.command("connect", "{'token':'invalid'}");
		assertThat(invalid.awaitClosed()).isEqualTo(new TestClient.Close(3500, "invalid token"));
		CentrifugeSocket expired = open();
		assertThat(expired.errorOf("connect", "{'token':'alice for -1'}")).isEqualTo(109);
		assertThat(expired.call("connect", "{'token':'alice'}").path("client").asString()).isNotEmpty();
	}

	@Test
	void aSessionEndsWithItsToken() {
		CentrifugeSocket socket = connectAs("alice for 1");
		assertThat(socket.awaitClosed()).isEqualTo(new TestClient.Close(3005, "connection expired"));
	}

	@Test
	void aUserHasNoMoreSessionsThanItMayHave() {
		connectAs("alice");
		connectAs("alice");
		CentrifugeSocket third = open();
		third.command("connect", "{'token':'alice'}");
		assertThat(third.awaitClosed()).isEqualTo(new TestClient.Close(3504, "connection limit"));
	}

	@Test
	void strangersAreRefusedAtTheHandshake() {
		assertThat(TestClient.refusedStatus(uri(), "Origin", "https://stranger.example")).isEqualTo(403);
		assertThat(TestClient.refusedStatus(node().uri("connection/elsewhere"))).isEqualTo(400);
	}

}
