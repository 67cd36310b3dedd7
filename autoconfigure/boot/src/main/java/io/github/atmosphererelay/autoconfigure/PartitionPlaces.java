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

package io.github.atmosphererelay.autoconfigure;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.cluster.ClusterNode;
import io.github.atmosphererelay.feed.internal.Feed;
import io.github.atmosphererelay.feed.internal.FeedPlaces;
import io.github.atmosphererelay.feed.internal.Feeds;
import io.github.atmosphererelay.routing.ChannelPlaces;
import org.jspecify.annotations.Nullable;

/**
 * Places the channels of feeds that are routed at the nodes that read their partitions.
 * For any thread.
 */
final class PartitionPlaces implements ChannelPlaces {

	/** For so long a snapshot is good for all who ask. */
	private static final long KEPT_NANOS = Duration.ofMillis(100).toNanos();

	private final Feeds feeds;

	private final Cluster cluster;

	private volatile @Nullable Places last;

	PartitionPlaces(Feeds feeds, Cluster cluster) {
		this.feeds = feeds;
		this.cluster = cluster;
	}

	@Override
	public Snapshot snapshot() {
		Places last = this.last;
		long now = System.nanoTime();
		if (last == null || now - last.at > KEPT_NANOS) {
			List<FeedPlaces> places = this.feeds.all().stream().map(Feed::places).filter(Objects::nonNull).toList();
			Map<UUID, String> names = new HashMap<>();
			for (ClusterNode node : this.cluster.nodes()) {
				if (places.stream().anyMatch((each) -> each.isOwner(node.id()))) {
					names.put(node.id(), node.name());
				}
			}
			last = new Places(places, names, now);
			this.last = last;
		}
		return last;
	}

	/**
	 * The places at one moment.
	 */
	private static final class Places implements Snapshot {

		private final List<FeedPlaces> feeds;

		/** The name of each of their nodes, by its id. */
		private final Map<UUID, String> names;

		private final long at;

		Places(List<FeedPlaces> feeds, Map<UUID, String> names, long at) {
			this.feeds = feeds;
			this.names = names;
			this.at = at;
		}

		@Override
		public @Nullable String node(String channel) {
			for (FeedPlaces feed : this.feeds) {
				UUID owner = feed.owner(channel);
				if (owner != null) {
					return this.names.get(owner);
				}
			}
			return null;
		}

		@Override
		public boolean equals(@Nullable Object other) {
			return other instanceof Places places && this.feeds.equals(places.feeds) && this.names.equals(places.names);
		}

		@Override
		public int hashCode() {
			return Objects.hash(this.feeds, this.names);
		}

	}

}
