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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

import io.github.atmosphererelay.feed.InterestChange;
import org.jspecify.annotations.Nullable;

/**
 * Which nodes want which channels of one feed. For any thread.
 */
final class FeedInterest {

	private final Map<UUID, NodeInterest> nodes = new HashMap<>();

	/** The nodes that want a channel; the sets do not change. */
	private final Map<String, Set<UUID>> channels = new HashMap<>();

	/** Whether nodes are asked for that want nothing at present. */
	private volatile boolean withIdle;

	/**
	 * Have redistributors speak to nodes that want nothing at present, too: these learn
	 * who reads which partition.
	 */
	void includeIdle() {
		this.withIdle = true;
	}

	/**
	 * Take over a change. One that does not follow the last known one is not usable: the
	 * node is forgotten, hears nothing, and then publishes everything again.
	 */
	synchronized void changed(InterestChange change) {
		NodeInterest known = this.nodes.get(change.node());
		long version = (known != null) ? known.version : 0;
		if (change.version() <= version) {
			return;
		}
		if (change.version() != version + 1) {
			forgotten(change.node());
			return;
		}
		NodeInterest node = (known != null) ? known : new NodeInterest();
		this.nodes.put(change.node(), node);
		node.version = change.version();
		change.removed().forEach((channel) -> remove(change.node(), node, channel));
		change.added().forEach((channel) -> add(change.node(), node, channel));
	}

	/**
	 * Take over all of a node's interest.
	 */
	synchronized void replaced(UUID id, long version, Set<String> channels) {
		NodeInterest node = this.nodes.computeIfAbsent(id, (key) -> new NodeInterest());
		node.version = version;
		List.copyOf(node.channels)
			.stream()
			.filter((channel) -> !channels.contains(channel))
			.forEach((channel) -> remove(id, node, channel));
		channels.forEach((channel) -> add(id, node, channel));
	}

	synchronized void forgotten(UUID id) {
		NodeInterest node = this.nodes.get(id);
		if (node != null) {
			List.copyOf(node.channels).forEach((channel) -> remove(id, node, channel));
			this.nodes.remove(id);
		}
	}

	private void add(UUID id, NodeInterest node, String channel) {
		if (node.channels.add(channel)) {
			Set<UUID> wanting = new HashSet<>(this.channels.getOrDefault(channel, Set.of()));
			wanting.add(id);
			this.channels.put(channel, Set.copyOf(wanting));
		}
	}

	private void remove(UUID id, NodeInterest node, String channel) {
		if (node.channels.remove(channel)) {
			Set<UUID> wanting = new HashSet<>(this.channels.getOrDefault(channel, Set.of()));
			wanting.remove(id);
			if (wanting.isEmpty()) {
				this.channels.remove(channel);
			}
			else {
				this.channels.put(channel, Set.copyOf(wanting));
			}
		}
	}

	/**
	 * Find out who wants some channels, at one moment.
	 * @param channels the channels' names
	 */
	synchronized Answer ask(List<String> channels) {
		Map<UUID, Long> versions = new HashMap<>();
		this.nodes.forEach((id, node) -> {
			if (this.withIdle || !node.channels.isEmpty()) {
				versions.put(id, node.version);
			}
		});
		List<Set<UUID>> wanting = new ArrayList<>(channels.size());
		for (String channel : channels) {
			wanting.add(this.channels.getOrDefault(channel, Set.of()));
		}
		return new Answer(versions, wanting);
	}

	/**
	 * Return the nodes that have published something, and the number of channels that
	 * each wants.
	 */
	synchronized Map<UUID, Integer> nodes() {
		Map<UUID, Integer> nodes = new HashMap<>();
		this.nodes.forEach((id, node) -> nodes.put(id, node.channels.size()));
		return nodes;
	}

	/**
	 * Return the version of a node's interest.
	 * @return the version, or {@code null} if the node is not known
	 */
	synchronized @Nullable Long version(UUID id) {
		NodeInterest node = this.nodes.get(id);
		return (node != null) ? node.version : null;
	}

	/**
	 * Who wants what at one moment.
	 *
	 * @param versions the version of the interest of each node to speak to
	 * @param wanting the nodes that want each of the channels that were asked for
	 */
	record Answer(Map<UUID, Long> versions, List<Set<UUID>> wanting) {
	}

	private static final class NodeInterest {

		private long version;

		private final Set<String> channels = new HashSet<>();

	}

}
