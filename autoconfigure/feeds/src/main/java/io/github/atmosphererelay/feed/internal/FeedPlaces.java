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

import java.util.List;
import java.util.Objects;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * Which node serves which channel of a feed that is routed: the one that reads the
 * channel's partition. Does not change; equal to another one of the feed if both say the
 * same. For any thread.
 */
public final class FeedPlaces {

	private final ChannelPartitions partitions;

	private final TopicInfo topic;

	private final List<@Nullable UUID> owners;

	/**
	 * Create places.
	 * @param partitions tells which partition has a channel
	 * @param topic the topic at this moment
	 * @param owners the id of the node that reads each partition, or {@code null}
	 */
	FeedPlaces(ChannelPartitions partitions, TopicInfo topic, List<@Nullable UUID> owners) {
		this.partitions = partitions;
		this.topic = topic;
		this.owners = owners;
	}

	/**
	 * Return the node that serves a channel. Calls the application's partitioner, if it
	 * has one.
	 * @param channel the channel's name
	 * @return the node's id, or {@code null} if it is not known, or it is no channel of
	 * this feed
	 */
	public @Nullable UUID owner(String channel) {
		Integer partition = this.partitions.of(channel);
		return (partition != null && partition < this.owners.size()) ? this.owners.get(partition) : null;
	}

	/**
	 * Return whether a node serves channels of this feed.
	 * @param node the node's id
	 * @return whether it reads a partition
	 */
	public boolean isOwner(UUID node) {
		return this.owners.contains(node);
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return other instanceof FeedPlaces places && this.partitions == places.partitions
				&& this.topic.equals(places.topic) && this.owners.equals(places.owners);
	}

	@Override
	public int hashCode() {
		return Objects.hash(this.topic, this.owners);
	}

}
