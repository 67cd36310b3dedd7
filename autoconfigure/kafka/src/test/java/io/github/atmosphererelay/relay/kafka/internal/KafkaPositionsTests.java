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

import io.github.atmosphererelay.message.Position;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link KafkaPositions}.
 */
class KafkaPositionsTests {

	private static final long SAFE_IN_JAVASCRIPT = (1L << 53) - 1;

	private final KafkaPositions positions = new KafkaPositions("topic.3");

	@ParameterizedTest
	@CsvSource({ "0, 0, topic.3, 0", "0, 4712, topic.3, 4712", "2, 4712, topic.3, 2199023260264",
			"8191, 1099511627775, topic.3, 9007199254740991", "8192, 1, topic.3.1.0, 1",
			"1, 1099511627776, topic.3.0.1, 1099511627776",
			"2147483647, 9223372036854775807, topic.3.262143.8388607, " + "9007199254740991" })
	void aPositionNamesThePlace(int leaderEpoch, long offset, String epoch, long positionOffset) {
		KafkaPlace place = new KafkaPlace(leaderEpoch, offset);
		Position position = this.positions.position(place);
		assertThat(position).isEqualTo(new Position(epoch, positionOffset));
		assertThat(position.offset()).isLessThanOrEqualTo(SAFE_IN_JAVASCRIPT);
		assertThat(this.positions.place(position)).isEqualTo(place);
	}

	@Test
	void offsetsGrowFromOneLeaderToTheNext() {
		Position last = this.positions.position(new KafkaPlace(4, 1000));
		Position next = this.positions.position(new KafkaPlace(5, 900));
		assertThat(next.epoch()).isEqualTo(last.epoch());
		assertThat(next.offset()).isGreaterThan(last.offset());
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "topic", "topic.33", "topic.4", "topic.3.", "topic.3.1", "topic.3.1.0.0",
			"topic.3.a.0", "topic.3.-1.0", "topic.3.0.9999999", "topic.3.9999999.0", "topic.3.1.99999999999999999999" })
	void anEpochOfAnotherPartitionIsNone(String epoch) {
		assertThat(this.positions.place(new Position(epoch, 1))).isNull();
	}

	@Test
	void anOffsetThatIsTooLargeIsNone() {
		assertThat(this.positions.place(new Position("topic.3", SAFE_IN_JAVASCRIPT + 1))).isNull();
		assertThat(this.positions.place(new Position("topic.3", Long.MAX_VALUE))).isNull();
	}

	@Test
	void theEpochNamesTheTopicsIdAndThePartition() {
		Uuid id = Uuid.randomUuid();
		assertThat(new KafkaPositions(id, 3).position(new KafkaPlace(0, 7)))
			.isEqualTo(new Position(id.toString().substring(0, 11) + ".3", 7));
	}

}
