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

package io.github.atmosphererelay.recovery;

import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.recovery.CentrifugeDriver.Client;
import io.github.atmosphererelay.recovery.CentrifugeDriver.Refused;
import io.github.atmosphererelay.test.Covers;
import io.github.atmosphererelay.test.KnownFault;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Each command of the protocol, with clients on several nodes.
 */
abstract class AbstractCentrifugeCommandTests extends AbstractCentrifugeTests {

	@Test
	void aClientIsTheUserOfItsHandshakeOrOfItsToken() {
		String channel = channel("room");
		Client alice = client(0, "alice").subscribe(channel);
		assertThat(alice.awaitEvent("connected").path("client").asString()).isNotEmpty();
		Client bob = driver().open("bob-by-token", anywhere(1), "token", "bob:60").subscribe(channel);
		await().until(() -> alice.call("presence", "channel", channel).path("clients").size() == 2);
		assertThat(alice.call("presence", "channel", channel).path("clients").valueStream())
			.extracting((each) -> each.path("user").asString())
			.containsExactlyInAnyOrder("alice", "bob");
		assertThat(bob.events("error")).isEmpty();
	}

	@Test
	void aTokenThatProvesNothingEndsIt() {
		Client nobody = driver().open("nobody", anywhere(0), "token", "what");
		assertThat(nobody.awaitEvent("disconnected").path("code").asInt()).isEqualTo(3500);
	}

	@Test
	void aTokenIsRefreshedBeforeItExpiresAndAnExpiredOneIsReplaced() {
		List<String> seen = node(0).bean(RecoveryApplication.Tokens.class).seen();
		Client alice = driver().open("alice-refreshing", anywhere(0), "token", "alice:0", "tokens",
				List.of("alice:2", "alice:3600"));
		String channel = channel("log");
		alice.subscribe(channel);
		assertThat(seen).endsWith("alice:0", "alice:2");
		int sockets = alice.call("sockets").path("count").asInt();
		await().until(() -> seen.contains("alice:3600"));
		publish(1, channel, 0, 1);
		assertComplete(alice, channel, 0, 1);
		assertThat(alice.call("sockets").path("count").asInt()).isEqualTo(sockets);
		assertThat(alice.events("disconnected")).isEmpty();
	}

	@Test
	void whatIsPublishedOnOneNodeArrivesOnAllAsItWas() {
		String channel = channel("log");
		List<Client> clients = List.of(client(0).subscribe(channel), client(1).subscribe(channel),
				client(2).subscribe(channel));
		Object structured = Map.of("text", "grüße 😀\nzweite Zeile", "list", List.of(1, 2));
		clients.get(0).publish(channel, "first");
		clients.get(1).publish(channel, structured);
		clients.get(2).publish(channel, 42);
		for (Client client : clients) {
			client.awaitHeard(channel, 3);
			assertThat(client.publications(channel)).extracting((each) -> each.path("data"))
				.containsExactly(CentrifugeDriver.JSON.valueToTree("first"),
						CentrifugeDriver.JSON.valueToTree(structured), CentrifugeDriver.JSON.valueToTree(42));
			assertThat(client.offsets(channel)).isSorted().doesNotHaveDuplicates();
		}
	}

	@Test
	void anEphemeralChannelHasNoOffsets() {
		String channel = channel("room");
		Client alice = client(0, "alice").subscribe(channel);
		Client bob = client(1, "bob").subscribe(channel);
		bob.publish(channel, "hello");
		alice.awaitHeard(channel, 1);
		assertThat(alice.publications(channel).get(0).has("offset")).isFalse();
		assertThat(alice.events("subscribed", channel).get(0).path("recoverable").asBoolean()).isFalse();
	}

	@Test
	void historyIsReadInBothDirectionsFromAPositionAndAsAPositionAlone() {
		String channel = channel("log");
		publish(1, channel, 0, 20);
		Client client = client(0);
		JsonNode all = client.call("history", "channel", channel, "limit", 100);
		assertThat(texts(all)).isEqualTo(texts(0, 20));
		JsonNode newest = client.call("history", "channel", channel, "limit", 3, "reverse", true);
		assertThat(texts(newest)).containsExactly("m19", "m18", "m17");
		JsonNode tenth = all.path("publications").get(9);
		JsonNode next = client.call("history", "channel", channel, "limit", 2, "since",
				Map.of("offset", tenth.path("offset").asLong(), "epoch", all.path("epoch").asString()));
		assertThat(texts(next)).containsExactly("m10", "m11");
		JsonNode position = client.call("history", "channel", channel, "limit", 0);
		assertThat(position.path("publications")).isEmpty();
		// In a database other messages of the channel's shard come behind the last one
		assertThat(position.path("offset").asLong())
			.isGreaterThanOrEqualTo(all.path("publications").get(19).path("offset").asLong());
		publish(1, channel, 20, 22);
		JsonNode later = client.call("history", "channel", channel, "limit", 100, "since",
				Map.of("offset", position.path("offset").asLong(), "epoch", position.path("epoch").asString()));
		assertThat(texts(later)).containsExactly("m20", "m21");
		assertThatExceptionOfType(Refused.class)
			.isThrownBy(() -> client.call("history", "channel", channel, "limit", 1, "since",
					Map.of("offset", 1, "epoch", "another")))
			.satisfies((ex) -> assertThat(ex.code()).isEqualTo(112));
		assertThatExceptionOfType(Refused.class)
			.isThrownBy(() -> client.call("history", "channel", "room/1", "limit", 1))
			.satisfies((ex) -> assertThat(ex.code()).isEqualTo(108));
	}

	private static List<String> texts(JsonNode history) {
		return history.path("publications").valueStream().map((each) -> each.path("data").asString()).toList();
	}

	@Test
	void presenceIsThatOfAllNodesAndWhoComesAndGoesIsTold() {
		String channel = channel("room");
		Client alice = client(0, "alice").subscribe(channel, "joinLeave", true);
		Client bob = client(1, "bob").subscribe(channel);
		Client bobAgain = client(2, "bob").subscribe(channel);
		await().until(() -> alice.call("presenceStats", "channel", channel).path("numClients").asInt() == 3);
		assertThat(alice.call("presenceStats", "channel", channel).path("numUsers").asInt()).isEqualTo(2);
		assertThat(alice.call("presence", "channel", channel).path("clients").size()).isEqualTo(3);
		await().until(() -> users(alice, "join").contains("bob"));
		bob.call("unsubscribe", "channel", channel);
		bobAgain.call("cut");
		bobAgain.call("close");
		await().until(() -> users(alice, "leave").contains("bob"));
		await().until(() -> alice.call("presenceStats", "channel", channel).path("numClients").asInt() == 1);
		assertThatExceptionOfType(Refused.class).isThrownBy(() -> alice.call("presence", "channel", "heard/1"))
			.satisfies((ex) -> assertThat(ex.code()).isEqualTo(108));
	}

	private static List<String> users(Client client, String event) {
		return client.events(event).stream().map((each) -> each.path("info").path("user").asString()).toList();
	}

	@Test
	void callsAreAnsweredAndSendsArrive() {
		Client client = client(0);
		assertThat(client.call("rpc", "method", "echo", "data", List.of(1, "a")).path("data"))
			.isEqualTo(CentrifugeDriver.JSON.valueToTree(List.of(1, "a")));
		assertThatExceptionOfType(Refused.class).isThrownBy(() -> client.call("rpc", "method", "refuse", "data", 1))
			.satisfies((ex) -> assertThat(ex.code()).isEqualTo(103));
		assertThatExceptionOfType(Refused.class).isThrownBy(() -> client.call("rpc", "method", "nothing", "data", 1))
			.satisfies((ex) -> assertThat(ex.code()).isEqualTo(104));
		client.call("send", "data", "to nobody");
		await().until(() -> node(0).bean(RecoveryApplication.Sent.class).texts().contains("\"to nobody\""));
	}

	@Test
	void whatIsNotAllowedIsRefusedAndTheConnectionStays() {
		String channel = channel("heard");
		Client client = client(0).subscribe(channel);
		assertThatExceptionOfType(Refused.class).isThrownBy(() -> client.publish(channel, "no"))
			.satisfies((ex) -> assertThat(ex.code()).isEqualTo(103));
		client.call("subscribe", "channel", "unknown/1");
		await().until(() -> !client.events("unsubscribed", "unknown/1").isEmpty());
		assertThat(client.events("unsubscribed", "unknown/1").get(0).path("code").asInt()).isEqualTo(102);
		node(1).broadcaster().broadcast(channel, "still here").join();
		client.awaitHeard(channel, 1);
		assertThat(client.events("disconnected")).isEmpty();
	}

	@Test
	void whoHasUnsubscribedHearsNothingAndGetsItWhenItIsBack() {
		String channel = channel("log");
		Client client = client(0).subscribe(channel);
		publish(1, channel, 0, 5);
		client.awaitHeard(channel, 5);
		client.call("unsubscribe", "channel", channel);
		publish(1, channel, 5, 10);
		assertThat(client.heard(channel)).isEqualTo(texts(0, 5));
		client.call("resubscribe", "channel", channel);
		assertRecovered(client.awaitSubscribed(channel, 2));
		assertComplete(client, channel, 0, 10);
	}

	@Test
	void aUserIsReachedAndSubscribedByTheServerOnAnyNode() {
		Client client = client(2, "erin");
		client.awaitEvent("connected");
		await().until(() -> {
			node(0).broadcaster().toUser("erin", "only for you").join();
			return !client.events("message").isEmpty();
		});
		assertThat(client.events("message").get(0).path("data").asString()).isEqualTo("only for you");
		String channel = channel("room");
		Cluster cluster = node(0).bean(Cluster.class);
		cluster.subscribe("erin", channel).join();
		await().until(() -> !client.events("subscribed", channel).isEmpty());
		await().until(() -> {
			node(1).broadcaster().broadcast(channel, "for the room").join();
			return !client.publications(channel).isEmpty();
		});
		cluster.unsubscribe("erin", channel).join();
		await().until(() -> !client.events("unsubscribed", channel).isEmpty());
	}

	@Test
	@Covers(KnownFault.OVERSIZED_MESSAGE)
	void aMessageThatIsTooLargeEndsItsClientAndNobodyElse() {
		String channel = channel("log");
		Client large = client(0);
		Client other = client(0).subscribe(channel);
		large.awaitEvent("connected");
		large.begin("publish", CentrifugeDriver.JSON.createObjectNode(), "channel", channel, "data",
				"x".repeat(20_000));
		assertThat(large.awaitEvent("disconnected").path("code").asInt()).isEqualTo(3501);
		publish(1, channel, 0, 3);
		assertComplete(other, channel, 0, 3);
	}

}
