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

import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

import io.github.atmosphererelay.relay.http.internal.HttpRelay;
import io.github.atmosphererelay.relay.http.internal.HttpRelayStatistics;
import io.github.atmosphererelay.relay.http.internal.RefusalReason;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.jspecify.annotations.Nullable;

/**
 * The meters of the HTTP relay.
 */
public final class HttpRelayMeters implements MeterBinder {

	private final Supplier<@Nullable HttpRelay> source;

	/**
	 * Create meters.
	 * @param source supplies the relay, or {@code null} if another one is used
	 */
	public HttpRelayMeters(Supplier<@Nullable HttpRelay> source) {
		this.source = source;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		HttpRelay relay = this.source.get();
		if (relay == null) {
			return;
		}
		Gauge.builder("atmosphere.relay.http.peers", relay, HttpRelay::livePeers)
			.description("Other nodes that are connected in both directions")
			.baseUnit("nodes")
			.register(registry);
		HttpRelayStatistics statistics = relay.statistics();
		requests(registry, statistics, "answered", HttpRelayStatistics::exchanges);
		requests(registry, statistics, "failed", HttpRelayStatistics::failedExchanges);
		requests(registry, statistics, "forged", HttpRelayStatistics::forgedAnswers);
		for (RefusalReason reason : RefusalReason.values()) {
			FunctionCounter.builder("atmosphere.relay.http.refused", statistics, (counters) -> counters.refused(reason))
				.description("Requests to the endpoint for other nodes that were refused")
				.tag("reason", reason.tag())
				.register(registry);
		}
		count(registry, statistics, "sent", "bytes",
				"Bytes of the bodies that were sent to other nodes, with repetitions and requests without messages",
				HttpRelayStatistics::sentBytes);
		count(registry, statistics, "missed", "messages",
				"Messages that another node has missed, counted when it is there again", HttpRelayStatistics::missed);
		count(registry, statistics, "abandoned", "messages",
				"Messages that were kept for a node that has not come back, for each node and start of it",
				HttpRelayStatistics::abandoned);
		count(registry, statistics, "duplicates", "messages",
				"Messages that were received again and dropped, because an answer was lost",
				HttpRelayStatistics::duplicates);
		count(registry, statistics, "uninteresting", "messages",
				"Received messages that this node does not follow, from nodes that were not sure about it",
				HttpRelayStatistics::uninteresting);
	}

	private static void requests(MeterRegistry registry, HttpRelayStatistics statistics, String outcome,
			ToDoubleFunction<HttpRelayStatistics> value) {
		FunctionCounter.builder("atmosphere.relay.http.requests", statistics, value)
			.description("Requests to other nodes")
			.tag("outcome", outcome)
			.register(registry);
	}

	private static void count(MeterRegistry registry, HttpRelayStatistics statistics, String name, String unit,
			String description, ToDoubleFunction<HttpRelayStatistics> value) {
		FunctionCounter.builder("atmosphere.relay.http." + name, statistics, value)
			.description(description)
			.baseUnit(unit)
			.register(registry);
	}

}
