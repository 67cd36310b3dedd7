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

import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Sequence;

/**
 * Tracks the sequence numbers of arriving envelopes: drops envelopes that have arrived
 * before, and counts those that are missing. It knows only addresses that this node
 * follows, and forgets nodes that have been silent for long.
 */
public final class SequenceTracker {

	private static final Duration FORGET_AFTER = Duration.ofMinutes(30);

	private final DeliveryStatistics statistics;

	private final Map<Address, Map<UUID, Series>> series = new ConcurrentHashMap<>();

	public SequenceTracker(DeliveryStatistics statistics) {
		this.statistics = statistics;
	}

	/**
	 * Deliver an envelope, unless it was delivered before. Envelopes of one origin to one
	 * address are delivered one after another, even if two connections of a relay overlap
	 * for a while.
	 * @param envelope the envelope
	 * @param delivery delivers the envelope; must not block
	 */
	public void track(Envelope envelope, Runnable delivery) {
		track(envelope, delivery, (missed, since) -> {
		});
	}

	/**
	 * Deliver an envelope as {@link #track(Envelope, Runnable)} does, and report those
	 * that are missing before it.
	 * @param envelope the envelope
	 * @param delivery delivers the envelope; must not block
	 * @param missing called before the delivery if envelopes are missing
	 */
	public void track(Envelope envelope, Runnable delivery, Missing missing) {
		Sequence sequence = envelope.sequence();
		if (sequence == null) {
			delivery.run();
			return;
		}
		Series series = seriesOf(envelope.address(), envelope.origin());
		synchronized (series) {
			if (advance(series, sequence, missing)) {
				delivery.run();
			}
		}
	}

	private Series seriesOf(Address address, UUID origin) {
		Map<UUID, Series> known = this.series.get(address);
		Series series = (known != null) ? known.get(origin) : null;
		if (series != null) {
			return series;
		}
		Series created = new Series();
		// Within compute, so that nothing is added to a map that is being removed
		Map<UUID, Series> origins = this.series.compute(address, (same, present) -> {
			Map<UUID, Series> map = (present != null) ? present : new ConcurrentHashMap<>(4);
			map.putIfAbsent(origin, created);
			return map;
		});
		return origins.getOrDefault(origin, created);
	}

	private boolean advance(Series series, Sequence sequence, Missing missing) {
		series.lastAt = System.nanoTime();
		if (sequence.series() < series.name
				|| (sequence.series() == series.name && sequence.number() <= series.number)) {
			this.statistics.countDuplicate();
			return false;
		}
		if (sequence.series() == series.name) {
			long missed = sequence.number() - series.number - 1;
			if (missed > 0) {
				this.statistics.countMissed(missed);
				missing.missing(missed, Duration.ofNanos(series.lastAt - series.acceptedAt));
			}
		}
		series.name = sequence.series();
		series.number = sequence.number();
		series.acceptedAt = series.lastAt;
		return true;
	}

	/**
	 * Forget an address that is not followed any more.
	 * @param address the address
	 */
	public void forget(Address address) {
		this.series.remove(address);
	}

	/**
	 * Forget origins that have been silent for long, such as nodes that have left.
	 */
	public void sweep() {
		long oldest = System.nanoTime() - FORGET_AFTER.toNanos();
		for (Address address : this.series.keySet()) {
			this.series.computeIfPresent(address, (same, origins) -> {
				origins.values().removeIf((each) -> each.lastAt - oldest < 0);
				return origins.isEmpty() ? null : origins;
			});
		}
	}

	/**
	 * Forget everything, because this node stops receiving. Envelopes that it misses
	 * until it receives again must not be counted as lost.
	 */
	public void clear() {
		this.series.clear();
	}

	int size() {
		return this.series.size();
	}

	/**
	 * Learns of missing envelopes.
	 */
	@FunctionalInterface
	public interface Missing {

		/**
		 * Called before the next envelope is delivered. Must not block.
		 * @param number the number of missing envelopes
		 * @param since how long ago the last envelope before them arrived
		 */
		void missing(long number, Duration since);

	}

	/**
	 * The sequence that was last seen from one origin at one address. Guarded by itself.
	 */
	private static final class Series {

		private long name = Long.MIN_VALUE;

		private long number;

		private volatile long lastAt = System.nanoTime();

		/** Unlike the last time, not that of a duplicate, which may come much later. */
		private long acceptedAt = this.lastAt;

	}

}
