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
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.test.MachineTime;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The reader of a group while some partitions cannot be read.
 */
class KafkaGroupReaderTests {

	private static final Duration LIMIT = Duration.ofSeconds(20);

	private static final int SOUND = 0;

	private static final int BAD = 1;

	private static final int SILENT = 2;

	private static final int PARTITIONS = 3;

	private final List<KafkaLaneFixture> partitions = IntStream.range(0, PARTITIONS)
		.mapToObj((number) -> new KafkaLaneFixture(number, PARTITIONS))
		.toList();

	private final List<String> texts = new ArrayList<>();

	/** How many polls after its assignment a consumer hears the broker. */
	private volatile int answeredAfter = 1;

	/** How many records each partition has. */
	private volatile int end = 1;

	/** Why a poll that reads these partitions fails. */
	private volatile Function<Set<Integer>, @Nullable RuntimeException> failure = (read) -> null;

	private final KafkaGroupReader reader = new KafkaGroupReader(
			KafkaRelaySettings.builder(UUID.randomUUID(), "lanes", new EnvelopeCodec(1024)).build(), "test",
			SlowConsumer::new, SlowConsumer::new, Guards.UNREPORTED.of(Part.LISTENERS));

	private KafkaLane lane(int number) {
		String channel = IntStream.range(0, 1000)
			.mapToObj((i) -> "orders/" + i)
			.filter((each) -> KafkaTopic.partition(new Address.Channel(each).value().getBytes(StandardCharsets.UTF_8),
					PARTITIONS) == number)
			.findFirst()
			.orElseThrow();
		this.partitions.get(number).append(channel, "first");
		this.partitions.get(number).append(channel, "second");
		return this.partitions.get(number).lane(KafkaLaneCommit.at(0, 1, 1));
	}

	private List<String> texts(KafkaLane lane) {
		CompletableFuture<List<ChannelItem>> page = lane.read(PageLimit.of(10));
		if (!page.isCompletedExceptionally()) {
			page.join().forEach((item) -> this.texts.add(((Publication) item).payload().asText()));
		}
		return this.texts;
	}

	@AfterEach
	void stop() {
		this.reader.close();
	}

	@Test
	void aPartitionIsReadTogetherWithOthersOnlyWhenTheBrokerHasAnsweredForIt() {
		KafkaLane sound = lane(SOUND);
		KafkaLane bad = lane(BAD);
		KafkaLane silent = lane(SILENT);
		this.answeredAfter = 3;
		this.failure = (read) -> read.contains(BAD) ? new KafkaException("a partition is not named") : null;
		List.of(sound, bad, silent).forEach(this.reader::add);
		this.reader.start();
		MachineTime.await(LIMIT).until(() -> texts(sound).contains("first"));
		this.end = 2;
		MachineTime.await(LIMIT).until(() -> texts(sound).contains("second"));
		assertThat(this.texts).containsExactly("first", "second");
		assertThat(bad.read(PageLimit.of(10))).isCompletedExceptionally();
		assertThat(silent.read(PageLimit.of(10))).isCompletedExceptionally();
	}

	@Test
	void aPartitionWhoseTrialFailsUnexpectedlyHoldsUpNoOther() {
		KafkaLane sound = lane(SOUND);
		KafkaLane bad = lane(BAD);
		this.failure = (read) -> {
			if (read.equals(Set.of(BAD))) {
				return new IllegalStateException("expected");
			}
			return read.contains(BAD) ? new KafkaException("a partition is not named") : null;
		};
		List.of(sound, bad).forEach(this.reader::add);
		this.reader.start();
		MachineTime.await(LIMIT).until(() -> texts(sound).contains("first"));
		this.end = 2;
		MachineTime.await(LIMIT).until(() -> texts(sound).contains("second"));
		assertThat(this.texts).containsExactly("first", "second");
		assertThat(bad.read(PageLimit.of(10))).isCompletedExceptionally();
	}

	/**
	 * A consumer to which the broker needs some time to answer.
	 */
	private final class SlowConsumer extends MockConsumer<byte[], byte[]> {

		private int polls;

		SlowConsumer() {
			super("none");
		}

		@Override
		public synchronized void assign(Collection<TopicPartition> partitions) {
			this.polls = 0;
			super.assign(partitions);
		}

		@Override
		public synchronized ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
			LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
			this.polls++;
			Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> records = new HashMap<>();
			if (!isAnswered()) {
				return new ConsumerRecords<>(records, Map.of());
			}
			Set<TopicPartition> read = assignment().stream()
				.filter((partition) -> !paused().contains(partition))
				.collect(Collectors.toSet());
			RuntimeException failure = KafkaGroupReaderTests.this.failure
				.apply(read.stream().map(TopicPartition::partition).collect(Collectors.toSet()));
			if (failure != null) {
				throw failure;
			}
			int end = KafkaGroupReaderTests.this.end;
			for (TopicPartition partition : read) {
				int position = (int) position(partition);
				if (position < end && partition.partition() != SILENT) {
					records.put(partition,
							KafkaGroupReaderTests.this.partitions.get(partition.partition())
								.records(partition, 7)
								.subList(position, end));
					seek(partition, end);
				}
			}
			return new ConsumerRecords<>(records, Map.of());
		}

		private boolean isAnswered() {
			return this.polls >= KafkaGroupReaderTests.this.answeredAfter;
		}

		@Override
		public synchronized OptionalLong currentLag(TopicPartition partition) {
			return (isAnswered() && partition.partition() != SILENT)
					? OptionalLong.of(KafkaGroupReaderTests.this.end - position(partition)) : OptionalLong.empty();
		}

	}

}
