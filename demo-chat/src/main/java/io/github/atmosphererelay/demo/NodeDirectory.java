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

package io.github.atmosphererelay.demo;

import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.cluster.ClusterNode;
import io.github.atmosphererelay.demo.Supervisor.SupervisedNode;
import org.jspecify.annotations.Nullable;

import org.springframework.stereotype.Component;
import org.springframework.web.util.UriComponentsBuilder;

/**
 * Which nodes there are and where a browser finds them. The cluster says so; nodes that
 * do not run at the moment are known to the program that has started them.
 */
@Component
class NodeDirectory {

	/** "node-8080" before "node-10080". */
	private static final Comparator<String> BY_LENGTH_AND_NAME = Comparator.comparingInt(String::length)
		.thenComparing(Comparator.naturalOrder());

	private final Cluster cluster;

	private final Supervisor supervisor;

	NodeDirectory(Cluster cluster, Supervisor supervisor) {
		this.cluster = cluster;
		this.supervisor = supervisor;
	}

	/**
	 * Return all nodes, each name once, in the order of their columns.
	 * @return the nodes
	 */
	Collection<Node> nodes() {
		Map<String, Node> nodes = new TreeMap<>(BY_LENGTH_AND_NAME);
		// The supervisor's own word on where they are: what it has started, a browser can
		// reach
		Map<String, SupervisedNode> supervised = new LinkedHashMap<>();
		this.supervisor.nodes().forEach((node) -> {
			supervised.put(node.name(), node);
			nodes.put(node.name(), new Node(node.name(), node.url(), node.state(), node.pid(), null, null));
		});
		String self = this.cluster.self().name();
		this.cluster.nodes().stream().sorted(Comparator.comparing(ClusterNode::startedAt)).forEach((node) -> {
			SupervisedNode known = supervised.get(node.name());
			if (known == null && node.routing() != null && node.routing().weight() == 0) {
				// The gateway, which is a member of the cluster and no place to chat
				return;
			}
			if (known != null && !known.state().equals("running") && !known.state().equals("starting")) {
				// Killed, and the others still wait for it
				return;
			}
			String url = (known != null) ? known.url() : url(node, self);
			if (url != null) {
				nodes.put(node.name(), new Node(node.name(), url, (known != null) ? known.state() : "running",
						(known != null) ? known.pid() : null, node.startedAt(), node.load().sessions()));
			}
		});
		return nodes.values();
	}

	private static @Nullable String url(ClusterNode node, String self) {
		if (node.name().equals(self)) {
			return "";
		}
		String address = node.address();
		return (address != null) ? UriComponentsBuilder.newInstance().scheme("http").path("//" + address).toUriString()
				: null;
	}

	/**
	 * A node.
	 *
	 * @param name its name in the cluster
	 * @param url where a browser finds it; empty for the one that is asked
	 * @param state {@code starting}, {@code running}, {@code stopping} or {@code stopped}
	 * @param pid its process, if the supervisor has one
	 * @param startedAt when it has started, if the cluster knows it
	 * @param sessions how many clients it has, if the cluster knows it
	 */
	record Node(String name, String url, String state, @Nullable Long pid, @Nullable Instant startedAt,
			@Nullable Integer sessions) {

	}

}
