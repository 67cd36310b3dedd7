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
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.KafkaServer;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.Outcome;
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
@Timeout(600)
@Reconciles
@WithProcesses
class KafkaGroupClusterTests {

	/** Besides the one whose messages always fail. */
	private static final int CHANNELS = 100;

	private static final int PHASE = Boolean.getBoolean("atmosphere.test.long") ? 250 : 50;

	private static final int PHASES = 4;

	private static final Duration LIMIT = Duration.ofSeconds(120);

	/** Longer than the session timeout, after which others get the lanes. */
	private static final Duration STAND_STILL = Duration.ofSeconds(20);

	private final KafkaServer server = KafkaServer.create();

	private final String topic = "cluster";

	private final Queue<Handled> handled = Handled.queue();

	private final Map<String, KafkaGroupProcess> nodes = new HashMap<>();

	private final RelayNode publisher = new RelayNode(
			KafkaTestBroker.relay(this.server.direct().host() + ":" + this.server.direct().port(),
					KafkaTestBroker.logSettings(this.topic, new EnvelopeCodec(1024), Duration.ofMinutes(5))))
		.start()
		.awaitRoundTrip(LIMIT);

	private final List<Fault> faults = new ArrayList<>();

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
			for (int channel = 0; channel < CHANNELS; channel++) {
				receipts.add(publish("orders/" + channel));
			}
			if (i % 10 == 0) {
				receipts.add(publish(KafkaGroupProcess.FAILING));
				receipts.forEach(KafkaGroupClusterTests::confirm);
				receipts.clear();
			}
			this.published++;
		}
		receipts.forEach(KafkaGroupClusterTests::confirm);
	}

	private static void confirm(CompletableFuture<Receipt> receipt) {
		assertThat(receipt.orTimeout(20, TimeUnit.SECONDS).join().outcome()).isEqualTo(Outcome.RELAYED);
	}

	private CompletableFuture<Receipt> publish(String channel) {
		LogOptions options = new LogOptions(10_000, Duration.ofHours(1), null, Duration.ofMinutes(5));
		return this.publisher.relay()
			.publish(this.publisher.recorded(channel, Integer.toString(this.published), options));
	}

	private long count() {
		return this.handled.stream().map((each) -> each.channel() + " " + each.number()).distinct().count();
	}

	/** Wait until everything that is published is handled. */
	private void awaitAll() {
		long all = (long) this.published * CHANNELS;
		MachineTime.await(LIMIT)
			.pollInterval(Duration.ofMillis(500))
			.alias("handled messages")
			.until(() -> count() >= all);
	}

	@Test
	void eachMessageIsHandledInOrderWhateverHappensToNodesAndBroker() throws Exception {
		publish();
		List.of("a", "b", "c").forEach(this::start);
		MachineTime.await(LIMIT).until(() -> this.handled.stream().map(Handled::node).distinct().count() == 3);
		long begin = System.nanoTime();
		node("a").kill();
		this.faults.add(Fault.sudden("kill of a node", begin, 1));
		start("d");
		awaitAll();
		awaitNothingLeft();

		begin = System.nanoTime();
		node("b").signal("STOP");
		long until = System.nanoTime() + STAND_STILL.toNanos();
		publish();
		awaitAll();
		MachineTime.await(STAND_STILL.plus(LIMIT)).until(() -> System.nanoTime() >= until);
		node("b").signal("CONT");
		this.faults.add(Fault.sudden("stand-still of a node", begin, 1));
		awaitNothingLeft();

		publish();
		begin = System.nanoTime();
		this.server.kill();
		this.server.start();
		this.faults.add(Fault.sudden("restart of the broker", begin, 3));
		awaitAll();
		awaitNothingLeft();

		publish();
		begin = System.nanoTime();
		for (String name : List.of("b", "c", "d")) {
			node(name).stop();
			start(name + "2");
		}
		awaitAll();
		this.faults.add(Fault.orderly("restart of three nodes one by one", begin, 3));
		awaitNothingLeft();
		assertThat(this.published).isEqualTo(PHASE * PHASES);
		reconcile();
		assertThat(Objects.requireNonNull(this.publisher.relay().groups()).setAside().count("billing"))
			.succeedsWithin(LIMIT)
			.isEqualTo(this.published / 10L);
	}

	/**
	 * Each message was handled, in the order of its channel. It was handled twice only if
	 * the node that had handled it did not know yet that this was committed, and only
	 * because of a fault; and a fault is the reason for so many only.
	 */
	private void reconcile() {
		Map<String, List<Handled>> byChannel = new HashMap<>();
		this.handled.stream()
			.sorted(Comparator.comparingLong(Handled::at))
			.forEach((each) -> byChannel.computeIfAbsent(each.channel(), (name) -> new ArrayList<>()).add(each));
		assertThat(byChannel).hasSize(CHANNELS);
		Map<String, Integer> twice = new TreeMap<>();
		Map<Fault, Integer> repetitions = new HashMap<>();
		for (Map.Entry<String, List<Handled>> channel : byChannel.entrySet()) {
			int next = 0;
			for (Handled each : channel.getValue()) {
				if (each.number() == next) {
					next++;
					continue;
				}
				assertThat(each.number()).as("next of %s", channel.getKey()).isLessThan(next);
				repetitions.merge(reason(channel.getValue(), each), 1, Integer::sum);
				for (Handled earlier : channel.getValue()) {
					if (earlier.number() == each.number() && earlier.at() < each.at()) {
						twice.merge(earlier.node() + " and " + each.node(), 1, Integer::sum);
						assertThat(node(earlier.node()).knewCommitted(earlier, each.at()))
							.as("%s was committed, and yet %s", earlier, each)
							.isFalse();
					}
				}
			}
			assertThat(next).as(channel.getKey()).isEqualTo(this.published);
		}
		System.out
			.println("Handled " + this.handled.size() + " times, twice by: " + twice + ", because of: " + repetitions);
		assertThat(repetitions).allSatisfy(
				(fault, count) -> assertThat(count).as(fault.name()).isLessThanOrEqualTo(fault.maxRepetitions()));
	}

	/**
	 * Return the fault because of which a message was handled again. Faults follow one
	 * another sooner than their effects may last. But before the next one everything is
	 * committed, so the last one that explains it is the reason.
	 */
	private Fault reason(List<Handled> channel, Handled again) {
		Handled before = channel.stream()
			.filter((each) -> each.number() == again.number() && each.at() < again.at())
			.max(Comparator.comparingLong(Handled::at))
			.orElseThrow();
		return this.faults.stream()
			.filter((fault) -> fault.explains(before))
			.reduce((earlier, later) -> later)
			.orElseThrow(() -> new AssertionError("No fault is the reason for " + again + " after " + before));
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

	/**
	 * What makes nodes handle messages again.
	 *
	 * @param name the name
	 * @param from what was handled since may be handled again
	 * @param until what was handled until then may be
	 * @param maxRepetitions how many messages that can be
	 */
	private record Fault(String name, long from, long until, int maxRepetitions) {

		/**
		 * A fault that ends now, in which nodes lose what they have not committed. What a
		 * node handled more than a session timeout before is committed: commits are sent
		 * all the time, and who is not answered for so long has lost its share before.
		 * After it, nodes notice within a session timeout that they have lost their
		 * shares, and begin no further messages. A node has handled at most what it had
		 * in memory since its last commit, because it reads on as it commits: from the
		 * same broker.
		 */
		static Fault sudden(String name, long begin, int nodes) {
			long session = KafkaGroupProcess.SESSION.toNanos();
			return new Fault(name, begin - session, System.nanoTime() + session,
					nodes * KafkaGroupProcess.SETTINGS.maxBuffered());
		}

		/**
		 * A fault that ends now, in which nodes hand over their shares. Before that they
		 * commit what they have handled, so at most what is in hand is handled again: a
		 * message of each channel.
		 */
		static Fault orderly(String name, long begin, int nodes) {
			return new Fault(name, begin, System.nanoTime(), nodes * CHANNELS);
		}

		boolean explains(Handled handled) {
			return handled.at() >= this.from && handled.at() <= this.until;
		}

	}

}
