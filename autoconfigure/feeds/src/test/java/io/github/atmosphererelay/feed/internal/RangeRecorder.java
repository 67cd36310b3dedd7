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

package io.github.atmosphererelay.feed.internal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.atmosphererelay.feed.ForwardedRange;
import io.github.atmosphererelay.feed.ForwardedRecord;
import io.github.atmosphererelay.feed.Forwarding;

/**
 * Receives ranges as a node does: a range that was there before is dropped. Notes what
 * contradicts the promises that are made to a receiver.
 */
public final class RangeRecorder implements Forwarding.Receiver {

	private final Map<Partition, List<ForwardedRange>> ranges = new HashMap<>();

	private final Set<UUID> inside = new HashSet<>();

	private final List<String> violations = new CopyOnWriteArrayList<>();

	private volatile boolean failing;

	private volatile boolean closed;

	/**
	 * Return the ranges of a partition in the order in which they came, each one once.
	 */
	List<ForwardedRange> of(String feed, int partition) {
		synchronized (this.ranges) {
			return List.copyOf(this.ranges.getOrDefault(new Partition(feed, partition), List.of()));
		}
	}

	/**
	 * Return the offsets of the records of a partition in the order in which they came.
	 */
	List<Long> offsets(String feed, int partition) {
		return of(feed, partition).stream()
			.flatMap((range) -> range.records().stream())
			.map(ForwardedRecord::offset)
			.toList();
	}

	int count() {
		synchronized (this.ranges) {
			return this.ranges.values().stream().mapToInt(List::size).sum();
		}
	}

	List<String> violations() {
		return this.violations;
	}

	void fail(boolean failing) {
		this.failing = failing;
	}

	void close() {
		this.closed = true;
	}

	@Override
	public void received(List<ForwardedRange> received) {
		if (this.closed) {
			this.violations.add("called after the stop");
		}
		Set<UUID> senders = new HashSet<>();
		received.forEach((range) -> senders.add(range.sender()));
		synchronized (this.inside) {
			senders.forEach((sender) -> {
				if (!this.inside.add(sender)) {
					this.violations.add("two calls at once for what " + sender + " has sent");
				}
			});
		}
		synchronized (this.ranges) {
			for (ForwardedRange range : received) {
				List<ForwardedRange> known = this.ranges.computeIfAbsent(new Partition(range.feed(), range.partition()),
						(key) -> new ArrayList<>());
				if (!known.contains(range)) {
					known.add(range);
				}
			}
		}
		synchronized (this.inside) {
			this.inside.removeAll(senders);
		}
		if (this.failing) {
			throw new IllegalStateException("This receiver fails on purpose");
		}
	}

	private record Partition(String feed, int partition) {
	}

}
