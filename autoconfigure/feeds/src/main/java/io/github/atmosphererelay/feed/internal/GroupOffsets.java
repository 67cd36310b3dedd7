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

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Where redistributors go on with partitions: what they commit to their group. Each
 * offset has the topic's epoch with it, because Kafka itself does not tell whether an
 * offset belongs to a topic that was made again.
 */
final class GroupOffsets {

	private static final Duration ANSWER = Duration.ofSeconds(4);

	private GroupOffsets() {
	}

	/**
	 * Find out where to begin with partitions. A group that is new begins at their ends,
	 * and with a partition that was added later, or a topic that was made again, at the
	 * first record.
	 * <p>
	 * The first member of a new group commits the ends of all partitions, also of those
	 * that others will read: whoever gets one of them later goes on there.
	 * @param consumer a member of the group
	 * @param topic the topic as it is now
	 * @param partitions the partitions that the member was given
	 * @param recreated whether this process knows that the topic was made again: with the
	 * topic, the broker has deleted the group's offsets
	 * @return an offset for each
	 */
	static Map<TopicPartition, Long> find(Consumer<byte[], byte[]> consumer, TopicInfo topic,
			Collection<TopicPartition> partitions, boolean recreated) {
		if (partitions.isEmpty()) {
			return Map.of();
		}
		Set<TopicPartition> all = new HashSet<>(partitions);
		String name = partitions.iterator().next().topic();
		for (int i = 0; i < topic.partitions(); i++) {
			all.add(new TopicPartition(name, i));
		}
		Map<TopicPartition, OffsetAndMetadata> committed = new HashMap<>();
		consumer.committed(all, ANSWER).forEach((partition, offset) -> {
			if (offset != null) {
				committed.put(partition, offset);
			}
		});
		Map<TopicPartition, Long> begins = consumer.beginningOffsets(all, ANSWER);
		Map<TopicPartition, Long> ends = consumer.endOffsets(all, ANSWER);
		if (committed.isEmpty()) {
			all.forEach((partition) -> committed.put(partition, of(topic,
					(recreated ? begins : ends).getOrDefault(partition, begins.getOrDefault(partition, 0L)))));
			consumer.commitSync(committed, ANSWER);
		}
		Map<TopicPartition, Long> found = new HashMap<>();
		for (TopicPartition partition : partitions) {
			OffsetAndMetadata offset = committed.get(partition);
			long begin = begins.getOrDefault(partition, 0L);
			long end = ends.getOrDefault(partition, begin);
			long next = (offset != null && isOf(topic, offset)) ? offset.offset() : begin;
			found.put(partition, Math.min(Math.max(next, begin), end));
		}
		return found;
	}

	/**
	 * Return whether an offset is one of the topic, whatever the number of its partitions
	 * was. An administrator's tools commit offsets without an epoch.
	 */
	private static boolean isOf(TopicInfo topic, OffsetAndMetadata offset) {
		return offset.metadata().isEmpty() || offset.metadata().startsWith(topic.id() + "-");
	}

	static OffsetAndMetadata of(PartitionSpans partition) {
		return new OffsetAndMetadata(partition.position(), partition.epoch());
	}

	static OffsetAndMetadata of(TopicInfo topic, long offset) {
		return new OffsetAndMetadata(offset, topic.epoch());
	}

}
