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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Envelope.Kind;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link KafkaLogReadCoordinator} over a log that is too long to be looked
 * through in time, made up by its consumers.
 */
class KafkaLogReadCoordinatorTests {

	private static final EnvelopeCodec CODEC = new EnvelopeCodec(1024);

	private static final TopicPartition PARTITION = new TopicPartition("topic-log", 0);

	private static final Duration TIMEOUT = Duration.ofSeconds(2);

	private static final long END = 100_000_000;

	private static final int BATCH = 100;

	private final KafkaRelaySettings settings = KafkaRelaySettings.builder(UUID.randomUUID(), "topic", CODEC)
		.partitions(1)
		.retention(Duration.ofMinutes(1))
		.maxPending(10)
		.publishTimeout(TIMEOUT)
		.recorded(true)
		.logRetention(Duration.ofHours(1))
		.build();

	/** Where the channel has messages. All other records are of another one. */
	private final Set<Long> messages = new ConcurrentSkipListSet<>();

	/** Where consumers were told to begin. */
	private final Set<Long> begun = ConcurrentHashMap.newKeySet();

	private volatile boolean silent;

	/** Where the broker's log ends. */
	private volatile long end = END;

	/** Runs once, when the broker is about to answer a consumer. */
	private final AtomicReference<@Nullable Runnable> beforeAnswer = new AtomicReference<>();

	private final KafkaLogPartition partition = new KafkaLogPartition(0, new KafkaPositions("epoch"), END, END,
			new KafkaOffsets.Range(0, END, 0), Duration.ofMinutes(5), 1000, 1000, () -> {
			});

	private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();

	private final ExecutorService executor = Executors.newFixedThreadPool(2);

	private final KafkaLogReaderPool readers = KafkaLogReaderPool.create(this.settings, this::consumer,
			new Guards().of(Part.LOG_READER));

	private final KafkaLogReadCoordinator reads = reads();

	@AfterEach
	void close() throws InterruptedException {
		this.reads.close();
		this.readers.close();
		this.readers.awaitEnd(Duration.ofSeconds(5));
		this.executor.shutdown();
		this.scheduler.shutdown();
	}

	@Test
	void aRecoveryThatCannotBeScannedInTimeIsNotComplete() {
		LogPage page = read("room", 1000).join();
		assertThat(page.complete()).isFalse();
		assertThat(page.publications()).isEmpty();
		this.begun.clear();
		assertThat(read("quiet", 1000).join().complete()).isFalse();
		assertThat(this.begun).as("begins where the first one has ended")
			.isNotEmpty()
			.allSatisfy((offset) -> assertThat(offset).isGreaterThan(1000));
	}

	@Test
	void messagesFoundInTimeAreAPageAndTheNextReadContinuesAfterIt() {
		this.messages.addAll(List.of(1010L, 1500L));
		LogPage page = read("room", 1000).join();
		assertThat(page.complete()).isTrue();
		assertThat(page.more()).isTrue();
		assertThat(page.publications()).extracting((publication) -> place(publication.position()).offset())
			.containsExactly(1011L, 1501L);
	}

	@Test
	void aReadFailsIfTheBrokerDoesNotAnswer() {
		this.partition.learn(List.of(new KafkaLogReader.Mark(999, 0)));
		this.silent = true;
		assertThat(read("room", 1000)).failsWithin(Duration.ofSeconds(30))
			.withThrowableThat()
			.withCauseInstanceOf(RelayUnavailableException.class);
	}

	@Test
	void shortRecoveriesDoNotWaitForLongOnes() {
		List<CompletableFuture<LogPage>> longOnes = IntStream.range(0, 8)
			.mapToObj((i) -> read("long/" + i, 1000))
			.toList();
		this.messages.add(END - 5);
		LogPage page = read("room", END - 50).join();
		assertThat(page.complete()).isTrue();
		assertThat(page.more()).isFalse();
		assertThat(page.publications()).hasSize(1);
		assertThat(longOnes.stream().filter(CompletableFuture::isDone)).isEmpty();
	}

	@Test
	void equalRecoveriesThatTakeLongShareAResult() {
		this.messages.addAll(List.of(1010L, 2000L));
		List<CompletableFuture<LogPage>> equal = List.of(read("room", 1000), read("room", 1000));
		for (CompletableFuture<LogPage> each : equal) {
			assertThat(each.join().publications()).extracting((publication) -> place(publication.position()).offset())
				.containsExactly(1011L, 2001L);
		}
	}

	@Test
	void aHistoryFailsIfNothingIsFoundInTimeAndIsShortenedIfSomethingIs() {
		CompletableFuture<LogPage> nothing = this.reads.read(this.partition, "channel:room", null, PageLimit.of(10),
				ReadDirection.FORWARD);
		assertThat(nothing).failsWithin(Duration.ofSeconds(30))
			.withThrowableThat()
			.withCauseInstanceOf(RelayUnavailableException.class)
			.withMessageContaining("took more than");
		this.messages.add(END - 10);
		LogPage page = this.reads
			.read(this.partition, "channel:other room", null, PageLimit.of(10), ReadDirection.BACKWARD)
			.handle((result, failure) -> result)
			.join();
		assertThat(page).as("no message").isNull();
		page = this.reads.read(this.partition, "channel:room", null, PageLimit.of(BATCH), ReadDirection.BACKWARD)
			.join();
		assertThat(page.publications()).hasSize(1);
		assertThat(page.complete()).isTrue();
		assertThat(page.more()).isTrue();
	}

	@Test
	void aReadDuringWhichTheLogIsTruncatedIsRepeated() {
		this.partition.learn(List.of(new KafkaLogReader.Mark(END - 51, 0)));
		this.messages.addAll(List.of(END - 40, END - 5));
		this.beforeAnswer.set(() -> {
			this.end = END - 10;
			this.partition.truncate(this.end, new KafkaOffsets.Range(0, this.end, 0));
		});
		LogPage page = read("room", END - 50).join();
		assertThat(this.beforeAnswer).hasNullValue();
		assertThat(page.complete()).isTrue();
		assertThat(page.publications()).extracting((publication) -> place(publication.position()).offset())
			.containsExactly(END - 39);
		assertThat(place(page.end()).offset()).isEqualTo(END - 10);
	}

	private CompletableFuture<LogPage> read(String channel, long since) {
		Position position = this.partition.positions().position(new KafkaPlace(0, since));
		return this.reads.read(this.partition, "channel:" + channel, position, PageLimit.of(100), ReadDirection.FORWARD)
			.orTimeout(30, TimeUnit.SECONDS);
	}

	private KafkaPlace place(Position position) {
		KafkaPlace place = this.partition.positions().place(position);
		assertThat(place).isNotNull();
		return place;
	}

	private KafkaLogReadCoordinator reads() {
		Admin admin = mock();
		KafkaLogRanges ranges = new KafkaLogRanges("topic-log", TIMEOUT, new KafkaAdmin(() -> admin, () -> {
		}));
		given(admin.listOffsets(any(), any(ListOffsetsOptions.class))).willAnswer((invocation) -> {
			Map<TopicPartition, OffsetSpec> question = invocation.getArgument(0);
			boolean latest = question.get(PARTITION) instanceof OffsetSpec.LatestSpec;
			return new ListOffsetsResult(Map.of(PARTITION,
					KafkaFuture.completedFuture(new ListOffsetsResultInfo(latest ? this.end : 0, -1, Optional.of(0)))));
		});
		ranges.connect(admin);
		return new KafkaLogReadCoordinator(this.settings, ranges, this.readers, this.scheduler, this.executor, () -> {
		}, new Guards().of(Part.LOG_READER));
	}

	private Consumer<byte[], byte[]> consumer() {
		return new MockConsumer<>("none") {

			@Override
			public synchronized void seek(TopicPartition partition, long offset) {
				KafkaLogReadCoordinatorTests.this.begun.add(offset);
				super.seek(partition, offset);
			}

			@Override
			public synchronized ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
				LockSupport.parkNanos(Math.min(timeout.toNanos(), TimeUnit.MILLISECONDS.toNanos(1)));
				long position = position(PARTITION);
				if (KafkaLogReadCoordinatorTests.this.silent) {
					return ConsumerRecords.empty();
				}
				for (long offset = position; offset < Math.min(KafkaLogReadCoordinatorTests.this.end,
						position + BATCH); offset++) {
					addRecord(record(offset));
				}
				ConsumerRecords<byte[], byte[]> records = super.poll(timeout);
				Runnable before = KafkaLogReadCoordinatorTests.this.beforeAnswer.getAndSet(null);
				if (before != null) {
					before.run();
				}
				return records;
			}

			@Override
			public synchronized Map<TopicPartition, OffsetAndTimestamp> offsetsForTimes(Map<TopicPartition, Long> times,
					Duration timeout) {
				return Map.of(PARTITION, new OffsetAndTimestamp(1000, 0));
			}

		};
	}

	private ConsumerRecord<byte[], byte[]> record(long offset) {
		String channel = this.messages.contains(offset) ? "room" : "others";
		Envelope envelope = new Envelope(UUID.randomUUID(), UUID.randomUUID(), Kind.MESSAGE, 1,
				new Audience.Channel(channel, null), Map.of(), Payload.text("x"), null,
				new LogOptions(1000, Duration.ofHours(1), null, Duration.ofMinutes(5)));
		byte[] value = this.messages.contains(offset) ? CODEC.encode(envelope) : new byte[1];
		return new ConsumerRecord<>(PARTITION.topic(), 0, offset, System.currentTimeMillis(),
				TimestampType.LOG_APPEND_TIME, 0, value.length, ("channel:" + channel).getBytes(UTF_8), value,
				new RecordHeaders(), Optional.of(0));
	}

}
