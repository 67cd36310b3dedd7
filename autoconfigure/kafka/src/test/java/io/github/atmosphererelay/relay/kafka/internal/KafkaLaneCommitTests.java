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

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The metadata of a group's offsets.
 */
class KafkaLaneCommitTests {

	private static final int KAFKA_LIMIT = 4096;

	@Test
	void whatWasCommittedIsReadAgain() {
		Map<Long, Long> unfinished = new LinkedHashMap<>();
		unfinished.put(KafkaLaneCommit.name(-1L), 1000L);
		unfinished.put(KafkaLaneCommit.name(0x123456789ABCDEFL), 5_000_000_000L);
		KafkaLaneCommit commit = new KafkaLaneCommit(1000, 6_000_000_000L, 1L << 50, -7, unfinished);
		OffsetAndMetadata offset = commit.toOffset(Optional.empty());
		assertThat(offset.offset()).isEqualTo(1000);
		assertThat(KafkaLaneCommit.of(offset)).isEqualTo(commit);
		KafkaLaneCommit plain = KafkaLaneCommit.at(42, 3, 9);
		assertThat(KafkaLaneCommit.of(plain.toOffset(Optional.empty()))).isEqualTo(plain);
	}

	@Test
	void asManyChannelsAsAreNamedFitIntoWhatKafkaAllows() {
		Random random = new Random(1);
		Map<Long, Long> unfinished = new LinkedHashMap<>();
		while (unfinished.size() < KafkaLaneCommit.MAX_UNFINISHED) {
			unfinished.put(KafkaLaneCommit.name(random.nextLong()), (1L << 34) - unfinished.size());
		}
		KafkaLaneCommit commit = new KafkaLaneCommit(0, 1L << 34, Long.MAX_VALUE, -1, unfinished);
		assertThat(commit.toOffset(Optional.empty()).metadata()).hasSizeLessThanOrEqualTo(KAFKA_LIMIT);
		assertThat(KafkaLaneCommit.of(commit.toOffset(Optional.empty()))).isEqualTo(commit);
	}

	@Test
	void ofOffsetsThatSomebodyElseHasCommittedOnlyTheOffsetCounts() {
		for (String metadata : new String[] { "", "by hand", "AA", "AQAAAAAAAA" }) {
			assertThat(KafkaLaneCommit.of(new OffsetAndMetadata(17, metadata))).as(metadata)
				.isEqualTo(KafkaLaneCommit.at(17, 0, 0));
		}
	}

}
