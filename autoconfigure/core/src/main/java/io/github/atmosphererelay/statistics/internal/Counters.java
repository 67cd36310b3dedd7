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
 * Counts what happens, by kind: one counter for each constant of an enum, such as for
 * each value of a meter's tag. Counters begin at zero and only grow. Any thread may call
 * any method, and none waits for another.
 *
 * @param <K> the kinds
 */
public final class Counters<K extends Enum<K>> {

	private final LongAdder[] counts;

	/**
	 * Create counters at zero.
	 * @param kinds the enum whose constants are counted
	 */
	public Counters(Class<K> kinds) {
		this.counts = new LongAdder[kinds.getEnumConstants().length];
		for (int i = 0; i < this.counts.length; i++) {
			this.counts[i] = new LongAdder();
		}
	}

	/**
	 * Count one.
	 * @param kind of what
	 */
	public void increment(K kind) {
		this.counts[kind.ordinal()].increment();
	}

	/**
	 * Count several.
	 * @param kind of what
	 * @param number how many; nothing is counted if it is below 1
	 */
	public void add(K kind, long number) {
		if (number > 0) {
			this.counts[kind.ordinal()].add(number);
		}
	}

	/**
	 * Return how many there were of a kind.
	 * @param kind of what
	 * @return the number
	 */
	public long get(K kind) {
		return this.counts[kind.ordinal()].sum();
	}

	/**
	 * Return how many there were of all kinds together.
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
