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
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;

import io.github.atmosphererelay.feed.ForwardedRange;
import io.github.atmosphererelay.feed.ForwardedRecord;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.Payload;
import org.jspecify.annotations.Nullable;

/**
 * What tests of redistribution work with.
 */
final class SharedFixture {

	static final String EPOCH = "topic-1";

	private SharedFixture() {
	}

	static FeedRun run(boolean recorded) {
		return run(recorded, null);
	}

	static FeedRun run(boolean recorded, @Nullable FeedClients clients) {
		FeedSettings settings = new FeedSettings("prices", "atmosphere.feeds[0]", "prices", "redistributed",
				ChannelTemplate.parse("{key}"), "{a}", ValueFormat.TEXT, List.of(),
				recorded ? Duration.ofMinutes(2) : Duration.ZERO, 1000, Duration.ofSeconds(3), 100_000, 0, null);
		FeedExtensions extensions = new FeedExtensions(null, null, (key, partitions) -> 0);
		return new FeedRun(UUID.randomUUID(), settings, new FeedMapper(settings, extensions), extensions.partitioner(),
				null, null, new FeedStatistics(), new FeedHealth(settings), clients, new Guards().of(Part.FEEDS));
	}

	static ForwardedRecord record(String channel, long offset) {
		return new ForwardedRecord(offset, 0, channel, Payload.text(channel + offset), Map.of());
	}

	static PartitionSpans.Candidate candidate(String channel, long offset) {
		return new PartitionSpans.Candidate(channel, () -> record(channel, offset));
	}

	/**
	 * A range with records of one channel.
	 */
	static ForwardedRange range(long from, long to, long interest, String channel, long... offsets) {
		return new ForwardedRange("prices", new UUID(0, 1), EPOCH, 0, from, to, interest,
				IntStream.range(0, offsets.length).mapToObj((i) -> record(channel, offsets[i])).toList());
	}

}
