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
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.LogTruncationException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;

/**
 * A consumer that fills lanes. Used by the reader's thread; {@link #wake} by any.
 */
final class KafkaGroupFeed {

	private static final Log logger = LogFactory.getLog(KafkaGroupFeed.class);

	static final Duration ANSWER = Duration.ofSeconds(3);

	private final Supplier<Consumer<byte[], byte[]>> consumers;

	/** Where the consumer is. */
	private final Map<TopicPartition, Long> positions = new HashMap<>();

	private volatile @Nullable Consumer<byte[], byte[]> consumer;

	KafkaGroupFeed(Supplier<Consumer<byte[], byte[]>> consumers) {
		this.consumers = consumers;
	}

	/**
	 * End the wait for records.
	 */
	void wake() {
		Consumer<byte[], byte[]> consumer = this.consumer;
		if (consumer != null) {
			consumer.wakeup();
		}
	}

	Consumer<byte[], byte[]> consumer() {
		Consumer<byte[], byte[]> consumer = this.consumer;
		if (consumer == null) {
			consumer = this.consumers.get();
			this.consumer = consumer;
			this.positions.clear();
		}
		return consumer;
	}

	void drop() {
		Consumer<byte[], byte[]> consumer = this.consumer;
		this.consumer = null;
		if (consumer != null) {
			consumer.close();
		}
	}

	/**
	 * Read once.
	 * @param lanes the lanes by their partition
	 * @param wanted the offset at which a partition is read, if it is
	 * @param wait how long to wait for records
	 * @return the lanes that could not be filled, for example because the broker did not
	 * answer what was asked about their partition; they go on where they are
	 */
	Map<TopicPartition, RuntimeException> read(Map<TopicPartition, KafkaLane> lanes, Map<TopicPartition, Long> wanted,
			Duration wait) {
		Consumer<byte[], byte[]> consumer = consumer();
		assign(consumer, lanes.keySet());
		lanes.forEach((partition, lane) -> {
			Long offset = wanted.get(partition);
			if (offset == null) {
				consumer.pause(List.of(partition));
				return;
			}
			if (!offset.equals(this.positions.get(partition))) {
				// With the epoch, so that Kafka notices if a new leader has other records
				consumer.seek(partition, new OffsetAndMetadata(offset, lane.epochBefore(offset), ""));
				this.positions.put(partition, offset);
			}
			consumer.resume(List.of(partition));
		});
		ConsumerRecords<byte[], byte[]> records;
		try {
			records = consumer.poll(wait);
		}
		catch (OffsetOutOfRangeException ex) {
			return outOfRange(consumer, lanes, ex);
		}
		Map<TopicPartition, RuntimeException> failures = new HashMap<>();
		wanted.forEach((partition, offset) -> {
			KafkaLane lane = lanes.get(partition);
			if (lane != null) {
				try {
					take(consumer, partition, lane, records);
				}
				catch (RuntimeException ex) {
					failures.put(partition, ex);
				}
			}
		});
		return failures;
	}

	/**
	 * Return whether the broker has answered the last read of a partition: it has sent
	 * something, or there is nothing more. A poll may end before, with nothing.
	 * @param wanted the offset at which the partition was read
	 */
	boolean isAnswered(TopicPartition partition, long wanted) {
		Consumer<byte[], byte[]> consumer = this.consumer;
		Long position = this.positions.get(partition);
		return consumer != null && position != null
				&& (position > wanted || consumer.currentLag(partition).orElse(-1) == 0);
	}

	/**
	 * Forget what the broker has said of a partition, so that it is asked anew.
	 */
	void forget(TopicPartition partition) {
		Consumer<byte[], byte[]> consumer = this.consumer;
		if (consumer != null && consumer.assignment().contains(partition)) {
			consumer.unsubscribe();
			this.positions.clear();
		}
	}

	private void assign(Consumer<byte[], byte[]> consumer, Set<TopicPartition> partitions) {
		if (!consumer.assignment().equals(partitions)) {
			Set<TopicPartition> added = new HashSet<>(partitions);
			added.removeAll(consumer.assignment());
			consumer.assign(partitions);
			this.positions.keySet().retainAll(partitions);
			this.positions.keySet().removeAll(added);
		}
	}

	private void take(Consumer<byte[], byte[]> consumer, TopicPartition partition, KafkaLane lane,
			ConsumerRecords<byte[], byte[]> polled) {
		List<ConsumerRecord<byte[], byte[]>> records = polled.records(partition);
		long from = this.positions.getOrDefault(partition, 0L);
		// The consumer is not asked for its position: that may fail, or end because of a
		// wake-up, and then the records of the other partitions would be skipped
		OffsetAndMetadata next = polled.nextOffsets().get(partition);
		long after = records.isEmpty() ? from : records.get(records.size() - 1).offset() + 1;
		after = (next != null) ? Math.max(after, next.offset()) : after;
		// First, so that the lane is read from where it is if it fails
		this.positions.put(partition, after);
		long keysSince = lane.accept(records, from, after);
		if (keysSince != KafkaLane.NOTHING) {
			lane.lookBack(offsetAt(consumer, partition, keysSince, lane));
		}
	}

	/**
	 * Return the first offset from which on idempotency keys matter.
	 */
	private long offsetAt(Consumer<byte[], byte[]> consumer, TopicPartition partition, long time, KafkaLane lane) {
		OffsetAndTimestamp found = ask(() -> consumer.offsetsForTimes(Map.of(partition, Math.max(0, time)), ANSWER))
			.get(partition);
		long offset = (found != null) ? found.offset() : lane.start();
		return Math.max(offset, lane.start() - KafkaLogLife.MAX_WARM_RECORDS);
	}

	/**
	 * Ask the broker, also if something changes meanwhile.
	 */
	private static <T> T ask(Supplier<T> question) {
		while (true) {
			try {
				return question.get();
			}
			catch (WakeupException ex) {
				logger.trace("Something has changed", ex);
			}
		}
	}

	/**
	 * Go on where the broker has records: it has removed what was to be read, or a new
	 * leader lacks what was read.
	 */
	private Map<TopicPartition, RuntimeException> outOfRange(Consumer<byte[], byte[]> consumer,
			Map<TopicPartition, KafkaLane> lanes, OffsetOutOfRangeException ex) {
		Map<TopicPartition, Long> offsets = ex.offsetOutOfRangePartitions();
		// First, so that Kafka finds the same again if the broker does not answer
		this.positions.keySet().removeAll(offsets.keySet());
		Map<TopicPartition, Long> begins;
		Map<TopicPartition, Long> ends;
		try {
			begins = ask(() -> consumer.beginningOffsets(offsets.keySet(), ANSWER));
			ends = ask(() -> consumer.endOffsets(offsets.keySet(), ANSWER));
		}
		catch (KafkaException failure) {
			Map<TopicPartition, RuntimeException> failures = new HashMap<>();
			offsets.keySet().forEach((partition) -> failures.put(partition, failure));
			return failures;
		}
		offsets.forEach((partition, offset) -> {
			KafkaLane lane = lanes.get(partition);
			long begin = begins.getOrDefault(partition, 0L);
			long end = ends.getOrDefault(partition, Long.MAX_VALUE);
			if (lane == null) {
				return;
			}
			if (offset < begin) {
				logger.warn("A group has not handled messages of partition " + partition.partition() + " of topic '"
						+ partition.topic() + "' before the broker removed them: offsets " + offset + " to "
						+ (begin - 1));
				lane.trimmed(begin);
			}
			else if (offset > end || ex instanceof LogTruncationException) {
				long cut = cut(partition, end, ex);
				logger.warn("Partition " + partition.partition() + " of topic '" + partition.topic()
						+ "' has other records than before from offset " + cut
						+ " on, because of an unclean leader election. A group goes on with them");
				lane.cut(cut);
			}
		});
		return Map.of();
	}

	private static long cut(TopicPartition partition, long end, OffsetOutOfRangeException ex) {
		OffsetAndMetadata diverged = (ex instanceof LogTruncationException truncation)
				? truncation.divergentOffsets().get(partition) : null;
		return (diverged != null) ? diverged.offset() : end;
	}

}
