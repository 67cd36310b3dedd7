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

package io.github.atmosphererelay.actuate.internal;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.github.atmosphererelay.broadcast.UnknownSessionException;
import io.github.atmosphererelay.cluster.AffectedSessions;
import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.cluster.ClusterNode;
import io.github.atmosphererelay.cluster.NodeLoad;
import io.github.atmosphererelay.cluster.NodeRouting;
import io.github.atmosphererelay.cluster.SessionPage;
import io.github.atmosphererelay.cluster.SessionQuery;
import io.github.atmosphererelay.session.CloseReason;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;

/**
 * Runs the endpoint's operations that concern all nodes. Blocks until the other nodes
 * have answered, at most for {@code atmosphere.cluster.request-timeout}.
 */
final class ClusterOperations {

	private static final int POLICY_VIOLATION = 1008;

	private static final int FIRST_OWN_CODE = 3000;

	private final Cluster cluster;

	private final ChannelCounts channels;

	ClusterOperations(Cluster cluster, ChannelCounts channels) {
		this.cluster = cluster;
		this.channels = channels;
	}

	ClusterDescriptor describe() {
		List<ClusterNode> nodes = this.cluster.nodes();
		return new ClusterDescriptor(this.cluster.self().id(), this.cluster.isFrozen(), nodes.size(),
				nodes.stream().mapToInt((node) -> node.load().sessions()).sum(),
				nodes.stream().mapToDouble((node) -> node.load().receivedPerSecond()).sum(),
				nodes.stream().mapToDouble((node) -> node.load().deliveredPerSecond()).sum(),
				nodes.stream().map(NodeDescriptor::of).toList());
	}

	SessionPage sessions(@Nullable String user, @Nullable String channel, @Nullable String after, int size) {
		return await(this.cluster.sessions(new SessionQuery(user, channel, after, size)));
	}

	ChannelCounts.ClusterChannels channels(int size) {
		return this.channels.ask(this.cluster, size);
	}

	Affected disconnectUser(String user, @Nullable Integer code, @Nullable String reason) {
		return Affected.of(await(this.cluster.disconnectUser(user, reason(code, reason))));
	}

	Affected disconnectSession(String session, @Nullable Integer code, @Nullable String reason) {
		return Affected.of(await(this.cluster.disconnectSession(session, reason(code, reason))));
	}

	Affected subscribe(String user, String channel) {
		try {
			return Affected.of(await(this.cluster.subscribe(user, channel)));
		}
		catch (IllegalArgumentException ex) {
			throw invalid(ex.getMessage());
		}
	}

	Affected unsubscribe(String user, String channel) {
		return Affected.of(await(this.cluster.unsubscribe(user, channel)));
	}

	private static CloseReason reason(@Nullable Integer code, @Nullable String text) {
		int number = (code != null) ? code : POLICY_VIOLATION;
		if (number != POLICY_VIOLATION && (number < FIRST_OWN_CODE || number > 4999)) {
			throw invalid("'code' must be 1008, or between 3000 and 4999");
		}
		try {
			return new CloseReason(number, (text != null) ? text : "disconnected by an operator");
		}
		catch (IllegalArgumentException ex) {
			throw invalid(ex.getMessage());
		}
	}

	static InvalidEndpointRequestException invalid(@Nullable String reason) {
		String text = (reason != null) ? reason : "The request is not valid";
		return new InvalidEndpointRequestException(text, text);
	}

	private static <T> T await(CompletableFuture<T> answers) {
		try {
			return answers.join();
		}
		catch (CompletionException ex) {
			if (ex.getCause() instanceof UnknownSessionException unknown) {
				throw invalid(unknown.getMessage());
			}
			throw (ex.getCause() instanceof RuntimeException runtime) ? runtime : ex;
		}
	}

	/**
	 * Describes the cluster as this node sees it.
	 *
	 * @param self the id of this node
	 * @param frozen whether the list of nodes may be out of date, because the relay is
	 * down
	 * @param size the number of nodes
	 * @param sessions the number of sessions on all nodes
	 * @param receivedPerSecond the number of messages that clients send in a second, on
	 * all nodes
	 * @param deliveredPerSecond the number of messages written to clients in a second, on
	 * all nodes
	 * @param nodes the nodes, beginning with this one
	 */
	record ClusterDescriptor(UUID self, boolean frozen, int size, int sessions, double receivedPerSecond,
			double deliveredPerSecond, List<NodeDescriptor> nodes) {
	}

	/**
	 * Describes a node, with its share of the users only if it takes part in routing.
	 *
	 * @param id its id
	 * @param name its name
	 * @param address host and port of its web server, or {@code null}
	 * @param startedAt when it was started
	 * @param version the version of this library that it runs
	 * @param load its number of sessions and message rates
	 * @param routing its share of the users, or {@code null}
	 */
	record NodeDescriptor(UUID id, String name, @Nullable String address, Instant startedAt, String version,
			NodeLoad load, @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable NodeRouting routing) {

		static NodeDescriptor of(ClusterNode node) {
			return new NodeDescriptor(node.id(), node.name(), node.address(), node.startedAt(), node.version(),
					node.load(), node.routing());
		}

	}

	/**
	 * Counts the sessions that an operation has changed.
	 *
	 * @param sessions the number of sessions
	 * @param nodes the number of nodes with such sessions
	 * @param byNode the number of sessions by node
	 * @param failed the nodes on which the operation failed, with the reasons
	 * @param unanswered the nodes that did not answer in time
	 */
	record Affected(int sessions, int nodes, Map<UUID, Integer> byNode, Map<UUID, String> failed,
			Set<UUID> unanswered) {

		static Affected of(AffectedSessions result) {
			return new Affected(result.sessions(), result.nodes(), result.byNode(), result.failed(),
					result.unanswered());
		}

	}

}
