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

import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.feed.FeedMessage;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.relay.LogPage;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Current values when partitions were added, so that a key is in another partition than
 * before.
 */
@Timeout(60)
class FeedStateTests {

	private static final TopicInfo TOPIC = TopicInfo.of(Uuid.randomUuid(), 1);

	private final FeedState state = new FeedState(100_000);

	private static MappedRecord record(String channel, long offset, long time, String value) {
		return new MappedRecord(offset, time, channel, Payload.text(value), Map.of());
	}

	private static MappedRecord tombstone(String channel, long offset) {
		return new MappedRecord(offset, 9, channel, Payload.text("null"),
				Map.of(FeedMessage.EVENT, FeedMessage.TOMBSTONE));
	}

	/**
	 * A node that starts reads all partitions, in whatever order.
	 */
	@Test
	void theValueOfAKeyThatHasMovedIsThatOfItsOwnPartition() {
		this.state.put(record("a", 3, 8, "new"));
		this.state.put(record("a", 7000, 5, "old").elsewhere());
		assertThat(this.state.find("a")).isEqualTo(record("a", 3, 8, "new"));
		this.state.put(record("b", 7001, 5, "old").elsewhere());
		assertThat(this.state.find("b")).isEqualTo(record("b", -1, 5, "old"));
		this.state.put(record("b", 0, 8, "new"));
		assertThat(this.state.find("b")).isEqualTo(record("b", 0, 8, "new"));
		this.state.put(tombstone("c", 4));
		this.state.put(record("c", 7002, 5, "old").elsewhere());
		assertThat(this.state.find("c")).isNull();
	}

	/**
	 * The offset of the partition before says nothing about the one that has the channel
	 * now. A client that went on behind it would miss everything that follows.
	 */
	@Test
	void aSubscriberGoesOnWhereTheChannelsPartitionIsNow() throws Exception {
		LongPartition partition = new LongPartition(10, 0, 1, (offset) -> null, "");
		FeedRun run = SharedFixture.run(true, partition);
		run = new FeedRun(UUID.randomUUID(), run.settings(), run.mapper(), run.partitioner(), null, this.state,
				run.statistics(), run.health(), partition, run.guard());
		ChannelPartitions partitions = new ChannelPartitions(ChannelTemplate.parse("{key}"), run.partitioner(),
				() -> TOPIC);
		FeedLog log = new FeedLog(run, partition, partitions, new PartitionScans(run, partition));
		this.state.put(record("a", 7000, 5, "value"));
		this.state.grown();
		LogPage snapshot = log.snapshot("a").get(10, TimeUnit.SECONDS);
		assertThat(snapshot.publications()).singleElement()
			.satisfies((value) -> assertThat(value.payload()).isEqualTo(Payload.text("value")));
		assertThat(snapshot.end().offset()).isEqualTo(10);
	}

	/**
	 * With a store of which the first write is held, and room for one value only, all the
	 * others wait for that.
	 */
	@Test
	void whileValuesMoveFromMemoryToTheStoreEachOfThemIsFound() throws Exception {
		CountDownLatch moving = new CountDownLatch(1);
		CountDownLatch held = new CountDownLatch(1);
		FeedStatistics statistics = new FeedStatistics();
		StoredState stored = new StoredState(new HoldingStore(moving, held), "prices", 900, statistics,
				new Guards().of(Part.FEEDS));
		FeedState full = new FeedState(2000, stored);
		full.start();
		Thread reader = new Thread(() -> {
			for (int i = 0; i < 10; i++) {
				full.put(TOPIC, record("prices/" + i, i, 5, "" + i), true);
			}
		});
		reader.start();
		assertThat(moving.await(10, TimeUnit.SECONDS)).isTrue();
		for (int i = 0; i < 8; i++) {
			assertThat(full.current(TOPIC, "prices/" + i).get(10, TimeUnit.SECONDS))
				.isEqualTo(record("prices/" + i, i, 5, "" + i));
		}
		held.countDown();
		reader.join();
		stored.stop();
	}

}
