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

import java.util.function.ToLongFunction;

import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.RingVersion;
import io.github.atmosphererelay.routing.Routes;
import io.github.atmosphererelay.routing.internal.RoutingStatistics;
import io.github.atmosphererelay.routing.internal.TicketRefusal;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * The meters of routing.
 */
public final class RoutingMeters implements MeterBinder {

	private final RoutingStatistics statistics;

	private final Routes routes;

	/**
	 * Create meters.
	 * @param statistics the counters that they show
	 * @param routes knows the ring
	 */
	public RoutingMeters(RoutingStatistics statistics, Routes routes) {
		this.statistics = statistics;
		this.routes = routes;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		RoutingStatistics statistics = this.statistics;
		Gauge.builder("atmosphere.routing.sessions", statistics, RoutingStatistics::inPlace)
			.description("Sessions of users on this node, by whether the ring places them here")
			.tag("place", "in_place")
			.baseUnit("sessions")
			.register(registry);
		Gauge.builder("atmosphere.routing.sessions", statistics, RoutingStatistics::misplaced)
			.description("Sessions of users on this node, by whether the ring places them here")
			.tag("place", "misplaced")
			.baseUnit("sessions")
			.register(registry);
		FunctionCounter.builder("atmosphere.routing.moves", statistics, RoutingStatistics::moves)
			.description("Sessions that this node has asked to move to another node")
			.baseUnit("sessions")
			.register(registry);
		FunctionCounter.builder("atmosphere.routing.skipped", statistics, RoutingStatistics::skippedSlices)
			.description("Slices of moves that have waited, because the publisher did not confirm the ring in time")
			.register(registry);
		FunctionCounter.builder("atmosphere.routing.dropped", statistics, RoutingStatistics::dropped)
			.description("Routing messages that were dropped, because too many waited")
			.baseUnit("messages")
			.register(registry);
		FunctionCounter
			.builder("atmosphere.routing.placement.failures", statistics, RoutingStatistics::placementFailures)
			.description("Calls of the application's Placement that failed, or found it busy")
			.register(registry);
		for (TicketRefusal reason : TicketRefusal.values()) {
			FunctionCounter
				.builder("atmosphere.routing.tickets.refused", statistics, (source) -> source.refusedTickets(reason))
				.description("Tickets that were not issued or not taken")
				.tag("reason", reason.tag())
				.baseUnit("tickets")
				.register(registry);
		}
		FunctionCounter.builder("atmosphere.routing.copy.failures", statistics, RoutingStatistics::copyFailures)
			.description("Attempts to write Redis' copy of the ring that have failed")
			.register(registry);
		version(registry, "term", RingVersion::term);
		version(registry, "counter", RingVersion::counter);
		Gauge.builder("atmosphere.routing.agreed", this.routes, (source) -> source.isAgreed() ? 1 : 0)
			.description("1 while this node agrees with the published ring, otherwise 0")
			.register(registry);
	}

	private void version(MeterRegistry registry, String part, ToLongFunction<RingVersion> value) {
		Gauge.builder("atmosphere.routing.ring", this.routes, (source) -> {
			PublishedRing ring = source.ring();
			return (ring != null) ? value.applyAsLong(ring.version()) : 0;
		}).description("Version of the ring that this node uses, by its part").tag("part", part).register(registry);
	}

}
