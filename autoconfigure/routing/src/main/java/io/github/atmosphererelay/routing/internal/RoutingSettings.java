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

package io.github.atmosphererelay.routing.internal;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * How a node takes part in routing.
 *
 * @param weight its share of the users, from 0 to 100
 * @param address the address at which browsers reach it, or {@code null}
 * @param rebalance which sessions are asked to move when the ring changes
 * @param moveDelay the time from the publication of a ring until the first session moves
 * @param movesPerSecond the maximum number of sessions that are asked to move in a
 * second, unless one user has more
 * @param spreadOver users with more sessions are spread over all nodes; 0 if nobody is
 */
public record RoutingSettings(int weight, @Nullable String address, Rebalance rebalance, Duration moveDelay,
		int movesPerSecond, int spreadOver) {

	/**
	 * Which sessions are asked to move when the ring changes.
	 */
	public enum Rebalance {

		/** Those of users to whom the new ring gives another owner. */
		SELECTIVE,

		/** All sessions of users, so that each comes back by a new lookup. */
		ALL,

		/** None. */
		OFF

	}

}
