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

import java.util.Objects;
import java.util.Optional;

import io.github.atmosphererelay.relay.GroupOptions.Start;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class KafkaGroupRecordsTests {

	private static ConsumerRecord<byte[], byte[]> record(long offset, long time, byte[] value) {
		return new ConsumerRecord<>("groups", 0, offset, time, TimestampType.LOG_APPEND_TIME, 0, 0,
				KafkaSetAsideCodec.groupKey("billing"), value, new RecordHeaders(), Optional.empty());
	}

	@Test
	void theFirstOfTwoNodesThatMakeAGroupDecidesAlsoAfterKafkaHasRemovedItsRecord() {
		KafkaGroupRecords records = new KafkaGroupRecords();
		records.take(record(5, 1000, KafkaSetAsideCodec.encode(Start.EARLIEST, 0, 7)));
		records.take(record(6, 1001, KafkaSetAsideCodec.encode(Start.LATEST, 0, 7)));
		KafkaGroupStore.Birth birth = Objects.requireNonNull(records.birth("billing"));
		assertThat(birth).isEqualTo(new KafkaGroupStore.Birth(1000, Start.EARLIEST, 7, false));
		assertThat(records.isBirth("billing", 5)).isTrue();
		assertThat(records.isBirth("billing", 6)).isFalse();
		KafkaGroupRecords compacted = new KafkaGroupRecords();
		compacted.take(record(7, 2000, KafkaSetAsideCodec.encode(birth.start(), birth.time(), birth.topic())));
		assertThat(compacted.birth("billing")).isEqualTo(birth);
	}

	@Test
	void whatAnEarlierReleaseHasWrittenIsRead() {
		KafkaGroupRecords records = new KafkaGroupRecords();
		records.take(record(5, 1000, new byte[] { 1, 2 }));
		assertThat(records.birth("billing")).isEqualTo(new KafkaGroupStore.Birth(1000, Start.LATEST, 0, false));
	}

}
