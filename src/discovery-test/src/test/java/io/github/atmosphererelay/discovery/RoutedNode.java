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

package io.github.atmosphererelay.discovery;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.RingMember;
import io.github.atmosphererelay.routing.Routes;
import io.github.atmosphererelay.routing.internal.RoutingService;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import io.github.atmosphererelay.test.TestNode;
import io.github.atmosphererelay.test.UsersByParameter;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * The main class of a node behind a gateway, in a process of its own, but not longer than
 * the process that started it. Ends in order when it is asked to.
 */
public final class RoutedNode {

	private RoutedNode() {
	}

	public static void main(String[] args) throws IOException {
		TestNode node = TestNode.start(List.of(Application.class), args);
		Runtime.getRuntime().addShutdownHook(new Thread(node::close));
		while (System.in.read() >= 0) {
			continue;
		}
		Runtime.getRuntime().halt(1);
	}

	/**
	 * What a node knows.
	 *
	 * @param id the id of its process in the cluster
	 * @param agreed whether it agrees with the ring
	 * @param version the ring's version
	 * @param serving the names of members that serve clients
	 * @param moving whether it may still ask sessions to move
	 * @param moves how many sessions it has asked to move
	 * @param users how many sessions each user has here
	 */
	record State(String id, boolean agreed, String version, List<String> serving, boolean moving, long moves,
			Map<String, Integer> users) {
	}

	/**
	 * The application of a node, whose clients choose their names.
	 */
	@Configuration(proxyBeanMethods = false)
	@Import(UsersByParameter.class)
	static class Application {

		@Bean
		StateController stateController(Routes routes, RoutingService routing, MessagingNode messaging) {
			return new StateController(messaging.identity().id().toString(), routes, routing, messaging.registry());
		}

	}

	/**
	 * Tells the test what the node knows.
	 */
	@RestController
	static class StateController {

		private final String id;

		private final Routes routes;

		private final RoutingService routing;

		private final SessionRegistry registry;

		StateController(String id, Routes routes, RoutingService routing, SessionRegistry registry) {
			this.id = id;
			this.routes = routes;
			this.routing = routing;
			this.registry = registry;
		}

		@GetMapping("/test/state")
		State state() {
			Map<String, Integer> users = new TreeMap<>();
			for (LocalSession session : this.registry.sessions()) {
				if (session.principal() != null && session.isOpen()) {
					users.merge(session.principal().getName(), 1, Integer::sum);
				}
			}
			PublishedRing ring = this.routes.ring();
			return new State(this.id, this.routes.isAgreed(), (ring != null) ? ring.version().toString() : "",
					(ring != null) ? ring.ring()
						.members()
						.stream()
						.filter((member) -> member.weight() > 0)
						.map(RingMember::name)
						.sorted()
						.toList() : List.of(),
					this.routing.isMoving(), this.routing.statistics().moves(), users);
		}

	}

}
