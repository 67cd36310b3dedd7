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

package io.github.atmosphererelay.routing;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.routing.internal.RoutingService;
import io.github.atmosphererelay.test.BrokerCluster;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.RecordingClient;
import io.github.atmosphererelay.testkit.ApplicationNode;
import io.github.atmosphererelay.testkit.RelayCluster;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Nodes with routing on Redis, which grow in number while users are connected. The
 * channels {@code room/**} are ephemeral, {@code log/**} recorded.
 */
final class MovingNodes implements AutoCloseable {

	static final Duration WITHIN = Duration.ofSeconds(60);

	private static final List<String> PROPERTIES = List.of("atmosphere.channels[0].pattern=room/**",
			"atmosphere.channels[0].presence=true", "atmosphere.channels[1].pattern=log/**",
			"atmosphere.channels[1].presence=true", "atmosphere.channels[1].history.size=20000",
			"atmosphere.durable-sessions.enabled=true", "atmosphere.durable-sessions.store=redis",
			"atmosphere.durable-sessions.save-interval=200ms", "atmosphere.presence.push-interval=50ms",
			"atmosphere.presence.move-timeout=8s", "atmosphere.routing.enabled=true",
			"atmosphere.routing.settle-time=500ms", "atmosphere.routing.move-delay=2s",
			"atmosphere.cluster.heartbeat-interval=500ms", "atmosphere.cluster.node-timeout=5s");

	private final Broker broker = new Broker.Redis();

	private final RelayCluster cluster = start(2);

	MovingNodes() {
		awaitAgreement();
	}

	/**
	 * Start nodes that are named as if they were the first ones.
	 */
	RelayCluster start(int count) {
		RelayCluster.Builder nodes = BrokerCluster.of(this.broker.directProperties(), PresenceWatcher.Members.class)
			.nodes(count);
		PROPERTIES.forEach(nodes::property);
		return nodes.start();
	}

	List<ApplicationNode> all() {
		return this.cluster.nodes();
	}

	ApplicationNode node(int index) {
		return this.cluster.node(index);
	}

	ApplicationNode startNode() {
		return this.cluster.startNode();
	}

	void awaitAgreement() {
		int count = all().size();
		for (ApplicationNode node : all()) {
			MachineTime.await(WITHIN).until(() -> {
				PublishedRing ring = node.bean(Routes.class).ring();
				return ring != null && node.bean(Routes.class).isAgreed() && ring.ring().members().size() == count;
			});
		}
	}

	/**
	 * Return the node of a user, by the present ring.
	 */
	ApplicationNode owner(String user) {
		Route route = node(0).bean(Routes.class).find(user);
		assertThat(route).isNotNull();
		return all().stream().filter((node) -> node.name().equals(route.node())).findFirst().orElseThrow();
	}

	/**
	 * Return names of users who belong to the node that joins next.
	 */
	List<String> movers(String prefix, int count) {
		String next = "node-" + all().size();
		List<RingMember> members = new ArrayList<>(List.of(new RingMember(next, 1)));
		all().forEach((node) -> members.add(new RingMember(node.name(), 1)));
		Ring ring = Ring.of(members);
		return IntStream.range(0, 10_000).mapToObj((i) -> prefix + i).filter((user) -> {
			RingMember owner = ring.owner(user);
			return owner != null && owner.name().equals(next);
		}).limit(count).toList();
	}

	/**
	 * Return where a user connects now.
	 */
	URI door(String user, String channelAndQuery) {
		return URI.create("ws://localhost:" + owner(user).port() + "/atmosphere/" + channelAndQuery
				+ (channelAndQuery.contains("?") ? "&" : "?") + "user=" + user);
	}

	/**
	 * Return whether a client is connected to its user's node.
	 */
	boolean isInPlace(RecordingClient client) {
		List<String> sessions = client.sessions();
		String node = owner(client.name()).bean(MessagingNode.class).identity().id().toString();
		return client.isLive() && !sessions.isEmpty() && sessions.get(sessions.size() - 1).startsWith(node);
	}

	/**
	 * Return how many sessions were asked to move so far.
	 */
	long moves() {
		return all().stream().mapToLong((node) -> node.bean(RoutingService.class).statistics().moves()).sum();
	}

	/**
	 * Wait until so many sessions were asked to move, and no others will be.
	 */
	void awaitMoves(long before, int count) {
		MachineTime.await(WITHIN).until(() -> moves() - before >= count);
		MachineTime.await(WITHIN)
			.until(() -> all().stream().noneMatch((node) -> node.bean(RoutingService.class).isMoving()));
		assertThat(moves() - before).as("moves after the plans have ended").isEqualTo(count);
	}

	@Override
	public void close() {
		this.cluster.close();
		this.broker.close();
	}

}
