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

package io.github.atmosphererelay.relay.redis.internal;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

/**
 * Chooses the nodes of a Redis Cluster that a link connects to: the first ones that
 * report the cluster as healthy. If none does, for example because a master is missing,
 * those that can reach the most slots, because after a network partition they are on the
 * larger side.
 * <p>
 * One node is for publishing and another for subscribing, so that the relay's probes pass
 * between nodes as messages do. With a single node, probes would still return after that
 * node was cut off from all others.
 *
 * @param <N> the type of a node's address
 * @param <C> the type of a connection
 */
final class RedisClusterChoice<N, C> {

	private static final int NODES = 2;

	private final Function<N, C> connect;

	private final Function<C, RedisClusterInfo> look;

	private final Consumer<C> close;

	/**
	 * Create a choice.
	 * @param connect connects to a node, or throws
	 * @param look asks a node for its view of the cluster, or throws
	 * @param close closes a connection that is not chosen
	 */
	RedisClusterChoice(Function<N, C> connect, Function<C, RedisClusterInfo> look, Consumer<C> close) {
		this.connect = connect;
		this.look = look;
		this.close = close;
	}

	/**
	 * Connect to the best nodes. Blocks for the connect and command timeouts for each
	 * node that does not answer.
	 * @param nodes the nodes, in the order in which to try them
	 * @return the connections
	 * @throws RuntimeException if no node can be used; the failure of the last one
	 */
	Chosen<C> connect(List<N> nodes) {
		RuntimeException failure = new IllegalStateException(
				"No node of the Redis Cluster is known: check 'spring.data.redis.cluster.nodes'");
		List<Candidate<C>> candidates = new ArrayList<>();
		for (N node : nodes) {
			try {
				candidates.add(open(node));
			}
			catch (RuntimeException ex) {
				failure = ex;
			}
			if (candidates.stream().filter((candidate) -> candidate.info.whole()).count() == NODES) {
				break;
			}
		}
		if (candidates.isEmpty()) {
			throw failure;
		}
		candidates.sort(Comparator.comparing(Candidate::rank, Comparator.reverseOrder()));
		Candidate<C> first = candidates.get(0);
		// A node with a worse view may be on the other side of a network partition
		boolean two = candidates.size() > 1 && candidates.get(1).rank() == first.rank();
		candidates.stream().skip(two ? 2 : 1).forEach((candidate) -> this.close.accept(candidate.connection));
		return new Chosen<>(first.connection, two ? candidates.get(1).connection : null);
	}

	private Candidate<C> open(N node) {
		C connection = this.connect.apply(node);
		try {
			RedisClusterInfo info = this.look.apply(connection);
			if (!info.member()) {
				throw new IllegalStateException("The Redis server at " + node + " is not part of a cluster");
			}
			return new Candidate<>(connection, info);
		}
		catch (RuntimeException ex) {
			this.close.accept(connection);
			throw ex;
		}
	}

	/**
	 * The connections of a link.
	 *
	 * @param <C> the type of a connection
	 * @param publisher the connection to the best node
	 * @param subscriber the connection to another node with the same view, or {@code
	 * null} if there is none
	 */
	record Chosen<C>(C publisher, @Nullable C subscriber) {

	}

	private record Candidate<C>(C connection, RedisClusterInfo info) {

		private int rank() {
			return this.info.whole() ? Integer.MAX_VALUE : this.info.reachableSlots();
		}

	}

}
