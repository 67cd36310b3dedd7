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

package io.github.atmosphererelay.stream.internal;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import io.github.atmosphererelay.contract.broker.KafkaServer;
import io.github.atmosphererelay.stream.Reducer;
import io.github.atmosphererelay.stream.StreamSubscription;
import io.github.atmosphererelay.stream.internal.Tally.ByGroup;
import io.github.atmosphererelay.stream.internal.Tally.Item;
import io.github.atmosphererelay.test.MachineTime;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Members of a consumer group on a real broker, which share a store: they start, stop,
 * stand still longer than the broker waits for them, and the store loses its states.
 */
class ReducerMemberTests {

	private static final AtomicInteger TOPICS = new AtomicInteger();

	private static final int PARTITIONS = 6;

	private static final int KEYS = 40;

	private static final Duration LIMIT = Duration.ofSeconds(40);

	private static KafkaServer server;

	private final String topic = "items-" + TOPICS.incrementAndGet();

	private final String commands = this.topic + "-streams";

	private KafkaProducer<byte[], byte[]> producer;

	private KafkaProducer<byte[], byte[]> commandProducer;

	private final JsonMapper mapper = JsonMapper.builder().build();

	private final CommandCodec codec = new CommandCodec(this.mapper);

	private final MemoryStates states = new MemoryStates();

	private final Map<String, TestClient> clients = new ConcurrentHashMap<>();

	private final Map<String, StreamDefinition> definitions = new TreeMap<>();

	private final Map<String, Tally> expected = new HashMap<>();

	private final AtomicReference<Throwable> failure = new AtomicReference<>();

	private final List<ReducerMember<Tally>> members = new ArrayList<>();

	private final List<CommandReader> readers = new ArrayList<>();

	private final Random random = new Random(18);

	private int streams;

	@BeforeAll
	static void start() throws Exception {
		server = KafkaServer
			.create(Map.of("group.min.session.timeout.ms", "1000", "group.initial.rebalance.delay.ms", "100"));
	}

	@AfterAll
	static void stop() {
		server.close();
	}

	@BeforeEach
	void createTopics() throws Exception {
		create(new NewTopic(this.topic, PARTITIONS, (short) 1));
		create(new NewTopic(this.commands, 1, (short) 1).configs(Map.of("cleanup.policy", "compact")));
		this.producer = producer();
		this.commandProducer = producer();
	}

	private static void create(NewTopic topic) throws Exception {
		try (Admin admin = server.admin()) {
			admin.createTopics(List.of(topic)).all().get(30, TimeUnit.SECONDS);
		}
	}

	private static KafkaProducer<byte[], byte[]> producer() {
		return new KafkaProducer<>(Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, server.adminServers(),
				ProducerConfig.LINGER_MS_CONFIG, "5"), new ByteArraySerializer(), new ByteArraySerializer());
	}

	/**
	 * Replace the producer, which remembers how the topic was.
	 */
	private void replaceProducer() {
		this.producer.close(Duration.ofSeconds(5));
		this.producer = producer();
	}

	@AfterEach
	void stopMembers() {
		this.members.forEach(ReducerMember::stop);
		this.readers.forEach(CommandReader::stop);
		this.producer.close(Duration.ofSeconds(5));
		this.commandProducer.close(Duration.ofSeconds(5));
	}

	@Test
	void whateverHappensToMembersStreamsHaveTheStatesOfThePlainFold() throws Exception {
		for (int i = 0; i < 10; i++) {
			begin();
		}
		produce(300);
		ReducerMember<Tally> first = member("first", new CountDownLatch(0), new AtomicBoolean());
		awaitExpected();

		// Another one comes, and stands still in the middle of its effects
		CountDownLatch released = new CountDownLatch(1);
		AtomicBoolean stuck = new AtomicBoolean(true);
		member("slow", released, stuck);
		MachineTime.await(LIMIT).until(() -> {
			produce(20);
			return !stuck.get();
		});
		produce(300);
		begin();
		member("third", new CountDownLatch(0), new AtomicBoolean());
		// The others have its partitions by now
		awaitExpected();
		released.countDown();
		produce(300);
		begin();
		awaitExpected();

		first.stop();
		this.members.remove(first);
		produce(300);
		begin();
		awaitExpected();

		this.states.clear();
		produce(300);
		begin();
		awaitExpected();
		assertThat(this.failure.get()).isNull();
	}

	@Test
	void partitionsMayBeAddedAndATopicThatIsMadeAgainBeginsAnew() throws Exception {
		for (int i = 0; i < 6; i++) {
			begin();
		}
		produce(600);
		member("first", new CountDownLatch(0), new AtomicBoolean());
		member("second", new CountDownLatch(0), new AtomicBoolean());
		awaitExpected();

		try (Admin admin = server.admin()) {
			admin.createPartitions(Map.of(this.topic, NewPartitions.increaseTo(PARTITIONS + 3)))
				.all()
				.get(30, TimeUnit.SECONDS);
		}
		replaceProducer();
		produce(600);
		begin();
		awaitExpected();

		// It would make the topic again
		this.producer.close(Duration.ofSeconds(5));
		try (Admin admin = server.admin()) {
			admin.deleteTopics(List.of(this.topic)).all().get(30, TimeUnit.SECONDS);
			MachineTime.await(LIMIT).until(() -> !admin.listTopics().names().get().contains(this.topic));
		}
		create(new NewTopic(this.topic, PARTITIONS - 2, (short) 1));
		replaceProducer();
		this.expected.clear();
		// So many that each key has one
		produce(1000);
		begin();
		awaitExpected();
		assertThat(this.expected).hasSize(KEYS);
		assertThat(this.failure.get()).isNull();
	}

	@Test
	void aMemberTellsItsPartitionsItsLagAndWhyItDoesNotGetOn() throws Exception {
		produce(100);
		ReducerMember<Tally> member = member("only", new CountDownLatch(0), new AtomicBoolean());
		awaitExpected();
		MachineTime.await(LIMIT)
			.untilAsserted(() -> assertThat(member.progress()).isEqualTo(new ReducerProgress(PARTITIONS, 0, Map.of())));

		this.states.away(true);
		produce(100);
		MachineTime.await(LIMIT).untilAsserted(() -> {
			assertThat(member.progress().lag()).isPositive();
			assertThat(member.progress().problems()).containsKey(this.topic + "-0");
			assertThat(member.progress().problems().values())
				.allSatisfy((problem) -> assertThat(problem).contains("the store is away"));
		});

		this.states.away(false);
		awaitExpected();
		MachineTime.await(LIMIT)
			.untilAsserted(() -> assertThat(member.progress()).isEqualTo(new ReducerProgress(PARTITIONS, 0, Map.of())));
	}

	/**
	 * All members of this test have names. The group of one that leaves would be of two
	 * members after the first one's end, and all partitions would move.
	 */
	@Test
	void aMemberWithANameThatIsRestartedKeepsItsPartitions() throws Exception {
		ReducerMember<Tally> first = member("first", new CountDownLatch(0), new AtomicBoolean());
		ReducerMember<Tally> second = member("second", new CountDownLatch(0), new AtomicBoolean());
		// Each of the four consumers has one or two
		MachineTime.await(LIMIT).until(() -> {
			int partitions = first.progress().partitions();
			return partitions >= 2 && partitions <= 4 && partitions + second.progress().partitions() == PARTITIONS;
		});
		int partitions = first.progress().partitions();
		Map<String, Set<TopicPartition>> before = assignments();

		first.stop();
		this.members.remove(first);
		assertThat(assignments()).isEqualTo(before);
		ReducerMember<Tally> again = member("first", new CountDownLatch(0), new AtomicBoolean());
		MachineTime.await(LIMIT).until(() -> again.progress().partitions() == partitions);
		assertThat(assignments()).isEqualTo(before);
		produce(300);
		awaitExpected();
	}

	/**
	 * Return the partitions of each member of the group, by its name.
	 */
	private Map<String, Set<TopicPartition>> assignments() throws Exception {
		try (Admin admin = server.admin()) {
			Map<String, Set<TopicPartition>> assignments = new TreeMap<>();
			admin.describeConsumerGroups(List.of(this.topic))
				.describedGroups()
				.get(this.topic)
				.get(30, TimeUnit.SECONDS)
				.members()
				.forEach((member) -> assignments.put(member.groupInstanceId().orElseThrow(),
						member.assignment().topicPartitions()));
			return assignments;
		}
	}

	private ReducerMember<Tally> member(String name, CountDownLatch released, AtomicBoolean stuck) throws Exception {
		ReducerStatistics statistics = new ReducerStatistics();
		Reducer<String, Tally> reducer = Tally.reducer(this.topic, false);
		ReducerFunctions<Tally> functions = new ReducerFunctions<>(reducer, this.mapper, statistics);
		StreamTable table = new StreamTable(List.of(functions), new StreamTable.Limits(1000, 100, 10_000));
		StreamPublisher publisher = (message) -> {
			if (stuck.compareAndSet(true, false)) {
				await(released);
			}
			received(() -> this.clients.values().forEach((client) -> client.received(message)));
			return CompletableFuture.completedFuture(null);
		};
		SnapshotPublisher snapshots = (stream, snapshot) -> {
			TestClient client = this.clients.get(stream);
			if (client != null) {
				received(() -> client.received(snapshot));
			}
			return CompletableFuture.completedFuture(null);
		};
		ReducerEngine<Tally> engine = new ReducerEngine<>(functions, table, this.states, publisher, statistics,
				new ReducerEngine.Settings(100_000, Duration.ofSeconds(5)));
		TestClients clients = new TestClients(name);
		TopicGenerations generations = new TopicGenerations();
		ReducerTopic topic = new ReducerTopic(this.topic, clients, generations, this.codec, this::write);
		ReducerMember<Tally> member = new ReducerMember<>(engine, table, clients, snapshots, topic, this.topic, 2);
		CommandReader reader = new CommandReader(this.commands, clients, table, generations, this.codec,
				(stream, before, definition, offset) -> member.refresh(stream));
		this.members.add(member);
		this.readers.add(reader);
		member.start(reader.start()).get(30, TimeUnit.SECONDS);
		return member;
	}

	private CompletableFuture<Long> write(String key, byte[] value) {
		CompletableFuture<Long> written = new CompletableFuture<>();
		this.commandProducer.send(new ProducerRecord<>(this.commands, key.getBytes(StandardCharsets.UTF_8), value),
				(metadata, ex) -> {
					if (ex != null) {
						written.completeExceptionally(ex);
					}
					else {
						written.complete(metadata.offset());
					}
				});
		return written;
	}

	private static void await(CountDownLatch latch) {
		try {
			latch.await(60, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Let subscribers receive something. Failures are kept, because members take them for
	 * failures of the relay.
	 */
	private synchronized void received(Runnable step) {
		try {
			step.run();
		}
		catch (Throwable ex) {
			this.failure.compareAndSet(null, ex);
		}
	}

	private void begin() throws Exception {
		String id = "stream-" + this.streams++;
		String format = (this.streams % 2 == 0) ? "short" : "plain";
		Selection selection = (this.streams % 3 == 0) ? new Selection.Keys(Set.of(key(), key(), key()))
				: new Selection.Matching(
						new QueryInstance("by-group", this.mapper.writeValueAsString(new ByGroup(this.streams % 2))));
		String variant = this.mapper.writeValueAsString(format);
		StreamDefinition definition = new StreamDefinition("tally",
				new StreamSubscription(null, Map.of("format", format)), variant, selection, true);
		this.definitions.put(id, definition);
		this.clients.put(id, new TestClient(selection, new Variant(variant, format), 100));
		write(id, this.codec.write(definition)).get(10, TimeUnit.SECONDS);
	}

	private String key() {
		return "key-" + this.random.nextInt(KEYS);
	}

	private void produce(int count) {
		for (int i = 0; i < count; i++) {
			String key = key();
			Item item = new Item(this.random.nextInt(2), this.random.nextInt(14));
			this.producer.send(new ProducerRecord<>(this.topic, key.getBytes(StandardCharsets.UTF_8),
					this.mapper.writeValueAsBytes(item)));
			if (item.amount() != Tally.FAILS) {
				this.expected.put(key, Tally.fold(this.expected.get(key), item));
			}
		}
		this.producer.flush();
	}

	private void awaitExpected() {
		MachineTime.await(LIMIT).untilAsserted(() -> {
			Map<String, Tally> stored = new HashMap<>();
			this.states.scan((state) -> {
				if (!state.key().startsWith("\0")) {
					stored.put(state.key(), this.mapper.readValue(state.json(), Tally.class));
				}
			});
			Map<String, Tally> present = new HashMap<>(this.expected);
			present.values().removeIf((state) -> state == null);
			assertThat(stored).isEqualTo(present);
			synchronized (this) {
				this.clients.forEach((id, client) -> {
					client.doubtful().forEach((partition) -> this.members.forEach((member) -> member.refresh(id)));
					assertThat(client.views()).as(id).isEqualTo(expectedViews(this.definitions.get(id)));
				});
			}
		});
	}

	private Map<String, String> expectedViews(StreamDefinition stream) {
		Map<String, String> views = new TreeMap<>();
		this.expected.forEach((key, state) -> {
			if (state == null) {
				return;
			}
			boolean selected = (stream.selection() instanceof Selection.Keys named) ? named.keys().contains(key)
					: ((Selection.Matching) stream.selection()).query()
						.parameters()
						.equals("{\"group\":" + state.group() + "}");
			if (selected) {
				views.put(key,
						this.mapper.writeValueAsString(state.view(stream.subscription().option("format", "plain"))));
			}
		});
		return views;
	}

	/**
	 * Creates clients of the test's broker, which soon takes a consumer for dead.
	 */
	private static final class TestClients implements ReducerClients {

		private final String name;

		TestClients(String name) {
			this.name = name;
		}

		@Override
		public Consumer<byte[], byte[]> member(String group, int number) {
			Map<String, Object> properties = properties();
			properties.put(ConsumerConfig.GROUP_ID_CONFIG, group);
			properties.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, this.name + "-" + number);
			properties.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, 3000);
			properties.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, 500);
			properties.put(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, 3000);
			properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 50);
			properties.put(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
					CooperativeStickyAssignor.class.getName());
			return new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
		}

		@Override
		public Consumer<byte[], byte[]> reader() {
			return new KafkaConsumer<>(properties(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
		}

		@Override
		public TopicLayout topic(String topic) {
			try (Admin admin = server.admin()) {
				TopicDescription description = admin.describeTopics(List.of(topic))
					.allTopicNames()
					.get(10, TimeUnit.SECONDS)
					.get(topic);
				return new TopicLayout(description.topicId().toString(), description.partitions().size());
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
		}

		private Map<String, Object> properties() {
			Map<String, Object> properties = new HashMap<>();
			properties.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, server.adminServers());
			properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
			properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
			properties.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, 1000);
			// Otherwise a consumer makes the topic again before the test does
			properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
			return properties;
		}

	}

}
