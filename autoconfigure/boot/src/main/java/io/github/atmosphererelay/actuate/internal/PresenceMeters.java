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
 * Binds the meters of presence.
 */
final class PresenceMeters {

	private PresenceMeters() {
	}

	static void bind(MeterRegistry registry, PresenceService presence) {
		gauge(registry, "atmosphere.presence.own", "Subscriptions of this node's sessions in channels with presence",
				presence, PresenceService::ownEntries);
		gauge(registry, "atmosphere.presence.known", "Subscriptions of other nodes' sessions that this node knows",
				presence, PresenceService::knownEntries);
		PresenceStatistics statistics = presence.statistics();
		counter(registry, "atmosphere.presence.sent", "Changes of presence sent to other nodes", statistics,
				PresenceStatistics::changesSent);
		counter(registry, "atmosphere.presence.received", "Changes of presence received from other nodes", statistics,
				PresenceStatistics::changesReceived);
		counter(registry, "atmosphere.presence.resyncs",
				"Times this node asked another node for changes that it had missed", statistics,
				PresenceStatistics::resyncs);
		counter(registry, "atmosphere.presence.divergences",
				"Times this node's list of another node's members was wrong although no change had been missed",
				statistics, PresenceStatistics::divergences);
		counter(registry, "atmosphere.presence.states",
				"Times this node sent the complete list of its members to another node", statistics,
				PresenceStatistics::statesSent);
		counter(registry, "atmosphere.presence.dropped",
				"Messages about presence that were dropped, because too many were waiting or they could not be read",
				statistics, PresenceStatistics::dropped);
		counter(registry, "atmosphere.presence.refused",
				"Members or attributes of members that were left out, because they were too large or failed",
				statistics, PresenceStatistics::refused);
		counter(registry, "atmosphere.presence.untold",
				"Joins and leaves of sessions that were not reported, because there were too many at once in a channel",
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
