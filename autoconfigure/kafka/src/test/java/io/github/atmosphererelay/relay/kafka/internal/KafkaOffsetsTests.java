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

import java.util.Map;

import io.github.atmosphererelay.relay.kafka.internal.KafkaOffsets.Range;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link KafkaOffsets}.
 */
class KafkaOffsetsTests {

	private static final Uuid TOPIC = Uuid.randomUuid();

	private final KafkaOffsets offsets = new KafkaOffsets();

	@Test
	void theFirstConsumerBeginsAtTheEnd() {
		assertThat(this.offsets.resume(TOPIC, 2, Map.of(0, new Range(5, 10), 1, new Range(0, 0)))).isEmpty();
		assertThat(this.offsets.current()).isEqualTo(Map.of(0, 10L, 1, 0L));
	}

	@Test
	void aLaterConsumerContinues() {
		this.offsets.resume(TOPIC, 2, Map.of(0, new Range(5, 10), 1, new Range(0, 3)));
		this.offsets.advance(0, 12);
		assertThat(this.offsets.resume(TOPIC, 2, Map.of(0, new Range(6, 20), 1, new Range(3, 3)))).isEmpty();
		assertThat(this.offsets.current()).isEqualTo(Map.of(0, 12L, 1, 3L));
	}

	@Test
	void whatRetentionHasRemovedIsLost() {
		this.offsets.resume(TOPIC, 2, Map.of(0, new Range(0, 10), 1, new Range(0, 10)));
		assertThat(this.offsets.resume(TOPIC, 2, Map.of(0, new Range(11, 20), 1, new Range(10, 20))))
			.containsExactly(0);
		assertThat(this.offsets.current()).isEqualTo(Map.of(0, 11L, 1, 10L));
	}

	@Test
	void aTruncatedPartitionIsContinuedAtItsEnd() {
		this.offsets.resume(TOPIC, 1, Map.of(0, new Range(0, 10)));
		assertThat(this.offsets.resume(TOPIC, 1, Map.of(0, new Range(0, 8)))).containsExactly(0);
		assertThat(this.offsets.current()).isEqualTo(Map.of(0, 8L));
	}

	@Test
	void aTruncatedPartitionThatHasGrownAgainIsContinuedAtTheTruncation() {
		this.offsets.resume(TOPIC, 1, Map.of(0, new Range(0, 10)));
		this.offsets.truncated(0, 7);
		assertThat(this.offsets.resume(TOPIC, 1, Map.of(0, new Range(0, 50)))).containsExactly(0);
		assertThat(this.offsets.current()).isEqualTo(Map.of(0, 7L));
		assertThat(this.offsets.resume(TOPIC, 1, Map.of(0, new Range(0, 50)))).isEmpty();
	}

	@Test
	void aNewPartitionIsReadFromItsBeginning() {
		this.offsets.resume(TOPIC, 1, Map.of(0, new Range(0, 10)));
		assertThat(this.offsets.resume(TOPIC, 2, Map.of(0, new Range(0, 10), 1, new Range(0, 4)))).isEmpty();
		assertThat(this.offsets.current()).isEqualTo(Map.of(0, 10L, 1, 0L));
	}

	@Test
	void aTopicCreatedAgainIsReadFromItsBeginningAlthoughItHasGrown() {
		this.offsets.resume(TOPIC, 2, Map.of(0, new Range(0, 10), 1, new Range(0, 10)));
		assertThat(this.offsets.resume(Uuid.randomUuid(), 1, Map.of(0, new Range(0, 50)))).containsExactly(0, 1);
		assertThat(this.offsets.current()).isEqualTo(Map.of(0, 0L));
	}

	@Test
	void aPartitionWithoutALeaderIsContinuedWhereItWasRead() {
		this.offsets.resume(TOPIC, 2, Map.of(0, new Range(0, 10), 1, new Range(0, 10)));
		this.offsets.truncated(1, 7);
		assertThat(this.offsets.resume(TOPIC, 2, Map.of(0, new Range(0, 20)))).isEmpty();
		assertThat(this.offsets.current()).isEqualTo(Map.of(0, 10L, 1, 10L));
		assertThat(this.offsets.unknown()).isEmpty();
		assertThat(this.offsets.resume(TOPIC, 2, Map.of(0, new Range(0, 20), 1, new Range(0, 10)))).containsExactly(1);
		assertThat(this.offsets.current()).isEqualTo(Map.of(0, 10L, 1, 7L));
	}

	@Test
	void aPartitionThatHadNoLeaderAtTheStartIsReadFromItsEnd() {
		assertThat(this.offsets.resume(TOPIC, 3, Map.of(0, new Range(0, 10)))).isEmpty();
		assertThat(this.offsets.current()).isEqualTo(Map.of(0, 10L));
		assertThat(this.offsets.unknown()).containsExactlyInAnyOrder(1, 2);
		this.offsets.advance(2, 6);
		assertThat(this.offsets.resume(TOPIC, 3, Map.of(0, new Range(0, 10), 1, new Range(0, 30), 2, new Range(0, 8))))
			.as("something may have come before it was read")
			.containsExactly(1);
		assertThat(this.offsets.current()).isEqualTo(Map.of(0, 10L, 1, 30L, 2, 6L));
		assertThat(this.offsets.unknown()).isEmpty();
	}

	@Test
	void aPartitionOfATopicCreatedAgainIsReadFromItsBeginning() {
		this.offsets.resume(TOPIC, 1, Map.of(0, new Range(0, 10)));
		assertThat(this.offsets.resume(Uuid.randomUuid(), 2, Map.of(0, new Range(0, 3)))).containsExactly(0);
		assertThat(this.offsets.current()).isEqualTo(Map.of(0, 0L, 1, 0L));
	}

}
