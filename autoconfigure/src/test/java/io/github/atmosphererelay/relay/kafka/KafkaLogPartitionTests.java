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

package io.github.atmosphererelay.relay.kafka;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.kafka.KafkaOffsets.Range;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link KafkaLogPartition} and {@link KafkaKeys}.
 */
class KafkaLogPartitionTests {

	private static final Duration WINDOW = Duration.ofMillis(100);

	private static final String ROOM = "channel:room";

	@Test
	void theLatestRecordsAreAtHandUpToANumber() {
		KafkaLogPartition partition = partition(0, 0, true);
		for (int i = 0; i < KafkaLogPartition.MAX_RECORDS + 10; i++) {
			add(partition, i, 1000, (i % 2 == 0) ? ROOM : "channel:other", null, 10);
		}
		assertThat(partition.begin()).isEqualTo(10);
		KafkaLogPartition.Slice slice = partition.slice(ROOM, 0, Long.MAX_VALUE);
		assertThat(slice.end()).isEqualTo(KafkaLogPartition.MAX_RECORDS + 10);
		assertThat(slice.entries()).hasSize(KafkaLogPartition.MAX_RECORDS / 2);
		assertThat(offsets(partition, 20, 25)).containsExactly(20L, 22L, 24L);
	}

	@Test
	void theLatestRecordsAreAtHandUpToASize() {
		KafkaLogPartition partition = partition(0, 0, true);
		for (int i = 0; i < 5; i++) {
			add(partition, i, 1000, ROOM, null, KafkaLogPartition.MAX_BYTES / 2 - 1);
		}
		assertThat(offsets(partition, 0, 100)).containsExactly(3L, 4L);
		add(partition, 5, 1000, ROOM, null, KafkaLogPartition.MAX_BYTES + 1);
		assertThat(offsets(partition, 0, 100)).isEmpty();
		assertThat(partition.begin()).isEqualTo(6);
	}

	@Test
	void recordsWhoseKeysMayHaveBeenUsedBeforeTheStartAreNotAtHand() {
		KafkaLogPartition partition = partition(50, 60, false);
		add(partition, 50, 1000, ROOM, null, 10);
		add(partition, 51, 1099, ROOM, "key", 10);
		add(partition, 52, 1100, ROOM, null, 10);
		add(partition, 53, 1110, ROOM, "key", 10);
		assertThat(partition.begin()).isEqualTo(52);
		assertThat(offsets(partition, 0, 100)).containsExactly(52L);
		assertThat(partition.isWarm()).isFalse();
		partition.delivered(59);
		assertThat(partition.isWarm()).isTrue();
	}

	@Test
	void theFirstRecordOfAKeyCountsForItsWindow() {
		KafkaLogPartition partition = partition(0, 0, true);
		assertThat(first(add(partition, 0, 1000, ROOM, "key", 10))).isZero();
		assertThat(first(add(partition, 1, 1050, ROOM, "key", 10))).isZero();
		assertThat(first(add(partition, 2, 1050, "channel:other", "key", 10))).isEqualTo(2);
		assertThat(first(add(partition, 3, 1099, ROOM, "key", 10))).isZero();
		assertThat(first(add(partition, 4, 1100, ROOM, "key", 10))).as("a double prolongs nothing").isEqualTo(4);
		assertThat(first(add(partition, 5, 1199, ROOM, "key", 10))).isEqualTo(4);
		assertThat(add(partition, 6, 1199, ROOM, null, 10)).isNull();
		assertThat(offsets(partition, 0, 100)).containsExactly(0L, 4L, 6L);
		assertThat(partition.find(ROOM, "key", 1199)).isNotNull();
		assertThat(partition.find(ROOM, "key", 1200)).isNull();
		assertThat(partition.find(ROOM, "another", 1199)).isNull();
	}

	@Test
	void keysAreBounded() {
		AtomicInteger forgotten = new AtomicInteger();
		KafkaKeys keys = new KafkaKeys(3, forgotten::incrementAndGet);
		for (int i = 0; i < 4; i++) {
			assertThat(forgotten).hasValue(0);
			keys.add(entry(i, 1000, ROOM, "key " + i, 10), "key " + i);
		}
		assertThat(forgotten).hasValue(1);
		assertThat(keys.find(ROOM, "key 0", 1001)).isNull();
		assertThat(keys.find(ROOM, "key 1", 1001)).isNotNull();
		assertThat(keys.find(ROOM, "key 3", 1001)).isNotNull();
		// Beyond their windows they are not missed
		keys.add(entry(5, 9000, ROOM, "key 5", 10), "key 5");
		assertThat(forgotten).hasValue(1);
	}

	@Test
	void aPartitionIsContinuedUnlessSomethingIsLost() {
		KafkaLogPartition partition = partition(0, 0, true);
		deliver(partition, 0, 10);
		assertThat(partition.resume(new Range(0, 20))).isFalse();
		assertThat(offsets(partition, 0, 100)).hasSize(10);
		assertThat(partition.resume(new Range(15, 20))).isTrue();
		assertThat(partition.next()).isEqualTo(15);
		assertThat(offsets(partition, 0, 100)).isEmpty();
		assertThat(partition.begin()).isEqualTo(15);
	}

	@Test
	void positionsThatATruncationHasMadeAmbiguousAreNotKnown() {
		KafkaLogPartition partition = partition(0, 0, true);
		deliver(partition, 0, 10);
		assertThat(partition.resume(new Range(0, 8))).isTrue();
		deliver(partition, 8, 20);
		assertThat(partition.knows(position(partition, 8))).isTrue();
		assertThat(partition.knows(position(partition, 9))).isFalse();
		assertThat(partition.knows(position(partition, 10))).isFalse();
		assertThat(partition.knows(position(partition, 11))).isTrue();
		assertThat(partition.knows(position(partition, 21))).isFalse();
		assertThat(partition.knows(new Position("another", 8))).isFalse();
	}

	@Test
	void aTruncationIsNoticedThoughThePartitionHasGrownAgain() {
		KafkaLogPartition partition = partition(0, 0, true);
		deliver(partition, 0, 10);
		partition.truncated(7);
		assertThat(partition.resume(new Range(0, 50))).isTrue();
		assertThat(partition.next()).isEqualTo(7);
		assertThat(partition.isLive(7)).isTrue();
		assertThat(partition.resume(new Range(0, 50))).isFalse();
	}

	@Test
	void whoWaitsForAnOffsetIsToldOrForgotten() {
		KafkaLogPartition partition = partition(0, 0, true);
		long later = System.nanoTime() + Duration.ofHours(1).toNanos();
		CompletableFuture<@Nullable Void> third = partition.reached(3, later);
		CompletableFuture<@Nullable Void> fifth = partition.reached(5, System.nanoTime());
		deliver(partition, 0, 3);
		assertThat(third).isNotDone();
		partition.progressed();
		assertThat(third).isDone();
		partition.giveUp();
		deliver(partition, 3, 10);
		partition.progressed();
		assertThat(fifth).isNotDone();
		assertThat(partition.reached(10, later)).isDone();
	}

	private static KafkaLogPartition partition(long start, long live, boolean whole) {
		return new KafkaLogPartition(0, "epoch", start, live, whole, WINDOW, 100, () -> {
		});
	}

	private static void deliver(KafkaLogPartition partition, int from, int to) {
		for (int i = from; i < to; i++) {
			add(partition, i, 1000, ROOM, null, 10);
			partition.delivered(i);
		}
	}

	private static KafkaKeys.@Nullable First add(KafkaLogPartition partition, long offset, long timestamp,
			String address, @Nullable String key, int size) {
		return partition.add(entry(offset, timestamp, address, key, size));
	}

	private static KafkaLogEntry entry(long offset, long timestamp, String address, @Nullable String key, int size) {
		LogOptions options = new LogOptions(10, Duration.ofHours(1), key, WINDOW);
		return new KafkaLogEntry(offset, timestamp, address, options, UUID.randomUUID(), new byte[size]);
	}

	private static long first(KafkaKeys.@Nullable First first) {
		return (first != null) ? first.offset() : -1;
	}

	private static Position position(KafkaLogPartition partition, long offset) {
		return partition.position(offset);
	}

	private static List<Long> offsets(KafkaLogPartition partition, long from, long to) {
		return partition.slice(ROOM, from, to).entries().stream().map(KafkaLogEntry::offset).toList();
	}

}
