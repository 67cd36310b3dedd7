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

import io.github.atmosphererelay.durable.internal.DurableOutcome;
import io.github.atmosphererelay.durable.internal.DurableStatistics;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

/**
 * Binds the meters of durable sessions.
 */
final class DurableMeters {

	private DurableMeters() {
	}

	static void bind(MeterRegistry registry, DurableStatistics statistics) {
		Gauge.builder("atmosphere.durable.sessions", statistics, DurableStatistics::sessions)
			.description("Clients of this node that have a durable session")
			.baseUnit("sessions")
			.strongReference(true)
			.register(registry);
		Gauge.builder("atmosphere.durable.stored", statistics, DurableStatistics::stored)
			.description("Durable sessions of all nodes in the store, when this node last counted them")
			.strongReference(true)
			.register(registry);
		for (DurableOutcome outcome : DurableOutcome.values()) {
			FunctionCounter.builder("atmosphere.durable.starts", statistics, (source) -> source.starts(outcome))
				.description("Requests of clients for a durable session")
				.tag("outcome", outcome.tag())
				.register(registry);
		}
		counter(registry, "atmosphere.durable.takeovers",
				"Connections closed because the client had connected again with the same durable session", statistics,
				DurableStatistics::takeovers);
		counter(registry, "atmosphere.durable.saves", "Entries saved in the store of durable sessions", statistics,
				DurableStatistics::saves);
		counter(registry, "atmosphere.durable.failures",
				"Calls of the store of durable sessions that failed or timed out", statistics,
				DurableStatistics::failures);
		counter(registry, "atmosphere.durable.dropped",
				"Durable sessions whose last state was not saved because the store was away", statistics,
				DurableStatistics::dropped);
		counter(registry, "atmosphere.durable.removed",
				"Expired durable sessions that this node removed from the store", statistics,
				DurableStatistics::removed);
	}

	private static void counter(MeterRegistry registry, String name, String description, DurableStatistics source,
			ToDoubleFunction<DurableStatistics> value) {
		FunctionCounter.builder(name, source, value).description(description).register(registry);
	}

}
