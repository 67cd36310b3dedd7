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

package io.github.atmosphererelay.feed.internal;

import java.util.List;
import java.util.Map;

import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link GroupOffsets}.
 */
class GroupOffsetsTests {

	private static final TopicPartition FIRST = new TopicPartition("prices", 0);

	private static final TopicPartition SECOND = new TopicPartition("prices", 1);

	private static final TopicPartition ADDED = new TopicPartition("prices", 2);

	private final TopicInfo topic = TopicInfo.of(Uuid.randomUuid(), 2);

	/** All members, as the group coordinator sees them. */
	private final MockConsumer<byte[], byte[]> group = new MockConsumer<>("none");

	GroupOffsetsTests() {
		this.group.assign(List.of(FIRST, SECOND, ADDED));
		this.group.updateBeginningOffsets(Map.of(FIRST, 10L, SECOND, 20L, ADDED, 0L));
		ends(100, 200);
	}

	private void ends(long first, long second) {
		this.group.updateEndOffsets(Map.of(FIRST, first, SECOND, second, ADDED, 7L));
	}

	/**
	 * The second member comes when the first has read, and has told the group where it
	 * is. It must not begin at the first record of a topic of hours.
	 */
	@Test
	void aMemberThatComesLaterBeginsWhereTheGroupWasMadeAndLosesNothingSince() {
		assertThat(GroupOffsets.find(this.group, this.topic, List.of(FIRST), false)).isEqualTo(Map.of(FIRST, 100L));
		ends(150, 250);
		this.group.commitSync(Map.of(FIRST, GroupOffsets.of(this.topic, 150)));
		assertThat(GroupOffsets.find(this.group, this.topic, List.of(SECOND), false)).isEqualTo(Map.of(SECOND, 200L));
		assertThat(GroupOffsets.find(this.group, this.topic, List.of(FIRST), false)).isEqualTo(Map.of(FIRST, 150L));
	}

	@Test
	void aPartitionThatWasAddedIsReadFromItsFirstRecord() {
		GroupOffsets.find(this.group, this.topic, List.of(FIRST), false);
		assertThat(GroupOffsets.find(this.group, TopicInfo.of(this.topic.id(), 3), List.of(SECOND, ADDED), false))
			.isEqualTo(Map.of(SECOND, 200L, ADDED, 0L));
	}

	/**
	 * The broker deletes the offsets of all groups with the topic.
	 */
	@Test
	void aTopicThatWasMadeAgainIsReadFromItsFirstRecord() {
		assertThat(GroupOffsets.find(this.group, this.topic, List.of(FIRST), true)).isEqualTo(Map.of(FIRST, 10L));
		assertThat(GroupOffsets.find(this.group, this.topic, List.of(SECOND), false)).isEqualTo(Map.of(SECOND, 20L));
	}

	@Test
	void offsetsOfAnotherTopicOfThisNameAreNotUsed() {
		this.group.commitSync(Map.of(FIRST, GroupOffsets.of(TopicInfo.of(Uuid.randomUuid(), 2), 90)));
		assertThat(GroupOffsets.find(this.group, this.topic, List.of(FIRST), false)).isEqualTo(Map.of(FIRST, 10L));
	}

	@Test
	void anOffsetThatAnOperatorHasSetIsUsed() {
		this.group.commitSync(Map.of(FIRST, new OffsetAndMetadata(77)));
		assertThat(GroupOffsets.find(this.group, this.topic, List.of(FIRST), false)).isEqualTo(Map.of(FIRST, 77L));
	}

}
