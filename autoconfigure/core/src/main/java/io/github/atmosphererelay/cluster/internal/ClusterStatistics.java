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

package io.github.atmosphererelay.cluster.internal;

import java.util.concurrent.atomic.LongAdder;

import io.github.atmosphererelay.cluster.NodeLeft;
import io.github.atmosphererelay.statistics.internal.Counters;

/**
 * Counts joins, leaves and missing answers of other nodes. Thread-safe.
 */
public final class ClusterStatistics {

	private final LongAdder joins = new LongAdder();

	private final Counters<NodeLeft.Reason> leaves = new Counters<>(NodeLeft.Reason.class);

	private final LongAdder unanswered = new LongAdder();

	ClusterStatistics() {
	}

	/**
	 * Return how often another node has joined.
	 * @return the number of joins
	 */
	public long joins() {
		return this.joins.sum();
	}

	/**
	 * Return how often another node has left.
	 * @param reason how this node noticed
	 * @return the number of leaves
	 */
	public long leaves(NodeLeft.Reason reason) {
		return this.leaves.get(reason);
	}

	/**
	 * Return how many answers of nodes to requests of this node are missing.
	 * @return the number of missing answers
	 */
	public long unanswered() {
		return this.unanswered.sum();
	}

	void countJoin() {
		this.joins.increment();
	}

	void countLeave(NodeLeft.Reason reason) {
		this.leaves.increment(reason);
	}

	void countUnanswered(int nodes) {
		this.unanswered.add(nodes);
	}

}
