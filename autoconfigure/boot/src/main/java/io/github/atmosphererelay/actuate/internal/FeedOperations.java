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

package io.github.atmosphererelay.actuate.internal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.feed.internal.Feed;
import io.github.atmosphererelay.feed.internal.FeedStatistics;
import io.github.atmosphererelay.feed.internal.Feeds;
import io.github.atmosphererelay.feed.internal.SkipReason;
import org.jspecify.annotations.Nullable;

/**
 * Describes the feeds of this node for operators.
 */
public final class FeedOperations {

	private final Feeds feeds;

	/**
	 * Create operations.
	 * @param feeds the feeds of this node
	 */
	public FeedOperations(Feeds feeds) {
		this.feeds = feeds;
	}

	List<FeedDescriptor> describe() {
		return this.feeds.all().stream().map(FeedOperations::describe).toList();
	}

	private static FeedDescriptor describe(Feed feed) {
		FeedStatistics statistics = feed.statistics();
		Map<String, Long> skipped = new LinkedHashMap<>();
		for (SkipReason reason : SkipReason.values()) {
			if (statistics.skipped(reason) > 0) {
				skipped.put(reason.tag(), statistics.skipped(reason));
			}
		}
		List<PartitionDescriptor> partitions = new ArrayList<>();
		for (int i = 0; i < feed.partitions(); i++) {
			partitions.add(new PartitionDescriptor(i, feed.next(i)));
		}
		return new FeedDescriptor(feed.name(), feed.settings().topic(), feed.settings().pattern(),
				feed.settings().mode(), feed.settings().isRecorded(), feed.problem(), statistics.records(),
				statistics.mapped(), skipped, statistics.delivered(), statistics.unwanted(), feed.lag(),
				feed.memoryBytes(), partitions);
	}

	/**
	 * A feed.
	 *
	 * @param name its name
	 * @param topic the topic that it reads
	 * @param channels the pattern of its channels
	 * @param mode how its records come to the nodes
	 * @param recorded whether clients can recover
	 * @param problem what is wrong, or {@code null}
	 * @param records how many records this node has read
	 * @param mapped how many of them have become messages
	 * @param skipped how many were skipped, by reason
	 * @param delivered how many messages have had subscribers on this node
	 * @param unwanted how many have had none
	 * @param lag how many records are not read yet
	 * @param memoryBytes how much is kept for clients that recover
	 * @param partitions the partitions of the topic
	 */
	public record FeedDescriptor(String name, String topic, String channels, String mode, boolean recorded,
			@Nullable String problem, long records, long mapped, Map<String, Long> skipped, long delivered,
			long unwanted, long lag, long memoryBytes, List<PartitionDescriptor> partitions) {

	}

	/**
	 * A partition.
	 *
	 * @param partition its number
	 * @param next the offset of the next record that this node reads, or {@code null} if
	 * that is not known yet
	 */
	public record PartitionDescriptor(int partition, @Nullable Long next) {

	}

}
