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

import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.routing.Placement;
import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.RingMember;
import reactor.core.publisher.Mono;

import org.springframework.http.CacheControl;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;

/**
 * Tells a client its node, without asking a node. Safe for use by many threads; does not
 * block.
 */
public final class RouteLookup {

	private final RingSource rings;

	private final Placement placement;

	private final List<UserSource> sources;

	/**
	 * Create a lookup.
	 * @param rings the ring
	 * @param placement places users by the ring
	 * @param sources where the user is found, in order
	 */
	public RouteLookup(RingSource rings, Placement placement, List<UserSource> sources) {
		this.rings = rings;
		this.placement = placement;
		this.sources = sources;
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
		return UserSource.first(this.sources, request.exchange())
			.flatMap(this::answer)
			.switchIfEmpty(Mono.defer(() -> ServerResponse.noContent().cacheControl(CacheControl.noStore()).build()));
	}

	private Mono<ServerResponse> answer(String user) {
		PublishedRing published = this.rings.ring();
		RingMember owner = (published != null) ? this.placement.ofUser(user, published.ring()) : null;
		if (published == null || owner == null) {
			return Mono.empty();
		}
		String address = (owner.address() != null) ? owner.address() : "";
		return ServerResponse.ok()
			.cacheControl(CacheControl.noStore())
			.bodyValue(Map.of("node", owner.name(), "address", address, "version", published.version().toString()));
	}

}
