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

import java.util.function.ToDoubleFunction;

import io.github.atmosphererelay.presence.internal.PresenceService;
import io.github.atmosphererelay.presence.internal.PresenceStatistics;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

/**
 * The meters of presence.
 */
final class PresenceMeters {

	private PresenceMeters() {
	}

	static void bind(MeterRegistry registry, PresenceService presence) {
		gauge(registry, "atmosphere.presence.own", "Subscriptions of this node's sessions that other nodes are told of",
				presence, PresenceService::ownEntries);
		gauge(registry, "atmosphere.presence.known", "Subscriptions of other nodes' sessions that are known here",
				presence, PresenceService::knownEntries);
		PresenceStatistics statistics = presence.statistics();
		counter(registry, "atmosphere.presence.sent", "Changes of presence that other nodes were told of", statistics,
				PresenceStatistics::changesSent);
		counter(registry, "atmosphere.presence.received", "Changes of presence on other nodes that came", statistics,
				PresenceStatistics::changesReceived);
		counter(registry, "atmosphere.presence.resyncs", "Times another node was asked for what had been missed",
				statistics, PresenceStatistics::resyncs);
		counter(registry, "atmosphere.presence.divergences",
				"Times presence on another node was known wrongly although nothing had been missed", statistics,
				PresenceStatistics::divergences);
		counter(registry, "atmosphere.presence.states", "Times all of this node's presence was sent to another node",
				statistics, PresenceStatistics::statesSent);
		counter(registry, "atmosphere.presence.dropped",
				"Messages about presence that were dropped, because too many waited or they could not be read",
				statistics, PresenceStatistics::dropped);
		counter(registry, "atmosphere.presence.refused",
				"Members or their attributes that were left out because they are too large or failed", statistics,
				PresenceStatistics::refused);
		counter(registry, "atmosphere.presence.untold",
				"Sessions' comings and goings that nobody was told of, because there were too many at once in a channel",
				statistics, PresenceStatistics::untold);
	}

	private static void gauge(MeterRegistry registry, String name, String description, PresenceService source,
			ToDoubleFunction<PresenceService> value) {
		Gauge.builder(name, source, value).description(description).strongReference(true).register(registry);
	}

	private static void counter(MeterRegistry registry, String name, String description, PresenceStatistics source,
			ToDoubleFunction<PresenceStatistics> value) {
		FunctionCounter.builder(name, source, value).description(description).register(registry);
	}

}
