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
import java.util.Set;
import java.util.UUID;

import io.github.atmosphererelay.feed.internal.Feed;
import io.github.atmosphererelay.feed.internal.FeedStatistics;
import io.github.atmosphererelay.feed.internal.Feeds;
import io.github.atmosphererelay.feed.internal.ForwardingStatistics;
import io.github.atmosphererelay.feed.internal.Redistribution;
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
		return this.feeds.all().stream().map(this::describe).toList();
	}

	private FeedDescriptor describe(Feed feed) {
		FeedStatistics statistics = feed.statistics();
		Map<String, Long> skipped = new LinkedHashMap<>();
		for (SkipReason reason : SkipReason.values()) {
			if (statistics.skipped(reason) > 0) {
				skipped.put(reason.tag(), statistics.skipped(reason));
			}
		}
		List<PartitionDescriptor> partitions = new ArrayList<>();
		for (int i = 0; i < feed.partitions(); i++) {
			partitions.add(new PartitionDescriptor(i, feed.next(i), feed.owner(i)));
		}
		return new FeedDescriptor(feed.name(), feed.settings().topic(), feed.settings().pattern(),
				feed.settings().mode(), feed.settings().isRecorded(), feed.problem(), statistics.records(),
				statistics.mapped(), skipped, statistics.delivered(), statistics.unwanted(), feed.lag(),
				feed.memoryBytes(), partitions, redistribution(feed));
	}

	private @Nullable RedistributionDescriptor redistribution(Feed feed) {
		Redistribution redistribution = this.feeds.redistribution();
		if (redistribution == null || feed.settings().isForEveryone()) {
			return null;
		}
		ForwardingStatistics statistics = feed.statistics().forwarding();
		return new RedistributionDescriptor(redistribution.backChannel(), redistribution.forwarding(),
				feed.redistributed(), redistribution.interest(feed.name()), statistics.bytesByNode(),
				statistics.unwanted(), statistics.failures(), statistics.receivedRecords(), statistics.receivedBytes(),
				statistics.lost());
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
	 * @param redistribution what redistributors do, or {@code null} if each node reads
	 * the topic
	 */
	public record FeedDescriptor(String name, String topic, String channels, String mode, boolean recorded,
			@Nullable String problem, long records, long mapped, Map<String, Long> skipped, long delivered,
			long unwanted, long lag, long memoryBytes, List<PartitionDescriptor> partitions,
			@Nullable RedistributionDescriptor redistribution) {

	}

	/**
	 * A partition.
	 *
	 * @param partition its number
	 * @param next the offset of the next record that this node reads, or {@code null} if
	 * that is not known yet
	 * @param owner the node that reads it for this one, as a redistributor, or
	 * {@code null}
	 */
	public record PartitionDescriptor(int partition, @Nullable Long next, @Nullable UUID owner) {

	}

	/**
	 * What this process does as a redistributor, and gets from redistributors.
	 *
	 * @param backChannel how redistributors learn what nodes want
	 * @param forwarding how they forward records
	 * @param partitions the partitions that this process reads for all nodes
	 * @param interest how many channels each node wants
	 * @param forwardedBytes how many bytes of payloads this process has forwarded to each
	 * node
	 * @param unwanted how many records no node has wanted
	 * @param failures how many messages to nodes have failed
	 * @param receivedRecords how many records were forwarded to this node
	 * @param receivedBytes how many bytes of payloads they have
	 * @param lost how many records ephemeral channels of this node may have lost at most
	 */
	public record RedistributionDescriptor(@Nullable String backChannel, @Nullable String forwarding,
			Set<Integer> partitions, Map<UUID, Integer> interest, Map<UUID, Long> forwardedBytes, long unwanted,
			long failures, long receivedRecords, long receivedBytes, long lost) {

	}

}
