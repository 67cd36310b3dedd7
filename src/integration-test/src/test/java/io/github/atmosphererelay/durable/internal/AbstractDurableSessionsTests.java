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

package io.github.atmosphererelay.durable.internal;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.atmosphererelay.durable.SessionStore;
import io.github.atmosphererelay.durable.StoredSession;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.test.Covers;
import io.github.atmosphererelay.test.KnownFault;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.RawSocket;
import io.github.atmosphererelay.test.SharedLog;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Durable sessions on two nodes, for each store that nodes share.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AbstractDurableSessionsTests {

	private final List<DurableClient> clients = new ArrayList<>();

	private TestNode a;

	private TestNode b;

	private int channels;

	/**
	 * Return where the sessions are kept.
	 */
	abstract List<String> storeArguments();

	/**
	 * Cut a node off from the store, or let it have it again.
	 */
	abstract void storeOfAIsAway(boolean away);

	@BeforeAll
	void startNodes() {
		DurableApplication.log = new SharedLog();
		this.a = start("a", storeArguments());
		this.b = start("b", storeArguments());
	}

	static TestNode start(String name, List<String> more, String... further) {
		List<String> args = new ArrayList<>(
				List.of("atmosphere.channels[0].pattern=log/**", "atmosphere.channels[0].history.size=200",
						"atmosphere.channels[1].pattern=chat/**", "atmosphere.channels[2].pattern=members/**",
						"atmosphere.channels[2].subscribe=authenticated", "atmosphere.channels[2].history.size=200",
						"atmosphere.recovery.max-messages=150", "atmosphere.durable-sessions.enabled=true",
						"atmosphere.durable-sessions.save-interval=200ms", "atmosphere.cluster.node-name=" + name));
		args.addAll(more);
		args.addAll(List.of(further));
		return TestNode.start(List.of(DurableApplication.class), args.toArray(String[]::new));
	}

	@AfterAll
	void stopNodes() {
		this.a.close();
		this.b.close();
	}

	@AfterEach
	void closeClients() {
		storeOfAIsAway(false);
		this.clients.forEach((client) -> client.client().close());
		this.clients.clear();
		for (TestNode node : List.of(this.a, this.b)) {
			MachineTime.await(Duration.ofSeconds(10)).until(() -> node.messaging().registry().sessionCount() == 0);
			assertThat(statistics(node).sessions()).isZero();
		}
	}

	private DurableClient connect(TestNode node, String channelAndQuery) {
		DurableClient client = DurableClient.connect(node, channelAndQuery);
		this.clients.add(client);
		return client;
	}

	private String channel() {
		return "log/" + this.channels++;
	}

	private List<String> publish(String channel, int from, int to) {
		List<String> texts = IntStream.range(from, to).mapToObj((i) -> "message " + i).toList();
		// By both, as in a cluster.
		for (int i = 0; i < texts.size(); i++) {
			TestNode node = (i % 2 == 0) ? this.a : this.b;
			assertThat(node.broadcaster()
				.broadcast(channel, texts.get(i))
				.orTimeout(10, TimeUnit.SECONDS)
				.join()
				.position()).isNotNull();
		}
		return texts;
	}

	private static DurableStatistics statistics(TestNode node) {
		return node.bean(DurableSessions.class).statistics();
	}

	private static LocalSession session(TestNode node, String channel) {
		return node.messaging().registry().inChannel(channel).iterator().next();
	}

	/**
	 * Wait until the store has heard that the client has everything.
	 */
	private void awaitStored(TestNode node, String token, String channel, long offset) {
		awaitStored(node, token, channel, channel, offset);
	}

	private void awaitStored(TestNode node, String token, String main, String channel, long offset) {
		MachineTime.await(Duration.ofSeconds(10)).until(() -> {
			StoredSession stored = node.bean(SessionStore.class).find(SessionTokens.key(token, main));
			return stored != null && stored.positions().get(channel) != null
					&& stored.positions().get(channel).offset() >= offset;
		});
	}

	/**
	 * Nothing is missing, and in order but for what came twice.
	 */
	private static void assertComplete(List<String> expected, Stream<DurableClient> connections) {
		List<String> received = connections.flatMap((client) -> client.messages().stream()).toList();
		assertThat(new ArrayList<>(new LinkedHashSet<>(received))).isEqualTo(expected);
	}

	@Test
	void aSessionIsRestoredOnAnotherNodeWithItsChannelsAttributesAndWhatItHasMissed() {
		String channel = channel();
		String second = channel();
		DurableClient client = connect(this.a, channel + "?durable=true");
		assertThat(client.isRestored()).isFalse();
		assertThat(client.subscribed(channel).get("wasRecovering").asBoolean()).isFalse();
		LocalSession session = session(this.a, channel);
		session.attributes().put("colour", "green");
		session.attributes().put("count", 7);
		session.attributes().put("notStored", new Object());
		this.a.messaging().subscriptions().subscribe(session, second);
		List<String> expected = new ArrayList<>(publish(channel, 0, 5));
		expected.addAll(publish(second, 5, 10));
		client.awaitMessages(10);
		awaitStored(this.a, client.token(), channel, 5);
		awaitStored(this.a, client.token(), channel, second, 5);
		client.cut();
		List<String> missed = publish(channel, 10, 20);
		List<String> missedInSecond = publish(second, 20, 30);
		DurableClient back = connect(this.b, channel + "?session=" + client.token());
		assertThat(back.isRestored()).isTrue();
		assertThat(back.token()).isEqualTo(client.token());
		assertThat(back.subscribed(channel).get("recovered").asBoolean()).isTrue();
		assertThat(back.subscribed(channel).get("replayed").asInt()).isEqualTo(10);
		assertThat(back.subscribed(second).get("recovered").asBoolean()).isTrue();
		back.awaitMessages(20);
		assertThat(back.messages()).containsAll(missed).containsAll(missedInSecond).hasSize(20);
		LocalSession restored = session(this.b, channel);
		assertThat(restored.attributes()).containsEntry("colour", "green")
			.containsEntry("count", 7)
			.doesNotContainKey("notStored");
		assertThat(restored.channels()).containsExactlyInAnyOrder(channel, second);
		// And what is live from now on.
		publish(second, 30, 31);
		back.awaitMessages(21);
	}

	@Test
	@Covers(KnownFault.RECOVERY_WORKS_ONLY_ONCE)
	void aSessionIsRestoredRepeatedlyAndMissesNothing() {
		String channel = channel();
		List<String> expected = new ArrayList<>();
		List<DurableClient> connections = new ArrayList<>();
		DurableClient client = connect(this.a, channel + "?durable=true");
		String token = client.token();
		client.subscribed(channel);
		awaitStored(this.a, token, channel, 0);
		for (int i = 0; i < 6; i++) {
			connections.add(client);
			expected.addAll(publish(channel, 20 * i, 20 * i + 10));
			client.cut();
			expected.addAll(publish(channel, 20 * i + 10, 20 * i + 20));
			client = connect((i % 2 == 0) ? this.b : this.a, channel + "?session=" + token);
			assertThat(client.isRestored()).isTrue();
			JsonNode subscribed = client.subscribed(channel);
			assertThat(subscribed.get("recovered").asBoolean()).isTrue();
			client.awaitMessages(subscribed.get("replayed").asInt());
		}
		connections.add(client);
		assertComplete(expected, connections.stream());
	}

	@Test
	void whatWasWrittenToASocketButNeverReadIsReplayed() throws IOException {
		String channel = channel();
		RawSocket deaf = RawSocket.connect(this.a.uri(channel + "?durable=true"));
		String token = deaf.read().text().replaceAll(".*\"token\":\"([^\"]*)\".*", "$1");
		RawSocket.Frame subscribed = deaf.read();
		assertThat(subscribed.text()).contains("\"subscribed\"");
		RawSocket.Frame ping = deaf.read();
		assertThat(ping.opcode()).isEqualTo(RawSocket.PING);
		deaf.send(10, ping.payload());
		awaitStored(this.a, token, channel, 0);
		List<String> expected = publish(channel, 0, 30);
		LocalSession session = session(this.a, channel);
		MachineTime.await(Duration.ofSeconds(10)).until(() -> session.queuedMessages() == 0);
		// All of it is in the socket, and some time has gone by.
		long saves = statistics(this.a).saves();
		session.attributes().put("step", "written");
		MachineTime.await(Duration.ofSeconds(10)).until(() -> statistics(this.a).saves() > saves);
		deaf.close();
		DurableClient back = connect(this.b, channel + "?session=" + token);
		assertThat(back.subscribed(channel).get("replayed").asInt()).isEqualTo(30);
		assertThat(back.awaitMessages(30).messages()).isEqualTo(expected);
	}

	@Test
	@Covers({ KnownFault.SECOND_CONNECTION_TAKES_OVER, KnownFault.RECONNECT_BEFORE_THE_PING_TIMEOUT })
	void aClientThatComesBackBeforeItsDeathIsNoticedTakesOverOnTheSameNodeAndOnAnother() {
		String channel = channel();
		DurableClient first = connect(this.a, channel + "?durable=true");
		String token = first.token();
		first.subscribed(channel);
		awaitStored(this.a, token, channel, 0);
		publish(channel, 0, 3);
		DurableClient second = connect(this.b, channel + "?session=" + token);
		assertThat(second.isRestored()).isTrue();
		TestClient.Close close = first.client().awaitClosed(Duration.ofSeconds(10));
		assertThat(close.code()).isEqualTo(4501);
		assertThat(close.reason()).isEqualTo("session is continued elsewhere");
		second.awaitMessages(second.subscribed(channel).get("replayed").asInt());
		DurableClient third = connect(this.b, channel + "?session=" + token);
		assertThat(third.isRestored()).isTrue();
		assertThat(second.client().awaitClosed(Duration.ofSeconds(10)).code()).isEqualTo(4501);
		publish(channel, 3, 4);
		MachineTime.await(Duration.ofSeconds(10)).until(() -> third.messages().contains("message 3"));
		assertThat(third.client().isClosed()).isFalse();
		MachineTime.await(Duration.ofSeconds(10))
			.until(() -> statistics(this.a).takeovers() >= 1 && statistics(this.b).takeovers() >= 1);
	}

	@Test
	void anotherPrincipalGetsNothing() {
		String channel = channel();
		DurableClient alice = connect(this.a, channel + "?durable=true&user=alice");
		String token = alice.token();
		long refused = statistics(this.b).starts(DurableOutcome.REFUSED);
		assertThat(TestClient.refusedStatus(this.b.uri(channel + "?user=bob&session=" + token))).isEqualTo(403);
		assertThat(TestClient.refusedStatus(this.b.uri(channel + "?session=" + token))).isEqualTo(403);
		assertThat(statistics(this.b).starts(DurableOutcome.REFUSED)).isEqualTo(refused + 2);
		// Who has it keeps it.
		assertThat(alice.client().isClosed()).isFalse();
		DurableClient back = connect(this.b, channel + "?user=alice&session=" + token);
		assertThat(back.isRestored()).isTrue();
		DurableClient anonymous = connect(this.a, channel + "?durable=true");
		assertThat(TestClient.refusedStatus(this.b.uri(channel + "?user=alice&session=" + anonymous.token())))
			.isEqualTo(403);
	}

	@Test
	void aTokenThatNobodyKnowsGetsANewSessionAndIsToldSo() {
		String channel = channel();
		DurableClient client = connect(this.a, channel + "?session=invented");
		assertThat(client.isRestored()).isFalse();
		assertThat(client.start().get("durable").asBoolean()).isTrue();
		assertThat(client.token()).hasSize(32).isNotEqualTo("invented");
		assertThat(client.subscribed(channel).get("wasRecovering").asBoolean()).isFalse();
	}

	@Test
	void whoseLogWasTrimmedMeanwhileIsToldSo() {
		String channel = channel();
		DurableClient client = connect(this.a, channel + "?durable=true");
		client.subscribed(channel);
		publish(channel, 0, 3);
		client.awaitMessages(3);
		awaitStored(this.a, client.token(), channel, 3);
		client.cut();
		publish(channel, 3, 300);
		DurableClient back = connect(this.b, channel + "?session=" + client.token());
		assertThat(back.isRestored()).isTrue();
		JsonNode subscribed = back.subscribed(channel);
		assertThat(subscribed.get("wasRecovering").asBoolean()).isTrue();
		assertThat(subscribed.get("recovered").asBoolean()).isFalse();
		publish(channel, 300, 301);
		back.awaitMessages(1);
		assertThat(back.messages()).containsExactly("message 300");
	}

	@Test
	void anEphemeralChannelIsRestoredWithoutWhatWasMissedAndSaysSo() {
		DurableClient client = connect(this.a, "chat/a?durable=true");
		client.subscribed("chat/a");
		client.cut();
		DurableClient back = connect(this.b, "chat/a?session=" + client.token());
		assertThat(back.isRestored()).isTrue();
		JsonNode subscribed = back.subscribed("chat/a");
		assertThat(subscribed.get("recoverable").asBoolean()).isFalse();
		assertThat(subscribed.get("recovered").asBoolean()).isFalse();
	}

	@Test
	void aChannelThatTheClientHasLostTheRightToIsNotRestored() {
		String channel = channel();
		DurableClient client = connect(this.a, channel + "?durable=true");
		client.subscribed(channel);
		this.a.messaging().subscriptions().subscribe(session(this.a, channel), "members/club");
		publish("members/club", 0, 1);
		client.awaitMessages(1);
		awaitStored(this.a, client.token(), channel, "members/club", 1);
		client.cut();
		DurableClient back = connect(this.b, channel + "?session=" + client.token());
		back.subscribed(channel);
		assertThat(session(this.b, channel).channels()).containsExactly(channel);
	}

	@Test
	void aSessionOfANodeThatDiesIsRestoredFromWhatWasStoredLast() {
		String channel = channel();
		DurableClient client = connect(this.a, channel + "?durable=true");
		client.subscribed(channel);
		List<String> expected = new ArrayList<>(publish(channel, 0, 10));
		client.awaitMessages(10);
		awaitStored(this.a, client.token(), channel, 10);
		storeOfAIsAway(true);
		expected.addAll(publish(channel, 10, 20));
		client.awaitMessages(20);
		client.cut();
		// Nothing of the end gets to the store: as if the node had been killed.
		expected.addAll(publish(channel, 20, 30));
		DurableClient back = connect(this.b, channel + "?session=" + client.token());
		assertThat(back.isRestored()).isTrue();
		assertThat(back.subscribed(channel).get("recovered").asBoolean()).isTrue();
		back.awaitMessages(20);
		assertComplete(expected, Stream.of(client, back));
		// What the dead one tries to store later changes nothing.
		long saved = statistics(this.b).saves();
		storeOfAIsAway(false);
		publish(channel, 30, 31);
		MachineTime.await(Duration.ofSeconds(10)).until(() -> statistics(this.b).saves() > saved);
		assertThat(back.client().isClosed()).isFalse();
	}

	@Test
	void withoutItsStoreANodeServesClientsAndTellsThemThatTheirSessionsDoNotLast() {
		String channel = channel();
		storeOfAIsAway(true);
		long failures = statistics(this.a).failures();
		DurableClient client = connect(this.a, channel + "?durable=true");
		assertThat(client.start().get("durable").asBoolean()).isFalse();
		assertThat(client.start().has("token")).isFalse();
		MachineTime.await(Duration.ofSeconds(10))
			.until(() -> this.a.messaging().registry().countInChannel(channel) == 1);
		publish(channel, 0, 1);
		client.awaitMessages(1);
		assertThat(statistics(this.a).failures()).isGreaterThan(failures);
		assertThat(statistics(this.a).starts(DurableOutcome.UNAVAILABLE)).isPositive();
		storeOfAIsAway(false);
		MachineTime.await(Duration.ofSeconds(30)).until(() -> {
			DurableClient next = connect(this.a, channel + "?durable=true");
			return next.start().get("durable").asBoolean();
		});
	}

	@Test
	void messagesWithPositionsTellWhatCameTwice() {
		String channel = channel();
		DurableClient client = connect(this.a, channel + "?durable=true&positions=true");
		client.subscribed(channel);
		publish(channel, 0, 2);
		client.client().awaitCount(4);
		assertThat(client.client().texts().get(3)).contains("\"offset\":2,\"data\":\"message 1\"");
		awaitStored(this.a, client.token(), channel, 2);
		client.cut();
		publish(channel, 2, 3);
		DurableClient back = connect(this.b, channel + "?positions=true&session=" + client.token());
		back.client().awaitCount(3);
		assertThat(back.client().texts().get(2)).contains("\"offset\":3,\"data\":\"message 2\"");
	}

}
