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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.test.MachineTime;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.anyBoolean;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.willAnswer;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link KafkaRelay} beyond the contract: what only Kafka can do to it.
 */
@Timeout(60)
class KafkaRelayTests {

	private static final Duration CONNECT = Duration.ofSeconds(10);

	private static final EnvelopeCodec CODEC = new EnvelopeCodec(2 * 1024 * 1024);

	private final KafkaTestBroker broker = KafkaTestBroker.shared();

	private final String topic = "topic-" + UUID.randomUUID();

	private final List<RelayNode> nodes = new ArrayList<>();

	private Admin admin;

	@BeforeEach
	void openAdmin() {
		this.admin = Admin.create(Map.of("bootstrap.servers", this.broker.adminServers()));
	}

	@AfterEach
	void closeAll() {
		this.broker.proxy().resume();
		this.nodes.forEach((node) -> node.relay().stop());
		this.admin.close();
	}

	@Test
	void createsTheTopicAsConfigured() throws Exception {
		RelayNode node = start(UUID.randomUUID(), 3);
		Map<String, Object> details = node.relay().details();
		assertThat(details).containsEntry("topic", this.topic)
			.containsEntry("partitions", 3)
			.containsEntry("configuredPartitions", 3)
			.containsEntry("replication", 1);
		ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, this.topic);
		var config = this.admin.describeConfigs(List.of(resource)).all().get().get(resource);
		assertThat(config.get("retention.ms").value()).isEqualTo("600000");
		assertThat(config.get("cleanup.policy").value()).isEqualTo("delete");
	}

	@Test
	void nodesThatStartTogetherAgreeOnOneTopic() {
		List<RelayNode> nodes = IntStream.range(0, 4).mapToObj((i) -> add(UUID.randomUUID(), 3)).toList();
		nodes.forEach(RelayNode::start);
		nodes.forEach((node) -> node.awaitRoundTrip(CONNECT));
		nodes.forEach((node) -> node.subscribe(new Address.Channel("room")));
		nodes.forEach((node) -> node.publish("room", "x"));
		nodes.forEach((node) -> await().until(() -> node.received().size() == 4));
	}

	@Test
	void waitsForATopicThatItMayNotCreate() throws Exception {
		KafkaRelaySettings settings = KafkaRelaySettings.builder(UUID.randomUUID(), this.topic, CODEC)
			.partitions(3)
			.createTopic(false)
			.maxPending(100)
			.build();
		RelayNode node = new RelayNode(this.broker.relay(settings));
		this.nodes.add(node);
		node.start();
		assertThat(node.relay().publish(node.envelope("room", "x"))).failsWithin(Duration.ofSeconds(2))
			.withThrowableThat()
			.withCauseInstanceOf(RelayUnavailableException.class);
		this.admin.createTopics(List.of(new NewTopic(this.topic, 5, (short) 1))).all().get();
		node.awaitRoundTrip(CONNECT);
		assertThat(node.relay().details()).containsEntry("partitions", 5).containsEntry("configuredPartitions", 3);
	}

	/**
	 * The monitor's complaint about a connection that failed may arrive in the very
	 * moment in which its successor is there, which was replaced for it: on a crowded
	 * machine that put off the return by seconds.
	 */
	@Test
	void aReconnectOfAConnectionDoesNotEndItsSuccessor() {
		ClusterRelay relay = this.broker.relay(this.topic, CODEC);
		List<Boolean> changes = new CopyOnWriteArrayList<>();
		RelayListener listener = mock();
		given(listener.guards()).willReturn(new Guards());
		willAnswer((call) -> {
			changes.add(call.getArgument(0));
			relay.reconnect();
			return null;
		}).given(listener).connectionChanged(anyBoolean());
		relay.start(listener);
		try {
			MachineTime.await(CONNECT).until(() -> !changes.isEmpty());
			await().during(Duration.ofMillis(500)).until(() -> changes.equals(List.of(true)));
			MachineTime.await(CONNECT).until(() -> {
				relay.reconnect();
				return changes.size() >= 3;
			});
			assertThat(List.copyOf(changes).subList(0, 3)).containsExactly(true, false, true);
		}
		finally {
			relay.stop();
		}
	}

	@Test
	void connectsAgainAfterAnError() {
		AtomicInteger attempts = new AtomicInteger();
		RelayNode node = new RelayNode(
				this.broker.relay(KafkaTestBroker.settings(UUID.randomUUID(), this.topic, 3, CODEC), (producer) -> {
					if (attempts.getAndIncrement() < 2) {
						producer.close();
						throw new NoClassDefFoundError("missing");
					}
					return producer;
				}));
		this.nodes.add(node);
		node.start();
		node.awaitRoundTrip(CONNECT);
		assertThat(attempts).hasValue(3);
	}

	@Test
	void partitionsThatAreAddedAreReadFromTheirBeginning() throws Exception {
		RelayNode old = start(UUID.randomUUID(), 2);
		List<String> channels = IntStream.range(0, 20).mapToObj((i) -> "room/" + i).toList();
		channels.forEach((channel) -> old.subscribe(new Address.Channel(channel)));
		this.admin.createPartitions(Map.of(this.topic, NewPartitions.increaseTo(5))).all().get();
		RelayNode newer = start(UUID.randomUUID(), 5);
		List<UUID> before = channels.stream().map((channel) -> newer.publish(channel, "before").id()).toList();
		assertThat(partitionsWithRecords()).hasSizeGreaterThan(3);
		((KafkaRelay) old.relay()).checkTopic();
		List<UUID> after = channels.stream().map((channel) -> newer.publish(channel, "after").id()).toList();
		await().untilAsserted(() -> assertThat(old.receivedIds()).containsAll(before).containsAll(after));
		assertThat(old.receivedIds()).doesNotHaveDuplicates().hasSize(40);
		assertThat(old.gaps()).isEmpty();
		assertThat(old.relay().details()).containsEntry("partitions", 5).containsEntry("configuredPartitions", 2);
	}

	@Test
	void partitionsThatAreAddedAreFoundByAReconnectToo() throws Exception {
		RelayNode old = start(UUID.randomUUID(), 2);
		this.admin.createPartitions(Map.of(this.topic, NewPartitions.increaseTo(4))).all().get();
		old.relay().reconnect();
		await().untilAsserted(() -> assertThat(old.relay().details()).containsEntry("partitions", 4));
		old.awaitRoundTrip(CONNECT);
	}

	@Test
	void aTopicThatIsDeletedIsMadeAnewAndTheGapReported() throws Exception {
		RelayNode one = start(UUID.randomUUID(), 3);
		RelayNode two = start(UUID.randomUUID(), 3);
		two.subscribe(new Address.Channel("room"));
		for (int i = 0; i < 20; i++) {
			one.publish("room", "before");
		}
		await().until(() -> two.received().size() == 20);
		this.admin.deleteTopics(List.of(this.topic)).all().get();
		((KafkaRelay) one.relay()).checkTopic();
		((KafkaRelay) two.relay()).checkTopic();
		one.awaitRoundTrip(CONNECT);
		two.awaitRoundTrip(CONNECT);
		UUID after = one.publish("room", "after").id();
		await().untilAsserted(() -> assertThat(two.receivedIds()).contains(after));
		assertThat(two.receivedIds()).doesNotHaveDuplicates().hasSize(21);
		assertThat(two.gaps()).contains(new Address.Channel("room"));
	}

	@Test
	void whatRetentionRemovedWhileTheNodeWasAwayIsAGapOfItsPartitionOnly() throws Exception {
		RelayNode direct = start(UUID.randomUUID(), KafkaTestBroker.PARTITIONS);
		RelayNode behind = new RelayNode(this.broker.proxiedRelay(this.topic, CODEC));
		this.nodes.add(behind);
		behind.start().awaitRoundTrip(CONNECT);
		List<String> channels = channelsOfDifferentPartitions();
		channels.forEach((channel) -> behind.subscribe(new Address.Channel(channel)));
		this.broker.proxy().cut();
		for (int i = 0; i < 10; i++) {
			channels.forEach((channel) -> direct.publish(channel, "early"));
		}
		int partition = partition(channels.get(0));
		this.admin.deleteRecords(Map.of(new TopicPartition(this.topic, partition), RecordsToDelete.beforeOffset(-1)))
			.all()
			.get();
		UUID late = direct.publish(channels.get(0), "late").id();
		this.broker.proxy().resume();
		await().untilAsserted(() -> assertThat(behind.receivedIds()).contains(late));
		await().untilAsserted(() -> assertThat(behind.received()).hasSize(11));
		assertThat(behind.receivedIds()).doesNotHaveDuplicates();
		assertThat(behind.gaps()).filteredOn((address) -> address instanceof Address.Channel)
			.containsExactly(new Address.Channel(channels.get(0)));
	}

	@Test
	void noGroupIsLeftOnTheBrokerAndASharedNameDoesNotSplitMessages() throws Exception {
		UUID node = UUID.randomUUID();
		RelayNode one = start(node, 3);
		RelayNode two = start(node, 3);
		one.subscribe(new Address.Channel("room"));
		two.subscribe(new Address.Channel("room"));
		for (int i = 0; i < 50; i++) {
			one.publish("room", "x");
		}
		await().until(() -> one.received().size() == 50 && two.received().size() == 50);
		assertNoGroup(node);
		one.relay().reconnect();
		one.awaitRoundTrip(CONNECT);
		one.relay().stop();
		two.relay().stop();
		assertNoGroup(node);
	}

	@Test
	void aBadRecordSkipsNeitherItsNeighboursNorStopsAnything() {
		RelayNode one = start(UUID.randomUUID(), KafkaTestBroker.PARTITIONS);
		one.subscribe(new Address.Channel("room"));
		byte[] key = "channel:room".getBytes(StandardCharsets.UTF_8);
		UUID before = one.publish("room", "before").id();
		this.broker.publishRecord(this.topic, key, null);
		this.broker.publishRecord(this.topic, key, "foreign".getBytes(StandardCharsets.UTF_8));
		this.broker.publishRecord(this.topic, null, "without a key".getBytes(StandardCharsets.UTF_8));
		this.broker.publishRecord(this.topic, "order-17".getBytes(StandardCharsets.UTF_8), new byte[] { 1 });
		byte[] envelope = CODEC.encode(one.envelope("other", "not followed, with the key of another"));
		this.broker.publishRecord(this.topic, key, envelope);
		UUID after = one.publish("room", "after").id();
		await().untilAsserted(() -> assertThat(one.receivedIds()).containsExactly(before, after));
		await().untilAsserted(() -> assertThat(one.rejections(Reason.FOREIGN)).isEqualTo(4));
	}

	@Test
	void aRecordThatIsTooLargeSaysWhatToChangeAndHoldsNothingUp() throws Exception {
		this.admin
			.createTopics(List.of(new NewTopic(this.topic, 3, (short) 1).configs(Map.of("max.message.bytes", "2000"))))
			.all()
			.get();
		RelayNode node = start(UUID.randomUUID(), 3);
		node.subscribe(new Address.Channel("room"));
		for (int size : new int[] { 3000, 1_100_000 }) {
			var large = node.envelope(new Audience.Channel("room", null), Payload.binary(new byte[size]));
			assertThat(node.relay().publish(large)).failsWithin(Duration.ofSeconds(5))
				.withThrowableThat()
				.havingCause()
				.isInstanceOf(IllegalArgumentException.class)
				.withMessageContainingAll("max.request.size", "max.message.bytes", this.topic);
		}
		UUID small = node.publish("room", "small").id();
		await().untilAsserted(() -> assertThat(node.receivedIds()).containsExactly(small));
	}

	@Test
	void worksWithWhateverTheApplicationConfiguresForItself() {
		Map<String, Object> producer = Map.of("bootstrap.servers", servers(), "key.serializer",
				"org.springframework.kafka.support.serializer.JacksonJsonSerializer", "value.serializer",
				"org.springframework.kafka.support.serializer.JacksonJsonSerializer", "acks", "0", "linger.ms", "20");
		Map<String, Object> consumer = Map.of("bootstrap.servers", servers(), "value.deserializer",
				"org.springframework.kafka.support.serializer.JacksonJsonDeserializer", "group.id", "orders",
				"enable.auto.commit", "true", "max.poll.records", "1");
		DefaultKafkaProducerFactory<Object, Object> producers = new DefaultKafkaProducerFactory<>(producer);
		producers.setTransactionIdPrefix("tx-");
		KafkaRelay relay = new KafkaRelay(producers, new DefaultKafkaConsumerFactory<>(consumer),
				Map.of("bootstrap.servers", servers()),
				KafkaTestBroker.settings(UUID.randomUUID(), this.topic, 3, CODEC));
		RelayNode node = new RelayNode(relay);
		this.nodes.add(node);
		node.start().awaitRoundTrip(CONNECT);
		node.subscribe(new Address.Channel("room"));
		List<UUID> sent = IntStream.range(0, 20).mapToObj((i) -> node.publish("room", "x").id()).toList();
		await().untilAsserted(() -> assertThat(node.receivedIds()).isEqualTo(sent));
	}

	@Test
	void stopLeavesNoThreadsBehind() {
		UUID id = UUID.randomUUID();
		RelayNode node = start(id, 3);
		assertThat(threads(id)).isNotEmpty();
		node.relay().reconnect();
		node.awaitRoundTrip(CONNECT);
		MachineTime start = MachineTime.start();
		node.relay().stop();
		assertThat(start.elapsed()).isLessThan(Duration.ofSeconds(4));
		await().untilAsserted(() -> assertThat(threads(id)).isEmpty());
	}

	@Test
	void startingTwiceIsRefused() {
		RelayNode node = start(UUID.randomUUID(), 3);
		assertThatIllegalStateException().isThrownBy(node::start);
	}

	private RelayNode start(UUID id, int partitions) {
		return add(id, partitions).start().awaitRoundTrip(CONNECT);
	}

	private RelayNode add(UUID id, int partitions) {
		RelayNode node = new RelayNode(this.broker.relay(KafkaTestBroker.settings(id, this.topic, partitions, CODEC)));
		this.nodes.add(node);
		return node;
	}

	private String servers() {
		return this.broker.direct().host() + ":" + this.broker.direct().port();
	}

	private void assertNoGroup(UUID node) throws Exception {
		assertThat(this.admin.listGroups().all().get()).noneMatch((group) -> group.groupId().contains(node.toString()));
		assertThatExceptionOfType(ExecutionException.class)
			.isThrownBy(() -> this.admin.describeConsumerGroups(List.of("atmosphere-" + node)).all().get())
			.withCauseInstanceOf(GroupIdNotFoundException.class);
	}

	private Set<Integer> partitionsWithRecords() throws Exception {
		Set<Integer> result = new HashSet<>();
		KafkaTopic topics = new KafkaTopic(KafkaTestBroker.settings(UUID.randomUUID(), this.topic, 5, CODEC));
		topics.ranges(this.admin, topics.describe(this.admin), 5).forEach((partition, range) -> {
			if (range.end() > range.begin()) {
				result.add(partition);
			}
		});
		return result;
	}

	private static List<String> channelsOfDifferentPartitions() {
		String second = IntStream.range(0, 100)
			.mapToObj((i) -> "room/" + i)
			.filter((channel) -> partition(channel) != partition("room"))
			.findFirst()
			.orElseThrow();
		return List.of("room", second);
	}

	private static int partition(String channel) {
		return KafkaTopic.partition(("channel:" + channel).getBytes(StandardCharsets.UTF_8),
				KafkaTestBroker.PARTITIONS);
	}

	private static List<String> threads(UUID node) {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.map(Thread::getName)
			.filter((name) -> name.contains(node.toString()) || name.startsWith("atmosphere-kafka"))
			.toList();
	}

}
