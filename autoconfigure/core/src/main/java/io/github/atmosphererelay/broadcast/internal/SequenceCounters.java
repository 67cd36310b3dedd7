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

package io.github.atmosphererelay.broadcast.internal;

import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Sequence;

/**
 * Numbers the envelopes that this node publishes to each address. The number of counters
 * is limited: if there are too many addresses, some lose their counter and begin a new
 * series, which receivers accept without counting a gap.
 */
public final class SequenceCounters {

	private final int maxCounters;

	private final Map<Address, Counter> counters = new ConcurrentHashMap<>();

	private final AtomicLong lastSeries = new AtomicLong();

	/**
	 * Create counters.
	 * @param maxCounters the maximum number of addresses that have a counter
	 */
	public SequenceCounters(int maxCounters) {
		this.maxCounters = maxCounters;
	}

	/**
	 * Return the next number. Calls for one address must not overlap.
	 * @param address the address
	 * @return the series and the number
	 */
	public Sequence next(Address address) {
		Counter counter = this.counters.get(address);
		if (counter == null) {
			evict();
			counter = new Counter(newSeries());
			this.counters.put(address, counter);
		}
		counter.number++;
		return new Sequence(counter.series, counter.number);
	}

	/**
	 * Return the number of a new series. It is taken from the clock, but is always
	 * greater than the ones before, even if the clock is set back.
	 */
	private long newSeries() {
		long now = System.currentTimeMillis() * 1000;
		return this.lastSeries.updateAndGet((last) -> Math.max(last + 1, now));
	}

	private void evict() {
		if (this.counters.size() < this.maxCounters) {
			return;
		}
		// Many at once, because each search for the first entry walks over the emptied
		// part of the table
		Iterator<Address> some = this.counters.keySet().iterator();
		for (int i = 0; i <= this.maxCounters / 16 && some.hasNext(); i++) {
			some.next();
			some.remove();
		}
	}

	int size() {
		return this.counters.size();
	}

	/**
	 * The state of one address.
	 */
	private static final class Counter {

		private final long series;

		private long number;

		private Counter(long series) {
			this.series = series;
		}

	}

}
