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

package io.github.atmosphererelay.benchmark;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Measures what Kafka takes by itself, from when a record is due to be published to when
 * a consumer has polled it. Nothing that goes through Kafka can be faster.
 */
final class KafkaProbe {

	/** Records a second, as messages in the workload that this stands next to. */
	static final int RATE = 50;

	private static final String TOPIC = "benchmark-probe";

	private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);

	private static final Duration DRAIN = Duration.ofSeconds(5);

	private static final Duration POLL = Duration.ofMillis(100);

	private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1) / RATE;

	private final String servers;

	private final Histogram latency = new Histogram(TimeUnit.MINUTES.toNanos(2), 3);

	private final AtomicInteger sent = new AtomicInteger();

	private int received;

	private KafkaProbe(int port) {
		this.servers = "127.0.0.1:" + port;
	}

	/**
	 * Publish and poll for a while.
	 * @param port where the broker listens
	 * @param warmup how long before measuring
	 * @param duration how long to measure
	 * @return the latency of each record, in nanoseconds
	 */
	static Histogram run(int port, Duration warmup, Duration duration) {
		KafkaProbe probe = new KafkaProbe(port);
		probe.createTopic();
		probe.run(warmup, duration);
		return probe.latency;
	}

	private void createTopic() {
		try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, this.servers))) {
			if (!admin.listTopics().names().get().contains(TOPIC)) {
				admin.createTopics(List.of(new NewTopic(TOPIC, Optional.of(1), Optional.empty()))).all().get();
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
		catch (ExecutionException ex) {
			throw new IllegalStateException("The topic could not be created", ex);
		}
	}

	private void run(Duration warmup, Duration duration) {
		ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
		try (KafkaConsumer<byte[], byte[]> consumer = consumer(); KafkaProducer<byte[], byte[]> producer = producer()) {
			consumer.assign(List.of(PARTITION));
			consumer.seekToEnd(List.of(PARTITION));
			consumer.position(PARTITION);
			// Metadata and connection, which no later record waits for
			producer.partitionsFor(TOPIC);
			long start = System.nanoTime();
			long from = start + warmup.toNanos();
			long end = from + duration.toNanos();
			ScheduledFuture<?> sending = scheduler.scheduleAtFixedRate(
					() -> send(producer, start + this.sent.get() * INTERVAL_NANOS), 0, INTERVAL_NANOS,
					TimeUnit.NANOSECONDS);
			while (System.nanoTime() < end) {
				poll(consumer, from);
			}
			sending.cancel(false);
			while (this.received < this.sent.get() && System.nanoTime() - end < DRAIN.toNanos()) {
				poll(consumer, from);
			}
		}
		finally {
			scheduler.shutdown();
		}
	}

	private KafkaConsumer<byte[], byte[]> consumer() {
		return new KafkaConsumer<>(Map.of(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, this.servers),
				new ByteArrayDeserializer(), new ByteArrayDeserializer());
	}

	private KafkaProducer<byte[], byte[]> producer() {
		return new KafkaProducer<>(Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, this.servers,
				ProducerConfig.ACKS_CONFIG, "all", ProducerConfig.LINGER_MS_CONFIG, 0), new ByteArraySerializer(),
				new ByteArraySerializer());
	}

	private void send(KafkaProducer<byte[], byte[]> producer, long dueAt) {
		byte[] value = ByteBuffer.allocate(Workload.SIZE).putLong(dueAt).array();
		producer.send(new ProducerRecord<>(TOPIC, 0, null, value));
		this.sent.incrementAndGet();
	}

	private void poll(KafkaConsumer<byte[], byte[]> consumer, long from) {
		for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
			long now = System.nanoTime();
			long dueAt = ByteBuffer.wrap(record.value()).getLong();
			this.received++;
			if (dueAt >= from) {
				this.latency.recordValue(Math.min(now - dueAt, this.latency.getHighestTrackableValue()));
			}
		}
	}

}
