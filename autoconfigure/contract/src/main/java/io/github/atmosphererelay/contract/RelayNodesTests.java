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

package io.github.atmosphererelay.contract;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.ClusterRelay;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Creates the nodes for tests of relays, in a cluster of their own for each test, and
 * stops them after the test.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
public abstract class RelayNodesTests {

	protected static final int MAX_PAYLOAD = 64 * 1024;

	/**
	 * For the start of a node before what a test checks: the first one of a JVM loads the
	 * classes of a client, also on a machine that does other things.
	 */
	protected static final Duration START_TIME = Duration.ofSeconds(60);

	private final List<RelayNode> nodes = new ArrayList<>();

	protected String cluster = "";

	/**
	 * Return the broker to test against.
	 * @return a running broker
	 */
	protected abstract RelayBroker broker();

	/**
	 * Return how long a relay may take to connect to a broker that works.
	 * @return the maximum time
	 */
	protected Duration connectTime() {
		return Duration.ofSeconds(10);
	}

	protected RelayNode node() {
		return node(broker().relay(cluster(), new EnvelopeCodec(MAX_PAYLOAD)));
	}

	protected RelayNode node(ClusterRelay relay) {
		RelayNode node = new RelayNode(relay);
		this.nodes.add(node);
		return node;
	}

	protected RelayNode startedNode() {
		return node().start().awaitRoundTrip(START_TIME);
	}

	protected String cluster() {
		if (this.cluster.isEmpty()) {
			this.cluster = "test-" + UUID.randomUUID();
		}
		return this.cluster;
	}

	@AfterEach
	void stopNodes() {
		List<RelayNode> stopped = List.copyOf(this.nodes);
		this.nodes.clear();
		this.cluster = "";
		stopped.forEach((node) -> node.relay().stop());
		stopped.forEach((node) -> assertThat(node.hasOverlapped()).as("listener was called twice at once").isFalse());
	}

}
