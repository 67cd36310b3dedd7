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

import java.util.HashSet;
import java.util.Set;
import java.util.UUID;

import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.cluster.NodeLeft;
import io.github.atmosphererelay.feed.internal.Feeds;
import io.github.atmosphererelay.feed.internal.Redistribution;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.event.EventListener;

/**
 * Tells redistributors which nodes are alive.
 */
class FeedMembership {

	private final ObjectProvider<Feeds> feeds;

	FeedMembership(ObjectProvider<Feeds> feeds) {
		this.feeds = feeds;
	}

	@EventListener
	void left(NodeLeft event) {
		Feeds feeds = this.feeds.getIfAvailable();
		Redistribution redistribution = (feeds != null) ? feeds.redistribution() : null;
		if (redistribution != null) {
			redistribution.left(event.node().id());
		}
	}

	/**
	 * Return the nodes that are alive.
	 * @return their ids; empty if that cannot be told at present
	 */
	static Set<UUID> alive(ObjectProvider<Cluster> clusters) {
		Cluster cluster = clusters.getIfAvailable();
		Set<UUID> alive = new HashSet<>();
		if (cluster != null && !cluster.isFrozen()) {
			cluster.nodes().forEach((node) -> alive.add(node.id()));
		}
		return alive;
	}

}
