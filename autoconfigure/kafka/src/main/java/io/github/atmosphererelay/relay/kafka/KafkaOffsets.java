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

package io.github.atmosphererelay.relay.kafka;

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

	private @Nullable Uuid topic;

	/**
	 * Fix where the next consumer begins in each partition. The first one begins at the
	 * end. Later ones continue; in a partition that is new, or in a topic that was made
	 * anew, they begin at the beginning, because all of it came meanwhile.
	 * @param topic the id of the topic as it is now
	 * @param ranges what each partition holds now
	 * @return the partitions in which records were lost
	 */
	Set<Integer> resume(Uuid topic, Map<Integer, Range> ranges) {
		boolean first = this.topic == null;
		boolean recreated = !first && !topic.equals(this.topic);
		Map<Integer, Long> previous = new HashMap<>(this.next);
		Set<Integer> lost = new TreeSet<>();
		if (recreated) {
			lost.addAll(previous.keySet());
		}
		this.topic = topic;
		this.next.keySet().retainAll(ranges.keySet());
		ranges.forEach((partition, range) -> {
			Long known = previous.get(partition);
			long start;
			if (first) {
				start = range.end();
			}
			else if (known == null || recreated) {
				start = range.begin();
			}
			else {
				// Beyond the end after an unclean leader election: to begin again would
				// repeat all that the topic retains.
				long valid = Math.min(known, this.truncated.getOrDefault(partition, known));
				start = Math.min(Math.max(valid, range.begin()), range.end());
				if (start != known) {
					lost.add(partition);
				}
			}
			this.next.put(partition, start);
		});
		this.truncated.clear();
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
