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

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

import static io.github.atmosphererelay.door.centrifuge.internal.CentrifugeSocket.json;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the Centrifuge door does, by a client that knows no more than the wire.
 */
abstract class AbstractCentrifugeDoorTests extends AbstractCentrifugeRefusalTests {

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
			assertThat(node().messaging().registry().find(connected.path("client").asString())).isNotNull();
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
		node().broadcaster().broadcast("chat/kinds", "{\n\t\"a\": [1,\r\n 2],\n\"b\": \"x\\ny\"}");
		node().broadcaster().broadcast("chat/kinds", "two\nlines \"quoted\" \u0001");
		node().broadcaster().broadcast("chat/kinds", "");
		node().broadcaster().broadcast("chat/kinds", "1 2");
		node().broadcaster().broadcast("chat/kinds", new byte[] { 0, (byte) 0xFF, 10 });
		node().broadcaster().broadcast("chat/kinds", Map.of("key", "grüße"));
		node().broadcaster().toUser("alice", "for alice");
		node().broadcaster().toEveryone("{}");
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
		TestClient raw = closing(node().connect("chat/both?ack=true")).awaitCount(1);
		raw.send("plain").send("{\"n\":1}").awaitCount(3);
		assertThat(socket.awaitPushes(2)).extracting((push) -> push.findValue("data"))
			.containsExactly(json("'plain'"), json("{'n':1}"));
		socket.call("publish", "{'channel':'chat/both','data':{'a': [1, 'x']}}");
		raw.awaitCount(4);
		assertThat(raw.received().get(3)).isEqualTo("{\"a\": [1, \"x\"]}");
	}

	@Test
	void theNodeSubscribesAndUnsubscribesAUserAndSendsItAway() {
		CentrifugeSocket socket = connectAs("alice");
		socket.subscribe("chat/own");
		Cluster cluster = node().bean(Cluster.class);
		cluster.subscribe("alice", "chat/given").join();
		node().broadcaster().broadcast("chat/given", "1");
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
		assertThat(node().messaging().registry().countInChannel("log/reject")).isZero();
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
				assertThat(node().messaging().registry().countInChannel(channel)).isEqualTo(1);
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
		MachineTime.await(Duration.ofSeconds(5)).until(() -> node().bean(Beans.class).sent().contains("{\"n\":1}"));
	}

}
