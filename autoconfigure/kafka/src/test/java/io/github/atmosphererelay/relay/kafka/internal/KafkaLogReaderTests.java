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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.stream.LongStream;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Envelope.Kind;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.kafka.internal.KafkaLogReader.Keys;
import io.github.atmosphererelay.relay.kafka.internal.KafkaLogReader.Mark;
import io.github.atmosphererelay.relay.kafka.internal.KafkaLogReader.Request;
import io.github.atmosphererelay.relay.kafka.internal.KafkaLogReader.Scan;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link KafkaLogReader} with a consumer that does as it is told.
 */
class KafkaLogReaderTests {

	private static final EnvelopeCodec CODEC = new EnvelopeCodec(1024);

	private static final TopicPartition PARTITION = new TopicPartition("topic-log", 2);

	private static final long NOW = 10_000_000;

	private final List<MockConsumer<byte[], byte[]>> consumers = new CopyOnWriteArrayList<>();

	private final AtomicInteger failures = new AtomicInteger();

	private final Guard guard = new Guards().of(Part.LOG_READER);

	/** How often no thread can be made. */
	private final AtomicInteger threadFailures = new AtomicInteger();

	/** How many records the broker gives at once. */
	private int batch = Integer.MAX_VALUE;

	/** The end of the partition, if it is after the last record. */
	private long end;

	private final KafkaLogReader reader = reader(1);

	private final KafkaLogIndex index = new KafkaLogIndex(100, 20);

	private final List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();

	@AfterEach
	void close() throws InterruptedException {
		this.reader.close();
		this.reader.awaitEnd(Duration.ofSeconds(5));
		assertThat(this.consumers).allSatisfy((consumer) -> assertThat(consumer.closed()).isTrue());
	}

	@Test
	void aReadThatTakesTooLongFailsAndSaysSo() {
		assertThat(this.reader.submit(() -> scan(request(10, false), 0, 100))).failsWithin(Duration.ofSeconds(10))
			.withThrowableThat()
			.havingRootCause()
			.isInstanceOf(RelayUnavailableException.class)
			.withMessageContaining("took more than 300 ms");
	}

	@Test
	void theNumberOfWaitingReadsIsBounded() throws Exception {
		CountDownLatch inside = new CountDownLatch(1);
		CountDownLatch gate = new CountDownLatch(1);
		CompletableFuture<Integer> slow = this.reader.submit(() -> {
			inside.countDown();
			try {
				gate.await();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			return 1;
		});
		assertThat(inside.await(5, TimeUnit.SECONDS)).isTrue();
		List<CompletableFuture<Integer>> waiting = new ArrayList<>();
		for (int i = 0; i < KafkaLogReader.MAX_QUEUED; i++) {
			waiting.add(this.reader.submit(() -> 2));
		}
		assertThat(this.reader.submit(() -> 3)).failsWithin(Duration.ofSeconds(1))
			.withThrowableThat()
			.withCauseInstanceOf(RelayOverloadedException.class)
			.withMessageContaining("256 reads");
		gate.countDown();
		assertThat(slow).succeedsWithin(Duration.ofSeconds(5));
		waiting.forEach((each) -> assertThat(each).succeedsWithin(Duration.ofSeconds(5)));
	}

	@Test
	void equalReadsShareOneThatHasNotStarted() throws Exception {
		CountDownLatch inside = new CountDownLatch(1);
		CountDownLatch gate = new CountDownLatch(1);
		AtomicInteger runs = new AtomicInteger();
		CompletableFuture<Integer> running = this.reader.submitShared("room", () -> {
			inside.countDown();
			try {
				gate.await();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			return runs.incrementAndGet();
		});
		assertThat(inside.await(5, TimeUnit.SECONDS)).isTrue();
		List<CompletableFuture<Integer>> waiting = new ArrayList<>();
		for (int i = 0; i < 2 * KafkaLogReader.MAX_QUEUED; i++) {
			waiting.add(this.reader.submitShared("room", runs::incrementAndGet));
		}
		waiting.get(0).cancel(false);
		gate.countDown();
		assertThat(running).succeedsWithin(Duration.ofSeconds(5)).isEqualTo(1);
		waiting.subList(1, waiting.size())
			.forEach((each) -> assertThat(each).succeedsWithin(Duration.ofSeconds(5)).isEqualTo(2));
	}

	@Test
	void recordsAreLookedUpByTheirOffset() {
		for (int i = 5; i < 8; i++) {
			add(i, "room", null, NOW, Duration.ofHours(1));
		}
		long deadline = System.nanoTime() + Duration.ofSeconds(5).toNanos();
		assertThat(this.reader.submit(() -> this.reader.marks(2, 5, 8, deadline)).join()).extracting(Mark::offset)
			.containsExactly(5L, 6L);
	}

	@Test
	void aConsumerThatHasFailedIsReplaced() {
		this.failures.set(1);
		add(0, "room", null, NOW, Duration.ofHours(1));
		assertThat(this.reader.submit(() -> scan(request(10, false), 0, 1))).failsWithin(Duration.ofSeconds(10))
			.withThrowableThat()
			.havingCause()
			.isInstanceOf(RelayUnavailableException.class);
		assertThat(offsets(request(10, false), 0, 1)).containsExactly(0L);
		assertThat(this.consumers).hasSize(2);
		this.reader.disconnect();
		assertThat(offsets(request(10, false), 0, 1)).containsExactly(0L);
		assertThat(this.consumers).hasSize(3);
	}

	@Test
	void aThreadContinuesAfterAnErrorWithAnotherConsumer() {
		long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
		Request patient = new Request("channel:room", 10, Long.MAX_VALUE, false, NOW, deadline, deadline);
		add(0, "room", null, NOW, Duration.ofHours(1));
		assertThat(offsets(patient, 0, 1)).containsExactly(0L);
		assertThat(this.reader.submitShared("room", () -> {
			throw new OutOfMemoryError("injected");
		})).failsWithin(Duration.ofSeconds(10)).withThrowableThat().withCauseInstanceOf(OutOfMemoryError.class);
		assertThat(this.guard.failures()).isOne();
		assertThat(this.consumers).singleElement().satisfies((consumer) -> assertThat(consumer.closed()).isTrue());
		assertThat(offsets(patient, 0, 1)).containsExactly(0L);
		assertThat(this.consumers).hasSize(2);
		assertThat(this.guard.failures()).isOne();
	}

	@Test
	void aRangeIsScannedForOneChannelUpToItsEndOrTheLimit() {
		for (int i = 0; i < 20; i++) {
			add(i, (i % 2 == 0) ? "room" : "other", null, NOW, Duration.ofHours(1));
		}
		assertThat(offsets(request(100, false), 3, 11)).containsExactly(4L, 6L, 8L, 10L);
		assertThat(offsets(request(2, false), 3, 11)).containsExactly(4L, 6L);
		assertThat(offsets(request(2, true), 3, 11)).containsExactly(8L, 10L);
	}

	@Test
	void aScanEndsBeforeItExceedsTheLimitInBytes() {
		for (int i = 0; i < 10; i++) {
			add(i, "room", null, NOW, Duration.ofHours(1));
		}
		int size = this.records.get(0).value().length;
		Scan forward = this.reader.submit(() -> scan(request(100, 3L * size + 1, false), 2, 10)).join();
		assertThat(forward.entries()).extracting(KafkaLogEntry::offset).containsExactly(2L, 3L, 4L);
		assertThat(forward.next()).isEqualTo(5);
		assertThat(forward.cut()).isTrue();
		assertThat(forward.bytes()).isEqualTo(3L * size);
		Scan newest = this.reader.submit(() -> scan(request(100, 3L * size + 1, true), 2, 10)).join();
		assertThat(newest.entries()).extracting(KafkaLogEntry::offset).containsExactly(7L, 8L, 9L);
		assertThat(newest.cut()).isTrue();
		Scan single = this.reader.submit(() -> scan(request(100, 1, false), 2, 10)).join();
		assertThat(single.entries()).extracting(KafkaLogEntry::offset).containsExactly(2L);
		Scan all = this.reader.submit(() -> scan(request(100, 8L * size, false), 2, 10)).join();
		assertThat(all.entries()).hasSize(8);
		assertThat(all.cut()).isFalse();
	}

	@Test
	void aDuplicateOfARecordBeforeTheRangeIsLeftOut() {
		add(0, "room", "key", NOW - Duration.ofMinutes(6).toMillis(), Duration.ofHours(1));
		for (int i = 1; i < 5; i++) {
			add(i, "room", null, NOW - Duration.ofMinutes(6).toMillis(), Duration.ofHours(1));
		}
		add(5, "room", "key", NOW - 2000, Duration.ofHours(1));
		add(6, "other", "another key", NOW - 1000, Duration.ofHours(1));
		add(7, "room", "key", NOW, Duration.ofHours(1));
		add(8, "room", "another key", NOW, Duration.ofHours(1));
		assertThat(offsets(request(100, false), 6, 9)).containsExactly(8L);
		assertThat(offsets(request(100, true), 6, 9)).containsExactly(8L);
		assertThat(offsets(request(100, false), 3, 9)).as("the window of the first is over")
			.containsExactly(3L, 4L, 5L, 8L);
	}

	@Test
	void anExpiredRecordIsReportedAndLeftOutWithAllBeforeIt() {
		add(0, "room", null, NOW, Duration.ofHours(1));
		add(1, "room", null, NOW - 1000, Duration.ofSeconds(1));
		add(2, "room", null, NOW, Duration.ofHours(1));
		Scan scan = this.reader.submit(() -> scan(request(10, false), 0, 3)).join();
		assertThat(scan.entries()).extracting(KafkaLogEntry::offset).containsExactly(2L);
		assertThat(scan.expired()).isTrue();
		assertThat(scan.next()).isEqualTo(3);
	}

	/**
	 * The part before the ring grows while the receiver adds records to the ring.
	 */
	@Test
	void noRecordIsSkippedIfTheEndGrowsWhileABatchIsScanned() {
		for (int i = 0; i < 60; i++) {
			add(i, "room", null, NOW, Duration.ofHours(1));
		}
		this.batch = 20;
		for (int shift = 0; shift < 3; shift++) {
			AtomicInteger calls = new AtomicInteger(shift);
			LongSupplier until = () -> Math.min(50, 10 + calls.getAndIncrement() / 3);
			Scan scan = this.reader
				.submit(() -> this.reader.scan(2, request(100, false), 0, until, this.index.look(0), new Keys()))
				.join();
			assertThat(scan.entries()).extracting(KafkaLogEntry::offset)
				.isEqualTo(LongStream.range(0, scan.next()).boxed().toList());
			assertThat(scan.next()).isGreaterThanOrEqualTo(10);
		}
	}

	@Test
	void aScanWhoseTimeIsOverSaysHowFarItHasComeAndIsContinued() {
		for (int i = 0; i < 20; i++) {
			add(i, (i % 2 == 0) ? "room" : "other", null, NOW, Duration.ofHours(1));
		}
		this.batch = 5;
		Scan first = this.reader.submit(() -> scan(paused(), 0, 20)).join();
		assertThat(first.outOfTime()).isTrue();
		assertThat(first.next()).isEqualTo(5);
		assertThat(first.entries()).extracting(KafkaLogEntry::offset).containsExactly(0L, 2L, 4L);
		Scan rest = this.reader.submit(() -> scan(request(100, false), first.next(), 20)).join();
		assertThat(rest.outOfTime()).isFalse();
		assertThat(rest.entries()).extracting(KafkaLogEntry::offset).containsExactly(6L, 8L, 10L, 12L, 14L, 16L, 18L);
	}

	@Test
	void aDuplicateIsRecognizedAlthoughTheTimeWasOverBeforeThat() {
		add(0, "room", "key", NOW - 3000, Duration.ofHours(1));
		add(1, "room", null, NOW - 2000, Duration.ofHours(1));
		add(2, "room", "key", NOW - 1000, Duration.ofHours(1));
		add(3, "room", "another key", NOW, Duration.ofHours(1));
		Keys keys = new Keys();
		Scan first = this.reader.submit(() -> scan(paused(), 1, 4, keys)).join();
		assertThat(first.outOfTime()).isTrue();
		assertThat(first.next()).as("the record that may be a double").isEqualTo(2);
		assertThat(first.entries()).extracting(KafkaLogEntry::offset).containsExactly(1L);
		Scan rest = this.reader.submit(() -> scan(request(100, false), 2, 4, keys)).join();
		assertThat(rest.entries()).extracting(KafkaLogEntry::offset).containsExactly(3L);
	}

	@Test
	void aConsumerThatGetsNoAnswersIsReplaced() {
		AtomicInteger reads = new AtomicInteger();
		await().until(() -> {
			reads.incrementAndGet();
			assertThat(this.reader.submit(() -> scan(request(10, false), 0, 1))).failsWithin(Duration.ofSeconds(10));
			return this.consumers.get(0).closed();
		});
		assertThat(reads).hasValueGreaterThanOrEqualTo(KafkaLogReader.MAX_SILENT_READS);
		add(0, "room", null, NOW, Duration.ofHours(1));
		assertThat(offsets(request(10, false), 0, 1)).containsExactly(0L);
		assertThat(this.consumers).hasSize(2);
	}

	/**
	 * Such as the markers of transactions.
	 */
	@Test
	void entriesThatKafkaDoesNotHandOutAreSkipped() {
		for (int i = 0; i < 8; i++) {
			add(i, "room", null, NOW, Duration.ofHours(1));
		}
		this.end = 10;
		Scan scan = this.reader.submit(() -> scan(request(100, false), 5, 10)).join();
		assertThat(scan.entries()).extracting(KafkaLogEntry::offset).containsExactly(5L, 6L, 7L);
		assertThat(scan.next()).isEqualTo(10);
		assertThat(offsets(request(100, false), 8, 10)).isEmpty();
		long deadline = System.nanoTime() + Duration.ofSeconds(5).toNanos();
		assertThat(this.reader.submit(() -> this.reader.marks(2, 8, 10, deadline)).join()).isEmpty();
	}

	@Test
	void aReadForWhichNoThreadCanBeCreatedFailsAndDoesNotBlockTheNext() {
		this.threadFailures.set(1);
		assertThat(this.reader.submitShared("room", () -> 1)).failsWithin(Duration.ofSeconds(5))
			.withThrowableThat()
			.withCauseInstanceOf(RelayUnavailableException.class);
		assertThat(this.reader.submitShared("room", () -> 2)).succeedsWithin(Duration.ofSeconds(5)).isEqualTo(2);
	}

	@Test
	void eachThreadHasAConsumerOfItsOwn() throws Exception {
		add(0, "room", null, NOW, Duration.ofHours(1));
		KafkaLogReader two = reader(2);
		CyclicBarrier both = new CyclicBarrier(2);
		List<CompletableFuture<Scan>> reads = new ArrayList<>();
		for (int i = 0; i < 2; i++) {
			reads.add(two.submit(() -> {
				try {
					both.await(10, TimeUnit.SECONDS);
				}
				catch (Exception ex) {
					throw new IllegalStateException(ex);
				}
				return two.scan(2, request(10, false), 0, () -> 1, this.index.look(0), new Keys());
			}));
		}
		for (CompletableFuture<Scan> read : reads) {
			assertThat(read.get(10, TimeUnit.SECONDS).entries()).hasSize(1);
		}
		assertThat(this.consumers).hasSize(2);
		two.close();
		two.awaitEnd(Duration.ofSeconds(5));
	}

	private KafkaLogReader reader(int threads) {
		KafkaRelaySettings settings = KafkaRelaySettings.builder(UUID.randomUUID(), "topic", CODEC)
			.partitions(3)
			.retention(Duration.ofMinutes(1))
			.maxPending(10)
			.publishTimeout(Duration.ofMillis(300))
			.recorded(true)
			.logRetention(Duration.ofHours(1))
			.build();
		return new KafkaLogReader(settings, this::consumer, this.guard, threads, (task) -> {
			if (this.threadFailures.getAndDecrement() > 0) {
				throw new OutOfMemoryError("unable to create native thread");
			}
			return new Thread(task, "reader");
		});
	}

	private Scan scan(Request request, long from, long until) {
		return scan(request, from, until, new Keys());
	}

	private Scan scan(Request request, long from, long until, Keys keys) {
		return this.reader.scan(2, request, from, () -> until, this.index.look(from), keys);
	}

	/**
	 * A request whose time is over as soon as the broker has answered.
	 */
	private static Request paused() {
		long now = System.nanoTime();
		return new Request("channel:room", 100, Long.MAX_VALUE, false, NOW, now, now + Duration.ofSeconds(5).toNanos());
	}

	private List<Long> offsets(Request request, long from, long until) {
		return this.reader.submit(() -> scan(request, from, until))
			.orTimeout(10, TimeUnit.SECONDS)
			.join()
			.entries()
			.stream()
			.map(KafkaLogEntry::offset)
			.toList();
	}

	private static Request request(int limit, boolean newest) {
		return request(limit, Long.MAX_VALUE, newest);
	}

	private static Request request(int limit, long bytes, boolean newest) {
		long deadline = System.nanoTime() + Duration.ofMillis(300).toNanos();
		return new Request("channel:room", limit, bytes, newest, NOW, deadline, deadline);
	}

	private void add(long offset, String channel, @Nullable String key, long timestamp, Duration retention) {
		Envelope envelope = new Envelope(UUID.randomUUID(), UUID.randomUUID(), Kind.MESSAGE, 1,
				new Audience.Channel(channel, null), Map.of(), Payload.text("x"), null,
				new LogOptions(10, retention, key, Duration.ofMinutes(5)));
		byte[] value = CODEC.encode(envelope);
		this.records.add(new ConsumerRecord<>(PARTITION.topic(), 2, offset, timestamp, TimestampType.LOG_APPEND_TIME, 0,
				value.length, ("channel:" + channel).getBytes(UTF_8), value, new RecordHeaders(), Optional.empty()));
	}

	private Consumer<byte[], byte[]> consumer() {
		MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none") {

			@Override
			public synchronized ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
				long position = position(PARTITION);
				KafkaLogReaderTests.this.records.stream()
					.filter((record) -> record.offset() >= position)
					.limit(KafkaLogReaderTests.this.batch)
					.forEach(this::addRecord);
				ConsumerRecords<byte[], byte[]> polled = super.poll(timeout);
				if (polled.isEmpty() && KafkaLogReaderTests.this.end > position) {
					seek(PARTITION, KafkaLogReaderTests.this.end);
				}
				else if (polled.isEmpty()) {
					LockSupport.parkNanos(Math.min(timeout.toNanos(), TimeUnit.MILLISECONDS.toNanos(5)));
				}
				return polled;
			}

			@Override
			public synchronized Map<TopicPartition, OffsetAndTimestamp> offsetsForTimes(Map<TopicPartition, Long> times,
					Duration timeout) {
				return KafkaLogReaderTests.this.records.stream()
					.filter((record) -> record.timestamp() >= times.get(PARTITION))
					.findFirst()
					.map((record) -> Map.of(PARTITION, new OffsetAndTimestamp(record.offset(), record.timestamp())))
					.orElse(Map.of());
			}

		};
		if (this.failures.getAndDecrement() > 0) {
			consumer.setPollException(new KafkaException("broken"));
		}
		this.consumers.add(consumer);
		return consumer;
	}

}
