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

import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.relay.PageLimit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a scan of a partition holds for the reads that it serves.
 */
class PartitionScanTests {

	private static final PageLimit LIMIT = new PageLimit(1000, 1_000_000);

	private final PartitionScan scan = new PartitionScan(SharedFixture.run(true), new FarAhead(), 0);

	@Test
	void readsThatHoldTooMuchEndWithAPageBehindWhichTheyAreReadOn() {
		ChannelScan a = read("a", 2);
		ChannelScan b = read("b", 4);
		this.scan.begin(0, 100);
		assertThat(this.scan.offset()).isEqualTo(2);
		this.scan.take(record("a", 2));
		this.scan.take(record("a", 3));
		this.scan.passed(4);
		assertThat(this.scan.bytes()).isEqualTo(4);

		this.scan.handOver();
		ChannelScan.Result page = a.result().join();
		assertThat(page.records()).extracting(MappedRecord::offset).containsExactly(2L, 3L);
		assertThat(page.complete()).isTrue();
		assertThat(page.more()).isTrue();
		assertThat(page.end()).isEqualTo(4);
		assertThat(this.scan.bytes()).isZero();

		// What has found nothing yet goes on
		assertThat(b.result()).isNotDone();
		this.scan.take(record("b", 5));
		this.scan.passed(100);
		assertThat(b.result().join().records()).extracting(MappedRecord::offset).containsExactly(5L);
		assertThat(b.result().join().more()).isFalse();
		assertThat(this.scan.isEmpty()).isTrue();
	}

	private ChannelScan read(String channel, long from) {
		ChannelScan read = new ChannelScan(new ChannelScan.Key(0, channel, SharedFixture.EPOCH, from), LIMIT,
				Long.MAX_VALUE);
		this.scan.add(read);
		return read;
	}

	private static ConsumerRecord<byte[], byte[]> record(String key, long offset) {
		return new ConsumerRecord<>("prices", 0, offset, key.getBytes(StandardCharsets.UTF_8),
				(key + offset).getBytes(StandardCharsets.UTF_8));
	}

	/**
	 * Has read everything up to the offset 100.
	 */
	private static final class FarAhead implements FeedInput {

		@Override
		public void start(FeedSink sink) {
			throw new UnsupportedOperationException();
		}

		@Override
		public void stop() {
			throw new UnsupportedOperationException();
		}

		@Override
		public CompletableFuture<@Nullable Void> subscribe(String channel) {
			throw new UnsupportedOperationException();
		}

		@Override
		public void unsubscribe(String channel) {
			throw new UnsupportedOperationException();
		}

		@Override
		public boolean isUp() {
			return true;
		}

		@Override
		public @Nullable TopicInfo topic() {
			return null;
		}

		@Override
		public PartitionPlace place(int partition) {
			return new PartitionPlace(SharedFixture.EPOCH, 100);
		}

	}

}
