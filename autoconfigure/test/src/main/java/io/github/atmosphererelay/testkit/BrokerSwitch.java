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

package io.github.atmosphererelay.testkit;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/**
 * Makes the broker unreachable for all nodes of a {@link RelayCluster}, and reachable
 * again. While it is unreachable, receipts for ephemeral channels say
 * {@link io.github.atmosphererelay.relay.Outcome#LOCAL_ONLY}, publishing to recorded
 * channels fails with {@link io.github.atmosphererelay.relay.RelayUnavailableException},
 * and clients stay connected. The broker keeps its logs during the outage.
 * <p>
 * For any thread. Both methods block until every running node has noticed, which takes
 * about a tenth of a second.
 */
public final class BrokerSwitch {

	private final MemoryBroker broker;

	private final Supplier<List<ApplicationNode>> nodes;

	private final Duration timeout;

	BrokerSwitch(MemoryBroker broker, Supplier<List<ApplicationNode>> nodes, Duration timeout) {
		this.broker = broker;
		this.nodes = nodes;
		this.timeout = timeout;
	}

	/**
	 * Make the broker unreachable, and wait until every running node has noticed.
	 * Messages that were published before still arrive. Does nothing if it is unreachable
	 * already.
	 * @throws IllegalStateException if a node does not notice in time
	 */
	public void takeAway() {
		this.broker.takeAway();
		await(false);
	}

	/**
	 * Make the broker reachable again, with the contents of its logs, and wait until
	 * every running node is connected to it and all subscriptions are confirmed again.
	 * Does nothing if it is reachable.
	 * @throws IllegalStateException if a node is not connected in time
	 */
	public void bringBack() {
		this.broker.bringBack();
		await(true);
	}

	/**
	 * Return whether the broker is unreachable.
	 * @return {@code true} after {@link #takeAway()}
	 */
	public boolean isAway() {
		return this.broker.isAway();
	}

	private void await(boolean up) {
		Deadline deadline = Deadline.in(this.timeout);
		for (ApplicationNode node : this.nodes.get()) {
			if (!deadline.await(() -> node.isRelayUp() == up || !node.isRunning())) {
				throw new IllegalStateException("%s has not noticed within %s that the broker is %s"
					.formatted(node.name(), deadline, up ? "back" : "away"));
			}
		}
	}

}
