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

package io.github.atmosphererelay.gateway.internal;

import java.security.Principal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.routing.Placement;
import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.RingMember;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;

/**
 * Tells a client its node, without asking a node, in the same form as a node does.
 * Clients stay at the gateway, which places their sockets, unless they are to go to the
 * nodes directly. Safe for use by many threads; does not block.
 */
public final class RouteLookup {

	private final RingSource rings;

	private final Placement placement;

	private final List<UserSource> sources;

	private final boolean direct;

	private final @Nullable GatewayTickets tickets;

	private final FirstRing firstRing;

	/**
	 * Create a lookup.
	 * @param rings the ring
	 * @param placement places users by the ring
	 * @param sources where the user is found, in order
	 * @param direct whether clients open their sockets at the address of the node
	 * @param tickets issues tickets for that, or {@code null} if nothing does
	 * @param firstRing lets users wait for the first ring
	 */
	public RouteLookup(RingSource rings, Placement placement, List<UserSource> sources, boolean direct,
			@Nullable GatewayTickets tickets, FirstRing firstRing) {
		this.rings = rings;
		this.placement = placement;
		this.sources = sources;
		this.direct = direct;
		this.tickets = tickets;
		this.firstRing = firstRing;
	}

	/**
	 * Return the route of the lookup itself.
	 * @param path the path of the request
	 * @return the route
	 */
	public RouterFunction<ServerResponse> route(String path) {
		return RouterFunctions.route().GET(path, this::answer).build();
	}

	private Mono<ServerResponse> answer(ServerRequest request) {
		if (this.tickets != null && isForeign(request.headers().asHttpHeaders())) {
			return ServerResponse.status(HttpStatus.FORBIDDEN).cacheControl(CacheControl.noStore()).build();
		}
		return UserSource.first(this.sources, request.exchange())
			.flatMap((user) -> this.firstRing.await().thenReturn(user))
			.flatMap((user) -> request.principal()
				.filter((principal) -> user.equals(principal.getName()))
				.map((principal) -> answer(user, principal))
				.switchIfEmpty(Mono.fromSupplier(() -> answer(user, null))))
			.defaultIfEmpty(Map.of())
			.flatMap((body) -> ServerResponse.ok().cacheControl(CacheControl.noStore()).bodyValue(body));
	}

	/**
	 * Return whether a page of another origin asks, with the cookies of the user. A
	 * request with a bearer token does not come from such a page, unless the application
	 * allows it; browsers add other credentials by themselves.
	 */
	private static boolean isForeign(HttpHeaders headers) {
		String authorization = headers.getFirst(HttpHeaders.AUTHORIZATION);
		if (authorization != null && authorization.regionMatches(true, 0, "Bearer ", 0, 7)) {
			return false;
		}
		String site = headers.getFirst("Sec-Fetch-Site");
		if (site != null) {
			return !site.equals("same-origin") && !site.equals("none");
		}
		String origin = headers.getFirst(HttpHeaders.ORIGIN);
		return origin != null && !origin.endsWith("://" + headers.getFirst(HttpHeaders.HOST));
	}

	/**
	 * Answer in the form of a node. Without a ticket or a token, a client does not go to
	 * another address.
	 */
	private Map<String, Object> answer(String user, @Nullable Principal principal) {
		PublishedRing published = this.rings.ring();
		if (published == null || published.ring().isSpread(user)) {
			return Map.of();
		}
		RingMember owner = this.placement.ofUser(user, published.ring());
		if (owner == null) {
			return Map.of();
		}
		boolean elsewhere = this.direct && owner.address() != null;
		Map<String, Object> body = new LinkedHashMap<>();
		body.put("node", owner.name());
		if (elsewhere) {
			body.put("address", String.valueOf(owner.address()));
		}
		body.put("here", !elsewhere);
		body.put("ring", Map.of("term", published.version().term(), "counter", published.version().counter(), "digest",
				published.version().digest()));
		String ticket = (elsewhere && principal != null && this.tickets != null) ? this.tickets.issue(principal) : null;
		if (ticket != null) {
			body.put("ticket", ticket);
		}
		return body;
	}

}
