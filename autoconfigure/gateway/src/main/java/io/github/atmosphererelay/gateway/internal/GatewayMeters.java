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

import java.util.function.ToDoubleFunction;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * The meters of the gateway.
 *
 * @param statistics what they show of WebSockets
 * @param budget what they show of bytes
 */
public record GatewayMeters(ProxyStatistics statistics, ByteBudget budget) implements MeterBinder {

	@Override
	public void bindTo(MeterRegistry registry) {
		Gauge.builder("atmosphere.gateway.websockets", this.statistics, ProxyStatistics::open)
			.description("WebSockets that this gateway forwards")
			.baseUnit("sockets")
			.register(registry);
		handshakes(registry, "accepted", ProxyStatistics::accepted);
		handshakes(registry, "refused", ProxyStatistics::refused);
		handshakes(registry, "failed", ProxyStatistics::failed);
		closed(registry, "too_large", ProxyStatistics::tooLarge);
		closed(registry, "idle", ProxyStatistics::idle);
		closed(registry, "node_lost", ProxyStatistics::nodeLost);
		closed(registry, "stopped", ProxyStatistics::stopped);
		closed(registry, "slow", ProxyStatistics::slow);
		Gauge.builder("atmosphere.gateway.held", this.budget, ByteBudget::taken)
			.description("Bytes of messages that wait to be forwarded, beyond what each WebSocket may hold by itself")
			.baseUnit("bytes")
			.register(registry);
		FunctionCounter.builder("atmosphere.gateway.pauses", this.budget, ByteBudget::pauses)
			.description("How often a WebSocket was not read because too many bytes were held")
			.register(registry);
		FunctionCounter.builder("atmosphere.gateway.ring.failures", this.statistics, ProxyStatistics::ringFailures)
			.description("Attempts to read the ring that have failed")
			.register(registry);
		FunctionCounter.builder("atmosphere.gateway.unplaced", this.statistics, ProxyStatistics::unplaced)
			.description("Requests of users that were not placed by the ring, because none had come in time")
			.register(registry);
	}

	private void handshakes(MeterRegistry registry, String outcome, ToDoubleFunction<ProxyStatistics> value) {
		FunctionCounter.builder("atmosphere.gateway.handshakes", this.statistics, value)
			.description("Attempts to open a WebSocket at a node, by their outcome")
			.tag("outcome", outcome)
			.register(registry);
	}

	private void closed(MeterRegistry registry, String reason, ToDoubleFunction<ProxyStatistics> value) {
		FunctionCounter.builder("atmosphere.gateway.closed", this.statistics, value)
			.description("WebSockets that this gateway has closed itself, by the reason")
			.tag("reason", reason)
			.register(registry);
	}

}
