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

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;

import io.github.atmosphererelay.relay.PageLimit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link PartitionScans} and {@link PartitionLanes}.
 */
@Timeout(60)
class PartitionScansTests {

	private static final PageLimit STEP = new PageLimit(301, 256 * 1024);

	private static ChannelScan.Key key(String channel, long from) {
		return new ChannelScan.Key(0, channel, SharedFixture.EPOCH, from);
	}

	/**
	 * The one scan that both would share waits for a broker that has to fetch records of
	 * yesterday.
	 */
	@Test
	void aReadOfWhatIsRecentDoesNotWaitForOneThatBeginsFarBefore() throws Exception {
		LongPartition partition = new LongPartition(1_000_000, 500_000, 500,
				(offset) -> (offset % 100 == 0) ? "a" : null, "1");
		FeedRun run = SharedFixture.run(true, partition);
		PartitionScans scans = new PartitionScans(run, partition);
		scans.read(key("a", 0), STEP);
		CompletableFuture<ChannelScan.Result> near = scans.read(key("a", 999_700), STEP);
		assertThat(near.get(10, TimeUnit.SECONDS).records()).extracting(MappedRecord::offset)
			.containsExactly(999_700L, 999_800L, 999_900L);
		// Nor one that comes when the other one is under way
		assertThat(scans.read(key("a", 999_800), STEP).get(10, TimeUnit.SECONDS).records()).hasSize(2);
		scans.stop();
	}

	/**
	 * Otherwise each page is a scan of its own, and 4 MB are 16 of them: more than fit
	 * into the time that a client waits.
	 */
	@Test
	void theFurtherPagesOfARecoveryComeFromTheScanOfTheFirst() throws Exception {
		LongPartition partition = new LongPartition(20_000, 0, 500, (offset) -> (offset % 200 == 0) ? "a" : null,
				"x".repeat(50_000));
		FeedRun run = SharedFixture.run(true, partition);
		PartitionScans scans = new PartitionScans(run, partition);
		List<Long> found = new ArrayList<>();
		long from = 0;
		boolean more = true;
		int pages = 0;
		while (more) {
			ChannelScan.Result page = scans.read(key("a", from), new PageLimit(301 - found.size(), 256 * 1024))
				.get(10, TimeUnit.SECONDS);
			assertThat(page.complete()).isTrue();
			assertThat(page.bytes()).isLessThanOrEqualTo(256 * 1024);
			page.records().forEach((record) -> found.add(record.offset()));
			from = found.get(found.size() - 1) + 1;
			more = page.more();
			pages++;
		}
		assertThat(found).isEqualTo(LongStream.range(0, 100).mapToObj((number) -> number * 200).toList());
		assertThat(pages).isEqualTo(20);
		assertThat(run.statistics().scans()).isOne();
		scans.stop();
	}

}
