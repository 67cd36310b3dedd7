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
import java.util.Set;

import io.github.atmosphererelay.routing.ChannelPlaces;
import io.github.atmosphererelay.routing.Placement;
import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.Ring;
import io.github.atmosphererelay.routing.RingMember;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.DefaultResponse;
import org.springframework.cloud.client.loadbalancer.EmptyResponse;
import org.springframework.cloud.client.loadbalancer.Request;
import org.springframework.cloud.client.loadbalancer.RequestData;
import org.springframework.cloud.client.loadbalancer.RequestDataContext;
import org.springframework.cloud.client.loadbalancer.Response;
import org.springframework.cloud.loadbalancer.core.ReactorServiceInstanceLoadBalancer;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;

/**
 * Sends a client to the node that serves its channel, if channels are placed, or else a
 * user to the node that the ring names, and everybody else, as well as users who are
 * spread, to the node with the fewest open requests and WebSockets. Also takes another
 * node than the user's if that is not known to discovery or has just refused a
 * connection: a node serves every user, and moves those that are misplaced later. Safe
 * for use by many threads; does not block.
 */
public final class RingLoadBalancer implements ReactorServiceInstanceLoadBalancer {

	private final ObjectProvider<ServiceInstanceListSupplier> instances;

	private final RingSource rings;

	private final Placement placement;

	private final ChannelPlaces channelPlaces;

	private final OpenExchanges open;

	/**
	 * Create a load balancer.
	 * @param instances supplies the instances of the service
	 * @param rings the ring
	 * @param placement places users by the ring
	 * @param channelPlaces knows which node serves a channel at present
	 * @param open counts what is open at each node
	 */
	public RingLoadBalancer(ObjectProvider<ServiceInstanceListSupplier> instances, RingSource rings,
			Placement placement, ChannelPlaces channelPlaces, OpenExchanges open) {
		this.instances = instances;
		this.rings = rings;
		this.placement = placement;
		this.channelPlaces = channelPlaces;
		this.open = open;
	}

	@Override
	@SuppressWarnings("rawtypes")
	public Mono<Response<ServiceInstance>> choose(Request request) {
		ServiceInstanceListSupplier supplier = this.instances.getIfAvailable();
		if (supplier == null) {
			return Mono.just(new EmptyResponse());
		}
		Map<String, Object> attributes = attributes(request);
		return supplier.get(request).next().map((all) -> response(all, attributes)).defaultIfEmpty(new EmptyResponse());
	}

	private static Map<String, Object> attributes(Request<?> request) {
		RequestData data = (request.getContext() instanceof RequestDataContext context) ? context.getClientRequest()
				: null;
		Map<String, Object> attributes = (data != null) ? data.getAttributes() : null;
		return (attributes != null) ? attributes : Map.of();
	}

	private Response<ServiceInstance> response(List<ServiceInstance> all, Map<String, Object> attributes) {
		Set<?> failed = (attributes.get(PlacementFilter.FAILED) instanceof Set<?> set) ? set : Set.of();
		List<ServiceInstance> instances = all.stream()
			.filter((instance) -> !failed.contains(OpenExchanges.key(instance)))
			.toList();
		ServiceInstance chosen = choose(instances, text(attributes, PlacementFilter.USER),
				text(attributes, PlacementFilter.CHANNEL));
		return (chosen != null) ? new DefaultResponse(chosen) : new EmptyResponse();
	}

	private static @Nullable String text(Map<String, Object> attributes, String name) {
		return (attributes.get(name) instanceof String text) ? text : null;
	}

	private @Nullable ServiceInstance choose(List<ServiceInstance> instances, @Nullable String user,
			@Nullable String channel) {
		PublishedRing published = this.rings.ring();
		if (published == null) {
			return this.open.fewest(instances);
		}
		RingMember owner = owner(published.ring(), user, channel);
		ServiceInstance own = (owner != null) ? NodeInstances.find(owner, instances) : null;
		if (own != null) {
			return own;
		}
		List<ServiceInstance> serving = published.ring()
			.members()
			.stream()
			.filter((member) -> member.weight() > 0)
			.map((member) -> NodeInstances.find(member, instances))
			.filter((instance) -> instance != null)
			.toList();
		// Discovery may know nodes that the ring does not, but not the other way round
		return this.open.fewest(serving.isEmpty() ? instances : serving);
	}

	private @Nullable RingMember owner(Ring ring, @Nullable String user, @Nullable String channel) {
		if (channel != null) {
			RingMember present = this.channelPlaces.find(channel, ring);
			RingMember owner = (present != null) ? present : this.placement.ofChannel(channel, ring);
			if (owner != null) {
				return owner;
			}
		}
		return (user != null && !ring.isSpread(user)) ? this.placement.ofUser(user, ring) : null;
	}

}
