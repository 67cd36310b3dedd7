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

/**
 * Times of the agreement on a ring.
 *
 * @param settle how long a node must be a member before a ring takes it in
 * @param silent a node that is silent for this long has stopped beating: a newer start of
 * the same name replaces it
 * @param republish the time between two publications of an unchanged ring
 * @param maxHold the longest time for which a node that comes and goes is held outside
 */
public record RingTimes(Duration settle, Duration silent, Duration republish, Duration maxHold) {

	/**
	 * Return how long a node may publish nothing although it is its turn. It waits for
	 * the settle time and for heartbeats itself before it takes over from another node.
	 * @return the time
	 */
	Duration mute() {
		return this.republish.multipliedBy(3).plus(this.settle).plus(this.silent);
	}

	/**
	 * Return the times that go with heartbeats.
	 * @param settle how long a node must be a member before a ring takes it in
	 * @param heartbeatInterval the average time between two heartbeats
	 * @return the times
	 */
	public static RingTimes of(Duration settle, Duration heartbeatInterval) {
		return new RingTimes(settle, heartbeatInterval.multipliedBy(5).dividedBy(2), Duration.ofSeconds(5),
				Duration.ofMinutes(5));
	}

}
