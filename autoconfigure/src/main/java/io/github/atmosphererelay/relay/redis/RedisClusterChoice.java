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

package io.github.atmosphererelay.relay.redis;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

/**
 * Chooses the node of a cluster that a link connects to: the first that finds the cluster
 * in order. If none does, because a master is missing, then the one that reaches the most
 * slots, which is on the larger side if the cluster has come apart.
 *
 * @param <N> a node's address
 * @param <C> a connection
 */
final class RedisClusterChoice<N, C> {

	private final Function<N, C> connect;

	private final Function<C, RedisClusterInfo> look;

	private final Consumer<C> close;

	/**
	 * Create a choice.
	 * @param connect connects to a node, or throws
	 * @param look asks the node what it says of the cluster, or throws
	 * @param close closes the connection to a node that is not chosen
	 */
	RedisClusterChoice(Function<N, C> connect, Function<C, RedisClusterInfo> look, Consumer<C> close) {
		this.connect = connect;
		this.look = look;
		this.close = close;
	}

	/**
	 * Connect to the best of some nodes. Blocks for as long as the connect and command
	 * timeouts allow, for each node that does not answer.
	 * @param nodes the nodes, in the order in which to try them
	 * @return the connection
	 * @throws RuntimeException if none can be used, the reason of the last
	 */
	C connect(List<N> nodes) {
		RuntimeException failure = new IllegalStateException("No node of the cluster is known");
		C best = null;
		int slots = 0;
		for (N node : nodes) {
			C connection = null;
			try {
				connection = this.connect.apply(node);
				RedisClusterInfo info = this.look.apply(connection);
				if (info.whole()) {
					close(best);
					return connection;
				}
				if (!info.member()) {
					throw new IllegalStateException("The Redis server at " + node + " belongs to no cluster");
				}
				if (best == null || info.reachableSlots() > slots) {
					C former = best;
					best = connection;
					slots = info.reachableSlots();
					connection = former;
				}
				close(connection);
			}
			catch (RuntimeException ex) {
				failure = ex;
				close(connection);
			}
		}
		if (best == null) {
			throw failure;
		}
		return best;
	}

	private void close(@Nullable C connection) {
		if (connection != null) {
			this.close.accept(connection);
		}
	}

}
