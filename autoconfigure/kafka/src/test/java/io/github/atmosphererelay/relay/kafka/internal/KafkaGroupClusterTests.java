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

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.KafkaServer;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.kafka.internal.KafkaGroupProcess.Handled;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.WithProcesses;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Three nodes of a group in processes of their own, which are killed, stand still and are
 * restarted one after the other, as is the broker.
 */
@Timeout(240)
@Reconciles
@WithProcesses
class KafkaGroupClusterTests {

	private static final int CHANNELS = 100;

	private static final int PHASE = Boolean.getBoolean("atmosphere.test.long") ? 250 : 50;

	private static final int PHASES = 4;

	private static final Duration LIMIT = Duration.ofSeconds(60);

	/** Longer than the session timeout, after which others get the lanes. */
	private static final Duration STAND_STILL = Duration.ofSeconds(Boolean.getBoolean("atmosphere.test.long") ? 20 : 8);

	/**
	 * What was handled this long before a fault may not have been committed, on a machine
	 * that is busy.
	 */
	private static final long COMMITTED_NANOS = Duration.ofSeconds(5).toNanos();

	private final KafkaServer server = KafkaServer.create();

	private final String topic = "cluster";

	private final Queue<Handled> handled = Handled.queue();

	private final Map<String, KafkaGroupProcess> nodes = new HashMap<>();

	private final RelayNode publisher = new RelayNode(
			KafkaTestBroker.relay(this.server.direct().host() + ":" + this.server.direct().port(),
					KafkaTestBroker.logSettings(this.topic, new EnvelopeCodec(1024), Duration.ofMinutes(5))))
		.start()
		.awaitRoundTrip(LIMIT);

	private int published;

	@AfterEach
	void stop() {
		this.nodes.values().forEach(KafkaGroupProcess::close);
		this.publisher.relay().stop();
		this.server.close();
	}

	private void start(String name) {
		this.nodes.put(name, KafkaGroupProcess.start(name,
				this.server.direct().host() + ":" + this.server.direct().port(), this.topic, this.handled));
	}

	private KafkaGroupProcess node(String name) {
		return Objects.requireNonNull(this.nodes.get(name));
	}

	/**
	 * Publish the next messages of each channel, and wait until the broker has them.
	 */
	private void publish() {
		List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
		for (int i = 0; i < PHASE; i++) {
			for (int channel = 1; channel < CHANNELS; channel++) {
				receipts.add(publish("orders/" + channel));
			}
			if (i % 10 == 0) {
				receipts.add(publish(KafkaGroupProcess.FAILING));
			}
			this.published++;
		}
		receipts.forEach((receipt) -> receipt.orTimeout(20, TimeUnit.SECONDS).join());
	}

	private CompletableFuture<Receipt> publish(String channel) {
		LogOptions options = new LogOptions(10_000, Duration.ofHours(1), null, Duration.ofMinutes(5));
		return this.publisher.relay()
			.publish(this.publisher.recorded(channel, Integer.toString(this.published), options));
	}

	private long count() {
		return this.handled.stream().map(Handled::id).distinct().count();
	}

	/** Wait until everything that is published is handled. */
	private void awaitAll() {
		long all = (long) this.published * (CHANNELS - 1);
		MachineTime.await(LIMIT).alias("handled messages").until(() -> count() >= all);
	}

	@Test
	void eachMessageIsHandledInOrderWhateverHappensToNodesAndBroker() throws Exception {
		Map<String, Long> faults = new HashMap<>();
		publish();
		List.of("a", "b", "c").forEach(this::start);
		MachineTime.await(LIMIT).until(() -> this.handled.stream().map(Handled::node).distinct().count() == 3);
		faults.put("a", System.nanoTime());
		node("a").kill();
		start("d");
		awaitAll();

		node("b").signal("STOP");
		faults.put("b", System.nanoTime());
		long until = System.nanoTime() + STAND_STILL.toNanos();
		publish();
		awaitAll();
		MachineTime.await(STAND_STILL.plus(LIMIT)).until(() -> System.nanoTime() >= until);
		long back = System.nanoTime();
		node("b").signal("CONT");

		publish();
		long broken = System.nanoTime();
		this.server.kill();
		this.server.start();
		awaitAll();
		long whole = System.nanoTime();

		publish();
		for (String name : List.of("b", "c", "d")) {
			node(name).stop();
			start(name + "2");
		}
		awaitAll();
		awaitNothingLeft();
		assertThat(this.published).isEqualTo(PHASE * PHASES);
		reconcile(faults, back, broken, whole);
		assertThat(Objects.requireNonNull(this.publisher.relay().groups()).setAside().count("billing"))
			.succeedsWithin(LIMIT)
			.isEqualTo(this.published / 10L);
	}

	private void reconcile(Map<String, Long> faults, long back, long broken, long whole) {
		Map<String, List<Handled>> byChannel = new HashMap<>();
		this.handled.stream()
			.sorted(Comparator.comparingLong(Handled::at))
			.forEach((each) -> byChannel.computeIfAbsent(each.channel(), (name) -> new ArrayList<>()).add(each));
		assertThat(byChannel).hasSize(CHANNELS - 1);
		int twice = 0;
		for (Map.Entry<String, List<Handled>> channel : byChannel.entrySet()) {
			Map<Integer, Handled> seen = new HashMap<>();
			int next = 0;
			for (Handled each : channel.getValue()) {
				Handled first = seen.putIfAbsent(each.number(), each);
				if (first == null) {
					assertThat(each.number()).as("next of %s", channel.getKey()).isEqualTo(next++);
				}
				else {
					twice++;
					assertThat(isExcused(first, each, faults, back, broken, whole)).as("twice: %s and %s", first, each)
						.isTrue();
				}
			}
			assertThat(next).as(channel.getKey()).isEqualTo(this.published);
		}
		System.out.println("Handled twice: " + twice + " of " + this.handled.size());
	}

	/**
	 * Return whether a message may be handled twice: the first time was shortly before or
	 * after the node was killed or stopped, or while the broker was away.
	 */
	private static boolean isExcused(Handled first, Handled second, Map<String, Long> faults, long back, long broken,
			long whole) {
		for (Handled each : List.of(first, second)) {
			Long fault = faults.get(each.node());
			if (fault != null && each.at() > fault - COMMITTED_NANOS && each.at() < back + COMMITTED_NANOS) {
				return true;
			}
		}
		return first.at() > broken - COMMITTED_NANOS && first.at() < whole;
	}

	/**
	 * Wait until the group has committed the end of each partition.
	 */
	private void awaitNothingLeft() {
		try (Admin admin = this.server.admin()) {
			MachineTime.await(LIMIT).alias("commits").ignoreExceptions().until(() -> {
				Map<TopicPartition, OffsetAndMetadata> committed = admin
					.listConsumerGroupOffsets("atmosphere-group." + this.topic + ".billing")
					.partitionsToOffsetAndMetadata()
					.get(10, TimeUnit.SECONDS);
				Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
				Set<TopicPartition> partitions = new HashSet<>(committed.keySet());
				partitions.forEach((partition) -> asked.put(partition, OffsetSpec.latest()));
				var ends = admin.listOffsets(asked).all().get(10, TimeUnit.SECONDS);
				return partitions.size() == KafkaTestBroker.PARTITIONS && partitions.stream()
					.allMatch((partition) -> committed.get(partition).offset() == ends.get(partition).offset());
			});
		}
	}

}
