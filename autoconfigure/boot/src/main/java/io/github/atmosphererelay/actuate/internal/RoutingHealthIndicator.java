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

import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.internal.HeldNode;
import io.github.atmosphererelay.routing.internal.RingState;
import io.github.atmosphererelay.routing.internal.RoutingService;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

/**
 * Reports whether routing works on this node. Messages do not depend on routing, so that
 * its problems never make the node DOWN.
 */
public final class RoutingHealthIndicator extends AbstractHealthIndicator {

	private final RoutingService routing;

	/**
	 * Create an indicator.
	 * @param routing the routing of this node
	 */
	public RoutingHealthIndicator(RoutingService routing) {
		super("The health of routing could not be determined");
		this.routing = routing;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		RingState state = this.routing.state();
		String problem = this.routing.problem();
		boolean healthy = !state.selfOutside() && problem == null;
		builder.status(healthy ? Status.UP : AtmosphereHealthIndicator.DEGRADED);
		PublishedRing ring = state.ring();
		builder.withDetail("ring", (ring != null) ? ring.version().toString() : "none")
			.withDetail("members", (ring != null) ? ring.ring().members().size() : 0)
			.withDetail("agreed", state.agreed())
			.withDetail("frozen", state.frozen());
		if (!state.held().isEmpty()) {
			builder.withDetail("held", state.held().stream().map(HeldNode::name).toList());
		}
		if (state.selfOutside()) {
			builder.withDetail("outside", "another node has the name '" + this.routing.self()
					+ "': give each node its own 'atmosphere.cluster.node-name'");
		}
		else if (!state.outside().isEmpty()) {
			builder.withDetail("outside", state.outside());
		}
		if (problem != null) {
			builder.withDetail("problem", problem);
		}
	}

}
