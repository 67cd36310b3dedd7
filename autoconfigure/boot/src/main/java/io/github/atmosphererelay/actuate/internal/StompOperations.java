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

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;

import io.github.atmosphererelay.stomp.internal.StompRelay;
import io.github.atmosphererelay.stomp.internal.StompStatistics;

/**
 * Describes STOMP on this node for the endpoint and for health. For any thread; does not
 * block.
 */
public final class StompOperations {

	private final StompRelay stomp;

	/**
	 * Create an instance.
	 * @param stomp what is described
	 */
	public StompOperations(StompRelay stomp) {
		this.stomp = stomp;
	}

	StompDescriptor describe() {
		StompStatistics statistics = this.stomp.statistics();
		return new StompDescriptor(this.stomp.isActive(), this.stomp.sessions(), this.stomp.destinations(),
				this.stomp.waitingBytes(), counts(StompStatistics.Sent.values(), statistics::sent),
				counts(StompStatistics.Received.values(), statistics::received));
	}

	private static <T extends Enum<T>> Map<String, Long> counts(T[] outcomes, ToLongFunction<T> count) {
		Map<String, Long> counts = new LinkedHashMap<>();
		for (T outcome : outcomes) {
			counts.put(outcome.name().toLowerCase(Locale.ROOT), count.applyAsLong(outcome));
		}
		return counts;
	}

	/**
	 * Describes STOMP on this node.
	 *
	 * @param active whether the application has a simple broker that is connected with
	 * those of other nodes
	 * @param sessions the number of STOMP sessions
	 * @param destinations the number of destinations and patterns to which they are
	 * subscribed
	 * @param waitingBytes the bytes of other nodes' messages that wait
	 * @param sent this node's messages by outcome
	 * @param received other nodes' messages by outcome
	 */
	public record StompDescriptor(boolean active, int sessions, int destinations, long waitingBytes,
			Map<String, Long> sent, Map<String, Long> received) {
	}

}
