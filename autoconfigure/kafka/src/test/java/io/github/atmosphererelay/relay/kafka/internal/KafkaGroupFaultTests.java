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

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.KafkaServer;
import io.github.atmosphererelay.contract.broker.TcpProxy;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.GroupLane;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.SetAsideMessage;
import io.github.atmosphererelay.relay.SetAsideMessages;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Members of groups while topics, brokers and other members are not as they should be,
 * against one broker that takes short metadata only.
 */
@Timeout(240)
@Reconciles
class KafkaGroupFaultTests {

	private static final Duration LIMIT = Duration.ofSeconds(30);

	private static final Duration LEASE = Duration.ofSeconds(12);

	private static final Duration WINDOW = Duration.ofMinutes(5);

	private static final GroupOptions GROUP = new GroupOptions("billing", (channel) -> channel.startsWith("orders/"),
			GroupOptions.Start.EARLIEST);

	private static KafkaServer server;

	private final String topic = "faults-" + UUID.randomUUID();

	private final List<RelayNode> nodes = new ArrayList<>();

	@BeforeAll
	static void startServer() {
		server = KafkaServer.create(Map.of("offset.metadata.max.bytes", "200"));
	}

	@AfterAll
	static void stopServer() {
		server.close();
	}

	@AfterEach
	void stop() {
		this.nodes.forEach((node) -> node.relay().stop());
	}

	private static String direct() {
		return server.direct().host() + ":" + server.direct().port();
	}

	private static String proxied() {
		return server.proxy().host() + ":" + server.proxy().port();
	}

	private RelayNode start(String servers) {
		return start(new KafkaRelay(new DefaultKafkaProducerFactory<>(Map.of("bootstrap.servers", servers)),
				new DefaultKafkaConsumerFactory<>(
						Map.of("bootstrap.servers", servers, "session.timeout.ms", LEASE.toMillis() + "")),
				Map.of("bootstrap.servers", servers),
				KafkaTestBroker.logSettings(this.topic, new EnvelopeCodec(1024), WINDOW)));
	}

	private RelayNode start(KafkaRelay relay) {
		RelayNode node = new RelayNode(relay).start();
		this.nodes.add(node);
		return node.awaitRoundTrip(LIMIT);
	}

	private static Outcome publish(RelayNode node, String channel, String text) {
		LogOptions options = new LogOptions(1000, Duration.ofHours(1), null, WINDOW);
		return node.relay()
			.publish(node.recorded(channel, text, options))
			.orTimeout(20, TimeUnit.SECONDS)
			.join()
			.outcome();
	}

	/** Publish until the broker has taken the message. */
	private static void publishInTheEnd(RelayNode node, String channel, String text) {
		MachineTime.await(LIMIT)
			.ignoreExceptionsInstanceOf(CompletionException.class)
			.until(() -> publish(node, channel, text) == Outcome.RELAYED);
	}

	private static int partition(String channel) {
		return KafkaTopic.partition(new Address.Channel(channel).value().getBytes(StandardCharsets.UTF_8),
				KafkaTestBroker.PARTITIONS);
	}

	private static List<String> channels(int partition, int count) {
		return IntStream.range(0, 10_000)
			.mapToObj((i) -> "orders/" + i)
			.filter((channel) -> partition(channel) == partition)
			.limit(count)
			.toList();
	}

	@Test
	void ifTheBrokerTakesShortMetadataOnlyMoreIsHandledAgainAndNothingSkipped() {
		RelayNode node = start(direct());
		List<String> channels = channels(0, 60);
		for (String text : List.of("first", "second")) {
			channels.forEach((channel) -> publish(node, channel, text + " of " + channel));
		}
		KafkaTestMember member = KafkaTestMember.join(node.relay(), GROUP).read(120);
		// Thirty channels are behind, which is more than fit
		MachineTime.await(LIMIT).ignoreExceptionsInstanceOf(CompletionException.class).until(() -> {
			CompletableFuture
				.allOf(channels.stream()
					.map((channel) -> member.startCommit(channel, (channels.indexOf(channel) < 30) ? 1 : 2))
					.toArray(CompletableFuture<?>[]::new))
				.orTimeout(10, TimeUnit.SECONDS)
				.join();
			return true;
		});
		member.leave();
		KafkaTestMember next = KafkaTestMember.join(node.relay(), GROUP).read(60);
		assertThat(next.texts())
			.containsExactlyElementsOf(channels.stream().map((channel) -> "second of " + channel).toList());
	}

	@Test
	void aTopicThatWasCreatedAgainIsHandledFromItsBeginning() throws Exception {
		RelayNode node = start(direct());
		for (int i = 0; i < 5; i++) {
			publish(node, "orders/1", "old " + i);
		}
		KafkaTestMember member = KafkaTestMember.join(node.relay(), GROUP).read(5);
		member.commit("orders/1", 4);
		GroupLane former = member.laneOf("orders/1");
		try (Admin admin = server.admin()) {
			admin.deleteTopics(List.of(this.topic + "-log")).all().get();
		}
		((KafkaRelay) node.relay()).checkTopic();
		MachineTime.await(LIMIT).until(() -> member.lost() > 0);
		publishInTheEnd(node, "orders/1", "new");
		member.awaitLanes().read(6 + KafkaTestBroker.PARTITIONS);
		assertThat(member.items().stream().filter(Discontinuity.class::isInstance)).hasSize(KafkaTestBroker.PARTITIONS)
			.allSatisfy((missed) -> assertThat(((Discontinuity) missed).reason())
				.isEqualTo(Discontinuity.Reason.LOG_CHANGED));
		assertThat(member.texts().subList(5, member.texts().size())).containsOnly("new");
		assertThat(member.laneOf("orders/1").token()).isGreaterThan(former.token());
		member.commit("orders/1", member.publications("orders/1").size());
		member.leave();
		publish(node, "orders/1", "newer");
		assertThat(KafkaTestMember.join(start(direct()).relay(), GROUP).read(1).texts()).containsExactly("newer");
	}

	@Test
	void aTopicOfTheGroupsThatWasCreatedAgainIsUsedByNodesThatRun() {
		RelayNode one = start(direct());
		RelayNode two = start(direct());
		publish(one, "orders/1", "a");
		publish(one, "orders/1", "b");
		KafkaTestMember member = KafkaTestMember.join(one.relay(), GROUP).read(2);
		GroupLane lane = member.laneOf("orders/1");
		member.publications("orders/1").forEach((publication) -> setAside(lane, publication));
		assertThat(count(one)).isEqualTo(2);
		assertThat(count(two)).isEqualTo(2);
		try (Admin admin = server.admin()) {
			MachineTime.await(LIMIT).ignoreExceptionsInstanceOf(ExecutionException.class).until(() -> {
				admin.deleteTopics(List.of(this.topic + "-groups")).all().get();
				return true;
			});
		}
		MachineTime.await(LIMIT)
			.ignoreExceptionsInstanceOf(CompletionException.class)
			.until(() -> count(one) == 0 && count(two) == 0);
		setAside(lane, member.publications("orders/1").get(1));
		assertThat(count(one)).isOne();
		assertThat(store(two).list("billing", 0, 10).orTimeout(30, TimeUnit.SECONDS).join()).singleElement()
			.satisfies((message) -> assertThat(message.publication().payload().asText()).isEqualTo("b"));
	}

	private static void setAside(GroupLane lane, Publication publication) {
		lane.setAside(new SetAsideMessage("billing", publication, 1, "expected", Instant.now()))
			.orTimeout(30, TimeUnit.SECONDS)
			.join();
	}

	private static SetAsideMessages store(RelayNode node) {
		return Objects.requireNonNull(node.relay().groups()).setAside();
	}

	private static long count(RelayNode node) {
		return store(node).count("billing").orTimeout(10, TimeUnit.SECONDS).join();
	}

	@ParameterizedTest
	@ValueSource(strings = { "Received exception when fetching the next record",
			"Received exception when fetching the next record from %s-log-1. If needed, please seek past the record" })
	void aPartitionThatCannotBeReadHoldsUpNoOther(String failure) {
		String corrupt = channels(1, 1).get(0);
		String sound = channels(2, 1).get(0);
		AtomicReference<@Nullable Integer> unreadable = new AtomicReference<>(1);
		DefaultKafkaConsumerFactory<byte[], byte[]> consumers = new DefaultKafkaConsumerFactory<>(
				Map.of("bootstrap.servers", direct()));
		consumers.addPostProcessor((consumer) -> failing(consumer, unreadable, failure.formatted(this.topic)));
		Map<String, Object> properties = Map.of("bootstrap.servers", direct());
		RelayNode node = start(new KafkaRelay(new DefaultKafkaProducerFactory<>(properties), consumers, properties,
				KafkaTestBroker.logSettings(this.topic, new EnvelopeCodec(1024), WINDOW)));
		KafkaTestMember member = KafkaTestMember.join(node.relay(), GROUP).awaitLanes();
		publish(node, corrupt, "corrupt 0");
		publish(node, sound, "sound 0");
		// The first failure may be one of all partitions
		MachineTime.await(LIMIT).until(() -> member.readIfPossible().texts().contains("sound 0"));
		Duration beside = exchange(node, member, corrupt, sound, 1);
		assertThat(member.texts()).containsExactly("sound 0", "sound 1", "sound 2", "sound 3", "sound 4");
		unreadable.set(null);
		MachineTime.await(LIMIT).until(() -> member.readIfPossible().texts().contains("corrupt 4"));
		assertThat(member.texts().subList(5, 10)).containsExactly("corrupt 0", "corrupt 1", "corrupt 2", "corrupt 3",
				"corrupt 4");
		// What the machine needs anyway is in both
		assertThat(beside).isLessThan(exchange(node, member, corrupt, sound, 5).plusSeconds(3));
	}

	/**
	 * Publish four messages to each of two channels, and wait for each one of the second
	 * channel.
	 * @return how long it took
	 */
	private static Duration exchange(RelayNode node, KafkaTestMember member, String corrupt, String sound, int first) {
		MachineTime running = MachineTime.start();
		for (int i = first; i < first + 4; i++) {
			publish(node, corrupt, "corrupt " + i);
			publish(node, sound, "sound " + i);
			String text = "sound " + i;
			MachineTime.await(LIMIT).until(() -> member.readIfPossible().texts().contains(text));
		}
		return running.elapsed();
	}

	/**
	 * A consumer that fails as Kafka's does for a record that is corrupt, where groups
	 * read.
	 */
	@SuppressWarnings("unchecked")
	private static Consumer<byte[], byte[]> failing(Consumer<byte[], byte[]> consumer,
			AtomicReference<@Nullable Integer> unreadable, String failure) {
		return (Consumer<byte[], byte[]>) Proxy.newProxyInstance(Consumer.class.getClassLoader(),
				new Class<?>[] { Consumer.class }, (proxy, method, arguments) -> {
					Integer partition = unreadable.get();
					if (method.getName().equals("poll") && partition != null
							&& Thread.currentThread().getName().contains("kafka-group-reader")
							&& consumer.assignment()
								.stream()
								.filter((each) -> !consumer.paused().contains(each))
								.map(TopicPartition::partition)
								.anyMatch(partition::equals)) {
						throw new KafkaException(failure);
					}
					try {
						return method.invoke(consumer, arguments);
					}
					catch (InvocationTargetException ex) {
						throw ex.getTargetException();
					}
				});
	}

	/**
	 * Another member does not join again when it has to, so the group waits. The
	 * coordinator takes no lanes away meanwhile, but a member that is cut off cannot know
	 * how long that lasts.
	 */
	@Test
	void aMemberThatIsCutOffWhileOthersJoinGivesItsLanesUpWithinALease() {
		RelayNode node = start(proxied());
		publish(node, "orders/1", "text");
		KafkaTestMember member = KafkaTestMember.join(node.relay(), GROUP).awaitLanes();
		try (Consumer<byte[], byte[]> slow = new KafkaConsumer<>(
				Map.of("bootstrap.servers", server.adminServers(), "group.id",
						"atmosphere-group." + this.topic + ".billing", "partition.assignment.strategy",
						CooperativeStickyAssignor.class.getName()),
				new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
			slow.subscribe(List.of(this.topic + "-log"));
			MachineTime.await(LIMIT).until(() -> {
				slow.poll(Duration.ofMillis(100));
				return slow.assignment().size() == KafkaTestBroker.PARTITIONS / 2;
			});
			int lanes = member.lanes().size();
			GroupLane lane = member.lanes().iterator().next();
			KafkaTestMember third = KafkaTestMember.join(start(direct()).relay(), GROUP);
			awaitJoining("atmosphere-group." + this.topic + ".billing");
			MachineTime joining = MachineTime.start();
			Duration last = LEASE.plusSeconds(1);
			// By then what the coordinator has said before holds no longer
			MachineTime.await(LIMIT).until(() -> joining.elapsed().compareTo(last) > 0);
			assertThat(member.lost()).isZero();
			// It pauses if an answer takes long
			List<Boolean> held = new ArrayList<>();
			MachineTime.await(LIMIT).until(() -> {
				held.add(lane.isHeld());
				return joining.elapsed().compareTo(last.plus(LEASE.dividedBy(2))) > 0;
			});
			assertThat(held.stream().filter(Boolean::booleanValue)).hasSizeGreaterThan(held.size() / 2);
			assertThat(third.lanes()).isEmpty();
			server.proxy().stall();
			try {
				MachineTime.await(LEASE.multipliedBy(2)).until(() -> member.lost() == lanes);
				assertThat(lane.isHeld()).isFalse();
			}
			finally {
				server.proxy().resume();
			}
		}
	}

	/** Wait until the coordinator waits for members to join. */
	private static void awaitJoining(String group) {
		try (Admin admin = server.admin()) {
			MachineTime.await(LIMIT)
				.until(() -> admin.describeConsumerGroups(List.of(group))
					.describedGroups()
					.get(group)
					.get()
					.groupState() == GroupState.PREPARING_REBALANCE);
		}
	}

	/**
	 * As after a move of the brokers, or of their names: the bootstrap address is the
	 * same, and nobody answers at the old ones. The broker starts four times.
	 */
	@Test
	@EnabledIfSystemProperty(named = "atmosphere.test.long", matches = "true")
	void aMemberFindsBrokersThatHaveOtherAddresses() {
		TcpProxy before = TcpProxy.start(server.proxy().host(), server.proxy().port());
		TcpProxy after = TcpProxy.start(server.proxy().host(), server.proxy().port());
		try {
			server.kill();
			server.advertise(before.port());
			server.start();
			RelayNode node = start(proxied());
			publish(node, "orders/1", "before");
			KafkaTestMember member = KafkaTestMember.join(node.relay(), GROUP).read(1);
			member.commit("orders/1", 1);
			server.kill();
			before.close();
			server.advertise(after.port());
			server.start();
			node.relay().reconnect();
			node.awaitRoundTrip(LIMIT);
			publishInTheEnd(node, "orders/1", "after");
			MachineTime.await(LIMIT).until(() -> member.lost() > 0);
			member.awaitLanes();
			MachineTime.await(LIMIT).until(() -> member.readIfPossible().texts().contains("after"));
			assertThat(member.texts()).startsWith("before").doesNotHaveDuplicates();
			MachineTime.await(LIMIT).ignoreExceptionsInstanceOf(CompletionException.class).until(() -> {
				member.commit("orders/1", member.publications("orders/1").size());
				return true;
			});
		}
		finally {
			server.kill();
			server.advertise(server.proxy().port());
			server.start();
			before.close();
			after.close();
		}
	}

}
