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

package io.github.atmosphererelay.relay.http.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import io.github.atmosphererelay.contract.RelayNode;
import org.junit.jupiter.api.AfterEach;

/**
 * Base of tests of several nodes in one JVM that are connected by the HTTP relay.
 */
abstract class AbstractHttpNodesTests {

	final PeerCluster cluster = new PeerCluster();

	final List<RelayNode> nodes = new ArrayList<>();

	@AfterEach
	void close() {
		this.nodes.forEach((node) -> node.relay().stop());
		this.cluster.close();
	}

	/**
	 * Create a node that is in the list and not started.
	 */
	RelayNode node(String name) {
		return node(name, this.cluster.settings());
	}

	RelayNode node(String name, HttpRelaySettings settings) {
		RelayNode node = this.cluster.node(name, settings);
		this.nodes.add(node);
		return node;
	}

	/**
	 * Start a node with a discovery of its own, which is not in the list.
	 */
	RelayNode node(String name, PeerDiscovery discovery) {
		HttpRelay relay = new HttpRelay(this.cluster.settings(), discovery);
		this.cluster.server().expose("/" + name, relay.endpoint());
		RelayNode node = new RelayNode(relay);
		this.nodes.add(node);
		return node.start();
	}

	/**
	 * Start nodes, and wait until all are connected.
	 */
	List<RelayNode> started(String... names) {
		List<RelayNode> nodes = Stream.of(names).map(this::node).toList();
		nodes.forEach(RelayNode::start);
		PeerCluster.awaitPeers(names.length - 1, nodes.toArray(RelayNode[]::new));
		return nodes;
	}

}
