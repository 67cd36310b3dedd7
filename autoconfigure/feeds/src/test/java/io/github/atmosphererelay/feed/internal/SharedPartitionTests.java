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

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.atmosphererelay.feed.ForwardedRange;
import org.junit.jupiter.api.Test;

import static io.github.atmosphererelay.feed.internal.SharedFixture.range;
import static org.assertj.core.api.Assertions.assertThat;

class SharedPartitionTests {

	private final List<String> calls = new ArrayList<>();

	private final FeedRun recorded = SharedFixture.run(true);

	private final FeedRun ephemeral = SharedFixture.run(false);

	private SharedPartition partition(FeedRun run) {
		return new SharedPartition(run, new FeedSink() {

			@Override
			public void record(String epoch, int partition, MappedRecord record) {
				SharedPartitionTests.this.calls.add(record.channel() + record.offset());
			}

			@Override
			public void gap(int partition) {
				throw new UnsupportedOperationException();
			}

			@Override
			public void gap(String channel) {
				SharedPartitionTests.this.calls.add("gap " + channel);
			}

			@Override
			public void changed() {
				throw new UnsupportedOperationException();
			}

		}, SharedFixture.EPOCH, 0, -1, (channel) -> this.calls.add("arrives " + channel.name()));
	}

	private static SharedChannel add(SharedPartition partition, String name, long version) {
		SharedChannel channel = new SharedChannel(name);
		partition.add(channel);
		channel.added(version);
		return channel;
	}

	private void assertCalls(String... expected) {
		assertThat(this.calls).containsExactly(expected);
		this.calls.clear();
	}

	private static void take(SharedPartition partition, ForwardedRange... ranges) {
		List.of(ranges).forEach(partition::take);
	}

	@Test
	void aChannelBeginsAfterTheFirstRangeThatWasChosenWithIt() {
		SharedPartition partition = partition(this.recorded);
		add(partition, "a", 2);
		take(partition, range(10, 20, 1, "a", 12));
		assertCalls();
		take(partition, range(20, 20, 2, "a"));
		assertCalls("arrives a");
		assertThat(partition.place()).isEqualTo(new PartitionPlace(SharedFixture.EPOCH, 20));
		take(partition, range(20, 30, 2, "a", 21, 25));
		assertCalls("a21", "a25");
		assertThat(partition.place()).isEqualTo(new PartitionPlace(SharedFixture.EPOCH, 30));
	}

	@Test
	void whatComesAgainOrLateIsDropped() {
		SharedPartition partition = partition(this.recorded);
		add(partition, "a", 1);
		take(partition, range(10, 20, 1, "a"), range(20, 30, 1, "a", 21, 25));
		assertCalls("arrives a", "a21", "a25");
		take(partition, range(20, 30, 1, "a", 21, 25), range(10, 25, 1, "a", 21), range(15, 40, 1, "a", 21, 25, 33));
		assertCalls("a33");
		assertThat(this.recorded.statistics().forwarding().repeatedRanges()).isOne();
		assertThat(partition.place()).isEqualTo(new PartitionPlace(SharedFixture.EPOCH, 40));
	}

	@Test
	void aHoleHasTheLogsOfTheChannelsReadThatHaveBegun() {
		SharedPartition partition = partition(this.recorded);
		add(partition, "a", 1);
		take(partition, range(10, 20, 1, "a"));
		add(partition, "b", 2);
		take(partition, range(25, 30, 1, "a", 27));
		assertCalls("arrives a", "gap a", "a27");
		assertThat(this.recorded.statistics().gaps()).isOne();
		assertThat(this.recorded.statistics().forwarding().lost()).isZero();
	}

	/**
	 * A redistributor that had read an older interest was never told the newest one
	 * again, because it was not silent.
	 */
	@Test
	void aSenderThatKeepsAnOlderInterestIsStaleAfterSomeTime() {
		SharedPartition partition = partition(this.recorded);
		long nanos = Duration.ofSeconds(5).toNanos();
		add(partition, "a", 3);
		take(partition, range(10, 20, 2, "a"), range(20, 30, 2, "a"));
		assertThat(partition.isStale(System.nanoTime(), nanos)).isFalse();
		assertThat(partition.isStale(System.nanoTime() + nanos, nanos)).isTrue();
		// One that learns is not stale, although it does not know of the newest yet
		add(partition, "b", 5);
		take(partition, range(30, 40, 3, "a"));
		long learned = System.nanoTime();
		assertThat(partition.isStale(learned + nanos - 1_000_000_000, nanos)).isFalse();
		take(partition, range(40, 50, 5, "a"));
		assertThat(partition.isStale(System.nanoTime() + nanos, nanos)).isFalse();
	}

	@Test
	void aSenderThatDoesNotKnowOfAChannelThatHasBegunLeavesAGap() {
		SharedPartition partition = partition(this.recorded);
		add(partition, "a", 1);
		add(partition, "b", 3);
		take(partition, range(10, 20, 3, "a", 11));
		assertThat(this.calls).containsExactlyInAnyOrder("arrives a", "arrives b");
		this.calls.clear();
		// A record of b may be among others, but they may not be all
		take(partition, range(20, 30, 2, "b", 21), range(30, 30, 2, "b"));
		assertCalls("gap b");
		take(partition, range(30, 40, 3, "b", 31));
		assertCalls("b31");
	}

	@Test
	void ephemeralChannelsReadNothingAndCountWhatTheyMayHaveLost() {
		SharedPartition partition = partition(this.ephemeral);
		add(partition, "a", 1);
		take(partition, range(10, 20, 1, "a"), range(23, 30, 1, "a", 27));
		assertCalls("arrives a", "a27");
		assertThat(this.ephemeral.statistics().forwarding().lost()).isEqualTo(3);
		add(partition, "b", 2);
		take(partition, range(30, 30, 2, "b"), range(30, 34, 1, "a", 31));
		assertCalls("arrives b", "a31");
		assertThat(this.ephemeral.statistics().forwarding().lost()).isEqualTo(7);
	}

	@Test
	void aChannelThatIsLeftAndWantedAgainBeginsAgain() {
		SharedPartition partition = partition(this.recorded);
		SharedChannel first = add(partition, "a", 1);
		take(partition, range(10, 20, 1, "a"));
		partition.remove(first);
		take(partition, range(20, 30, 1, "a", 21));
		assertThat(partition.isWanted()).isFalse();
		add(partition, "a", 3);
		take(partition, range(30, 40, 1, "a", 31), range(50, 60, 2, "a", 51));
		assertCalls("arrives a");
		take(partition, range(60, 60, 3, "a"), range(60, 70, 3, "a", 61));
		assertCalls("arrives a", "a61");
	}

	@Test
	void aPartitionThatHasLostItsLastRecordsHasTheLogsReadAndGoesOnAtItsEnd() {
		SharedPartition partition = partition(this.recorded);
		add(partition, "a", 1);
		take(partition, range(10, 20, 1, "a"), range(20, 30, 1, "a", 29));
		assertThat(partition.takeBehind()).isFalse();
		// A late range, of a partition that is longer
		take(partition, range(10, 20, 1, "a"));
		assertThat(partition.takeBehind()).isTrue();
		assertThat(partition.takeBehind()).isFalse();
		assertThat(partition.endsAt(35)).isFalse();
		assertCalls("arrives a", "a29");
		// The records from the offset 25 on are others now
		take(partition, range(25, 28, 1, "a", 27));
		assertThat(partition.takeBehind()).isTrue();
		assertThat(partition.endsAt(28)).isTrue();
		assertCalls("gap a");
		assertThat(partition.place()).isEqualTo(new PartitionPlace(SharedFixture.EPOCH, 28));
		take(partition, range(28, 30, 1, "a", 28));
		assertCalls("a28");
	}

	@Test
	void aClosedPartitionTakesNothing() {
		SharedPartition partition = partition(this.recorded);
		add(partition, "a", 1);
		take(partition, range(10, 20, 1, "a"));
		assertThat(partition.close()).isEqualTo(20);
		take(partition, range(20, 30, 1, "a", 21));
		assertCalls("arrives a");
	}

}
