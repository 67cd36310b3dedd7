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

package io.github.atmosphererelay.relay.kafka.internal;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * The next offset of every partition: what makes a new consumer continue where the last
 * one was. Nothing is committed to the broker; a node that starts has no past.
 * <p>
 * {@link #advance} is called by the receiver's thread, {@link #resume} and
 * {@link #truncated} by the link's while no receiver is at work.
 */
final class KafkaOffsets {

	private final Map<Integer, Long> next = new ConcurrentHashMap<>();

	/** Where the broker's records begin to differ from those that were read. */
	private final Map<Integer, Long> truncated = new HashMap<>();

	/** The partitions that had no leader when the first consumer began. */
	private final Set<Integer> unknown = new TreeSet<>();

	private @Nullable Uuid topic;

	/**
	 * Fix where the next consumer begins in each partition. The first one begins at the
	 * end. Later ones continue; in a partition that is new, or in a topic that was made
	 * anew, they begin at the beginning, because all of it came meanwhile. A partition
	 * that has no leader is continued all the same; if the first consumer has found it
	 * so, it is read from where it ends when it has a leader again.
	 * @param topic the id of the topic as it is now
	 * @param partitions how many partitions it has
	 * @param ranges what the partitions hold now that have a leader
	 * @return the partitions in which records were lost, or may have been
	 */
	Set<Integer> resume(Uuid topic, int partitions, Map<Integer, Range> ranges) {
		boolean first = this.topic == null;
		boolean recreated = !first && !topic.equals(this.topic);
		Map<Integer, Long> previous = new HashMap<>(this.next);
		Set<Integer> lost = new TreeSet<>();
		if (recreated) {
			lost.addAll(previous.keySet());
		}
		this.topic = topic;
		this.next.keySet().removeIf((partition) -> partition >= partitions);
		if (recreated) {
			this.unknown.clear();
			this.truncated.clear();
		}
		this.unknown.removeAll(previous.keySet());
		for (int partition = 0; partition < partitions; partition++) {
			Range range = ranges.get(partition);
			Long known = recreated ? null : previous.get(partition);
			if (known == null && (first || this.unknown.contains(partition))) {
				if (range == null) {
					this.unknown.add(partition);
				}
				else {
					this.next.put(partition, range.end());
					if (this.unknown.remove(partition)) {
						lost.add(partition);
					}
				}
			}
			else if (known == null) {
				this.next.put(partition, (range != null) ? range.begin() : 0);
			}
			else if (range != null) {
				// Beyond the end after an unclean leader election: to begin again would
				// repeat all that the topic retains.
				long valid = Math.min(known, this.truncated.getOrDefault(partition, known));
				long start = Math.min(Math.max(valid, range.begin()), range.end());
				if (start != known) {
					lost.add(partition);
				}
				this.next.put(partition, start);
			}
		}
		this.truncated.keySet().removeAll(ranges.keySet());
		return lost;
	}

	/**
	 * Take note that the broker has lost records that were read, and perhaps has others
	 * instead.
	 * @param partition the partition
	 * @param offset the offset of the first one
	 */
	void truncated(int partition, long offset) {
		this.truncated.merge(partition, offset, Math::min);
	}

	void advance(int partition, long next) {
		this.next.put(partition, next);
	}

	/**
	 * Return which partitions are to be read from where they end.
	 * @return the partitions that had no leader so far
	 */
	Set<Integer> unknown() {
		return Set.copyOf(this.unknown);
	}

	Map<Integer, Long> current() {
		return Map.copyOf(this.next);
	}

	/**
	 * What a partition holds: from the offset of its oldest record to the one that its
	 * next record will get.
	 *
	 * @param begin the offset of the oldest record
	 * @param end the offset after the newest one
	 * @param leaderEpoch the epoch of the leader that says so, or -1 if it does not tell
	 */
	record Range(long begin, long end, int leaderEpoch) {

		Range(long begin, long end) {
			this(begin, end, -1);
		}

	}

}
