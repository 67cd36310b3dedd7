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
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.TcpProxy;
import io.github.atmosphererelay.group.internal.GroupHandler;
import io.github.atmosphererelay.group.internal.GroupRunner;
import io.github.atmosphererelay.group.internal.GroupSettings;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.GroupLane;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.LaneLostException;
import io.github.atmosphererelay.relay.SetAsideMessage;
import io.github.atmosphererelay.test.GrowingThreads;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * What is particular to groups on Kafka, against a broker in a process of its own.
 */
@Timeout(240)
@Reconciles
class KafkaGroupTests {

	private static final Duration LIMIT = Duration.ofSeconds(30);

	private static final Duration WINDOW = Duration.ofMinutes(5);

	private static final GroupOptions EARLIEST = options(GroupOptions.Start.EARLIEST);

	private static final GroupOptions LATEST = options(GroupOptions.Start.LATEST);

	private final EnvelopeCodec codec = new EnvelopeCodec(1024);

	private final String topic = "groups-" + UUID.randomUUID();

	private final List<RelayNode> nodes = new ArrayList<>();

	private final KafkaTestBroker broker = KafkaTestBroker.shared().withLogs();

	private RelayNode node;

	private static GroupOptions options(GroupOptions.Start start) {
		return new GroupOptions("billing", (channel) -> channel.startsWith("orders/"), start);
	}

	@BeforeEach
	void start() {
		this.node = start(this.broker.direct().host() + ":" + this.broker.direct().port());
	}

	private RelayNode start(String servers) {
		RelayNode node = new RelayNode(relay(servers)).start();
		this.nodes.add(node);
		return node.awaitRoundTrip(LIMIT);
	}

	private KafkaRelaySettings settings() {
		return KafkaTestBroker.logSettings(this.topic, this.codec, WINDOW);
	}

	private KafkaRelay relay(String servers) {
		Map<String, Object> properties = Map.of("bootstrap.servers", servers, "session.timeout.ms", "6000");
		return new KafkaRelay(new DefaultKafkaProducerFactory<>(Map.of("bootstrap.servers", servers)),
				new DefaultKafkaConsumerFactory<>(properties), Map.of("bootstrap.servers", servers), settings());
	}

	@AfterEach
	void stop() {
		this.nodes.forEach((node) -> node.relay().stop());
	}

	private Admin admin() {
		return Admin.create(Map.of("bootstrap.servers", this.broker.adminServers()));
	}

	private void publish(String channel, String text) {
		LogOptions options = new LogOptions(1000, Duration.ofHours(1), null, WINDOW);
		this.node.relay().publish(this.node.recorded(channel, text, options)).orTimeout(30, TimeUnit.SECONDS).join();
	}

	private static TopicPartition partition(String topic, String channel) {
		byte[] key = new Address.Channel(channel).value().getBytes(StandardCharsets.UTF_8);
		return new TopicPartition(topic, KafkaTopic.partition(key, KafkaTestBroker.PARTITIONS));
	}

	/**
	 * Return channels that are in one partition.
	 */
	private List<String> channels(int count) {
		List<String> channels = new ArrayList<>();
		for (int i = 0; channels.size() < count; i++) {
			String channel = "orders/" + i;
			if (channels.isEmpty() || partition(this.topic, channel).equals(partition(this.topic, channels.get(0)))) {
				channels.add(channel);
			}
		}
		return channels;
	}

	@Test
	void theOffsetOfTheOldestUnfinishedMessageIsCommittedAndWhatFollowedItIsNotHandledAgain() throws Exception {
		List<String> channels = channels(2);
		for (int i = 0; i < 5; i++) {
			publish(channels.get(0), "slow " + i);
			publish(channels.get(1), "quick " + i);
		}
		KafkaTestMember member = KafkaTestMember.join(this.node.relay(), EARLIEST).read(10);
		member.commit(channels.get(0), 1);
		member.commit(channels.get(1), 5);
		member.leave();
		try (Admin admin = admin()) {
			assertThat(admin.listConsumerGroupOffsets("atmosphere-group." + this.topic + ".billing")
				.partitionsToOffsetAndMetadata()
				.get()
				.get(partition(this.topic + "-log", channels.get(0)))
				.offset()).isEqualTo(2);
		}
		publish(channels.get(1), "quick 5");
		KafkaTestMember next = KafkaTestMember.join(start(this.broker.adminServers()).relay(), EARLIEST).read(5);
		assertThat(next.texts()).containsExactlyInAnyOrder("slow 1", "slow 2", "slow 3", "slow 4", "quick 5");
	}

	@Test
	void aMessageThatAPublisherRepeatsIsNotHandledTwiceAfterATakeover() {
		String channel = "orders/1";
		LogOptions options = new LogOptions(1000, Duration.ofHours(1), "key", WINDOW);
		this.node.relay().publish(this.node.recorded(channel, "once", options)).orTimeout(30, TimeUnit.SECONDS).join();
		KafkaTestMember member = KafkaTestMember.join(this.node.relay(), EARLIEST).read(1);
		member.commit(channel, 1);
		member.leave();
		// As two nodes do that publish at once
		Envelope again = this.node.recorded(channel, "again", options);
		this.broker.publishRecord(this.topic + "-log",
				new Address.Channel(channel).value().getBytes(StandardCharsets.UTF_8), this.codec.encode(again));
		publish(channel, "next");
		KafkaTestMember next = KafkaTestMember.join(start(this.broker.adminServers()).relay(), EARLIEST).read(1);
		assertThat(next.texts()).containsExactly("next");
	}

	@Test
	void whatTheBrokerHasRemovedBeforeItWasHandledIsReported() throws Exception {
		List<String> channels = channels(1);
		for (int i = 0; i < 10; i++) {
			publish(channels.get(0), "text " + i);
		}
		KafkaTestMember member = KafkaTestMember.join(this.node.relay(), EARLIEST).read(10);
		member.commit(channels.get(0), 2);
		member.leave();
		try (Admin admin = admin()) {
			admin
				.deleteRecords(Map.of(partition(this.topic + "-log", channels.get(0)), RecordsToDelete.beforeOffset(7)))
				.all()
				.get();
		}
		KafkaTestMember next = KafkaTestMember.join(this.node.relay(), EARLIEST).read(4);
		ChannelItem first = next.items().get(0);
		assertThat(first).isInstanceOf(Discontinuity.class);
		assertThat(((Discontinuity) first).reason()).isEqualTo(Discontinuity.Reason.LOG_TRIMMED);
		assertThat(first.channel()).isEqualTo("*");
		assertThat(next.texts()).containsExactly("text 7", "text 8", "text 9");
		next.commit("*", 1);
		next.commit(channels.get(0), 1);
		next.leave();
		KafkaTestMember third = KafkaTestMember.join(this.node.relay(), EARLIEST).read(2);
		assertThat(third.items()).allMatch(Publication.class::isInstance);
		assertThat(third.texts()).containsExactly("text 8", "text 9");
	}

	@Test
	void aPartitionThatNobodyHasCommittedYetBeginsWhereTheGroupHas() throws Exception {
		publish("orders/1", "before the group");
		KafkaTestMember member = KafkaTestMember.join(this.node.relay(), LATEST).awaitLanes();
		publish("orders/1", "after it");
		member.leave();
		forgetOffsets(Set.of(partition(this.topic + "-log", "orders/1")));
		KafkaTestMember next = KafkaTestMember.join(this.node.relay(), LATEST).read(1);
		assertThat(next.texts()).containsExactly("after it");
	}

	private void forgetOffsets(Set<TopicPartition> partitions) throws InterruptedException {
		try (Admin admin = admin()) {
			MachineTime.await(LIMIT)
				.ignoreExceptionsMatching((ex) -> ex.getCause() instanceof GroupNotEmptyException)
				.until(() -> {
					admin.deleteConsumerGroupOffsets("atmosphere-group." + this.topic + ".billing", partitions)
						.all()
						.get();
					return true;
				});
		}
	}

	@Test
	void aGroupWhoseProgressKafkaHasForgottenReportsItAndSkipsNothing() throws Exception {
		publish("orders/1", "before the group");
		KafkaTestMember member = KafkaTestMember.join(this.node.relay(), LATEST).awaitLanes();
		publish("orders/1", "handled, or not");
		long former = member.lanes().stream().mapToLong(GroupLane::token).max().orElseThrow();
		member.leave();
		try (Admin admin = admin()) {
			MachineTime.await(LIMIT).ignoreExceptionsMatching((ex) -> ex instanceof ExecutionException).until(() -> {
				admin.deleteConsumerGroups(List.of("atmosphere-group." + this.topic + ".billing")).all().get();
				return true;
			});
		}
		KafkaRelaySettings settings = settings();
		Map<String, Object> properties = Map.of("bootstrap.servers", this.broker.adminServers());
		KafkaClientFactory clients = new KafkaClientFactory(new DefaultKafkaProducerFactory<>(properties),
				new DefaultKafkaConsumerFactory<>(properties), properties, settings);
		KafkaGroupStore store = new KafkaGroupStore(settings, clients);
		TopicPartition partition = partition(this.topic + "-log", "orders/1");
		KafkaLogLife life = Objects.requireNonNull(((KafkaRelay) this.node.relay()).life());
		try (Consumer<byte[], byte[]> consumer = clients.groupMember(settings.groupId("billing"))) {
			// Young groups have not committed yet
			assertThat(new KafkaGroupStarts(LATEST, settings, store::birth, KafkaGroupStarts.CHILDHOOD).find(consumer,
					life, Set.of(partition), 1, LIMIT))
				.singleElement()
				.satisfies((start) -> {
					assertThat(start.missed()).isNull();
					assertThat(start.commit().base()).isOne();
					assertThat(start.commit().token()).isGreaterThan(former);
				});
			assertThat(new KafkaGroupStarts(LATEST, settings, store::birth, Duration.ofMillis(1)).find(consumer, life,
					Set.of(partition), 1, LIMIT))
				.singleElement()
				.satisfies((start) -> {
					assertThat(start.missed()).isEqualTo(Discontinuity.Reason.LOG_TRIMMED);
					// Never from before it was made
					assertThat(start.commit().base()).isOne();
				});
			// This node's clock is an hour ahead
			long anHourAgo = System.currentTimeMillis() - Duration.ofHours(1).toMillis();
			assertThat(new KafkaGroupStarts(LATEST, settings,
					(group, start, topic) -> new KafkaGroupStore.Birth(anHourAgo, start, topic, true),
					KafkaGroupStarts.CHILDHOOD)
				.find(consumer, life, Set.of(partition), 1, LIMIT)).singleElement()
				.satisfies((start) -> assertThat(start.missed()).isNull());
		}
		finally {
			store.close();
		}
	}

	@Test
	void theTopicOfTheGroupsTakesAllThatTheTopicOfTheLogsTakes() throws Exception {
		KafkaTestMember member = KafkaTestMember.join(this.node.relay(), LATEST).awaitLanes();
		try (Admin admin = admin()) {
			assertThat(maxBytes(admin, this.topic + "-groups"))
				.isEqualTo(maxBytes(admin, this.topic + "-log") + 16 * 1024);
		}
		member.leave();
	}

	private static int maxBytes(Admin admin, String topic) throws Exception {
		ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
		Config config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
		return Integer.parseInt(Objects.requireNonNull(config).get(TopicConfig.MAX_MESSAGE_BYTES_CONFIG).value());
	}

	@Test
	void aTopicOfTheGroupsThatDoesNotExistIsNamed() {
		KafkaRelaySettings settings = KafkaRelaySettings
			.builder(UUID.randomUUID(), "missing-" + UUID.randomUUID(), this.codec)
			.recorded(true)
			.createTopic(false)
			.build();
		Map<String, Object> properties = Map.of("bootstrap.servers", this.broker.adminServers());
		KafkaGroupStore store = new KafkaGroupStore(settings,
				new KafkaClientFactory(new DefaultKafkaProducerFactory<>(properties),
						new DefaultKafkaConsumerFactory<>(properties), properties, settings));
		try {
			assertThatThrownBy(() -> store.birth("billing", GroupOptions.Start.LATEST, 1)).rootCause()
				.hasMessageContaining(settings.groupTopic())
				.hasMessageContaining("create-topic");
		}
		finally {
			store.close();
		}
	}

	@Test
	void aChannelThatAlwaysFailsDelaysNoOther() {
		Duration limit = Boolean.getBoolean("atmosphere.test.long") ? Duration.ofSeconds(1) : LIMIT;
		Map<String, Long> published = new ConcurrentHashMap<>();
		Map<String, Duration> delays = new ConcurrentHashMap<>();
		AtomicInteger failures = new AtomicInteger();
		GroupHandler handler = new GroupHandler() {

			@Override
			public @Nullable CompletionStage<?> handle(Publication publication) {
				String text = publication.payload().asText();
				if (publication.channel().equals("orders/0")) {
					failures.incrementAndGet();
					throw new IllegalStateException("expected");
				}
				delays.put(text, Duration.ofNanos(System.nanoTime() - published.get(text)));
				return null;
			}

			@Override
			public String name() {
				return "failing";
			}

		};
		ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
		GroupRunner runner = new GroupRunner(EARLIEST, "orders/**", handler,
				new GroupSettings(8, 1_000_000, Duration.ofMillis(100), Duration.ofMillis(200), 50, 1000, 1024 * 1024,
						Duration.ofSeconds(5)),
				Objects.requireNonNull(this.node.relay().groups()), new Timers(scheduler, new Guards()), (event) -> {
				}, new GrowingThreads());
		runner.start();
		MachineTime.await(LIMIT).until(() -> runner.describe().lanes().size() == KafkaTestBroker.PARTITIONS);
		for (int i = 0; i < 10; i++) {
			for (int channel = 0; channel < 100; channel++) {
				String text = channel + "." + i;
				published.put(text, System.nanoTime());
				publish("orders/" + channel, text);
			}
		}
		MachineTime.await(LIMIT).until(() -> delays.size() == 10 * 99 && failures.get() > 10);
		assertThat(delays.values()).allMatch((delay) -> delay.compareTo(limit) < 0);
		MachineTime.await(LIMIT).until(() -> runner.describe().parked() == 1);
		runner.stop();
		scheduler.shutdownNow();
	}

	/**
	 * The network of the first member stands still: its commit reaches the broker after
	 * another member has got the lane.
	 */
	@Test
	void theBrokerRefusesTheCommitOfAMemberWhoseLeaseHasEnded() {
		TcpProxy proxy = this.broker.proxy();
		RelayNode still = start(proxy.host() + ":" + proxy.port());
		publish("orders/1", "first");
		publish("orders/1", "second");
		KafkaTestMember zombie = KafkaTestMember.join(still.relay(), EARLIEST).read(2);
		zombie.commit("orders/1", 1);
		GroupLane former = zombie.laneOf("orders/1");
		SetAsideMessage message = new SetAsideMessage("billing", zombie.publications("orders/1").get(1), 1, "expected",
				Instant.now());
		CompletableFuture<?> late;
		CompletableFuture<?> aside;
		KafkaTestMember next;
		proxy.stall();
		try {
			next = KafkaTestMember.join(this.node.relay(), EARLIEST).read(1);
			assertThat(next.texts()).containsExactly("second");
			assertThat(next.laneOf("orders/1").token()).isGreaterThan(former.token());
			// It gives its lanes up by itself, while the broker cannot tell it
			MachineTime.await(LIMIT).until(() -> zombie.lost() > 0);
			assertThat(former.isHeld()).isFalse();
			late = zombie.startCommit("orders/1", 2);
			aside = former.setAside(message);
		}
		finally {
			proxy.resume();
		}
		assertThatThrownBy(() -> late.get(30, TimeUnit.SECONDS)).hasCauseInstanceOf(LaneLostException.class);
		assertThatThrownBy(() -> aside.get(30, TimeUnit.SECONDS)).hasCauseInstanceOf(LaneLostException.class);
		next.leave();
		zombie.leave();
		assertThat(KafkaTestMember.join(this.node.relay(), EARLIEST).read(1).texts()).containsExactly("second");
	}

}
