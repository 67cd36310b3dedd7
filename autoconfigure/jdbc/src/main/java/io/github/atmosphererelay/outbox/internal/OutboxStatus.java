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

package io.github.atmosphererelay.outbox.internal;

import java.time.Duration;

/**
 * What waits in the tables of the outbox, for all nodes together.
 *
 * @param waiting how many messages are not forwarded yet
 * @param oldestSince when the oldest of them was written, in milliseconds since 1970 by
 * the clock of its node; 0 if none waits
 * @param setAside how many messages were set aside and neither sent again nor discarded
 */
public record OutboxStatus(long waiting, long oldestSince, long setAside) {

	/**
	 * Before the tables were read.
	 */
	static final OutboxStatus UNKNOWN = new OutboxStatus(0, 0, 0);

	/**
	 * Return how long the oldest message has waited.
	 * @return its age, zero if none waits
	 */
	public Duration oldest() {
		return (this.oldestSince == 0) ? Duration.ZERO
				: Duration.ofMillis(Math.max(0, System.currentTimeMillis() - this.oldestSince));
	}

}
