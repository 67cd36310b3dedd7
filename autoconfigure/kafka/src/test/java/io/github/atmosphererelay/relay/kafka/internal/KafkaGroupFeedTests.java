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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.PageLimit;
import org.apache.kafka.clients.consumer.LogTruncationException;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class KafkaGroupFeedTests {

	private static final TopicPartition FIRST = new TopicPartition("lanes-log", 0);

	private static final TopicPartition SECOND = new TopicPartition("lanes-log", 1);

	private static final KafkaLaneCommit BEGINNING = KafkaLaneCommit.at(0, 1, 1);

	private final KafkaLaneFixture first = new KafkaLaneFixture();

	private final KafkaLaneFixture second = new KafkaLaneFixture();

	private final List<OffsetAndMetadata> seeks = new ArrayList<>();

	private int wakeups;

	private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none") {

		@Override
		public synchronized long position(TopicPartition partition, Duration timeout) {
			if (KafkaGroupFeedTests.this.wakeups > 0) {
				KafkaGroupFeedTests.this.wakeups--;
				throw new WakeupException();
			}
			return super.position(partition, timeout);
		}

		@Override
		public synchronized void seek(TopicPartition partition, OffsetAndMetadata offset) {
			KafkaGroupFeedTests.this.seeks.add(offset);
			super.seek(partition, offset);
		}

	};

	private final KafkaGroupFeed feed = new KafkaGroupFeed(() -> this.consumer);

	private void read(Map<TopicPartition, KafkaLane> lanes) {
		Map<TopicPartition, Long> wanted = new LinkedHashMap<>();
		lanes.forEach((partition, lane) -> {
			if (lane.wanted() != KafkaLane.NOTHING) {
				wanted.put(partition, lane.wanted());
			}
		});
		try {
			this.feed.read(lanes, wanted, Duration.ZERO);
		}
		catch (WakeupException ex) {
			// As the reader, which goes on
		}
	}

	private static List<String> texts(KafkaLane lane) {
		List<ChannelItem> page = lane.read(PageLimit.of(100)).join();
		return page.stream()
			.filter(Publication.class::isInstance)
			.map((item) -> ((Publication) item).payload().asText())
			.toList();
	}

	private void add(KafkaLaneFixture fixture, TopicPartition partition, int from, int to) {
		fixture.records(partition, 7).subList(from, to).forEach(this.consumer::addRecord);
	}

	private void begin(Map<TopicPartition, KafkaLane> lanes) {
		this.consumer.updateBeginningOffsets(Map.of(FIRST, 0L, SECOND, 0L));
		this.consumer.updateEndOffsets(Map.of(FIRST, 0L, SECOND, 0L));
		read(lanes);
	}

	@Test
	void aWakeUpSkipsNothing() {
		Map<TopicPartition, KafkaLane> lanes = new LinkedHashMap<>();
		lanes.put(FIRST, this.first.lane(BEGINNING));
		lanes.put(SECOND, this.second.lane(BEGINNING));
		for (int i = 0; i < 4; i++) {
			this.first.append("a", "a " + i);
			this.second.append("b", "b " + i);
		}
		begin(lanes);
		add(this.first, FIRST, 0, 2);
		add(this.second, SECOND, 0, 2);
		this.wakeups = 1;
		read(lanes);
		add(this.first, FIRST, 2, 4);
		add(this.second, SECOND, 2, 4);
		read(lanes);
		assertThat(texts(lanes.get(FIRST))).containsExactly("a 0", "a 1", "a 2", "a 3");
		assertThat(texts(lanes.get(SECOND))).containsExactly("b 0", "b 1", "b 2", "b 3");
	}

	@Test
	void aNewConsumerReadsOnWithTheEpochOfTheRecordBefore() {
		KafkaLane lane = this.first.lane(BEGINNING);
		Map<TopicPartition, KafkaLane> lanes = Map.of(FIRST, lane);
		this.first.append("a", "a 0");
		this.first.append("a", "a 1");
		begin(lanes);
		add(this.first, FIRST, 0, 2);
		read(lanes);
		assertThat(texts(lane)).hasSize(2);
		lane.commit(Map.of());
		assertThat(lane.takeCommit().leaderEpoch()).isEmpty();
		this.consumer.unsubscribe();
		read(lanes);
		assertThat(this.seeks).last().satisfies((seek) -> {
			assertThat(seek.offset()).isEqualTo(2);
			assertThat(seek.leaderEpoch()).contains(7);
		});
	}

	@Test
	void aLaneThatFailsToTakeItsRecordsHoldsUpNoOther() {
		Map<TopicPartition, KafkaLane> lanes = new LinkedHashMap<>();
		lanes.put(FIRST, this.first.lane(BEGINNING));
		lanes.put(SECOND, this.second.lane(BEGINNING));
		this.first.append("failing", "a 0");
		this.second.append("b", "b 0");
		begin(lanes);
		add(this.first, FIRST, 0, 1);
		add(this.second, SECOND, 0, 1);
		assertThat(this.feed.read(lanes, Map.of(FIRST, 0L, SECOND, 0L), Duration.ZERO)).containsOnlyKeys(FIRST)
			.hasEntrySatisfying(FIRST, (failure) -> assertThat(failure).isInstanceOf(IllegalStateException.class));
		assertThat(texts(lanes.get(SECOND))).containsExactly("b 0");
	}

	@Test
	void aLaneEndsWhenANewLeaderHasOtherRecords() {
		KafkaLane lane = this.first.lane(BEGINNING);
		Map<TopicPartition, KafkaLane> lanes = Map.of(FIRST, lane);
		for (int i = 0; i < 4; i++) {
			this.first.append("a", "a " + i);
		}
		begin(lanes);
		add(this.first, FIRST, 0, 4);
		read(lanes);
		this.consumer.setPollException(
				new LogTruncationException("expected", Map.of(FIRST, 4L), Map.of(FIRST, new OffsetAndMetadata(2))));
		read(lanes);
		assertThat(lane.isEnded()).isTrue();
		assertThat(this.first.cuts).singleElement().satisfies((kept) -> assertThat(kept.frontier()).isEqualTo(2));
		assertThat(this.consumer.assignment()).isEqualTo(Set.of(FIRST));
	}

}
