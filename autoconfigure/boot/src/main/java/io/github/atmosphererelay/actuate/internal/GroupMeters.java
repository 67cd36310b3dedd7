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

import io.github.atmosphererelay.group.internal.GroupStatistics;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * The meters of one consumer group on this node.
 */
public final class GroupMeters implements MeterBinder {

	private final String group;

	private final GroupStatistics statistics;

	/**
	 * Create meters.
	 * @param group the group's name, which the application's code determines
	 * @param statistics what they show
	 */
	public GroupMeters(String group, GroupStatistics statistics) {
		this.group = group;
		this.statistics = statistics;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		gauge(registry, "lag.messages", "messages",
				"Messages that a consumer group has not handled yet, of the lanes of this node; add up all nodes",
				GroupStatistics::lag);
		gauge(registry, "lanes", "lanes", "Lanes of a consumer group that belong to this node", GroupStatistics::lanes);
		gauge(registry, "parked.channels", "channels",
				"Channels of a consumer group that wait on this node for the retry of a message",
				GroupStatistics::parked);
		gauge(registry, "buffered.messages", "messages", "Messages of a consumer group in memory",
				GroupStatistics::bufferedMessages);
		gauge(registry, "buffered.bytes", "bytes", "Payload bytes of a consumer group in memory",
				GroupStatistics::bufferedBytes);
		gauge(registry, "aside.messages", "messages",
				"Messages that a consumer group has set aside and that wait for an operator, of all nodes",
				GroupStatistics::setAside);
		for (GroupStatistics.Event event : GroupStatistics.Event.values()) {
			FunctionCounter.builder("atmosphere.groups.events", this.statistics, (source) -> source.count(event))
				.description("What has happened to messages and lanes of a consumer group on this node")
				.tag("group", this.group)
				.tag("outcome", event.name().toLowerCase(Locale.ROOT))
				.register(registry);
		}
	}

	private void gauge(MeterRegistry registry, String name, String unit, String description,
			ToDoubleFunction<GroupStatistics> value) {
		Gauge.builder("atmosphere.groups." + name, this.statistics, value)
			.description(description)
			.tag("group", this.group)
			.baseUnit(unit)
			.register(registry);
	}

}
