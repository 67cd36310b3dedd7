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

import java.util.Locale;
import java.util.function.ToDoubleFunction;

import io.github.atmosphererelay.stomp.internal.StompRelay;
import io.github.atmosphererelay.stomp.internal.StompStatistics;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * The meters of STOMP on this node.
 */
public final class StompMeters implements MeterBinder {

	private final StompRelay stomp;

	/**
	 * Create meters.
	 * @param stomp what they show
	 */
	public StompMeters(StompRelay stomp) {
		this.stomp = stomp;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		gauge(registry, "sessions", "sessions", "STOMP sessions on this node", StompRelay::sessions);
		gauge(registry, "destinations", "destinations",
				"Destinations and patterns to which STOMP sessions of this node are subscribed",
				StompRelay::destinations);
		gauge(registry, "waiting.bytes", "bytes",
				"Bytes of other nodes' STOMP messages that wait for slow deliveries on this node",
				StompRelay::waitingBytes);
		for (StompStatistics.Sent outcome : StompStatistics.Sent.values()) {
			counter(registry, "sent", "STOMP messages of this node that are for other nodes, too", outcome,
					(stomp) -> stomp.statistics().sent(outcome));
		}
		for (StompStatistics.Received outcome : StompStatistics.Received.values()) {
			counter(registry, "received", "STOMP messages of other nodes", outcome,
					(stomp) -> stomp.statistics().received(outcome));
		}
		for (StompStatistics.ReceiptOutcome outcome : StompStatistics.ReceiptOutcome.values()) {
			counter(registry, "receipts", "Receipts that STOMP clients have asked for", outcome,
					(stomp) -> stomp.statistics().receipts(outcome));
		}
	}

	private void gauge(MeterRegistry registry, String name, String unit, String description,
			ToDoubleFunction<StompRelay> value) {
		Gauge.builder("atmosphere.stomp." + name, this.stomp, value)
			.description(description)
			.baseUnit(unit)
			.register(registry);
	}

	private void counter(MeterRegistry registry, String name, String description, Enum<?> outcome,
			ToDoubleFunction<StompRelay> value) {
		FunctionCounter.builder("atmosphere.stomp." + name, this.stomp, value)
			.description(description)
			.tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
			.register(registry);
	}

}
