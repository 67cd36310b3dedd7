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

package io.github.atmosphererelay.delivery.internal;

import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the application events. For any thread.
 */
public final class EventStatistics {

	private final LongAdder events = new LongAdder();

	private final LongAdder eventsDropped = new LongAdder();

	/**
	 * Return how many application events were published.
	 * @return the number of events
	 */
	public long events() {
		return this.events.sum();
	}

	/**
	 * Return how many application events were dropped because listeners are too slow.
	 * @return the number of events
	 */
	public long eventsDropped() {
		return this.eventsDropped.sum();
	}

	public void countEvent() {
		this.events.increment();
	}

	public void countEventDropped() {
		this.eventsDropped.increment();
	}

}
