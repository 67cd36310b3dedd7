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
 * Keeps the next offset of every partition, so that a new consumer continues where the
 * previous one stopped. Nothing is committed to the broker: a node that starts reads from
 * the end.
 * <p>
 * Threads: {@link #advance} is called by the receiver's thread, {@link #resume} and
 * {@link #truncated} by the connector's worker while there is no receiver.
 */
final class KafkaOffsets {

	private final Map<Integer, Long> next = new ConcurrentHashMap<>();

	/** The offsets from which the broker's records differ from those that were read. */
	private final Map<Integer, Long> truncated = new HashMap<>();

	/** The partitions that had no leader when the first consumer started. */
	private final Set<Integer> unknown = new TreeSet<>();

	private @Nullable Uuid topic;

	/**
	 * Set the offsets at which the next consumer starts. The first consumer starts at the
	 * end of each partition. Later consumers continue; in a new partition, or in a topic
	 * that was created again, they start at the beginning, because everything there was
	 * appended since the node's start. A partition that has no leader at present is
	 * continued as well. If it had no leader when the first consumer started, it is read
	 * from its end when it gets one.
	 * @param topic the id of the topic as it is now
	 * @param partitions the number of partitions
	 * @param ranges the offsets of the partitions that have a leader
	 * @return the partitions in which records were lost, or may have been lost
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
				// The known offset is beyond the end after an unclean leader election.
				// Starting again at the beginning would deliver everything that the topic
				// retains a second time.
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
	 * Note that the broker has lost records that were read, and may have other records
	 * instead.
	 * @param partition the partition
	 * @param offset the offset of the first lost record
	 */
	void truncated(int partition, long offset) {
		this.truncated.merge(partition, offset, Math::min);
	}

	void advance(int partition, long next) {
		this.next.put(partition, next);
	}

	/**
	 * Return the partitions that have to be read from their end.
	 * @return the partitions that have had no leader so far
	 */
	Set<Integer> unknown() {
		return Set.copyOf(this.unknown);
	}

	Map<Integer, Long> current() {
		return Map.copyOf(this.next);
	}

	/**
	 * The offsets that a partition holds.
	 *
	 * @param begin the offset of the oldest record
	 * @param end the offset after the newest one
	 * @param leaderEpoch the epoch of the leader that has reported the offsets, or -1 if
	 * it does not report it
	 */
	record Range(long begin, long end, int leaderEpoch) {

		Range(long begin, long end) {
			this(begin, end, -1);
		}

	}

}
