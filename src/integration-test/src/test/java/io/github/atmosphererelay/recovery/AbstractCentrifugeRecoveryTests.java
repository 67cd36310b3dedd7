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

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.recovery.CentrifugeDriver.Client;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.test.Covers;
import io.github.atmosphererelay.test.KnownFault;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What a client gets back after it was away, while nodes and broker are well.
 */
abstract class AbstractCentrifugeRecoveryTests extends AbstractCentrifugeCommandTests {

	/**
	 * Make a log forget its beginning.
	 * @return how many messages were published for that
	 */
	abstract int trim(String channel, int published) throws Exception;

	@Test
	void aClientWhoseConnectionWasCutGetsWhatItHasMissed() {
		String channel = channel("log");
		Client client = client(0).subscribe(channel);
		publish(1, channel, 0, 10);
		client.awaitHeard(channel, 10);
		client.call("cut");
		publish(1, channel, 10, 30);
		assertRecovered(client.awaitSubscribed(channel, 2));
		publish(2, channel, 30, 40);
		assertComplete(client, channel, 0, 40);
	}

	@Test
	@Covers(KnownFault.RECONNECT_TO_ANOTHER_NODE)
	void aClientThatLandsOnAnotherNodeGetsWhatItHasMissed() {
		String channel = channel("log");
		Client client = client(0).subscribe(channel);
		publish(1, channel, 0, 10);
		client.awaitHeard(channel, 10);
		// A node that nobody has asked for this channel before
		lead(client, node(2).port());
		client.call("cut");
		publish(1, channel, 10, 30);
		JsonNode subscribed = client.awaitSubscribed(channel, 2);
		assertRecovered(subscribed);
		assertThat(epoch(subscribed)).isEqualTo(epoch(client.events("subscribed", channel).get(0)));
		publish(0, channel, 30, 40);
		assertComplete(client, channel, 0, 40);
	}

	@Test
	void whatTheNodeHasSubscribedAClientToIsRecoveredOnWhicheverNodeItLands() {
		String user = channel("given").replace('/', '-');
		String channel = "log/" + user;
		Client client = client(0, user);
		assertThat(client.awaitSubscribed(channel, 1).path("recoverable").asBoolean()).isTrue();
		publish(1, channel, 0, 10);
		client.awaitHeard(channel, 10);
		for (int i = 1; i <= 4; i++) {
			client.call("route", "url", door(i % 3, user).toString());
			client.call("cut");
			publish((i + 1) % 3, channel, i * 10, i * 10 + 10);
			assertRecovered(client.awaitSubscribed(channel, i + 1));
		}
		publish(1, channel, 50, 60);
		assertComplete(client, channel, 0, 60);
		assertThat(client.events("unsubscribed", channel)).isEmpty();
	}

	/** Without a single message in the log, too. */
	@Test
	@Covers(KnownFault.RECONNECT_WITH_NOTHING_MISSED)
	void aReconnectWithNothingMissedIsARecovery() {
		String quiet = channel("log");
		String heard = channel("log");
		Client client = client(0).subscribe(quiet).subscribe(heard);
		publish(1, heard, 0, 1);
		client.awaitHeard(heard, 1);
		client.call("cut");
		assertRecovered(client.awaitSubscribed(heard, 2));
		assertRecovered(client.awaitSubscribed(quiet, 2));
		publish(1, quiet, 0, 1);
		publish(1, heard, 1, 2);
		assertComplete(client, quiet, 0, 1);
		assertComplete(client, heard, 0, 2);
	}

	@Test
	@Covers(KnownFault.RECOVERY_WORKS_ONLY_ONCE)
	void aClientThatIsCutAgainAndAgainIsRecoveredEachTime() {
		String channel = channel("log");
		Client client = client(0).subscribe(channel);
		for (int i = 0; i < 6; i++) {
			lead(client, node(i % 3).port());
			client.call("cut");
			publish(i % 3, channel, i * 5, i * 5 + 5);
			assertRecovered(client.awaitSubscribed(channel, i + 2));
		}
		assertComplete(client, channel, 0, 30);
	}

	@Test
	@Covers(KnownFault.RECONNECT_BEFORE_THE_PING_TIMEOUT)
	void aClientThatIsBackBeforeItsNodeHasMissedItHearsEverythingOnce() {
		String channel = channel("log");
		Client client = client(0, "fay").subscribe(channel);
		publish(1, channel, 0, 5);
		client.awaitHeard(channel, 5);
		client.call("abandon");
		assertRecovered(client.awaitSubscribed(channel, 2));
		assertThat(node(0).messaging().registry().ofUser("fay")).as("sessions").hasSizeGreaterThan(1);
		publish(1, channel, 5, 10);
		assertComplete(client, channel, 0, 10);
	}

	@Test
	@Covers({ KnownFault.RECONNECT_IN_A_BURST_OF_TEN_PAGES, KnownFault.REPLAY_ENDS_BEFORE_THE_LIVE_MESSAGES_BEGIN })
	void aReconnectInABurstThatMissesTenPagesHasNoGapBetweenReplayAndLive() {
		String channel = channel("log");
		Client client = client(0).subscribe(channel);
		publish(1, channel, 0, 1);
		client.awaitHeard(channel, 1);
		client.call("unsubscribe", "channel", channel);
		int missed = 10 * PAGE;
		publish(1, channel, 1, missed);
		List<CompletableFuture<Receipt>> burst = new ArrayList<>();
		for (int i = missed; i < missed + 500; i++) {
			burst.add(node(1 + i % 2).broadcaster().broadcast(channel, text(i)));
			if (i == missed + 100) {
				client.begin("resubscribe", CentrifugeDriver.JSON.createObjectNode(), "channel", channel);
			}
		}
		burst.forEach(CompletableFuture::join);
		assertRecovered(client.awaitSubscribed(channel, 2));
		client.awaitHeard(channel, missed + 500);
		// Two nodes published the burst: in the log's order, each its own in its own
		assertThat(client.heard(channel)).containsExactlyInAnyOrderElementsOf(texts(0, missed + 500));
		assertThat(client.heard(channel).subList(0, missed)).isEqualTo(texts(0, missed));
		assertThat(client.offsets(channel)).isSorted().doesNotHaveDuplicates();
		assertThat(client.heard(channel)).isEqualTo(log(channel));
	}

	private List<String> log(String channel) {
		return node(0).broadcaster()
			.history(channel, null, 10_000)
			.join()
			.publications()
			.stream()
			.map((each) -> each.payload().asText())
			.toList();
	}

	@Test
	@Covers(KnownFault.NODES_DISAGREE_ON_THE_ORDER)
	void allNodesDeliverInTheLogsOrderWhoeverPublishes() {
		String channel = channel("log");
		List<Client> clients = List.of(client(0).subscribe(channel), client(1).subscribe(channel),
				client(2).subscribe(channel));
		List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
		for (int i = 0; i < 300; i++) {
			receipts.add(node(i % 3).broadcaster().broadcast(channel, text(i)));
		}
		receipts.forEach(CompletableFuture::join);
		clients.forEach((client) -> client.awaitHeard(channel, 300));
		assertThat(clients.get(0).heard(channel)).containsExactlyInAnyOrderElementsOf(texts(0, 300))
			.isEqualTo(log(channel));
		for (Client client : clients) {
			assertThat(client.heard(channel)).isEqualTo(clients.get(0).heard(channel));
			assertThat(client.offsets(channel)).isEqualTo(clients.get(0).offsets(channel));
		}
	}

	/** Otherwise it would come back for it for ever. */
	@Test
	void whoHasMissedMoreThanMayWaitForAClientGetsItAllTheSame() {
		String channel = channel("log");
		Client client = client(0).subscribe(channel);
		publish(1, channel, 0, 1);
		client.awaitHeard(channel, 1);
		client.call("unsubscribe", "channel", channel);
		String padding = " ".repeat(8_000);
		List<CompletableFuture<Receipt>> large = new ArrayList<>();
		for (int i = 1; i < 300; i++) {
			large.add(node(1).broadcaster().broadcast(channel, "\"" + text(i) + "\"" + padding));
		}
		large.forEach(CompletableFuture::join);
		client.call("resubscribe", "channel", channel);
		assertRecovered(client.awaitSubscribed(channel, 2));
		assertComplete(client, channel, 0, 300);
	}

	@Test
	@Covers(KnownFault.REPLAY_ENDS_BEFORE_THE_LIVE_MESSAGES_BEGIN)
	void whoHasMissedTooMuchIsToldAndGetsNoPartOfIt() {
		String channel = channel("log");
		Client client = client(0).subscribe(channel);
		publish(1, channel, 0, 1);
		client.awaitHeard(channel, 1);
		client.call("unsubscribe", "channel", channel);
		publish(1, channel, 1, 2_002);
		client.call("resubscribe", "channel", channel);
		assertToldUnrecovered(client.awaitSubscribed(channel, 2));
		publish(1, channel, 2_002, 2_003);
		client.awaitHeard(channel, 2);
		assertThat(client.heard(channel)).containsExactly("m0", "m2002");
	}

	@Test
	@Covers(KnownFault.TRIMMED_BELOW_THE_CLIENTS_POSITION)
	void whoHasMissedWhatTheLogHasForgottenIsToldAndGetsNoPartOfIt() throws Exception {
		String channel = channel("short");
		Client client = client(0).subscribe(channel);
		publish(1, channel, 0, 5);
		client.awaitHeard(channel, 5);
		client.call("unsubscribe", "channel", channel);
		publish(1, channel, 5, 10);
		int published = trim(channel, 10);
		client.call("resubscribe", "channel", channel);
		JsonNode subscribed = client.awaitSubscribed(channel, 2);
		assertToldUnrecovered(subscribed);
		publish(1, channel, published, published + 1);
		client.awaitHeard(channel, 6);
		assertThat(client.heard(channel).subList(5, client.heard(channel).size())).containsExactly(text(published));
	}

	@Test
	void aStrangersPositionIsToldToBeOne() {
		String channel = channel("log");
		publish(1, channel, 0, 3);
		Client client = client(0);
		client.subscribe(channel, "since", Map.of("offset", 1, "epoch", "another"));
		assertToldUnrecovered(client.events("subscribed", channel).get(0));
		publish(1, channel, 3, 4);
		client.awaitHeard(channel, 1);
		assertThat(client.heard(channel)).containsExactly("m3");
	}

	@Test
	void stateAndPositionThatWereReadTogetherLeaveNoGap() {
		String channel = channel("log");
		publish(1, channel, 0, 5);
		Client client = client(0);
		JsonNode state = client.call("history", "channel", channel, "limit", 100);
		publish(1, channel, 5, 10);
		client.subscribe(channel, "since",
				Map.of("offset", state.path("offset").asLong(), "epoch", state.path("epoch").asString()));
		assertThat(client.events("subscribed", channel).get(0).path("recovered").asBoolean()).isTrue();
		await().until(() -> client.heard(channel).size() == 5);
		assertThat(client.heard(channel)).isEqualTo(texts(5, 10));
	}

}
