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
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;

import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import io.github.atmosphererelay.relay.kafka.internal.KafkaOffsets.Range;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link KafkaLogCuts} and {@link KafkaLogCut}: a partition whose records from
 * 45 to 59 of leader epoch 2 are gone.
 */
class KafkaLogCutsTests {

	private static final long ROOM = 7;

	private static final long QUIET = 8;

	private static final KafkaLogCut CUT = new KafkaLogCut(2, 45, 60, Map.of(ROOM, 50L));

	private final KafkaLogCuts cuts = new KafkaLogCuts(1, 10);

	private static void read(KafkaLogCuts cuts, int from, int to, int epoch) {
		for (int offset = from; offset < to; offset++) {
			cuts.read(offset, epoch);
		}
	}

	@Test
	void aNodeThatPausedBeforeTheCutHasMissedAllOfIt() {
		read(this.cuts, 10, 40, 2);
		assertThat(this.cuts.missedFrom(CUT)).isEqualTo(45);
		// Whether the notice comes before or after what stands there instead
		read(this.cuts, 40, 45, 2);
		read(this.cuts, 45, 70, 3);
		assertThat(this.cuts.missedFrom(CUT)).isEqualTo(45);
		assertThat(CUT.concerns(ROOM, 45)).isTrue();
		assertThat(CUT.concerns(QUIET, 45)).isFalse();
	}

	@Test
	void aNodeThatHasReadAPartOfTheCutHasMissedTheRest() {
		read(this.cuts, 10, 51, 2);
		assertThat(this.cuts.missedFrom(CUT)).isEqualTo(51);
		assertThat(CUT.concerns(ROOM, 51)).as("its last message was read").isFalse();
		assertThat(new KafkaLogCut(2, 45, 60, null).concerns(ROOM, 51)).as("it may have had more").isTrue();
	}

	@Test
	void aNodeThatHasReadAllOfTheCutHasMissedNothing() {
		read(this.cuts, 10, 60, 2);
		this.cuts.found(45, CUT);
		read(this.cuts, 45, 48, 3);
		assertThat(this.cuts.missedFrom(CUT)).isEqualTo(60);
		assertThat(new KafkaLogCut(2, 45, 60, null).concerns(ROOM, 60)).isFalse();
	}

	@Test
	void aNodeThatStartedAfterTheCutHasMissedNothing() {
		assertThat(new KafkaLogCuts(3, 45).missedFrom(CUT)).as("in the next epoch").isEqualTo(60);
		assertThat(new KafkaLogCuts(2, 60).missedFrom(CUT)).as("after the last of them was appended").isEqualTo(60);
		assertThat(new KafkaLogCuts(2, 55).missedFrom(CUT)).as("after some of them").isEqualTo(55);
	}

	@Test
	void aCutIsReportedOnceHoweverManyNodesSendANotice() {
		read(this.cuts, 10, 40, 2);
		this.cuts.noticed(CUT, 70);
		this.cuts.reported(CUT);
		assertThat(this.cuts.missedFrom(CUT)).isEqualTo(60);
		KafkaLogCut longer = new KafkaLogCut(2, 45, 65, Map.of(ROOM, 50L, QUIET, 62L));
		this.cuts.noticed(longer, 72);
		assertThat(this.cuts.missedFrom(longer)).isEqualTo(60);
		assertThat(longer.concerns(ROOM, 60)).isFalse();
		assertThat(longer.concerns(QUIET, 60)).isTrue();
	}

	@Test
	void placesUpToTheNoticeMayHaveMissedRecords() {
		assertThat(this.cuts.hasLostSince(ROOM, new KafkaPlace(2, 41))).isFalse();
		this.cuts.noticed(CUT, 70);
		this.cuts.noticed(CUT, 75);
		assertThat(this.cuts.hasLostSince(ROOM, new KafkaPlace(0, 0))).isTrue();
		assertThat(this.cuts.hasLostSince(ROOM, new KafkaPlace(2, 41))).isTrue();
		assertThat(this.cuts.hasLostSince(ROOM, new KafkaPlace(3, 70))).isTrue();
		assertThat(this.cuts.hasLostSince(ROOM, new KafkaPlace(3, 71))).as("after the first notice").isFalse();
		assertThat(this.cuts.hasLostSince(QUIET, new KafkaPlace(2, 41))).isFalse();
	}

	@Test
	void aNodeThatFindsACutKnowsItBeforeItsNoticeIsWritten() {
		this.cuts.found(45, CUT);
		assertThat(this.cuts.hasLostSince(ROOM, new KafkaPlace(2, 45))).isTrue();
		assertThat(this.cuts.hasLostSince(ROOM, new KafkaPlace(3, 46))).isFalse();
		assertThat(this.cuts.hasLostSince(QUIET, new KafkaPlace(2, 45))).isFalse();
	}

	@Test
	void aNoticeIsSentUntilItOrThatOfAnotherNodeIsRead() {
		assertThat(this.cuts.due(System.nanoTime())).isEmpty();
		this.cuts.found(45, CUT);
		this.cuts.found(45, CUT);
		long now = System.nanoTime();
		assertThat(this.cuts.due(now)).containsExactly(CUT);
		assertThat(this.cuts.due(now + Duration.ofSeconds(4).toNanos())).isEmpty();
		assertThat(this.cuts.due(now + Duration.ofSeconds(6).toNanos())).containsExactly(CUT);
		this.cuts.noticed(new KafkaLogCut(2, 45, 55, null), 70);
		assertThat(this.cuts.due(now + Duration.ofSeconds(12).toNanos())).as("that tells less").containsExactly(CUT);
		this.cuts.noticed(new KafkaLogCut(2, 45, 61, null), 71);
		assertThat(this.cuts.due(now + Duration.ofSeconds(20).toNanos())).isEmpty();
	}

	@Test
	void aNoticeThatIsLostItselfIsSentAgain() {
		this.cuts.noticed(CUT, 70);
		this.cuts.found(71, null);
		assertThat(this.cuts.due(System.nanoTime())).isEmpty();
		KafkaLogCut next = new KafkaLogCut(3, 65, 80, null);
		this.cuts.found(65, next);
		assertThat(this.cuts.due(System.nanoTime())).containsExactly(CUT, next);
	}

	@Test
	void recordsThatAreBackInTheLogAreNotLost() {
		this.cuts.noticed(CUT, 70);
		this.cuts.found(45, new KafkaLogCut(3, 45, 71, null));
		assertThat(this.cuts.due(System.nanoTime())).hasSize(2);
		read(this.cuts, 45, 59, 2);
		assertThat(this.cuts.hasLostSince(ROOM, new KafkaPlace(2, 45))).isTrue();
		read(this.cuts, 59, 60, 2);
		assertThat(this.cuts.due(System.nanoTime() + Duration.ofSeconds(6).toNanos()))
			.containsExactly(new KafkaLogCut(3, 45, 71, null));
		read(this.cuts, 60, 65, 5);
		read(this.cuts, 70, 71, 3);
		assertThat(this.cuts.hasLostSince(ROOM, new KafkaPlace(2, 45))).isFalse();
	}

	@Test
	void everythingIsBounded() {
		for (int i = 0; i < 1000; i++) {
			this.cuts.read(10L * i, i);
			this.cuts.found(10L * i, new KafkaLogCut(i, 10L * i, 10L * i + 5, null));
		}
		assertThat(this.cuts.due(System.nanoTime())).hasSize(KafkaLogCuts.MAX_CUTS)
			.extracting(KafkaLogCut::epoch)
			.contains(999);
		for (int i = 0; i < 1000; i++) {
			this.cuts.noticed(new KafkaLogCut(i, 10L * i, 10L * i + 5, Map.of((long) i, 10L * i)), 10L * i + 7);
		}
		assertThat(this.cuts.hasLostSince(999, new KafkaPlace(0, 0))).isTrue();
		assertThat(this.cuts.hasLostSince(999 - KafkaLogCuts.MAX_CUTS, new KafkaPlace(0, 0))).isFalse();
	}

	@Test
	void aTruncatedPartitionNamesTheChannelsOfItsLostRecords() {
		KafkaLogPartition partition = partition();
		for (int offset = 0; offset < 6; offset++) {
			assertThat(partition.arrived(offset, 1)).isEqualTo(KafkaLogPartition.Step.TAKE);
			partition.skip(offset, new byte[] { (byte) (offset % 3) });
			partition.delivered(offset);
		}
		partition.truncate(4, new Range(0, 4, 2));
		assertThat(partition.cuts().due(System.nanoTime())).containsExactly(new KafkaLogCut(1, 4, 6,
				Map.of(KafkaLogIndex.hash(new byte[] { 1 }), 4L, KafkaLogIndex.hash(new byte[] { 2 }), 5L)));
		partition = partition();
		partition.truncate(0, new Range(0, 0, 2));
		assertThat(partition.cuts().due(System.nanoTime())).as("nothing was read").isEmpty();
	}

	private static KafkaLogPartition partition() {
		return new KafkaLogPartition(0, new KafkaPositions("epoch"), 0, 0, new Range(0, 0, 1), Duration.ofMinutes(5),
				100, 100, () -> {
				});
	}

	@Test
	void aCutIsReadAsItWasWritten() {
		KafkaLogCut several = new KafkaLogCut(2, 45, 60, Map.of(ROOM, 50L, QUIET, 59L, -1L, 45L));
		assertThat(KafkaLogCut.decode(several.encode(1000))).isEqualTo(several);
		KafkaLogCut unnamed = new KafkaLogCut(2, 45, 60, null);
		assertThat(KafkaLogCut.decode(unnamed.encode(1000))).isEqualTo(unnamed);
		assertThat(KafkaLogCut.decode(several.encode(60))).as("without room for names").isEqualTo(unnamed);
	}

	@Test
	void bytesAreAsDocumented() {
		KafkaLogCut one = new KafkaLogCut(2, 45, 60, Map.of(-1L, 50L));
		assertThat(HexFormat.of().formatHex(one.encode(1000)))
			.isEqualTo("040100000002" + "000000000000002d000000000000003c" + "00000001" + "ffffffffffffffff00000005");
		assertThat(HexFormat.of().formatHex(new KafkaLogCut(2, 45, 60, null).encode(1000)))
			.isEqualTo("040100000002" + "000000000000002d000000000000003c" + "ffffffff");
	}

	@Test
	void anUnreadableCutIsRefused() {
		byte[] bytes = CUT.encode(1000);
		for (int length = 0; length < bytes.length; length++) {
			assertRefused(Arrays.copyOf(bytes, length), (length < 2) ? Reason.UNKNOWN_VERSION : Reason.MALFORMED);
		}
		assertRefused(Arrays.copyOf(bytes, bytes.length + 1), Reason.MALFORMED);
		assertRefused(new KafkaLogCut(-1, 45, 60, null).encode(1000), Reason.MALFORMED);
		assertRefused(new KafkaLogCut(2, 60, 60, null).encode(1000), Reason.MALFORMED);
		assertRefused(new KafkaLogCut(2, -5, 60, null).encode(1000), Reason.MALFORMED);
		bytes[1] = 2;
		assertRefused(bytes, Reason.UNKNOWN_VERSION);
		bytes[1] = 1;
		assertThat(KafkaLogCut.decode(bytes)).isEqualTo(CUT);
		bytes[0] = 3;
		assertRefused(bytes, Reason.UNKNOWN_VERSION);
	}

	private static void assertRefused(byte[] bytes, @Nullable Reason reason) {
		assertThatExceptionOfType(WireFormatException.class).isThrownBy(() -> KafkaLogCut.decode(bytes))
			.extracting(WireFormatException::getReason)
			.isEqualTo(reason);
	}

}
