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

import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

import io.github.atmosphererelay.outbox.internal.OutboxStatistics;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * The meters of the outbox.
 */
public final class OutboxMeters implements MeterBinder {

	private final OutboxStatistics statistics;

	/**
	 * Create meters.
	 * @param statistics what they show
	 */
	public OutboxMeters(OutboxStatistics statistics) {
		this.statistics = statistics;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		Gauge.builder("atmosphere.outbox.waiting", this.statistics, (source) -> source.status().waiting())
			.description("Messages in the outbox that are not forwarded yet, of all nodes, as this node has seen last")
			.baseUnit("messages")
			.register(registry);
		TimeGauge
			.builder("atmosphere.outbox.oldest", this.statistics, TimeUnit.MILLISECONDS,
					(source) -> source.status().oldest().toMillis())
			.description("Time for which the oldest of these messages has waited")
			.register(registry);
		Gauge.builder("atmosphere.outbox.set.aside", this.statistics, (source) -> source.status().setAside())
			.description("Messages that could not be forwarded and wait for an operator, of all nodes, as this node"
					+ " has seen last")
			.baseUnit("messages")
			.register(registry);
		Gauge.builder("atmosphere.outbox.shards", this.statistics, OutboxStatistics::shards)
			.description("Shards of the outbox, of 16, that this node forwards; together the nodes should have all")
			.baseUnit("shards")
			.register(registry);
		count(registry, "forwarded", OutboxStatistics::forwarded);
		count(registry, "receiver_gone", OutboxStatistics::receiverGone);
		count(registry, "failed", OutboxStatistics::failedAttempts);
		count(registry, "set_aside", OutboxStatistics::setAside);
		count(registry, "resent", OutboxStatistics::resent);
		count(registry, "discarded", OutboxStatistics::discarded);
	}

	private void count(MeterRegistry registry, String outcome, ToDoubleFunction<OutboxStatistics> value) {
		FunctionCounter.builder("atmosphere.outbox.attempts", this.statistics, value)
			.description("What this node has done with messages of the outbox")
			.tag("outcome", outcome)
			.register(registry);
	}

}
