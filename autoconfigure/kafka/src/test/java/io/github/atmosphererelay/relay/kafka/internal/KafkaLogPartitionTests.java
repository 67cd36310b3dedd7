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
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.relay.kafka.internal.KafkaLogPartition.Step;
import io.github.atmosphererelay.relay.kafka.internal.KafkaLogReader.Mark;
import io.github.atmosphererelay.relay.kafka.internal.KafkaOffsets.Range;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link KafkaLogPartition} and {@link KafkaKeys}.
 */
class KafkaLogPartitionTests {

	private static final Duration WINDOW = Duration.ofMillis(100);

	private static final String ROOM = "channel:room";

	@Test
	void theLatestRecordsAreInMemoryUpToANumber() {
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
	void theLatestRecordsAreInMemoryUpToASize() {
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
	void recordsWhoseKeysMayHaveBeenUsedBeforeTheStartAreNotInMemory() {
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
	void theFirstRecordOfAKeyCountsUntilItIsUnusedForItsWindow() {
		KafkaLogPartition partition = partition(0, 0, true);
		assertThat(first(add(partition, 0, 1000, ROOM, "key", 10))).isZero();
		assertThat(first(add(partition, 1, 1050, ROOM, "key", 10))).isZero();
		assertThat(first(add(partition, 2, 1050, "channel:other", "key", 10))).isEqualTo(2);
		assertThat(first(add(partition, 3, 1099, ROOM, "key", 10))).isZero();
		assertThat(first(add(partition, 4, 1198, ROOM, "key", 10))).as("a double prolongs it").isZero();
		assertThat(first(add(partition, 5, 1298, ROOM, "key", 10))).isEqualTo(5);
		assertThat(first(add(partition, 5, 1298, ROOM, "key", 10))).as("taken again").isEqualTo(5);
		assertThat(add(partition, 6, 1299, ROOM, null, 10)).isNull();
		assertThat(offsets(partition, 0, 100)).containsExactly(0L, 5L, 6L);
		assertThat(partition.find(ROOM, "key", 1397)).isNotNull();
		assertThat(partition.find(ROOM, "key", 1398)).isNull();
		assertThat(partition.find(ROOM, "another", 1397)).isNull();
	}

	/**
	 * Nodes and readers begin at different places of the log.
	 */
	@Test
	void onlyOneWindowBeforeARecordDecidesWhetherItIsADuplicate() {
		KafkaKeys whole = new KafkaKeys(10, () -> {
		});
		KafkaKeys part = new KafkaKeys(10, () -> {
		});
		KafkaLogEntry second = entry(1, 1060, ROOM, "key", 10);
		KafkaLogEntry third = entry(2, 1140, ROOM, "key", 10);
		whole.add(entry(0, 1000, ROOM, "key", 10), "key");
		whole.add(second, "key");
		part.add(second, "key");
		assertThat(part.add(third, "key").offset()).isNotEqualTo(2);
		assertThat(whole.add(third, "key").offset()).as("which has read more").isNotEqualTo(2);
	}

	@Test
	void aKeyWhoseLaterUsesAreNoLongerInTheLogCountsFromItsFirstOne() {
		KafkaKeys keys = new KafkaKeys(10, () -> {
		});
		keys.add(entry(0, 1000, ROOM, "key", 10), "key");
		keys.add(entry(1, 1060, ROOM, "key", 10), "key");
		keys.removeFrom(1);
		assertThat(keys.find(ROOM, "key", 1099)).isNotNull();
		assertThat(keys.find(ROOM, "key", 1100)).isNull();
	}

	@Test
	void aRecordThatCannotBeTakenIsNeitherLostNorIsAnother() {
		KafkaLogPartition partition = partition(0, 0, true);
		// Fails when it has to leave: it stands for any failure there.
		KafkaLogEntry broken = entry(0, 1000, nothing(), null, 10);
		partition.add(broken);
		for (int i = 1; i < KafkaLogPartition.MAX_RECORDS; i++) {
			add(partition, i, 1000, ROOM, null, 10);
		}
		int last = KafkaLogPartition.MAX_RECORDS;
		for (int attempt = 0; attempt < KafkaLog.MAX_ATTEMPTS; attempt++) {
			assertThatExceptionOfType(NullPointerException.class)
				.isThrownBy(() -> add(partition, last, 1000, ROOM, null, 10));
			assertThat(partition.begin()).as("what could not leave is still there").isZero();
			assertThat(partition.slice(ROOM, last, Long.MAX_VALUE).end()).as("not taken yet").isEqualTo(last);
			assertThat(offsets(partition, last - 1, Long.MAX_VALUE)).containsExactly(last - 1L);
		}
		assertThatExceptionOfType(NullPointerException.class)
			.isThrownBy(() -> partition.giveUp(last, ROOM.getBytes(StandardCharsets.UTF_8)));
		partition.delivered(last);
		// What is not known of the log is looked for on the broker
		assertThat(partition.index()
			.narrow(KafkaLogIndex.hash(ROOM.getBytes(StandardCharsets.UTF_8)), last - 1,
					partition.slice(ROOM, last - 1, Long.MAX_VALUE).begin()))
			.isEqualTo(new KafkaLogIndex.Part(last - 1, last + 1));
		add(partition, last + 1, 1000, ROOM, null, 10);
		assertThat(offsets(partition, last + 1, Long.MAX_VALUE)).containsExactly(last + 1L);
	}

	@Test
	void aRecordThatCannotBeDeliveredIsSkippedAndLeftToReads() {
		KafkaLogPartition partition = partition(0, 0, true);
		deliver(partition, 0, 5);
		assertThat(partition.arrived(5, 0)).isEqualTo(Step.TAKE);
		partition.giveUp(5, ROOM.getBytes(StandardCharsets.UTF_8));
		partition.delivered(5);
		KafkaPlace place = Objects.requireNonNull(partition.positions().place(partition.position(partition.next())));
		assertThat(partition.has(place, new Range(0, 6, 0))).isTrue();
		// Whoever reads past it has to ask the broker, which has it
		long hash = KafkaLogIndex.hash(ROOM.getBytes(StandardCharsets.UTF_8));
		assertThat(partition.index().narrow(hash, 5, partition.slice(ROOM, 5, 100).begin()))
			.isEqualTo(new KafkaLogIndex.Part(5, 6));
		assertThat(partition.index().narrow(hash, 0, partition.slice(ROOM, 0, 100).begin()))
			.isEqualTo(new KafkaLogIndex.Part(0, 6));
		deliver(partition, 6, 8);
		assertThat(offsets(partition, 6, 100)).containsExactly(6L, 7L);
	}

	@Test
	void withoutLeaderEpochsThePlaceAtTheEndOfAnEmptyPartitionIsKnown() {
		KafkaLogPartition partition = new KafkaLogPartition(0, new KafkaPositions("epoch"), 10, 10,
				new Range(10, 10, -1), WINDOW, 100, 100, () -> {
				});
		KafkaPlace place = Objects.requireNonNull(partition.positions().place(partition.position(10)));
		assertThat(partition.has(place, new Range(10, 10, -1))).isTrue();
	}

	@Test
	void entriesThatKafkaDoesNotHandOutDelayNoRead() {
		KafkaLogPartition partition = partition(0, 7, true);
		deliver(partition, 0, 5);
		CompletableFuture<@Nullable Void> end = partition.reached(7, Long.MAX_VALUE);
		partition.progressed();
		assertThat(end).isNotDone();
		assertThat(partition.isWarm()).isFalse();
		partition.passed(7);
		partition.progressed();
		assertThat(end).isDone();
		assertThat(partition.isWarm()).isTrue();
		assertThat(partition.slice(ROOM, 0, 100).end()).isEqualTo(7);
		partition.passed(3);
		assertThat(partition.next()).isEqualTo(7);
		KafkaPlace place = Objects.requireNonNull(partition.positions().place(partition.position(7)));
		assertThat(partition.has(place, new Range(0, 7, 0))).isTrue();
		deliver(partition, 7, 8);
		assertThat(offsets(partition, 4, 100)).containsExactly(4L, 7L);
	}

	@Test
	void aDivergedPartitionDoesNotAdvance() {
		KafkaLogPartition partition = partition(0, 0, true);
		deliver(partition, 0, 5);
		partition.diverged();
		partition.passed(7);
		assertThat(partition.next()).isEqualTo(5);
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

	/**
	 * A key that is used every now and then stands before keys that are over: these are
	 * forgotten, and not the one that is in use.
	 */
	@Test
	void aKeyInSteadyUseIsKeptAndKeepsNoOther() {
		AtomicInteger forgotten = new AtomicInteger();
		KafkaKeys keys = new KafkaKeys(3, forgotten::incrementAndGet);
		long step = WINDOW.toMillis() / 2;
		for (int i = 0; i < 10; i++) {
			assertThat(keys.add(entry(2 * i, i * step, ROOM, "steady", 10), "steady").offset()).isZero();
			keys.add(entry(2 * i + 1, i * step, ROOM, "key " + i, 10), "key " + i);
		}
		assertThat(forgotten).hasValue(0);
		assertThat(keys.find(ROOM, "key 0", 10 * step)).isNull();
	}

	@Test
	void aPartitionIsContinuedUnlessSomethingIsLost() {
		KafkaLogPartition partition = partition(0, 0, true);
		deliver(partition, 0, 10, 1);
		assertThat(partition.resume(new Range(0, 20, 1))).isFalse();
		assertThat(partition.start()).as("begins with the last record, to see whether it is still there").isEqualTo(9);
		assertThat(partition.arrived(9, 1)).isEqualTo(Step.PASS);
		assertThat(offsets(partition, 0, 100)).hasSize(10);
		assertThat(partition.resume(new Range(15, 20, 1))).isTrue();
		assertThat(partition.next()).isEqualTo(15);
		assertThat(partition.start()).isEqualTo(15);
		assertThat(offsets(partition, 0, 100)).isEmpty();
		assertThat(partition.begin()).isEqualTo(15);
	}

	@Test
	void aPlaceIsKnownByTheRecordBeforeItAndItsLeaderEpoch() {
		KafkaLogPartition partition = partition(0, 0, true);
		deliver(partition, 0, 10, 1);
		deliver(partition, 10, 20, 4);
		Range range = new Range(0, 20, 4);
		assertThat(partition.has(new KafkaPlace(0, 0), range)).isTrue();
		assertThat(partition.has(new KafkaPlace(1, 10), range)).isTrue();
		assertThat(partition.has(new KafkaPlace(4, 11), range)).isTrue();
		assertThat(partition.has(new KafkaPlace(4, 10), range)).as("before the first record of the epoch").isTrue();
		assertThat(partition.has(new KafkaPlace(1, 11), range)).as("cut off by the election of 4").isFalse();
		assertThat(partition.has(new KafkaPlace(2, 5), range)).as("of a leader that has lost all").isFalse();
		assertThat(partition.has(new KafkaPlace(3, 15), range)).isFalse();
		assertThat(partition.has(new KafkaPlace(4, 21), range)).as("after the end").isFalse();
		assertThat(partition.has(new KafkaPlace(5, 20), new Range(0, 20, 5))).as("the leader's own end").isTrue();
		assertThat(partition.has(new KafkaPlace(1, 3), new Range(4, 20, 4))).as("expired").isFalse();
	}

	@Test
	void aPlaceBeforeWhatWasReadIsLookedUpOnce() {
		KafkaLogPartition partition = partition(50, 60, false);
		deliver(partition, 50, 60, 3);
		Range range = new Range(0, 60, 3);
		assertThat(partition.has(new KafkaPlace(3, 31), range)).isNull();
		partition.learn(List.of(new Mark(30, 3), new Mark(31, 3)));
		assertThat(partition.has(new KafkaPlace(3, 31), range)).isTrue();
		assertThat(partition.has(new KafkaPlace(3, 40), range)).as("between two of the same epoch").isTrue();
		assertThat(partition.has(new KafkaPlace(2, 40), range)).isFalse();
		assertThat(partition.has(new KafkaPlace(2, 20), range)).isNull();
		assertThat(partition.has(new KafkaPlace(2, 10), new Range(10, 60, 3))).as("the record before it has expired")
			.isNull();
		partition.learn(List.of(new Mark(10, 3)));
		assertThat(partition.has(new KafkaPlace(2, 10), new Range(10, 60, 3))).isFalse();
	}

	@Test
	void afterEachElectionTheRecordBeforeIsReadAgain() {
		KafkaLogPartition partition = partition(0, 0, true);
		deliver(partition, 0, 10, 1);
		assertThat(partition.arrived(10, 3)).isEqualTo(Step.GO_BACK);
		assertThat(partition.start()).isEqualTo(9);
		assertThat(partition.arrived(9, 1)).isEqualTo(Step.PASS);
		assertThat(partition.arrived(10, 3)).isEqualTo(Step.TAKE);
		deliver(partition, 10, 12, 3);
		assertThat(partition.arrived(12, 4)).isEqualTo(Step.GO_BACK);
		assertThat(partition.arrived(11, 2)).as("another record than the one that was read").isEqualTo(Step.DIVERGED);
		assertThat(partition.arrived(12, 4)).isEqualTo(Step.PASS);
		assertThat(partition.isDiverged(new Range(0, 20, 4))).isTrue();
		partition.truncate(10, new Range(0, 20, 4));
		assertThat(partition.next()).isEqualTo(10);
		assertThat(partition.isLive(10)).isTrue();
		assertThat(partition.position(10)).isEqualTo(partition.positions().position(new KafkaPlace(1, 10)));
	}

	@Test
	void aLogThatGoesBackToAnEarlierEpochHasDiverged() {
		KafkaLogPartition partition = partition(0, 0, true);
		deliver(partition, 0, 10, 3);
		assertThat(partition.arrived(10, 2)).isEqualTo(Step.DIVERGED);
		assertThat(partition.isDiverged()).isTrue();
	}

	@Test
	void theLastRecordIsComparedOnceWithThatOfANewLeader() {
		KafkaLogPartition partition = partition(0, 0, true);
		deliver(partition, 0, 10, 1);
		assertThat(partition.toVerify(new Range(0, 10, 1))).isEqualTo(KafkaLogPartition.VERIFIED);
		assertThat(partition.toVerify(new Range(0, 10, 2))).isEqualTo(9);
		assertThat(partition.verify(9, new Mark(9, 1), 2)).isTrue();
		assertThat(partition.toVerify(new Range(0, 10, 2))).isEqualTo(KafkaLogPartition.VERIFIED);
		assertThat(partition.toVerify(new Range(0, 10, 3))).isEqualTo(9);
		assertThat(partition.verify(9, new Mark(9, 0), 3)).isFalse();
		assertThat(partition.toVerify(new Range(0, 10, 3))).isEqualTo(KafkaLogPartition.DIVERGED);
	}

	@Test
	void aLeaderWithFewerRecordsThanWereReadHasDiverged() {
		KafkaLogPartition partition = partition(0, 0, true);
		deliver(partition, 0, 10, 1);
		assertThat(partition.toVerify(new Range(0, 8, 1))).as("an answer from before the last records")
			.isEqualTo(KafkaLogPartition.VERIFIED);
		assertThat(partition.toVerify(new Range(0, 8, 2))).isEqualTo(KafkaLogPartition.DIVERGED);
	}

	@Test
	void aWaitForAnOffsetCompletesOrIsForgottenAtItsDeadline() {
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
		return new KafkaLogPartition(0, new KafkaPositions("epoch"), start, live, new Range(whole ? start : 0, live, 0),
				WINDOW, 100, 100, () -> {
				});
	}

	private static void deliver(KafkaLogPartition partition, int from, int to) {
		deliver(partition, from, to, 0);
	}

	private static void deliver(KafkaLogPartition partition, int from, int to, int leaderEpoch) {
		for (int i = from; i < to; i++) {
			Step step = partition.arrived(i, leaderEpoch);
			if (step == Step.GO_BACK) {
				int last = leaderEpochBefore(partition, i);
				assertThat(partition.arrived(i - 1, last)).isEqualTo(Step.PASS);
				step = partition.arrived(i, leaderEpoch);
			}
			assertThat(step).isEqualTo(Step.TAKE);
			add(partition, i, 1000, ROOM, null, 10);
			partition.delivered(i);
		}
	}

	private static int leaderEpochBefore(KafkaLogPartition partition, int offset) {
		return Objects.requireNonNull(partition.positions().place(partition.position(offset))).leaderEpoch();
	}

	private static KafkaKeys.@Nullable First add(KafkaLogPartition partition, long offset, long timestamp,
			String address, @Nullable String key, int size) {
		return partition.add(entry(offset, timestamp, address, key, size));
	}

	private static KafkaLogEntry entry(long offset, long timestamp, String address, @Nullable String key, int size) {
		LogOptions options = new LogOptions(10, Duration.ofHours(1), key, WINDOW);
		return new KafkaLogEntry(offset, 0, timestamp, address, options, UUID.randomUUID(), new byte[size]);
	}

	@SuppressWarnings("NullAway")
	private static String nothing() {
		return null;
	}

	private static long first(KafkaKeys.@Nullable First first) {
		return (first != null) ? first.offset() : -1;
	}

	private static List<Long> offsets(KafkaLogPartition partition, long from, long to) {
		return partition.slice(ROOM, from, to).entries().stream().map(KafkaLogEntry::offset).toList();
	}

}
