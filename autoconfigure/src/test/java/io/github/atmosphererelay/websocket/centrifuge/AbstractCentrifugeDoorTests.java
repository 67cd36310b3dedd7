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

package io.github.atmosphererelay.websocket.centrifuge;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;

import io.github.atmosphererelay.broadcast.ClientSendHandler;
import io.github.atmosphererelay.broadcast.ErrorCode;
import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.cluster.PresenceAttributes;
import io.github.atmosphererelay.endpoint.ManagedService;
import io.github.atmosphererelay.endpoint.Message;
import io.github.atmosphererelay.endpoint.Outbound;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.InvalidTokenException;
import io.github.atmosphererelay.session.TokenAuthenticator;
import io.github.atmosphererelay.session.TokenAuthenticator.Authenticated;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.RawSocket;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static io.github.atmosphererelay.websocket.centrifuge.CentrifugeSocket.json;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the Centrifuge door does, by a client that knows no more than the wire.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AbstractCentrifugeDoorTests {

	private static final String[] PROPERTIES = { "atmosphere.channels[0].pattern=chat/**",
			"atmosphere.channels[0].client-publish=true", "atmosphere.channels[0].presence=true",
			"atmosphere.channels[1].pattern=log/**", "atmosphere.channels[1].client-publish=true",
			"atmosphere.channels[1].history.size=20", "atmosphere.channels[2].pattern=members/**",
			"atmosphere.channels[2].subscribe=authenticated", "atmosphere.channels[3].pattern=handled",
			"atmosphere.channels[3].client-publish=true", "atmosphere.websocket.ping-interval=1s",
			"atmosphere.websocket.pong-timeout=2s", "atmosphere.websocket.queue.max-bytes=512KB",
			"atmosphere.websocket.messages-per-second=1000", "atmosphere.websocket.burst=1000",
			"atmosphere.security.token-timeout=2s", "atmosphere.limits.channels-per-session=5",
			"atmosphere.limits.sessions-per-user=2", "atmosphere.presence.push-interval=50ms",
			"atmosphere.presence.leave-delay=50ms", "atmosphere.recovery.max-messages=10" };

	private final List<AutoCloseable> open = new ArrayList<>();

	private TestNode node;

	abstract String[] serverArguments();

	@BeforeAll
	void startNode() {
		List<String> args = new ArrayList<>(List.of(PROPERTIES));
		args.addAll(List.of(serverArguments()));
		this.node = TestNode.start(List.of(Beans.class), args.toArray(String[]::new));
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
		MachineTime.await(Duration.ofSeconds(10))
			.pollInterval(Duration.ofMillis(5))
			.until(() -> this.node.messaging().registry().sessionCount() == 0);
		assertThat(this.node.messaging().registry().channelCount()).isZero();
	}

	private URI uri() {
		return this.node.uri("connection/websocket");
	}

	private CentrifugeSocket open() {
		CentrifugeSocket socket = CentrifugeSocket.open(uri());
		this.open.add(socket);
		return socket;
	}

	private CentrifugeSocket connect() {
		CentrifugeSocket socket = CentrifugeSocket.connect(uri());
		this.open.add(socket);
		return socket;
	}

	private CentrifugeSocket connectAs(String token) {
		CentrifugeSocket socket = open();
		socket.call("connect", "{'token':'" + token + "'}");
		return socket;
	}

	@Test
	void whatIsAskedInTheFirstFrameIsAnsweredAfterTheConnect() {
		for (String connect : List.of("{}", "{'token':'alice'}")) {
			CentrifugeSocket socket = open();
			socket.send("{'id':1,'connect':" + connect + "}\n{'id':2,'subscribe':{'channel':'chat/a','flag':1}}\n"
					+ "{'id':3,'publish':{'channel':'chat/a','data':{'n':1.0}}}\n{'id':4,'ping':{}}");
			socket.reply(4);
			socket.awaitPushes(1);
			List<JsonNode> objects = socket.objects();
			JsonNode connected = objects.get(0).path("connect");
			assertThat(objects.get(0).path("id").asInt()).isEqualTo(1);
			assertThat(this.node.messaging().registry().find(connected.path("client").asString())).isNotNull();
			assertThat(connected.path("ping").asInt()).isEqualTo(1);
			assertThat(connected.path("pong").asBoolean()).isTrue();
			assertThat(socket.reply(2)).isEqualTo(json("{'id':2,'subscribe':{}}"));
			assertThat(socket.reply(3)).isEqualTo(json("{'id':3,'publish':{}}"));
			assertThat(socket.pushes()).containsExactly(json("{'channel':'chat/a','pub':{'data':{'n':1.0}}}"));
		}
	}

	@Test
	void messagesOfAnyKindComeAsJsonOnOneLine() {
		CentrifugeSocket socket = connectAs("alice");
		socket.subscribe("chat/kinds");
		this.node.broadcaster().broadcast("chat/kinds", "{\n\t\"a\": [1,\r\n 2],\n\"b\": \"x\\ny\"}");
		this.node.broadcaster().broadcast("chat/kinds", "two\nlines \"quoted\" \u0001");
		this.node.broadcaster().broadcast("chat/kinds", "");
		this.node.broadcaster().broadcast("chat/kinds", "1 2");
		this.node.broadcaster().broadcast("chat/kinds", new byte[] { 0, (byte) 0xFF, 10 });
		this.node.broadcaster().broadcast("chat/kinds", Map.of("key", "grüße"));
		this.node.broadcaster().toUser("alice", "for alice");
		this.node.broadcaster().toEveryone("{}");
		assertThat(socket.awaitPushes(8)).extracting((push) -> push.findValue("data"))
			.containsExactly(json("{'a':[1,2],'b':'x\\ny'}"), json("'two\\nlines \\'quoted\\' \\u0001'"), json("''"),
					json("'1 2'"), json("'AP8K'"), json("{'key':'grüße'}"), json("'for alice'"), json("{}"));
		assertThat(socket.pushes().get(6).has("message")).isTrue();
		assertThat(socket.pushes().get(6).has("channel")).isFalse();
	}

	@Test
	void aChannelIsTheSameAtBothDoors() {
		CentrifugeSocket socket = connect();
		socket.subscribe("chat/both");
		TestClient raw = this.node.connect("chat/both?ack=true").awaitCount(1);
		this.open.add(raw);
		raw.send("plain").send("{\"n\":1}").awaitCount(3);
		assertThat(socket.awaitPushes(2)).extracting((push) -> push.findValue("data"))
			.containsExactly(json("'plain'"), json("{'n':1}"));
		socket.call("publish", "{'channel':'chat/both','data':{'a': [1, 'x']}}");
		raw.awaitCount(4);
		assertThat(raw.received().get(3)).isEqualTo("{\"a\": [1, \"x\"]}");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "nonsense", "[]", "1", "{'id':2,'ping':{}", "{'id':2,'ping':{}}}",
			"{'id':2,'ping':{}} {}", "{'ping':{}}", "{'id':-1,'ping':{}}", "{'id':'2','ping':{}}",
			"{'id':99999999999999999999,'ping':{}}", "{'id':2,'subscribe':{'channel':5}}",
			"{'id':2,'subscribe':{'channel':'chat/a','offset':-1}}",
			"{'id':2,'subscribe':{'channel':'chat/a','offset':99999999999999999999}}",
			"{'id':2,'subscribe':{'channel':'chat/a','recover':'yes'}}",
			"{'id':2,'publish':{'channel':'chat/a','data':{]}}}", "{'id':2,'ping':{},'rpc':{}}",
			"{'id':2,'connect':{}}", "{}", "DEEP", "BINARY",
			"{'id':2,'history':{'channel':'log/a','limit':1,'since':5}}" })
	void whatIsNotOfTheProtocolClosesTheConnectionAndHarmsNobodyElse(String frame) {
		CentrifugeSocket witness = connect();
		witness.subscribe("chat/witness");
		CentrifugeSocket rude = connect();
		long before = this.node.messaging().statistics().refused(ErrorCode.BAD_REQUEST);
		switch (frame) {
			case "BINARY" -> rude.client().send(new byte[] { 1 });
			case "DEEP" -> rude.send("{'id':2,'rpc':{'data':" + "[".repeat(20_000) + "]".repeat(20_000) + "}}");
			default -> rude.send(frame);
		}
		TestClient.Close close = rude.awaitClosed();
		assertThat(close).isEqualTo(new TestClient.Close(3501, "bad request"));
		assertThat(this.node.messaging().statistics().refused(ErrorCode.BAD_REQUEST)).isEqualTo(before + 1);
		witness.call("publish", "{'channel':'chat/witness','data':1}");
		assertThat(witness.awaitPushes(1)).hasSize(1);
		assertThat(witness.client().isClosed()).isFalse();
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
		assertThat(socket.errorOf("rpc", "{'method':'none','data':{}}")).isEqualTo(104);
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
		RawSocket slow = RawSocket.connect(uri(), 4096);
		this.open.add(slow);
		slow.send(RawSocket.TEXT, "{\"id\":1,\"connect\":{}}\n{\"id\":2,\"subscribe\":{\"channel\":\"chat/slow\"}}"
			.getBytes(StandardCharsets.UTF_8));
		MachineTime.await(Duration.ofSeconds(10))
			.until(() -> this.node.messaging().registry().countInChannel("chat/slow") == 1);
		long before = this.node.messaging().writers().statistics().slowConsumers();
		MachineTime.await(Duration.ofSeconds(20)).until(() -> {
			for (int i = 0; i < 100; i++) {
				this.node.broadcaster().broadcast("chat/slow", "s".repeat(16 * 1024));
			}
			return this.node.messaging().writers().statistics().slowConsumers() > before;
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
	void theNodeSubscribesAndUnsubscribesAUserAndSendsItAway() {
		CentrifugeSocket socket = connectAs("alice");
		socket.subscribe("chat/own");
		Cluster cluster = this.node.bean(Cluster.class);
		cluster.subscribe("alice", "chat/given").join();
		this.node.broadcaster().broadcast("chat/given", "1");
		cluster.unsubscribe("alice", "chat/given").join();
		cluster.unsubscribe("alice", "chat/own").join();
		assertThat(socket.awaitPushes(4)).containsExactly(json("{'channel':'chat/given','subscribe':{}}"),
				json("{'channel':'chat/given','pub':{'data':1}}"),
				json("{'channel':'chat/given','unsubscribe':{'code':2000,'reason':'server unsubscribe'}}"),
				json("{'channel':'chat/own','unsubscribe':{'code':2000,'reason':'server unsubscribe'}}"));
		socket.subscribe("chat/own");
		cluster.disconnectUser("alice", new CloseReason(1000, "{\"bye\":1}")).join();
		assertThat(socket.awaitClosed()).isEqualTo(new TestClient.Close(3503, "closed"));
	}

	@Test
	void aRecordedChannelIsRecoveredExactlyOrNotAtAll() {
		CentrifugeSocket socket = connect();
		JsonNode fresh = socket.call("subscribe", "{'channel':'log/exact'}");
		assertThat(fresh.path("recoverable").asBoolean()).isTrue();
		assertThat(fresh.path("positioned").asBoolean()).isTrue();
		assertThat(fresh.path("offset").asInt()).isZero();
		assertThat(fresh.has("was_recovering")).isFalse();
		String epoch = fresh.path("epoch").asString();
		for (int i = 1; i <= 12; i++) {
			socket.call("publish", "{'channel':'log/exact','data':" + i + "}");
		}
		assertThat(socket.awaitPushes(12)).extracting((push) -> push.path("pub").path("offset").asInt())
			.containsExactlyElementsOf(IntStream.rangeClosed(1, 12).boxed().toList());
		CentrifugeSocket back = connect();
		JsonNode recovered = back.call("subscribe", recover("log/exact", epoch, 9));
		assertThat(recovered.path("recovered").asBoolean()).isTrue();
		assertThat(recovered.path("was_recovering").asBoolean()).isTrue();
		assertThat(recovered.path("offset").asInt()).isEqualTo(9);
		assertThat(recovered.path("publications"))
			.isEqualTo(json("[{'data':10,'offset':10},{'data':11,'offset':11},{'data':12,'offset':12}]"));
		JsonNode nothingMissed = connect().call("subscribe", recover("log/exact", epoch, 12));
		assertThat(nothingMissed.path("recovered").asBoolean()).isTrue();
		assertThat(nothingMissed.path("offset").asInt()).isEqualTo(12);
		assertThat(nothingMissed.has("publications")).isFalse();
		for (String wish : List.of(recover("log/exact", epoch, 1), recover("log/exact", "another", 9),
				recover("log/exact", epoch, 13))) {
			JsonNode unrecovered = connect().call("subscribe", wish);
			assertThat(unrecovered.has("recovered")).as(wish).isFalse();
			assertThat(unrecovered.path("was_recovering").asBoolean()).isTrue();
			assertThat(unrecovered.path("offset").asInt()).isEqualTo(12);
			assertThat(unrecovered.path("epoch").asString()).isEqualTo(epoch);
			assertThat(unrecovered.has("publications")).isFalse();
		}
	}

	private static String recover(String channel, String epoch, int offset) {
		return "{'channel':'" + channel + "','recover':true,'epoch':'" + epoch + "','offset':" + offset + "}";
	}

	@Test
	void aClientMaySubscribeOnlyIfNothingIsMissing() {
		CentrifugeSocket socket = connect();
		String rejecting = recover("log/reject", "another", 1).replace("}", ",'flag':3}");
		assertThat(socket.errorOf("subscribe", rejecting)).isEqualTo(112);
		assertThat(this.node.messaging().registry().countInChannel("log/reject")).isZero();
		socket.subscribe("log/reject");
		assertThat(socket.pushes()).isEmpty();
	}

	@Test
	void aSubscriptionThatIsGivenUpAtOnceIsAnsweredAndLeavesNothingBehind() {
		CentrifugeSocket socket = connect();
		for (String channel : List.of("chat/brief", "log/brief")) {
			for (int i = 0; i < 20; i++) {
				int id = 1_000 + 3 * i + (channel.startsWith("log") ? 100 : 0);
				socket.send("{'id':%d,'subscribe':{'channel':'%s'}}\n{'id':%d,'unsubscribe':{'channel':'%s'}}\n"
					.formatted(id, channel, id + 1, channel)
						+ "{'id':%d,'subscribe':{'channel':'%s'}}".formatted(id + 2, channel));
				socket.reply(id);
				socket.reply(id + 1);
				assertThat(socket.reply(id + 2).has("error")).isFalse();
				assertThat(this.node.messaging().registry().countInChannel(channel)).isEqualTo(1);
				socket.call("unsubscribe", "{'channel':'" + channel + "'}");
			}
		}
		assertThat(socket.pushes()).isEmpty();
	}

	@Test
	void whoComesAndGoesIsToldToThoseWhoAsk() {
		CentrifugeSocket watching = connect();
		watching.call("subscribe", "{'channel':'chat/present','join_leave':true}");
		CentrifugeSocket indifferent = connect();
		indifferent.subscribe("chat/present");
		watching.awaitPushes(1);
		CentrifugeSocket alice = open();
		String id = alice.call("connect", "{'token':'alice'}").path("client").asString();
		alice.subscribe("chat/present");
		JsonNode info = json("{'user':'alice','client':'" + id + "','chan_info':{'colour':'red'}}");
		assertThat(watching.awaitPushes(2).get(1).path("join").path("info")).isEqualTo(info);
		JsonNode present = watching.call("presence", "{'channel':'chat/present'}").path("presence");
		assertThat(present.size()).isEqualTo(3);
		assertThat(present.path(id)).isEqualTo(info);
		assertThat(watching.call("presence_stats", "{'channel':'chat/present'}"))
			.isEqualTo(json("{'num_clients':3,'num_users':3}"));
		alice.call("unsubscribe", "{'channel':'chat/present'}");
		assertThat(watching.awaitPushes(3).get(2).path("leave").path("info").path("client").asString()).isEqualTo(id);
		assertThat(indifferent.pushes()).isEmpty();
	}

	@Test
	void theAnswerOfAHandlerComesFromItsChannel() {
		CentrifugeSocket socket = connect();
		CentrifugeSocket other = connect();
		socket.subscribe("handled");
		other.subscribe("handled");
		assertThat(socket.errorOf("publish", "{'channel':'handled','data':'x'}")).isZero();
		assertThat(socket.awaitPushes(1)).containsExactly(json("{'channel':'handled','pub':{'data':{'got':'x'}}}"));
		assertThat(other.pushes()).isEmpty();
	}

	@Test
	void whatIsSentToNoChannelGoesToItsHandler() {
		CentrifugeSocket socket = connect();
		socket.send("{'send':{'data':{'n':1}}}");
		MachineTime.await(Duration.ofSeconds(5)).until(() -> this.node.bean(Beans.class).sent.contains("{\"n\":1}"));
	}

	@Test
	void strangersAreRefusedAtTheHandshake() {
		assertThat(TestClient.refusedStatus(uri(), "Origin", "https://stranger.example")).isEqualTo(403);
		assertThat(TestClient.refusedStatus(this.node.uri("connection/elsewhere"))).isEqualTo(400);
	}

	/**
	 * What the application has.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Beans {

		private final List<String> sent = new CopyOnWriteArrayList<>();

		/** Tokens such as "alice", or "alice for 10", which are seconds. */
		@Bean
		TokenAuthenticator tokens() {
			return (token) -> {
				if (token.equals("invalid")) {
					throw new InvalidTokenException("no such user", null);
				}
				String[] parts = token.split(" for ");
				Principal principal = () -> parts[0];
				return new Authenticated(principal,
						(parts.length > 1) ? Instant.now().plusSeconds(Long.parseLong(parts[1])) : null);
			};
		}

		@Bean
		PresenceAttributes attributes() {
			return (session, channel) -> (session.principal() != null) ? Map.of("colour", "red") : Map.of();
		}

		@Bean
		ClientSendHandler sendHandler() {
			return (session, payload) -> this.sent.add(payload.asText());
		}

		@Bean
		Handled handled() {
			return new Handled();
		}

	}

	/**
	 * Takes messages.
	 */
	@ManagedService("handled")
	static class Handled {

		@Message
		Outbound onMessage(String message) {
			return Outbound.reply("{\"got\":" + message + "}");
		}

	}

}
