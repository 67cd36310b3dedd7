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

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.routing.internal.RoutingService;
import io.github.atmosphererelay.test.BrokerCluster;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.UsersByParameter;
import io.github.atmosphererelay.testkit.ApplicationNode;
import io.github.atmosphererelay.testkit.RelayClient;
import io.github.atmosphererelay.testkit.RelayCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Routing over several nodes on Redis: a node that joins takes its users over, and only
 * these are asked to move, once.
 */
@Timeout(180)
class RoutingOnRedisTests {

	private static final Duration WITHIN = Duration.ofSeconds(60);

	private static final int USERS = 40;

	private static Broker broker;

	private static RelayCluster cluster;

	@BeforeAll
	static void start() {
		broker = new Broker.Redis();
		cluster = BrokerCluster.of(broker.directProperties(), UsersByParameter.class)
			.nodes(3)
			.property("atmosphere.channels[0].pattern=chat/**")
			.property("atmosphere.routing.enabled=true")
			.property("atmosphere.routing.settle-time=500ms")
			.property("atmosphere.routing.move-delay=1s")
			.property("atmosphere.routing.moves-per-second=10")
			.property("atmosphere.cluster.heartbeat-interval=500ms")
			.property("atmosphere.cluster.node-timeout=4s")
			.start();
		awaitMembers(3);
	}

	@AfterAll
	static void stop() {
		cluster.close();
		broker.close();
	}

	private static void awaitMembers(int count) {
		for (ApplicationNode node : cluster.nodes()) {
			MachineTime.await(WITHIN).until(() -> node.bean(Routes.class).isAgreed() && members(node).size() == count);
		}
	}

	private static Set<String> members(ApplicationNode node) {
		PublishedRing ring = node.bean(Routes.class).ring();
		Set<String> names = new HashSet<>();
		if (ring != null) {
			ring.ring()
				.members()
				.stream()
				.filter((member) -> member.weight() > 0)
				.forEach((member) -> names.add(member.name()));
		}
		return names;
	}

	private static ApplicationNode owner(String user) {
		Route route = cluster.nodes().get(0).bean(Routes.class).find(user);
		assertThat(route).isNotNull();
		return cluster.nodes().stream().filter((node) -> node.name().equals(route.node())).findFirst().orElseThrow();
	}

	@Test
	void aNodeThatJoinsTakesItsUsersOverAndOneThatStopsGivesThemBack() {
		Map<String, RelayClient> clients = new HashMap<>();
		for (int i = 0; i < USERS; i++) {
			String user = "user-" + i;
			clients.put(user, owner(user).client().parameter("user", user).connect("chat/lobby"));
		}
		ApplicationNode joined = cluster.startNode();
		awaitMembers(4);
		for (ApplicationNode node : cluster.nodes()) {
			assertThat(node.bean(Routes.class).ring()).isEqualTo(joined.bean(Routes.class).ring());
		}
		List<String> movers = new ArrayList<>();
		clients.replaceAll((user, client) -> {
			if (owner(user) != joined) {
				return client;
			}
			movers.add(user);
			assertThat(client.expectClosed().code()).as(user).isEqualTo(4101);
			return client.reconnect(joined);
		});
		assertThat(movers).isNotEmpty();
		MachineTime.await(WITHIN)
			.until(() -> cluster.nodes().stream().noneMatch((node) -> node.bean(RoutingService.class).isMoving()));
		assertThat(cluster.nodes()
			.stream()
			.mapToLong((node) -> node.bean(RoutingService.class).statistics().moves())
			.sum()).as("moves after the plans have ended").isEqualTo(movers.size());
		cluster.nodes().get(0).broadcaster().broadcast("chat/lobby", "all are here");
		clients.forEach((user, client) -> client.expect("all are here").expectNothingMore());
		joined.close();
		for (String user : movers) {
			assertThat(clients.get(user).expectClosed().code()).as(user).isEqualTo(1001);
		}
		awaitMembers(3);
		movers.forEach((user) -> clients.put(user, clients.get(user).reconnect(owner(user))));
		cluster.nodes().get(0).broadcaster().broadcast("chat/lobby", "all are back");
		clients.forEach((user, client) -> client.expect("all are back").expectNothingMore());
		assertThat(cluster.nodes())
			.allSatisfy((node) -> assertThat(node.bean(RoutingService.class).state().selfOutside()).isFalse());
		clients.values().forEach(RelayClient::close);
	}

}
