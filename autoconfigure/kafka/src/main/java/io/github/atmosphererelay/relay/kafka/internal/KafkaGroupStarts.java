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

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.relay.GroupOptions;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * Finds where a group goes on in partitions: where it has committed to, or where it
 * begins if it is new. When a group was made, and where it begins, is remembered by the
 * {@link KafkaGroupStore}, so that a partition that gets its first owner late begins
 * where the group has, and a group whose commits Kafka has forgotten does not skip
 * anything without a word. Blocks.
 */
final class KafkaGroupStarts {

	/**
	 * A group without any commit that was made this long ago has lost them: its first
	 * members commit when they get their lanes.
	 */
	static final Duration CHILDHOOD = Duration.ofMinutes(10);

	private static final Log logger = LogFactory.getLog(KafkaGroupStarts.class);

	private final GroupOptions group;

	private final KafkaRelaySettings settings;

	private final Births births;

	private final Duration childhood;

	/** Whether this node has made the group. */
	private boolean made;

	/**
	 * Create an instance.
	 * @param childhood for how long after it was made a group may have no commit
	 */
	KafkaGroupStarts(GroupOptions group, KafkaRelaySettings settings, Births births, Duration childhood) {
		this.group = group;
		this.settings = settings;
		this.births = births;
		this.childhood = childhood;
	}

	/**
	 * Find where to go on. If a group has committed nothing in a partition that has no
	 * leader, the partition is left out.
	 * @param consumer asks the broker
	 * @param life the topic
	 * @param partitions the partitions
	 * @param token the least fencing token of their new owner
	 * @param timeout the maximum time for each question
	 */
	List<Start> find(Consumer<byte[], byte[]> consumer, KafkaLogLife life, Set<TopicPartition> partitions, long token,
			Duration timeout) {
		Set<TopicPartition> all = IntStream.range(0, life.partitions().length)
			.mapToObj((number) -> new TopicPartition(this.settings.logTopic(), number))
			.collect(Collectors.toCollection(HashSet::new));
		Map<TopicPartition, @Nullable OffsetAndMetadata> committed = consumer.committed(all, timeout);
		long topic = topic(life.id());
		List<Start> starts = new ArrayList<>();
		Set<TopicPartition> fresh = new HashSet<>();
		Set<TopicPartition> foreign = new HashSet<>();
		for (TopicPartition partition : partitions) {
			OffsetAndMetadata offset = committed.get(partition);
			KafkaLaneCommit commit = (offset != null) ? KafkaLaneCommit.of(offset) : null;
			if (commit == null) {
				fresh.add(partition);
			}
			else if (commit.topic() != 0 && commit.topic() != topic) {
				foreign.add(partition);
			}
			else {
				starts.add(new Start(
						partition, new KafkaLaneCommit(commit.base(), commit.frontier(),
								Math.max(token, commit.token() + 1), topic, commit.unfinished()),
						Objects.requireNonNull(offset).leaderEpoch(), null));
			}
		}
		if (!foreign.isEmpty()) {
			warnOfAnother();
			begin(consumer, led(consumer, foreign, timeout), timeout).forEach((partition, offset) -> {
				long former = KafkaLaneCommit.of(Objects.requireNonNull(committed.get(partition))).token();
				starts.add(new Start(partition, KafkaLaneCommit.at(offset, Math.max(token, former + 1), topic),
						Optional.empty(), Discontinuity.Reason.LOG_CHANGED));
			});
		}
		if (!fresh.isEmpty()) {
			boolean none = committed.values().stream().allMatch(Objects::isNull);
			addFresh(consumer, led(consumer, fresh, timeout), none, token, topic, timeout, starts);
		}
		return starts;
	}

	/**
	 * Return the partitions that have a leader: a question about another one would make
	 * all wait.
	 */
	private static Set<TopicPartition> led(Consumer<byte[], byte[]> consumer, Set<TopicPartition> partitions,
			Duration timeout) {
		Set<TopicPartition> led = new HashSet<>();
		for (TopicPartition partition : partitions) {
			consumer.partitionsFor(partition.topic(), timeout)
				.stream()
				.filter((info) -> info.partition() == partition.partition() && info.leader() != null
						&& !info.leader().isEmpty())
				.forEach((info) -> led.add(partition));
		}
		return led;
	}

	private void warnOfAnother() {
		logger.warn("Topic '" + this.settings.logTopic() + "' was created again. The group '" + this.group.name()
				+ "' begins with what it has");
	}

	private void addFresh(Consumer<byte[], byte[]> consumer, Set<TopicPartition> fresh, boolean none, long token,
			long topic, Duration timeout, List<Start> starts) {
		KafkaGroupStore.Birth birth = this.births.birth(this.group.name(), this.group.start(), topic);
		this.made |= birth.made();
		// The clocks of this node and of the broker may differ, so a group that this node
		// has just made is young whatever they say
		boolean forgotten = none && !this.made && System.currentTimeMillis() - birth.time() > this.childhood.toMillis();
		Discontinuity.Reason missed = missed(birth, topic, forgotten);
		Map<TopicPartition, Long> offsets = (birth.start() == GroupOptions.Start.EARLIEST)
				? begin(consumer, fresh, timeout) : since(consumer, fresh, birth.time(), timeout);
		// Kafka counts generations from 1 again when it has forgotten a group
		long first = Math.max(token, Math.max(System.currentTimeMillis(), birth.time()));
		offsets.forEach((partition, offset) -> starts
			.add(new Start(partition, KafkaLaneCommit.at(offset, first, topic), Optional.empty(), missed)));
	}

	/**
	 * Return why messages may be missing before the beginning, or {@code null} if none
	 * are.
	 */
	private Discontinuity.@Nullable Reason missed(KafkaGroupStore.Birth birth, long topic, boolean forgotten) {
		// Kafka forgets the commits in a topic that is deleted
		if (birth.topic() != 0 && birth.topic() != topic) {
			warnOfAnother();
			return Discontinuity.Reason.LOG_CHANGED;
		}
		if (forgotten) {
			logger.warn("Kafka has forgotten what the group '" + this.group.name() + "' has handled, because the group"
					+ " had no member for longer than the broker's 'offsets.retention.minutes', or because its offsets"
					+ " were deleted. The group begins with what the logs have"
					+ ((birth.start() == GroupOptions.Start.LATEST) ? " since it was made" : ""));
			return Discontinuity.Reason.LOG_TRIMMED;
		}
		return null;
	}

	private static Map<TopicPartition, Long> begin(Consumer<byte[], byte[]> consumer, Set<TopicPartition> partitions,
			Duration timeout) {
		return consumer.beginningOffsets(partitions, timeout);
	}

	private static Map<TopicPartition, Long> since(Consumer<byte[], byte[]> consumer, Set<TopicPartition> partitions,
			long time, Duration timeout) {
		Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, timeout);
		Map<TopicPartition, @Nullable OffsetAndTimestamp> found = consumer.offsetsForTimes(
				partitions.stream().collect(Collectors.toMap((partition) -> partition, (partition) -> time)), timeout);
		return ends.keySet().stream().collect(Collectors.toMap((partition) -> partition, (partition) -> {
			OffsetAndTimestamp offset = found.get(partition);
			return (offset != null) ? offset.offset() : ends.get(partition);
		}));
	}

	private static long topic(Uuid id) {
		// Never the value for a topic that is not known
		return id.getMostSignificantBits() | 1;
	}

	/**
	 * Remembers when groups were made.
	 */
	@FunctionalInterface
	interface Births {

		/**
		 * Return when a group was made and where it began. Makes it if it does not exist.
		 * Blocks.
		 */
		KafkaGroupStore.Birth birth(String group, GroupOptions.Start start, long topic);

	}

	/**
	 * Where a lane goes on.
	 *
	 * @param partition the lane's partition
	 * @param commit what was handled, with the token of the new owner
	 * @param epoch the leader epoch of the record before it, if it is known
	 * @param missed why messages may be missing before it, or {@code null} if none are
	 */
	record Start(TopicPartition partition, KafkaLaneCommit commit, Optional<Integer> epoch,
			Discontinuity.@Nullable Reason missed) {

		OffsetAndMetadata toOffset() {
			return this.commit.toOffset(this.epoch);
		}

	}

}
