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

package io.github.atmosphererelay.relay.kafka.internal;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.HeldConsumers;
import io.github.atmosphererelay.contract.broker.KafkaCluster;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.test.Covers;
import io.github.atmosphererelay.test.KnownFault;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TakesLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Leader elections of a log's partitions, clean and unclean ones.
 */
@Timeout(180)
class KafkaRelayLogElectionTests {

	private static final Duration PATIENT = Duration.ofSeconds(60);

	private static final EnvelopeCodec CODEC = new EnvelopeCodec(1024);

	private static final LogOptions OPTIONS = new LogOptions(10_000, Duration.ofHours(1), null, Duration.ofMinutes(5));

	private static final GroupOptions ROOMS = new GroupOptions("rooms", (channel) -> channel.startsWith("room"),
			GroupOptions.Start.EARLIEST);

	private static final Address ROOM = new Address.Channel("room");

	private static KafkaCluster cluster;

	private final String topic = "election-" + UUID.randomUUID();

	private final String log = this.topic + "-log";

	private final List<RelayNode> nodes = new ArrayList<>();

	@BeforeAll
	static void startCluster() {
		cluster = KafkaCluster.create();
		// On the broker that is not killed
		cluster.createTopic("__consumer_offsets", 1, Map.of("cleanup.policy", "compact"), 1);
	}

	@AfterAll
	static void stopCluster() {
		cluster.close();
	}

	@BeforeEach
	void createTopics() {
		cluster.startAll();
		cluster.createTopic(this.topic, KafkaTestBroker.PARTITIONS, Map.of(), 1);
		cluster.createTopic(this.log, KafkaTestBroker.PARTITIONS, Map.of("unclean.leader.election.enable", "true",
				"min.insync.replicas", "1", "message.timestamp.type", "LogAppendTime", "retention.ms", "86400000"), 2,
				3);
	}

	@AfterEach
	void stop() {
		this.nodes.forEach((node) -> node.relay().stop());
	}

	@Test
	@TakesLong
	@Covers(KnownFault.LOG_BEGINS_ANOTHER_LIFE)
	void positionsOutliveCleanElectionsAndNoneOfWhatAnUncleanOneCutsOffIsRecovered() {
		RelayNode early = start();
		early.subscribe(ROOM);
		List<Receipt> log = append(early, 3);

		// A clean election: the other replica has everything.
		cluster.kill(2);
		cluster.awaitLeader(this.log, 3);
		log.addAll(append(early, 3));
		cluster.start(2);
		cluster.awaitInSync(this.log, 2, 3);
		RelayNode second = start();
		assertThat(early.gaps()).isEmpty();
		for (RelayNode node : this.nodes) {
			assertRecovered(node, log);
		}

		// An unclean one: what 3 takes alone is lost with it, and 2 takes as much.
		cluster.kill(2);
		cluster.awaitInSync(this.log, 3);
		List<Receipt> cutOff = append(early, 4);
		assertRecovered(early, concat(log, cutOff));
		cluster.kill(3);
		cluster.start(2);
		cluster.awaitLeader(this.log, 2);
		List<Receipt> instead = append(early, 6);
		assertThat(instead).extracting((receipt) -> position(receipt).epoch())
			.containsOnly(position(log.get(0)).epoch());
		start();
		for (RelayNode node : this.nodes) {
			assertNotRecovered(node, cutOff);
			assertRecovered(node, concat(log, instead));
		}
		assertThat(early.gaps()).contains(ROOM);
		assertThat(early.receivedIds()).containsSubsequence(ids(log))
			.containsAll(ids(cutOff))
			.containsSubsequence(ids(instead));

		// And back to the first one, which still has what was cut off, but not the rest.
		cluster.kill(2);
		cluster.start(3);
		cluster.awaitLeader(this.log, 3);
		List<Receipt> again = append(early, 5);
		start();
		for (RelayNode node : this.nodes) {
			assertNotRecovered(node, instead);
			assertRecovered(node, concat(log, concat(cutOff, again)));
		}
	}

	/**
	 * One node has read what the election cuts off, and a second one stands still until
	 * other records are there instead: it goes on with these as if nothing had been there
	 * before.
	 */
	@Test
	@Covers(KnownFault.BROKER_FAILS_OVER)
	void aNodeThatHadNotReadWhatAnUncleanElectionCutsOffIsToldByOneThatHad() throws Exception {
		Address quiet = new Address.Channel(another("quiet/", true));
		Address elsewhere = new Address.Channel(another("elsewhere/", false));
		HeldConsumers held = new HeldConsumers(this.log);
		RelayNode early = start();
		RelayNode still = start(held);
		for (RelayNode node : this.nodes) {
			node.subscribe(ROOM, quiet, elsewhere);
		}
		Receipt before = append(early, 3).get(2);
		Receipt inQuiet = appendTo(early, ((Address.Channel) quiet).channel());
		await().until(() -> still.receivedIds().contains(inQuiet.messageId()));
		cluster.kill(3);
		cluster.awaitInSync(this.log, 2);
		held.hold();
		List<Receipt> cutOff = append(early, 4);
		await().until(() -> early.receivedIds().containsAll(ids(cutOff)));
		cluster.kill(2);
		cluster.start(3);
		cluster.awaitLeader(this.log, 3);
		List<Receipt> instead = append(early, 2);
		RelayNode late = start();
		late.subscribe(ROOM, quiet, elsewhere);
		held.release();
		await().atMost(PATIENT).until(() -> still.receivedIds().containsAll(ids(instead)));
		assertThat(still.receivedIds()).doesNotContainAnyElementsOf(ids(cutOff));
		await().atMost(PATIENT).untilAsserted(() -> assertThat(still.missed()).containsExactly(ROOM));
		assertThat(still.gaps()).isEmpty();
		Receipt after = append(early, 1).get(0);
		for (RelayNode node : this.nodes) {
			await().atMost(PATIENT).until(() -> node.receivedIds().contains(after.messageId()));
			assertThat(node.log().hasLostSince("room", position(after))).isFalse();
			assertThat(node.log().hasLostSince(((Address.Channel) quiet).channel(), position(inQuiet))).isFalse();
			assertNotRecovered(node, cutOff);
			assertThat(forward(node, position(before)).publications()).extracting(Publication::id)
				.isEqualTo(ids(concat(instead, List.of(after))));
		}
		// The notice is a record as well: a node that has begun after it does not read it
		for (RelayNode node : List.of(early, still)) {
			assertThat(node.losses()).as("%s", node).containsOnly(ROOM);
			assertThat(node.log().hasLostSince("room", position(before))).isTrue();
		}
		assertThat(still.missed()).containsExactly(ROOM);
		assertThat(early.missed()).as("it has read everything").isEmpty();
		assertThat(late.missed()).as("it has begun afterwards").isEmpty();
	}

	/**
	 * The group has handled what an unclean election cuts off, and the new leader has
	 * more records than the group had read.
	 */
	@Test
	void aGroupLearnsOfAnUncleanElectionAndHandlesWhatTheNewLeaderHas() {
		RelayNode node = start();
		append(node, 3);
		KafkaTestMember member = KafkaTestMember.join(node.relay(), ROOMS).read(3);
		cluster.kill(3);
		cluster.awaitInSync(this.log, 2);
		append(node, 4);
		member.read(7).commit("room", 6);
		cluster.kill(2);
		cluster.start(3);
		cluster.awaitLeader(this.log, 3);
		List<Receipt> instead = append(node, 6);
		MachineTime.await(PATIENT).until(() -> member.lost() > 0);
		member.awaitLanes().read(14);
		assertThat(member.items().subList(7, 14)).first()
			.isInstanceOfSatisfying(Discontinuity.class,
					(missed) -> assertThat(missed.reason()).isEqualTo(Discontinuity.Reason.LOG_LOST));
		assertThat(member.publications("room").subList(7, 13)).extracting(Publication::id).isEqualTo(ids(instead));
		member.commit("room", 13);
	}

	/**
	 * Return the name of a channel that has the room's partition, or has not.
	 */
	private static String another(String prefix, boolean same) {
		return IntStream.range(0, 1000)
			.mapToObj((i) -> prefix + i)
			.filter((name) -> same == (partition(name) == partition("room")))
			.findFirst()
			.orElseThrow();
	}

	private static int partition(String channel) {
		return KafkaTopic.partition(("channel:" + channel).getBytes(StandardCharsets.UTF_8),
				KafkaTestBroker.PARTITIONS);
	}

	/**
	 * The topics' partitions are on two brokers, one replica of each, and one broker
	 * dies: channels in the partitions of the other go on, and nodes start.
	 */
	@Test
	void aPartitionWithoutALeaderHoldsUpNoOtherAndNoStart() throws Exception {
		String topic = "leaderless-" + UUID.randomUUID();
		List<Integer> brokers = List.of(1, 2, 1, 2, 1, 2);
		Map<String, String> config = Map.of("message.timestamp.type", "LogAppendTime", "retention.ms", "86400000",
				"min.insync.replicas", "1");
		cluster.createUnreplicatedTopic(topic, config, brokers);
		cluster.createUnreplicatedTopic(topic + "-log", config, brokers);
		String alive = channel(0);
		String dead = channel(1);
		RelayNode early = startOn(topic);
		early.subscribe(new Address.Channel(alive), new Address.Channel(dead));
		Receipt before = appendTo(early, alive);
		Receipt lost = appendTo(early, dead);
		cluster.kill(2);
		try {
			cluster.awaitLeaderless(topic + "-log");
			// Its first question may take all its time, and others wait for that one
			assertThat(early.log().read(dead, null, 100, ReadDirection.FORWARD)).failsWithin(PATIENT);
			await().atMost(PATIENT)
				.ignoreExceptionsInstanceOf(CompletionException.class)
				.until(() -> readAll(early, alive).equals(List.of(before.messageId())));
			CompletableFuture<LogPage> unreadable = early.log().read(dead, null, 100, ReadDirection.FORWARD);
			for (int i = 0; i < 20; i++) {
				assertThat(readAll(early, alive)).containsExactly(before.messageId());
			}
			assertThat(unreadable).failsWithin(PATIENT);
			KafkaTestMember member = KafkaTestMember.join(early.relay(), ROOMS).read(1);
			assertThat(member.publications(alive)).extracting(Publication::id).containsExactly(before.messageId());
			RelayNode late = startOn(topic);
			late.subscribe(new Address.Channel(alive), new Address.Channel(dead));
			Receipt after = appendTo(late, alive);
			for (RelayNode node : this.nodes) {
				assertThat(readAll(node, alive)).containsExactly(before.messageId(), after.messageId());
			}
			await().until(() -> early.receivedIds().contains(after.messageId()));
			cluster.start(2);
			for (RelayNode node : this.nodes) {
				await().atMost(PATIENT)
					.ignoreExceptionsInstanceOf(CompletionException.class)
					.until(() -> readAll(node, dead).contains(lost.messageId()));
			}
			assertThat(member.read(3).publications(dead)).extracting(Publication::id).containsExactly(lost.messageId());
			assertThat(late.gaps()).as("it was not read from the start").contains(new Address.Channel(dead));
			Receipt again = appendTo(late, dead);
			await().until(() -> late.receivedIds().contains(again.messageId())
					&& early.receivedIds().contains(again.messageId()));
			assertThat(late.receivedIds()).doesNotContain(lost.messageId());
		}
		finally {
			cluster.startAll();
		}
	}

	private static String channel(int partition) {
		return IntStream.range(0, 1000)
			.mapToObj((i) -> "room/" + i)
			.filter((name) -> partition(name) == partition)
			.findFirst()
			.orElseThrow();
	}

	private static Receipt appendTo(RelayNode node, String channel) {
		Receipt receipt = node.relay()
			.publish(node.recorded(channel, "x", OPTIONS))
			.orTimeout(30, TimeUnit.SECONDS)
			.join();
		assertThat(receipt.outcome()).isEqualTo(Outcome.RELAYED);
		return receipt;
	}

	private static List<UUID> readAll(RelayNode node, String channel) {
		return node.log()
			.read(channel, null, 100, ReadDirection.FORWARD)
			.orTimeout(30, TimeUnit.SECONDS)
			.join()
			.publications()
			.stream()
			.map(Publication::id)
			.toList();
	}

	/**
	 * Start a node and wait until it is connected. Its own address may be in a partition
	 * that has no leader.
	 */
	private RelayNode startOn(String topic) {
		RelayNode node = new RelayNode(KafkaTestBroker.relay(cluster.servers(),
				KafkaTestBroker.logSettings(topic, CODEC, Duration.ofMinutes(5))));
		this.nodes.add(node);
		node.start();
		await().atMost(PATIENT).until(() -> node.connects() == 1);
		return node;
	}

	private static void assertRecovered(RelayNode node, List<Receipt> log) {
		for (int i = 0; i < log.size(); i++) {
			LogPage page = forward(node, position(log.get(i)));
			assertThat(page.complete()).as("since the message " + i + " of " + log.size()).isTrue();
			assertThat(page.publications()).extracting(Publication::id).isEqualTo(ids(log.subList(i + 1, log.size())));
			assertThat(page.publications()).extracting(Publication::position)
				.isEqualTo(log.subList(i + 1, log.size()).stream().map(Receipt::position).toList());
		}
		assertThat(forward(node, null).publications()).extracting(Publication::id).isEqualTo(ids(log));
	}

	private static void assertNotRecovered(RelayNode node, List<Receipt> receipts) {
		for (Receipt receipt : receipts) {
			assertThat(forward(node, position(receipt)).complete()).as("since " + receipt).isFalse();
		}
	}

	/**
	 * Append messages one after the other. What is not confirmed may stand in the log
	 * twice, and so must not happen.
	 */
	private static List<Receipt> append(RelayNode node, int count) {
		List<Receipt> receipts = new ArrayList<>();
		// The first one waits until the clients have found the leader, and the node has
		// found out whether that has what it has read: what is published before is not
		// confirmed if that takes longer than a publication may.
		await().atMost(PATIENT)
			.ignoreExceptionsInstanceOf(CompletionException.class)
			.until(() -> node.log()
				.read("room", null, 1, ReadDirection.FORWARD)
				.orTimeout(10, TimeUnit.SECONDS)
				.join()
				.complete());
		for (int i = 0; i < count; i++) {
			Receipt receipt = node.relay()
				.publish(node.recorded("room", "message " + i, OPTIONS))
				.orTimeout(30, TimeUnit.SECONDS)
				.join();
			assertThat(receipt.outcome()).isEqualTo(Outcome.RELAYED);
			receipts.add(receipt);
		}
		return receipts;
	}

	private static LogPage forward(RelayNode node, @Nullable Position since) {
		LogPage[] page = new LogPage[1];
		// A node that has just found that the log has diverged answers after it has read
		// it again.
		await().atMost(PATIENT).ignoreExceptionsInstanceOf(CompletionException.class).until(() -> {
			page[0] = node.log()
				.read("room", since, 10_000, ReadDirection.FORWARD)
				.orTimeout(10, TimeUnit.SECONDS)
				.join();
			return true;
		});
		return page[0];
	}

	private static List<Receipt> concat(List<Receipt> first, List<Receipt> second) {
		List<Receipt> all = new ArrayList<>(first);
		all.addAll(second);
		return all;
	}

	private static List<UUID> ids(List<Receipt> receipts) {
		return receipts.stream().map(Receipt::messageId).toList();
	}

	private static Position position(Receipt receipt) {
		Position position = receipt.position();
		assertThat(position).isNotNull();
		return position;
	}

	private RelayNode start(HeldConsumers held) {
		RelayNode node = new RelayNode(KafkaTestBroker.relay(cluster.servers(),
				KafkaTestBroker.logSettings(this.topic, CODEC, Duration.ofMinutes(5)), held::apply));
		this.nodes.add(node);
		return node.start().awaitRoundTrip(Duration.ofSeconds(20));
	}

	private RelayNode start() {
		RelayNode node = new RelayNode(KafkaTestBroker.relay(cluster.servers(),
				KafkaTestBroker.logSettings(this.topic, CODEC, Duration.ofMinutes(5))));
		this.nodes.add(node);
		return node.start().awaitRoundTrip(Duration.ofSeconds(20));
	}

}
