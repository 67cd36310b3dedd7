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

package io.github.atmosphererelay.demo;

import java.security.Principal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.cluster.ClusterNode;
import io.github.atmosphererelay.cluster.ClusterSession;
import io.github.atmosphererelay.cluster.SessionPage;
import io.github.atmosphererelay.cluster.SessionQuery;
import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.Route;
import io.github.atmosphererelay.routing.Routes;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.http.CacheControl;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * Tells the page where the ring places the users, and where those in a room are.
 */
@RestController
class PlacementController {

	/** More would not fit on a page. */
	private static final int MAX_SESSIONS = 200;

	/** The cluster is asked once for all pages that show a room, and not for each. */
	private static final Duration KEPT = Duration.ofSeconds(1);

	private static final int MAX_KEPT = 100;

	private final @Nullable Routes routes;

	private final Cluster cluster;

	private final NodeDirectory nodes;

	private final Map<String, Kept> kept = new ConcurrentHashMap<>();

	PlacementController(ObjectProvider<Routes> routes, Cluster cluster, NodeDirectory nodes) {
		this.routes = routes.getIfAvailable();
		this.cluster = cluster;
		this.nodes = nodes;
	}

	@GetMapping("/api/placement")
	CompletionStage<ResponseEntity<Placement>> placement(@RequestParam String room, Principal principal) {
		Routes routes = this.routes;
		if (routes == null) {
			return CompletableFuture.completedFuture(ResponseEntity.notFound().build());
		}
		Collection<NodeDirectory.Node> nodes = this.nodes.nodes();
		return sessions(room).thenApply((page) -> ResponseEntity.ok()
			.cacheControl(CacheControl.noStore())
			.body(placement(routes, nodes, page, principal.getName())));
	}

	private CompletionStage<SessionPage> sessions(String room) {
		long now = System.nanoTime();
		this.kept.values().removeIf((each) -> now - each.at() > KEPT.toNanos());
		if (this.kept.size() >= MAX_KEPT) {
			return ask(room);
		}
		return this.kept.computeIfAbsent(room, (name) -> new Kept(now, ask(name))).page();
	}

	private CompletionStage<SessionPage> ask(String room) {
		return this.cluster.sessions(SessionQuery.ALL.inChannel("chat/" + room).limit(MAX_SESSIONS));
	}

	private Placement placement(Routes routes, Collection<NodeDirectory.Node> nodes, SessionPage page, String caller) {
		Map<UUID, String> names = this.cluster.nodes()
			.stream()
			.collect(Collectors.toMap(ClusterNode::id, ClusterNode::name));
		Set<String> users = new LinkedHashSet<>(SecurityConfiguration.USERS);
		users.add(SecurityConfiguration.OPERATOR);
		List<Place> sessions = new ArrayList<>();
		for (ClusterSession session : page.sessions()) {
			String user = session.user();
			String node = names.get(session.node());
			if (user != null && node != null) {
				users.add(user);
				// With its id a session can be addressed, which is nobody else's business
				sessions.add(new Place(user.equals(caller) ? session.id() : null, user, node));
			}
		}
		SortedMap<String, String> owners = new TreeMap<>();
		for (String user : users) {
			Route route = routes.find(user);
			if (route != null) {
				owners.put(user, route.node());
			}
		}
		PublishedRing ring = routes.ring();
		String version = (ring != null) ? ring.version().term() + "." + ring.version().counter() : null;
		return new Placement(version, nodes.stream().map((node) -> new NodeState(node.name(), node.state())).toList(),
				owners, sessions);
	}

	/**
	 * Who is where.
	 *
	 * @param ring the term and counter of the ring's version, or {@code null} before
	 * there is a ring
	 * @param nodes the nodes in order
	 * @param owners the node of each user by the ring
	 * @param sessions the sessions in the room
	 */
	record Placement(@Nullable String ring, List<NodeState> nodes, Map<String, String> owners, List<Place> sessions) {

	}

	/**
	 * A node.
	 *
	 * @param name its name
	 * @param state {@code starting}, {@code running}, {@code stopping} or {@code stopped}
	 */
	record NodeState(String name, String state) {

	}

	/**
	 * Where a session is.
	 *
	 * @param id the session's id if it is the caller's, or {@code null}
	 * @param user whose it is
	 * @param node the name of its node
	 */
	record Place(@Nullable String id, String user, String node) {

	}

	/**
	 * What the cluster has answered lately.
	 *
	 * @param at when it was asked, in {@link System#nanoTime()}
	 * @param page the answer
	 */
	private record Kept(long at, CompletionStage<SessionPage> page) {

	}

}
