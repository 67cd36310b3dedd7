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
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Decides how long nodes that have come stay outside the ring: a first time for the
 * settle time, and for twice as long after each departure of the last ten minutes. Used
 * by one thread.
 */
final class Dampening {

	private static final long FORGET_NANOS = Duration.ofMinutes(10).toNanos();

	private static final int MAX_NAMES = 10_000;

	private final long settleNanos;

	private final long maxHoldNanos;

	private final Map<String, Departures> departures = new LinkedHashMap<>();

	private final Map<String, Long> heldUntil = new HashMap<>();

	Dampening(RingTimes times) {
		this.settleNanos = times.settle().toNanos();
		this.maxHoldNanos = times.maxHold().toNanos();
	}

	/**
	 * Note that a member of the ring has left.
	 */
	void left(String name, long now) {
		Departures before = this.departures.remove(name);
		int count = (before != null && now - before.at() < FORGET_NANOS) ? before.count() : 0;
		this.departures.put(name, new Departures(count + 1, now));
		this.departures.values().removeIf((each) -> now - each.at() >= FORGET_NANOS);
		Iterator<String> oldest = this.departures.keySet().iterator();
		while (this.departures.size() > MAX_NAMES) {
			oldest.next();
			oldest.remove();
		}
		this.heldUntil.remove(name);
	}

	/**
	 * Return the nodes that stay outside now, with the time for which they do.
	 * @param newcomers the nodes of the cluster that are not in the ring
	 * @param now the time
	 */
	Map<String, RingMessage.Held> held(Set<String> newcomers, long now) {
		this.heldUntil.keySet().retainAll(newcomers);
		Map<String, RingMessage.Held> held = new HashMap<>();
		for (String name : newcomers) {
			int count = count(name, now);
			long until = this.heldUntil.computeIfAbsent(name, (same) -> now + hold(count));
			if (until - now > 0) {
				held.put(name, new RingMessage.Held((until - now) / 1_000_000, count));
			}
		}
		return held;
	}

	private int count(String name, long now) {
		Departures departures = this.departures.get(name);
		return (departures != null && now - departures.at() < FORGET_NANOS) ? departures.count() : 0;
	}

	private long hold(int departures) {
		return Math.min(this.maxHoldNanos, this.settleNanos << Math.min(departures, 20));
	}

	/**
	 * Take over what another publisher knows.
	 */
	void takeOver(Map<String, RingMessage.Held> held, long now) {
		held.forEach((name, each) -> {
			this.heldUntil.put(name, now + each.remainingMillis() * 1_000_000);
			if (each.departures() > count(name, now)) {
				this.departures.put(name, new Departures(each.departures(), now));
			}
		});
	}

	/**
	 * How often a node has left, and when it last did.
	 */
	private record Departures(int count, long at) {
	}

}
