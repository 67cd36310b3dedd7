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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

import io.github.atmosphererelay.feed.ForwardedRange;
import io.github.atmosphererelay.feed.ForwardedRecord;
import io.github.atmosphererelay.feed.InterestChange;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class PartitionSpansTests {

	private static final UUID SENDER = UUID.randomUUID();

	private static final UUID FIRST = new UUID(0, 1);

	private static final UUID SECOND = new UUID(0, 2);

	private final FeedInterest interest = new FeedInterest();

	private final PartitionSpans spans = new PartitionSpans("prices", SENDER, SharedFixture.EPOCH, 3, 10);

	private long now = 1;

	private int unwanted;

	private Map<UUID, List<ForwardedRange>> take(long to, Object... channelsAndOffsets) {
		List<PartitionSpans.Candidate> candidates = new ArrayList<>();
		for (int i = 0; i < channelsAndOffsets.length; i += 2) {
			candidates.add(SharedFixture.candidate((String) channelsAndOffsets[i], (int) channelsAndOffsets[i + 1]));
		}
		Map<UUID, List<ForwardedRange>> out = new HashMap<>();
		this.unwanted = this.spans.take(candidates, to, this.interest, this.now, out);
		return out;
	}

	private ForwardedRange range(long from, long to, long version, Object... channelsAndOffsets) {
		List<ForwardedRecord> records = new ArrayList<>();
		for (int i = 0; i < channelsAndOffsets.length; i += 2) {
			records.add(SharedFixture.record((String) channelsAndOffsets[i], (int) channelsAndOffsets[i + 1]));
		}
		return new ForwardedRange("prices", SENDER, SharedFixture.EPOCH, 3, from, to, version, records);
	}

	private void want(UUID node, long version, String... channels) {
		this.interest.changed(new InterestChange("prices", node, version, Set.of(channels), Set.of()));
	}

	@Test
	void nodesThatWantNothingHearOfAPartitionOnlyIfTheyAreToKnowWhoReadsIt() {
		this.interest.replaced(FIRST, 7, Set.of());
		assertThat(take(15, "a", 10)).isEmpty();
		this.interest.includeIdle();
		assertThat(take(20, "a", 16)).containsOnly(Map.entry(FIRST, List.of(range(15, 20, 7))));
		assertThat(this.unwanted).isOne();
	}

	@Test
	void aRecordGoesOnlyToNodesThatWantItsChannel() {
		want(FIRST, 1, "a", "b");
		want(SECOND, 1, "b");
		assertThat(take(15, "a", 10, "b", 11, "c", 12)).containsOnly(
				Map.entry(FIRST, List.of(range(10, 15, 1, "a", 10, "b", 11))),
				Map.entry(SECOND, List.of(range(10, 15, 1, "b", 11))));
		assertThat(this.unwanted).isOne();
	}

	@Test
	void aRangeBeginsWhereTheLastOneForTheNodeHasEnded() {
		want(FIRST, 1, "a");
		want(SECOND, 1, "b");
		take(10);
		assertThat(take(20, "a", 12)).containsOnly(Map.entry(FIRST, List.of(range(10, 20, 1, "a", 12))));
		assertThat(take(30, "b", 22)).containsOnly(Map.entry(SECOND, List.of(range(10, 30, 1, "b", 22))));
		assertThat(take(40, "a", 30)).containsOnly(Map.entry(FIRST, List.of(range(20, 40, 1, "a", 30))));
	}

	@Test
	void aNodeHearsAtOnceOfItsNewVersionAndOtherwiseNowAndThen() {
		want(FIRST, 1, "a");
		assertThat(take(10)).containsOnly(Map.entry(FIRST, List.of(range(10, 10, 1))));
		assertThat(take(15)).isEmpty();
		want(FIRST, 2, "b");
		// What was looked at before was not looked at for the new channel
		assertThat(take(20, "b", 17))
			.containsOnly(Map.entry(FIRST, List.of(range(10, 15, 1), range(15, 20, 2, "b", 17))));
		this.now += PartitionSpans.INTERVAL_NANOS - 1;
		assertThat(take(20)).isEmpty();
		this.now++;
		assertThat(take(20)).containsOnly(Map.entry(FIRST, List.of(range(20, 20, 2))));
	}

	@Test
	void aNodeThatIsForgottenHearsNothing() {
		want(FIRST, 1, "a");
		take(10);
		this.interest.forgotten(FIRST);
		assertThat(take(20, "a", 11)).isEmpty();
		assertThat(this.unwanted).isOne();
		this.interest.replaced(FIRST, 7, Set.of("a"));
		assertThat(take(30, "a", 21)).containsOnly(Map.entry(FIRST, List.of(range(20, 30, 7, "a", 21))));
	}

	@Test
	void aChangeThatDoesNotFollowTheLastOneIsNotTrusted() {
		want(FIRST, 1, "a");
		want(FIRST, 1, "x");
		assertThat(take(20, "a", 11, "x", 12)).containsOnly(Map.entry(FIRST, List.of(range(10, 20, 1, "a", 11))));
		want(FIRST, 3, "c");
		assertThat(take(30, "a", 21, "c", 22)).isEmpty();
		want(SECOND, 2, "a");
		assertThat(take(40, "a", 31)).isEmpty();
	}

	@Test
	void aNodeThatWantsNothingHearsNothing() {
		want(FIRST, 1, "a");
		take(10);
		this.interest.changed(new InterestChange("prices", FIRST, 2, Set.of(), Set.of("a")));
		assertThat(take(20, "a", 11)).isEmpty();
	}

}
