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

package io.github.atmosphererelay.stream;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.contract.broker.KafkaServer;
import io.github.atmosphererelay.stream.TallyReducer.Item;
import io.github.atmosphererelay.stream.TallyReducer.Tally;
import io.github.atmosphererelay.stream.internal.Streams;
import io.github.atmosphererelay.test.JavaProcess;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestNode;
import io.github.atmosphererelay.test.WithProcesses;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two nodes whose clients have streams, and reducers that are processes: they are killed,
 * stand still, come and go, and Redis loses everything. In the end each client has what
 * Kafka Streams makes of the same topic.
 */
@Timeout(1200)
@Reconciles
@WithProcesses
class ReducerClusterTests {

	private static final boolean LONG = Boolean.getBoolean("atmosphere.test.long");

	private static final int PARTITIONS = 12;

	private static final int KEYS = LONG ? 10_000 : 1000;

	private static final int GROUPS = KEYS / 20;

	private static final int STREAMS = LONG ? 2000 : 200;

	private static final int NEW_STREAMS = LONG ? 1000 : 100;

	private static final int PER_SECOND = 300;

	private static final Duration LIMIT = Duration.ofSeconds(120);

	private final JsonMapper mapper = JsonMapper.builder().build();

	/** The same faults in the same order in each run. */
	private final Random random = new Random(18);

	private final String topic = "items-" + UUID.randomUUID();

	private final List<JavaProcess> reducers = new ArrayList<>();

	private final List<AutoCloseable> open = new ArrayList<>();

	private final List<StreamSubscriber> subscribers = new ArrayList<>();

	private final AtomicInteger written = new AtomicInteger();

	private KafkaServer kafka;

	private Broker.Redis redis;

	private TestNode first;

	private TestNode second;

	@BeforeEach
	void start() throws Exception {
		this.kafka = closing(KafkaServer
			.create(Map.of("group.min.session.timeout.ms", "1000", "group.initial.rebalance.delay.ms", "100")));
		this.redis = closing(new Broker.Redis());
		try (Admin admin = this.kafka.admin()) {
			admin.createTopics(List.of(new NewTopic(this.topic, PARTITIONS, (short) 1)))
				.all()
				.get(30, TimeUnit.SECONDS);
		}
		for (int i = 0; i < 3; i++) {
			addReducer();
		}
		this.first = node();
		this.second = node();
		MachineTime.await(LIMIT)
			.until(() -> this.first.bean(Streams.class).isUp() && this.second.bean(Streams.class).isUp());
	}

	@AfterEach
	void stop() throws Exception {
		for (int i = this.open.size() - 1; i >= 0; i--) {
			this.open.get(i).close();
		}
	}

	private <T extends AutoCloseable> T closing(T resource) {
		this.open.add(resource);
		return resource;
	}

	private List<String> properties(String... more) {
		List<String> properties = new ArrayList<>(List.of(this.redis.directProperties()));
		properties.addAll(List.of("spring.kafka.bootstrap-servers=" + this.kafka.adminServers(),
				"spring.kafka.consumer.properties.session.timeout.ms=6000", "atmosphere.state.store=redis",
				"atmosphere.cluster.name=reducers-in-processes", "atmosphere.limits.sessions-per-address=0",
				TallyReducer.TOPIC + "=" + this.topic));
		properties.addAll(List.of(more));
		return properties;
	}

	private JavaProcess addReducer() {
		JavaProcess reducer = closing(ReducerProcess
			.launch(properties("spring.main.web-application-type=none", "spring.main.keep-alive=true")));
		this.reducers.add(reducer);
		return reducer;
	}

	private TestNode node() {
		return closing(TestNode.start(List.of(TallyReducer.class),
				properties("atmosphere.streams.reduce=false").toArray(String[]::new)));
	}

	@Test
	void eachStreamEndsWithTheStatesOfKafkaStreamsWhateverDiesOrStandsStill() throws Exception {
		for (int i = 0; i < STREAMS; i++) {
			subscribe(i);
		}
		List<Fault> faults = new ArrayList<>(
				List.of(this::kill, this::addReducer, this::remove, this::standStill, this::emptyRedis));
		Collections.shuffle(faults, this.random);
		AtomicBoolean over = new AtomicBoolean();
		CompletableFuture<Void> producing = CompletableFuture.runAsync(() -> produce(over));
		try {
			for (Fault fault : faults) {
				int from = this.written.get();
				MachineTime.await(LIMIT).until(() -> this.written.get() >= from + PER_SECOND * 8);
				fault.run();
			}
			int from = this.written.get();
			MachineTime.await(LIMIT).until(() -> this.written.get() >= from + PER_SECOND * 8);
		}
		finally {
			over.set(true);
		}
		producing.get(60, TimeUnit.SECONDS);
		reconcile();
	}

	@Test
	void aStreamThatBeginsUnderLoadHasItsStatesAndAllThatFollows() throws Exception {
		AtomicBoolean over = new AtomicBoolean();
		CompletableFuture<Void> producing = CompletableFuture.runAsync(() -> produce(over));
		try {
			for (int i = 0; i < NEW_STREAMS; i++) {
				subscribe(i);
			}
		}
		finally {
			over.set(true);
		}
		producing.get(60, TimeUnit.SECONDS);
		reconcile();
		this.subscribers.forEach(StreamSubscriber::delete);
		MachineTime.await(LIMIT).until(() -> this.first.bean(Streams.class).figures().streams() == 0);
		assertThat(this.first.bean(Streams.class).figures().interests()).isZero();
		assertThat(this.second.bean(Streams.class).figures().interests()).isZero();
	}

	/**
	 * Make a stream of some keys, or of a group.
	 */
	private void subscribe(int number) {
		Map<String, Object> body = new TreeMap<>(
				Map.of("reducer", "tally", "variant", Map.of("format", (number % 2 == 0) ? "plain" : "short")));
		if (number % 4 == 0) {
			body.put("query", "by-group");
			body.put("params", Map.of("group", number % GROUPS));
		}
		else {
			body.put("keys", keysOf(number));
		}
		TestNode maker = (number % 3 == 0) ? this.first : this.second;
		TestNode door = (number % 2 == 0) ? this.first : this.second;
		this.subscribers.add(closing(StreamSubscriber.subscribe(maker, door, body)));
	}

	private static List<String> keysOf(int number) {
		return IntStream.range(0, 20).mapToObj((i) -> "key-" + (number * 7 + i * 37) % KEYS).distinct().toList();
	}

	/**
	 * Write records until it is over. Of twenty one is written twice.
	 */
	private void produce(AtomicBoolean over) {
		Random random = new Random(180);
		try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
				Map.of("bootstrap.servers", this.kafka.adminServers(), "linger.ms", "5"), new ByteArraySerializer(),
				new ByteArraySerializer())) {
			long begin = System.nanoTime();
			while (!over.get()) {
				ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(this.topic,
						("key-" + random.nextInt(KEYS)).getBytes(StandardCharsets.UTF_8),
						this.mapper.writeValueAsBytes(new Item(random.nextInt(GROUPS), random.nextInt(1000))));
				for (int copies = (random.nextInt(20) == 0) ? 2 : 1; copies > 0; copies--) {
					producer.send(record);
					this.written.incrementAndGet();
				}
				long due = begin + TimeUnit.SECONDS.toNanos(1) * this.written.get() / PER_SECOND;
				LockSupport.parkNanos(due - System.nanoTime());
			}
		}
	}

	private JavaProcess any() {
		return this.reducers.get(this.random.nextInt(this.reducers.size()));
	}

	private void kill() {
		JavaProcess reducer = any();
		reducer.kill();
		reducer.launch();
	}

	private void remove() {
		JavaProcess reducer = any();
		this.reducers.remove(reducer);
		reducer.terminate();
	}

	/**
	 * Longer than the broker waits for a member: others have its partitions when it goes
	 * on.
	 */
	private void standStill() throws InterruptedException {
		JavaProcess reducer = any();
		reducer.pause();
		try {
			Thread.sleep(20_000);
		}
		finally {
			reducer.resume();
		}
	}

	private void emptyRedis() {
		this.redis.kill();
		this.redis.start();
	}

	private void reconcile() {
		Map<String, Tally> expected = TallyReference.of(this.kafka.adminServers(), this.topic);
		for (int i = 0; i < this.subscribers.size(); i++) {
			int number = i;
			StreamSubscriber subscriber = this.subscribers.get(i);
			Map<String, JsonNode> views = views(expected, number);
			MachineTime.await(LIMIT)
				.untilAsserted(() -> assertThat(subscriber.views()).as("stream %d", number).isEqualTo(views));
			assertThat(subscriber.isClosed()).isFalse();
		}
	}

	private Map<String, JsonNode> views(Map<String, Tally> states, int number) {
		List<String> keys = keysOf(number);
		Map<String, JsonNode> views = new TreeMap<>();
		states.forEach((key, state) -> {
			if ((number % 4 == 0) ? state.group() == number % GROUPS : keys.contains(key)) {
				// As text, because a parser takes another type for a small number than
				// the mapper does
				Object view = state.view((number % 2 == 0) ? "plain" : "short");
				views.put(key, this.mapper.readTree(this.mapper.writeValueAsString(view)));
			}
		});
		return views;
	}

	/**
	 * Something that goes wrong.
	 */
	private interface Fault {

		void run() throws InterruptedException;

	}

}
