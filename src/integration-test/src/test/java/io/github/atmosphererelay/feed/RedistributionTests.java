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

package io.github.atmosphererelay.feed;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.contract.broker.Ports;
import io.github.atmosphererelay.feed.internal.Feeds;
import io.github.atmosphererelay.feed.internal.ForwardingStatistics;
import io.github.atmosphererelay.feed.internal.Redistribution;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Feeds that redistributors bring to three nodes, beside Redis as the relay.
 */
@Timeout(300)
@Reconciles
class RedistributionTests extends AbstractFeedTests {

	private static final int PARTITIONS = 12;

	private static Broker.Redis redis;

	private final List<Integer> ports = IntStream.range(0, 4).mapToObj((number) -> Ports.free()).toList();

	private final List<String> common = new ArrayList<>();

	@BeforeAll
	static void startRedis() {
		redis = new Broker.Redis();
	}

	@AfterAll
	static void stopRedis() {
		redis.close();
	}

	@BeforeEach
	void nameCluster() {
		this.common.addAll(List.of(redis.directProperties()));
		this.common.addAll(List.of("atmosphere.cluster.name=c-" + UUID.randomUUID(),
				"atmosphere.feeds[0].mode=redistributed", "atmosphere.recovery.max-messages=20000"));
	}

	private void by(String backChannel, String forwarding) {
		this.common.add("atmosphere.redistribution.back-channel=" + backChannel);
		this.common.add("atmosphere.redistribution.forwarding=" + forwarding);
		if (forwarding.equals("http")) {
			this.common.add("atmosphere.relay.http.secret=a-secret-of-more-than-thirty-two-characters");
			this.common.add("atmosphere.relay.http.peers="
					+ String.join(",", this.ports.stream().map((port) -> "http://localhost:" + port).toList()));
		}
	}

	private TestNode node(int number, FeedTopic topic, String... properties) {
		return node(topic, all(properties, "server.port=" + this.ports.get(number)));
	}

	/**
	 * Start a node that redistributes nothing.
	 */
	private TestNode plainNode(int number, FeedTopic topic, String... properties) {
		return node(number, topic,
				Stream.concat(Stream.of(properties), Stream.of("atmosphere.redistribution.redistribute=false"))
					.toArray(String[]::new));
	}

	/**
	 * Start a redistributor without a web server.
	 */
	private TestNode redistributor(FeedTopic topic, String... properties) {
		return node(topic, all(properties, "spring.main.web-application-type=none"));
	}

	private String[] all(String[] properties, String more) {
		return Stream.of(this.common.stream(), Stream.of(properties), Stream.of(more))
			.flatMap((each) -> each)
			.toArray(String[]::new);
	}

	private static void awaitPartitions(int count, TestNode... redistributors) {
		MachineTime.await(LIMIT)
			.until(() -> Stream.of(redistributors)
				.mapToInt((each) -> feed(each).redistributed().size())
				.sum() == count);
	}

	private static ForwardingStatistics forwarding(TestNode node) {
		return feed(node).statistics().forwarding();
	}

	private static UUID id(TestNode node) {
		return node.messaging().identity().id();
	}

	@ParameterizedTest
	@CsvSource({ "kafka, kafka", "cache, kafka", "kafka, http", "cache, http" })
	void eachClientOfThreeNodesHasWhatItsKeysPublishOnceAndInOrder(String backChannel, String forwarding) {
		by(backChannel, forwarding);
		FeedTopic topic = topic(PARTITIONS);
		TestNode first = redistributor(topic);
		List<TestNode> nodes = IntStream.range(0, 3).mapToObj((i) -> plainNode(i, topic)).toList();
		nodes.forEach(TestNode::awaitUp);
		awaitPartitions(PARTITIONS, first);
		FeedTraffic traffic = closing(new FeedTraffic(topic, PARTITIONS, 40))
			.ports(nodes.stream().map(TestNode::port).toArray(Integer[]::new));
		traffic.clients(15, 4)
			.writeEvery(Duration.ofMillis(3), 5, 3000)
			.cutEvery(Duration.ofSeconds(2), Duration.ofMillis(300));
		MachineTime.await(LIMIT).until(() -> traffic.written() > 1000);
		TestNode second = redistributor(topic);
		MachineTime.await(LIMIT).until(() -> !feed(second).redistributed().isEmpty());
		MachineTime.await(LIMIT).until(() -> traffic.written() > 2000);
		first.close();
		MachineTime.await(LIMIT).until(() -> traffic.written() == 3000);
		traffic.settle();
		traffic.reconcile(1);
		assertThat(traffic.told()).isZero();
		assertThat(traffic.recoveries()).isGreaterThan(20);
		// Nodes read nothing but what clients recover
		assertThat(nodes).allSatisfy((node) -> {
			assertThat(feed(node).statistics().records()).isZero();
			assertThat(forwarding(node).receivedRecords()).isPositive();
		});
		assertThat(second.bean(Feeds.class).redistribution())
			.extracting(Redistribution::backChannel, Redistribution::forwarding)
			.containsExactly(backChannel, forwarding);
	}

	@ParameterizedTest
	@CsvSource({ "kafka, kafka", "cache, http" })
	void theBytesThatANodeIsSentAreThoseOfWhatItWants(String backChannel, String forwarding) {
		by(backChannel, forwarding);
		FeedTopic topic = topic(PARTITIONS);
		TestNode redistributor = redistributor(topic);
		Map<TestNode, Integer> interests = Map.of(plainNode(0, topic), 1, plainNode(1, topic), 10, plainNode(2, topic),
				100);
		awaitPartitions(PARTITIONS, redistributor);
		List<TestClient> clients = new ArrayList<>();
		interests.forEach((node, keys) -> IntStream.range(0, keys)
			.forEach((key) -> clients.add(closing(node.connect("prices/k" + key + "?ack=true")))));
		clients.forEach((client) -> client.awaitCount(1));
		String value = "\"" + "x".repeat(198) + "\"";
		int records = 5000;
		for (int i = 0; i < records; i++) {
			topic.send("k" + i % 100, value);
		}
		topic.put("k0", value);
		interests.forEach((node, keys) -> {
			long wanted = 200L * (records / 100 * keys + 1);
			MachineTime.await(LIMIT).until(() -> forwarding(node).receivedBytes() >= wanted);
			assertThat(forwarding(node).receivedBytes()).isBetween(wanted, wanted * 11 / 10);
			assertThat(forwarding(redistributor).bytesByNode().get(id(node))).isBetween(wanted, wanted * 11 / 10);
			assertThat(feed(node).statistics().delivered()).isEqualTo(records / 100 * keys + 1);
			assertThat(feed(node).statistics().scans()).isZero();
		});
		assertThat(feed(redistributor).statistics().records()).isEqualTo(records + 1);
		assertThat(forwarding(redistributor).bytesByNode()).doesNotContainKey(id(redistributor));
	}

	@Test
	void nodesCanBeTheRedistributorsThemselves() {
		FeedTopic topic = topic(PARTITIONS);
		TestNode a = node(0, topic);
		TestNode b = node(1, topic);
		awaitPartitions(PARTITIONS, a, b);
		MachineTime.await(LIMIT).until(() -> !feed(a).redistributed().isEmpty() && !feed(b).redistributed().isEmpty());
		List<TestClient> clients = Stream.of(a, b)
			.flatMap((node) -> IntStream.range(0, 10).mapToObj((i) -> subscribe(node, "prices/k" + i)))
			.toList();
		IntStream.range(0, 30).forEach((i) -> topic.put("k" + i % 10, String.valueOf(i)));
		topic.put("nobody", "1");
		for (int i = 0; i < 20; i++) {
			int key = i % 10;
			assertThat(clients.get(i).awaitCount(4).texts().subList(1, 4))
				.isEqualTo(Stream.of(key, key + 10, key + 20).map(String::valueOf).toList());
		}
		MachineTime.await(LIMIT)
			.until(() -> feed(a).statistics().records() + feed(b).statistics().records() == 31
					&& forwarding(a).unwanted() + forwarding(b).unwanted() == 1);
		assertThat(feed(a).redistributed()).doesNotContainAnyElementsOf(feed(b).redistributed());
	}

	@Test
	void channelsThatAreNotNamedByTheKeyGetTheirRecordsFromAllPartitions() {
		FeedTopic topic = topic(PARTITIONS);
		String channel = "atmosphere.feeds[0].channel=rooms/{header:room}";
		TestNode redistributor = redistributor(topic, channel);
		TestNode node = plainNode(0, topic, channel);
		awaitPartitions(PARTITIONS, redistributor);
		TestClient client = subscribe(node, "rooms/a");
		for (int i = 0; i < PARTITIONS; i++) {
			ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic.name(), i, null,
					FeedTopic.bytes(String.valueOf(i)));
			record.headers().add("room", FeedTopic.bytes("a"));
			FeedTopic.await(topic.send(record));
		}
		assertThat(client.awaitCount(1 + PARTITIONS).texts().subList(1, 1 + PARTITIONS))
			.containsExactlyInAnyOrder(IntStream.range(0, PARTITIONS).mapToObj(String::valueOf).toArray(String[]::new));
		assertThat(forwarding(node).lost()).isZero();
	}

	@Test
	void aNodeThatLeavesIsForgottenAndWithoutARedistributorAFeedIsDown() {
		FeedTopic topic = topic(PARTITIONS);
		TestNode redistributor = redistributor(topic);
		TestNode a = plainNode(0, topic);
		TestNode b = plainNode(1, topic);
		awaitPartitions(PARTITIONS, redistributor);
		subscribe(a, "prices/x");
		subscribe(b, "prices/x");
		Redistribution knowing = redistributor.bean(Redistribution.class);
		assertThat(knowing.interest(topic.name())).isEqualTo(Map.of(id(a), 1, id(b), 1));
		UUID gone = id(a);
		a.close();
		MachineTime.await(LIMIT).until(() -> knowing.interestedNodes().equals(Set.of(id(b))));
		assertThat(forwarding(redistributor).bytesByNode()).doesNotContainKey(gone);
		redistributor.close();
		MachineTime.await(LIMIT).until(() -> !feed(b).isUp());
		MachineTime.await(LIMIT)
			.untilAsserted(() -> assertThat(feed(b).problem()).contains("atmosphere.redistribution.redistribute"));
		TestNode other = redistributor(topic);
		MachineTime.await(LIMIT).until(() -> feed(b).isUp());
		awaitPartitions(PARTITIONS, other);
	}

	@Test
	void partitionsThatAreAddedAreANewEpochOfWhichClientsAreTold() {
		FeedTopic topic = topic(4);
		TestNode redistributor = redistributor(topic);
		TestNode node = plainNode(0, topic);
		awaitPartitions(4, redistributor);
		FeedTraffic traffic = closing(new FeedTraffic(topic, 4, 40)).ports(node.port());
		traffic.clients(10, 4).write(400).settle();
		topic.addPartitions(8);
		awaitPartitions(8, redistributor);
		MachineTime.await(LIMIT).until(() -> feed(node).partitions() == 8);
		traffic.awaitLive();
		traffic.epoch(8);
		traffic.write(400).settle();
		traffic.reconcile(2);
		assertThat(traffic.told()).isEqualTo(traffic.clientChannels());
	}

	@Test
	void aTopicThatIsMadeAgainIsANewEpochOfWhichClientsAreTold() {
		FeedTopic topic = topic(4);
		TestNode redistributor = redistributor(topic);
		TestNode node = plainNode(0, topic);
		awaitPartitions(4, redistributor);
		FeedTraffic traffic = closing(new FeedTraffic(topic, 4, 40)).ports(node.port());
		traffic.clients(10, 4).write(400).settle();
		topic.delete();
		MachineTime.await(LIMIT).until(() -> feed(node).problem() != null);
		topic.make(4);
		traffic.epoch(4);
		MachineTime.await(LIMIT).until(() -> feed(node).isUp());
		traffic.awaitLive();
		traffic.write(400).settle();
		traffic.reconcile(2);
		assertThat(traffic.told()).isEqualTo(traffic.clientChannels());
	}

}
