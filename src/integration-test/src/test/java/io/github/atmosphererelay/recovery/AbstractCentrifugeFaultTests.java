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

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.broker.Ports;
import io.github.atmosphererelay.recovery.CentrifugeDriver.Client;
import io.github.atmosphererelay.recovery.CentrifugeDriver.Refused;
import io.github.atmosphererelay.test.Covers;
import io.github.atmosphererelay.test.KnownFault;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * What clients get back after faults of nodes and broker, and of their own.
 */
abstract class AbstractCentrifugeFaultTests extends AbstractCentrifugeRecoveryTests {

	private NodeProcess process;

	@BeforeAll
	void launchProcess() {
		this.process = NodeProcess.launch(arguments("node-d", broker().directProperties()));
	}

	@AfterAll
	void killProcess() {
		if (this.process != null) {
			this.process.close();
		}
	}

	@AfterEach
	void repair() {
		broker().proxy().resume();
		awaitUp();
	}

	private Client clientOfProcess(String name) {
		awaitAnswer(this.process.port());
		return driver().open(name, door(this.process.port()));
	}

	/** The node cannot save anything, and the position is the client's. */
	@Test
	@Covers({ KnownFault.STATE_IS_SAVED_ONLY_ON_A_NOTICED_DISCONNECT, KnownFault.SUBSCRIBERS_NODE_IS_KILLED })
	void aSubscribersNodeIsKilledAndItsClientMissesNothingOnAnother() {
		String channel = channel("log");
		Client client = clientOfProcess("client-of-the-killed").subscribe(channel);
		publish(0, channel, 0, 20);
		client.awaitHeard(channel, 20);
		lead(client, node(1).port());
		List<CompletableFuture<?>> burst = new ArrayList<>();
		for (int i = 20; i < 220; i++) {
			burst.add(node(0).broadcaster().broadcast(channel, text(i)));
			if (i == 120) {
				this.process.kill();
			}
		}
		burst.forEach(CompletableFuture::join);
		this.process.launch();
		assertRecovered(client.awaitSubscribed(channel, 2));
		assertComplete(client, channel, 0, 220);
	}

	/**
	 * A node that has just been started may be known to the load balancer before its
	 * broker takes anything.
	 */
	private void awaitAnyAcknowledgement(Client publisher) {
		String channel = channel("log");
		publisher.subscribe(channel);
		await().until(() -> publisher
			.begin("publish", CentrifugeDriver.JSON.createObjectNode(), "channel", channel, "data", text(0))
			.handle((answer, ex) -> ex == null)
			.completeOnTimeout(false, 5, TimeUnit.SECONDS)
			.join());
	}

	/** Whatever it has answered for is in the log; what it has not may be. */
	@Test
	@Covers(KnownFault.PUBLISHERS_NODE_IS_KILLED)
	void aPublishersNodeIsKilledAndWhatItHasAcknowledgedIsThereOnceAndInOrder() {
		String channel = channel("log");
		Client subscriber = client(1).subscribe(channel);
		Client publisher = clientOfProcess("publisher-of-the-killed");
		publisher.subscribe(channel);
		awaitAnyAcknowledgement(publisher);
		List<CompletableFuture<JsonNode>> answers = new ArrayList<>();
		for (int i = 0; i < 400; i++) {
			answers.add(publisher.begin("publish", CentrifugeDriver.JSON.createObjectNode(), "channel", channel, "data",
					text(i)));
			if (i == 200) {
				CompletableFuture<JsonNode> hundredth = answers.get(100);
				await().until(hundredth::isDone);
				this.process.kill();
			}
		}
		publisher.call("close");
		this.process.launch();
		List<String> acknowledged = IntStream.range(0, 400)
			.filter((i) -> answers.get(i)
				.handle((answer, ex) -> ex == null)
				.completeOnTimeout(false, 10, TimeUnit.SECONDS)
				.join())
			.mapToObj(AbstractCentrifugeTests::text)
			.toList();
		assertThat(acknowledged).as(() -> "of " + answers.subList(0, 3)).hasSizeGreaterThanOrEqualTo(100);
		// Behind everything that may still be on its way
		publish(1, channel, 1_000, 1_001);
		await().until(() -> subscriber.heard(channel).contains(text(1_000)));
		List<String> heard = subscriber.heard(channel);
		assertThat(heard).doesNotHaveDuplicates().containsAll(acknowledged);
		assertThat(heard).isSortedAccordingTo(Comparator.comparingInt((text) -> Integer.parseInt(text.substring(1))));
		Client late = client(2).subscribe(channel, "since",
				Map.of("offset", 0, "epoch", epoch(subscriber.events("subscribed", channel).get(0))));
		await().until(() -> late.heard(channel).size() >= heard.size());
		assertThat(late.heard(channel)).isEqualTo(heard);
	}

	@Test
	@Covers(KnownFault.SILENCE_OR_DOUBLES_AFTER_A_RESTART_OF_THE_BROKER)
	void theBrokerIsRestartedAndClientsAreRecoveredOrTold() {
		String channel = channel("log");
		List<Client> clients = List.of(client(0).subscribe(channel), client(1).subscribe(channel));
		publish(0, channel, 0, 10);
		clients.forEach((client) -> client.awaitHeard(channel, 10));
		String epoch = epoch(clients.get(0).events("subscribed", channel).get(0));
		broker().kill();
		assertThatExceptionOfType(Refused.class).isThrownBy(() -> clients.get(0).publish(channel, "lost"))
			.satisfies((ex) -> assertThat(ex.code()).isEqualTo(100));
		clients.get(0).call("cut");
		broker().start();
		awaitUp();
		if (!broker().keepsWhatItAcknowledged()) {
			// Also those that have not been away
			clients.forEach((client) -> await().until(() -> client.events("subscribed", channel)
				.stream()
				.anyMatch(AbstractCentrifugeFaultTests::isTold)));
		}
		publishWhenPossible(channel, 10);
		for (Client client : clients) {
			await().until(() -> client.heard(channel).contains(text(10)));
			List<JsonNode> subscribed = client.events("subscribed", channel);
			if (broker().keepsWhatItAcknowledged()) {
				assertThat(subscribed.subList(1, subscribed.size()))
					.allSatisfy(AbstractCentrifugeTests::assertRecovered);
				assertThat(client.heard(channel)).isEqualTo(texts(0, 11));
			}
			else {
				JsonNode told = subscribed.stream()
					.filter(AbstractCentrifugeFaultTests::isTold)
					.findFirst()
					.orElseThrow(() -> new AssertionError("not told: " + client));
				assertThat(epoch(told)).isNotEqualTo(epoch);
				assertThat(client.heard(channel)).isEqualTo(texts(0, 11));
			}
			assertThat(client.events("disconnected")).isEmpty();
		}
	}

	private static boolean isTold(JsonNode subscribed) {
		return subscribed.path("wasRecovering").asBoolean() && !subscribed.path("recovered").asBoolean();
	}

	/** The node is up again when its probes come back, its log perhaps a moment later. */
	private void publishWhenPossible(String channel, int number) {
		await().ignoreExceptions().until(() -> {
			node(0).broadcaster().broadcast(channel, text(number)).join();
			return true;
		});
	}

	/** Its connection is cut, heals, and nobody notices more than the delay. */
	@Test
	@Covers({ KnownFault.PARTITION_HEALS, KnownFault.RELAY_RECONNECTS })
	void aNodeThatWasCutOffFromTheBrokerBringsWhatItsClientsHaveMissedInOrder() {
		String channel = channel("log");
		Client here = client(2).subscribe(channel);
		Client elsewhere = client(0).subscribe(channel);
		publish(0, channel, 0, 10);
		here.awaitHeard(channel, 10);
		broker().proxy().cut();
		publish(0, channel, 10, 60);
		elsewhere.awaitHeard(channel, 60);
		// What is published before the node knows may still arrive.
		MachineTime.await(Duration.ofSeconds(20)).until(() -> !node(2).messaging().monitor().isUp());
		assertThatExceptionOfType(Refused.class).isThrownBy(() -> here.publish(channel, "lost"))
			.satisfies((ex) -> assertThat(ex.code()).isEqualTo(100));
		broker().proxy().resume();
		awaitUp();
		publish(1, channel, 60, 70);
		assertComplete(here, channel, 0, 70);
		assertComplete(elsewhere, channel, 0, 70);
		assertThat(here.events("disconnected")).isEmpty();
	}

	/** What is said next makes no difference: the position is compared by itself. */
	@Test
	@Covers(KnownFault.ENTRIES_BETWEEN_READS_ARE_MISSED)
	void aNodeThatWasDeafForAWhileNoticesByItself() {
		String channel = channel("log");
		Client client = client(2).subscribe(channel);
		publish(0, channel, 0, 5);
		client.awaitHeard(channel, 5);
		broker().proxy().stall();
		publish(0, channel, 5, 10);
		// Nobody knows what becomes of it, and nobody says that it was recorded
		assertThatExceptionOfType(Refused.class).isThrownBy(() -> client.publish(channel, "perhaps"))
			.satisfies((ex) -> assertThat(ex.code()).isEqualTo(100));
		MachineTime.await(Duration.ofSeconds(20)).until(() -> !node(2).messaging().monitor().isUp());
		broker().proxy().cut();
		broker().proxy().resume();
		await().until(() -> client.heard(channel).containsAll(texts(0, 10)));
		assertThat(client.heard(channel)).filteredOn((text) -> !text.equals("perhaps")).isEqualTo(texts(0, 10));
	}

	@Test
	void aSubscribeWithoutTheBrokerIsRepeatedUntilItIsThereAndTheConnectionStays() {
		String channel = channel("log");
		publish(0, channel, 0, 3);
		Client client = client(2);
		client.awaitEvent("connected");
		broker().proxy().cut();
		MachineTime.await(Duration.ofSeconds(20)).until(() -> !node(2).messaging().monitor().isUp());
		client.call("subscribe", "channel", channel);
		await().until(() -> !client.events("error", channel).isEmpty());
		assertThat(client.events("error", channel).get(0).path("error").path("temporary").asBoolean(true)).isTrue();
		broker().proxy().resume();
		client.awaitSubscribed(channel, 1);
		publish(0, channel, 3, 6);
		assertComplete(client, channel, 3, 6);
		assertThat(client.call("sockets").path("count").asInt()).isOne();
	}

	/** It cannot ask again itself for what its node has subscribed it to. */
	@Test
	void whatTheNodeHasSubscribedAClientToKeepsItsPlaceWhileTheBrokerIsAway() {
		String user = channel("given").replace('/', '-');
		String channel = "log/" + user;
		Client client = client(2, user);
		client.awaitSubscribed(channel, 1);
		publish(0, channel, 0, 10);
		client.awaitHeard(channel, 10);
		broker().proxy().cut();
		MachineTime.await(Duration.ofSeconds(20)).until(() -> !node(2).messaging().monitor().isUp());
		client.call("cut");
		publish(0, channel, 10, 30);
		JsonNode standing = client.awaitSubscribed(channel, 2);
		assertThat(standing.path("recovered").asBoolean()).isFalse();
		assertThat(standing.path("wasRecovering").asBoolean()).isFalse();
		assertThat(standing.path("streamPosition").path("offset").asLong()).isEqualTo(client.offsets(channel).get(9));
		broker().proxy().resume();
		assertRecovered(client.awaitSubscribed(channel, 3));
		publish(1, channel, 30, 40);
		assertComplete(client, channel, 0, 40);
		assertThat(client.call("sockets").path("count").asInt()).isEqualTo(2);
	}

	@Test
	@Covers(KnownFault.CLIENT_THAT_DOES_NOT_READ)
	void aClientThatDoesNotReadIsSentAwayAndRecoversWhatItHasMissed() {
		String channel = channel("log");
		Client slow = client(0, "sleepy").subscribe(channel);
		Client quick = client(0).subscribe(channel);
		slow.call("pause");
		String padding = " ".repeat(8_000);
		int count = 0;
		// More than the queue and all buffers on the way hold
		while (!node(0).messaging().registry().ofUser("sleepy").isEmpty() && count < 1_900) {
			List<CompletableFuture<?>> some = new ArrayList<>();
			for (int i = 0; i < 100; i++) {
				some.add(node(0).broadcaster().broadcast(channel, "\"" + text(count++) + "\"" + padding));
			}
			some.forEach(CompletableFuture::join);
		}
		assertThat(node(0).messaging().registry().ofUser("sleepy")).isEmpty();
		slow.call("resume");
		slow.awaitSubscribed(channel, 2);
		publish(1, channel, count, count + 1);
		int last = count;
		await().until(() -> slow.heard(channel).contains(text(last)));
		assertThat(quick.heard(channel)).isEqualTo(texts(0, count + 1));
		JsonNode back = slow.events("subscribed", channel).get(1);
		if (back.path("recovered").asBoolean()) {
			assertComplete(slow, channel, 0, count + 1);
		}
		else {
			assertToldUnrecovered(back);
		}
	}

	/** The whole cluster is replaced, node by node, while messages are published. */
	@Test
	@Covers(KnownFault.ROLLING_RESTART_UNDER_LOAD)
	void aRollingRestartUnderLoadLosesNothing() {
		String channel = channel("log");
		int first = Ports.free();
		int second = Ports.free();
		TestNode one = restarted("node-e", first);
		TestNode two = restarted("node-f", second);
		try {
			Client client = driver().open("client-of-the-restarted", door(first)).subscribe(channel);
			int count = 0;
			for (int round = 0; round < 2; round++) {
				lead(client, (round == 0) ? second : first);
				count = publishSome(channel, count);
				TestNode leaving = (round == 0) ? one : two;
				CompletableFuture<Void> closed = CompletableFuture.runAsync(leaving::close);
				while (!closed.isDone()) {
					count = publishSome(channel, count);
				}
				assertRecovered(client.awaitSubscribed(channel, round + 2));
				if (round == 0) {
					one = restarted("node-e", first);
				}
				else {
					two = restarted("node-f", second);
				}
				count = publishSome(channel, count);
			}
			assertComplete(client, channel, 0, count);
			assertThat(client.events("connecting")).extracting((each) -> each.path("code").asInt()).contains(3001);
		}
		finally {
			one.close();
			two.close();
		}
	}

	private TestNode restarted(String name, int port) {
		List<String> properties = new ArrayList<>(List.of(broker().directProperties()));
		properties.add("server.port=" + port);
		return startNode(name, properties.toArray(String[]::new));
	}

	private int publishSome(String channel, int from) {
		publish(from / 20 % 2, channel, from, from + 20).forEach(Objects::requireNonNull);
		return from + 20;
	}

}
