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

import io.github.atmosphererelay.door.atmosphere.internal.AtmosphereDoor;
import io.github.atmosphererelay.door.atmosphere.internal.PollStatistics;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * Binds the meters of clients that poll.
 */
public final class PollMeters implements MeterBinder {

	private final AtmosphereDoor door;

	/**
	 * Create the meters.
	 * @param door has the sessions
	 */
	public PollMeters(AtmosphereDoor door) {
		this.door = door;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		Gauge.builder("atmosphere.polling.sessions", this.door, AtmosphereDoor::pollSessions)
			.description("Sessions of this node whose clients poll")
			.baseUnit("sessions")
			.strongReference(true)
			.register(registry);
		Gauge.builder("atmosphere.polling.queued", this.door, AtmosphereDoor::waitingForNodes)
			.description("Requests for messages and answers that wait until another node has taken others")
			.strongReference(true)
			.register(registry);
		PollStatistics statistics = this.door.statistics();
		counter(registry, "atmosphere.polling.carried", "Requests for messages carried to the nodes of their sessions",
				statistics, PollStatistics::carriedCount);
		counter(registry, "atmosphere.polling.continued", "Sessions continued here because their nodes had gone",
				statistics, PollStatistics::continuedCount);
		counter(registry, "atmosphere.polling.repeated",
				"Answers sent again because their clients had not received them", statistics,
				PollStatistics::repeatedCount);
		counter(registry, "atmosphere.polling.superseded",
				"Requests for messages ended because their clients had sent others", statistics,
				PollStatistics::supersededCount);
		counter(registry, "atmosphere.polling.resent",
				"Answers sent again to the nodes of their requests, where they did not arrive", statistics,
				PollStatistics::resentCount);
		counter(registry, "atmosphere.polling.postponed",
				"Requests for messages answered with nothing because they could not be served at the time", statistics,
				PollStatistics::postponedCount);
	}

	private static void counter(MeterRegistry registry, String name, String description, PollStatistics source,
			ToDoubleFunction<PollStatistics> value) {
		FunctionCounter.builder(name, source, value).description(description).register(registry);
	}

}
