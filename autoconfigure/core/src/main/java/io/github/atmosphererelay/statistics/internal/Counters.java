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

package io.github.atmosphererelay.statistics.internal;

import java.util.concurrent.atomic.LongAdder;

/**
 * Counts events by kind: one counter for each constant of an enum, for example for each
 * value of a meter's tag. Counters begin at zero and only grow. Thread-safe; no method
 * blocks.
 *
 * @param <K> the enum of kinds
 */
public final class Counters<K extends Enum<K>> {

	private final LongAdder[] counts;

	/**
	 * Create counters at zero.
	 * @param kinds the enum of kinds
	 */
	public Counters(Class<K> kinds) {
		this.counts = new LongAdder[kinds.getEnumConstants().length];
		for (int i = 0; i < this.counts.length; i++) {
			this.counts[i] = new LongAdder();
		}
	}

	/**
	 * Count one event.
	 * @param kind the kind of event
	 */
	public void increment(K kind) {
		this.counts[kind.ordinal()].increment();
	}

	/**
	 * Count several events.
	 * @param kind the kind of event
	 * @param number the number of events; nothing is counted if it is below 1
	 */
	public void add(K kind, long number) {
		if (number > 0) {
			this.counts[kind.ordinal()].add(number);
		}
	}

	/**
	 * Return the number of events of one kind.
	 * @param kind the kind of event
	 * @return the number
	 */
	public long get(K kind) {
		return this.counts[kind.ordinal()].sum();
	}

	/**
	 * Return the number of events of all kinds together.
	 * @return the number
	 */
	public long total() {
		long total = 0;
		for (LongAdder count : this.counts) {
			total += count.sum();
		}
		return total;
	}

}
