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
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Reads all partitions of a feed's topic, and remembers where it is in each: a new
 * consumer goes on there, as long as the topic is the same. What is known of the topic
 * and of the places may be read by any thread; all else is for one.
 */
final class TopicReader {

	private static final Duration POLL = Duration.ofMillis(250);

	private static final Duration ANSWER = Duration.ofSeconds(4);

	private final FeedRun run;

	private final FeedSettings settings;

	private final PlacedMapper mapper;

	/** The partitions that are read for the values that they begin with. */
	private final Map<Integer, Loading> loading = new HashMap<>();

	/** Up to where the sink has got everything, by partition. */
	private final Map<Integer, PartitionPlace> places = new ConcurrentHashMap<>();

	/** Whether partitions were added since this node reads the topic. */
	private boolean grown;

	private volatile @Nullable TopicInfo topic;

	private volatile long lag;

	private @Nullable Consumer<byte[], byte[]> consumer;

	TopicReader(FeedRun run) {
		this.run = run;
		this.settings = run.settings();
		this.mapper = new PlacedMapper(run);
	}

	@Nullable TopicInfo topic() {
		return this.topic;
	}

	@Nullable PartitionPlace place(int partition) {
		return this.places.get(partition);
	}

	long lag() {
		return this.lag;
	}

	/**
	 * Return whether current values are still being read, so that this node does not know
	 * them all.
	 */
	boolean isLoading() {
		return !this.loading.isEmpty();
	}

	/**
	 * Begin to read with a consumer, or go on.
	 * @param answer what the broker says of the topic
	 * @throws KafkaException if the broker does not answer
	 */
	void begin(TopicInfo answer, Consumer<byte[], byte[]> consumer, FeedSink sink) {
		this.consumer = consumer;
		assign(newer(answer), consumer, sink);
	}

	/**
	 * Take over what the broker says of the topic.
	 * @return whether the topic has changed, so that the consumer now reads somewhere
	 * else
	 */
	boolean adopt(TopicInfo answer, FeedSink sink) {
		TopicInfo found = newer(answer);
		if (found.equals(this.topic)) {
			return false;
		}
		assign(found, consumer(), sink);
		return true;
	}

	private Consumer<byte[], byte[]> consumer() {
		return Objects.requireNonNull(this.consumer, "Reading has not begun");
	}

	/**
	 * Return what was found, unless it comes from a broker that has not heard yet of
	 * partitions that were added: a topic never has fewer than before.
	 */
	private TopicInfo newer(TopicInfo found) {
		TopicInfo known = this.topic;
		return (known != null && known.id().equals(found.id()) && found.partitions() < known.partitions()) ? known
				: found;
	}

	/**
	 * Read the topic where this node has got to.
	 */
	private void assign(TopicInfo found, Consumer<byte[], byte[]> consumer, FeedSink sink) {
		TopicInfo known = this.topic;
		List<TopicPartition> partitions = new ArrayList<>();
		for (int i = 0; i < found.partitions(); i++) {
			partitions.add(new TopicPartition(this.settings.topic(), i));
		}
		Map<TopicPartition, Long> ends = (known != null) ? Map.of() : consumer.endOffsets(partitions, ANSWER);
		consumer.assign(partitions);
		boolean another = known == null || !known.epoch().equals(found.epoch());
		boolean recreated = known != null && !known.id().equals(found.id());
		FeedState state = this.run.state();
		if (state != null && known != null && !recreated && another) {
			this.grown = true;
			state.grown();
		}
		if (state != null && recreated) {
			this.grown = false;
			state.clear();
			this.loading.clear();
		}
		Map<TopicPartition, Long> begins = (state != null && known == null)
				? consumer.beginningOffsets(partitions, ANSWER) : Map.of();
		for (TopicPartition partition : partitions) {
			PartitionPlace place = this.places.get(partition.partition());
			// All of a topic that was made again, and of a partition that was added, was
			// written while this node was reading the feed
			long next = (place != null && !recreated) ? place.offset() : 0;
			if (known == null) {
				next = Objects.requireNonNull(ends.get(partition));
			}
			Long first = begins.get(partition);
			if (first != null && first < next) {
				this.loading.put(partition.partition(), new Loading(first, next));
			}
			Loading loading = this.loading.get(partition.partition());
			if (loading != null) {
				consumer.seek(partition, loading.next);
				continue;
			}
			if (another) {
				begin(partition.partition(), found.epoch(), next);
			}
			consumer.seek(partition, next);
		}
		this.places.keySet().removeIf((partition) -> partition >= found.partitions());
		this.topic = found;
		if (known != null && another) {
			this.run.health().changed(found);
			sink.changed();
		}
	}

	private void begin(int partition, String epoch, long next) {
		RecoveryMemory memory = this.run.memory();
		if (memory != null) {
			memory.begin(partition, next);
		}
		place(partition, epoch, next);
	}

	private void place(int partition, String epoch, long next) {
		RecoveryMemory memory = this.run.memory();
		if (memory != null) {
			memory.reached(partition, next);
		}
		this.places.put(partition, new PartitionPlace(epoch, next));
	}

	/**
	 * Read what there is, or wait for a moment.
	 * @param watch tells whether the topic has changed
	 */
	void poll(TopicWatch watch, FeedSink sink) throws InterruptedException {
		Consumer<byte[], byte[]> consumer = consumer();
		ConsumerRecords<byte[], byte[]> records;
		try {
			records = consumer.poll(POLL);
		}
		catch (OffsetOutOfRangeException ex) {
			if (!adopt(watch.ask(), sink)) {
				catchUp(ex.offsetOutOfRangePartitions().keySet(), consumer, sink);
			}
			return;
		}
		RecoveryMemory memory = this.run.memory();
		if (memory != null) {
			memory.forget();
		}
		TopicInfo topic = this.topic;
		if (topic == null) {
			return;
		}
		for (TopicPartition partition : records.partitions()) {
			for (ConsumerRecord<byte[], byte[]> record : records.records(partition)) {
				if (!take(topic, record, watch, sink)) {
					// The topic has changed. The consumer reads the rest again
					return;
				}
			}
			// Beyond what no consumer sees, such as the end of a transaction
			passed(topic, partition.partition(), consumer.position(partition));
		}
		if (!this.loading.isEmpty()) {
			// Where nothing but such ends is left to read, no records come
			for (Integer partition : List.copyOf(this.loading.keySet())) {
				passed(topic, partition, consumer.position(new TopicPartition(this.settings.topic(), partition)));
			}
		}
		this.lag = consumer.assignment().stream().mapToLong((each) -> consumer.currentLag(each).orElse(0)).sum();
	}

	/**
	 * Note that a partition was read up to an offset.
	 */
	private void passed(TopicInfo topic, int partition, long next) {
		Loading loading = this.loading.get(partition);
		if (loading != null) {
			loading.next = next;
			if (next < loading.end) {
				return;
			}
			this.loading.remove(partition);
			begin(partition, topic.epoch(), loading.end);
		}
		place(partition, topic.epoch(), next);
	}

	/**
	 * Read on from where there is something: this node was away for longer than the topic
	 * keeps its records, or the broker has lost the last ones.
	 */
	private void catchUp(Collection<TopicPartition> partitions, Consumer<byte[], byte[]> consumer, FeedSink sink) {
		Map<TopicPartition, Long> begins = consumer.beginningOffsets(partitions, ANSWER);
		Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, ANSWER);
		for (TopicPartition partition : partitions) {
			TopicInfo topic = this.topic;
			PartitionPlace place = this.places.get(partition.partition());
			Long begin = begins.get(partition);
			Long end = ends.get(partition);
			if (topic == null || begin == null || end == null) {
				continue;
			}
			Loading loading = this.loading.get(partition.partition());
			if (loading != null || place == null) {
				// The oldest values have expired while they were read
				consumer.seek(partition, begin);
				passed(topic, partition.partition(), begin);
				continue;
			}
			long next = Math.min(Math.max(place.offset(), begin), end);
			begin(partition.partition(), place.epoch(), next);
			consumer.seek(partition, next);
			this.run.statistics().countGap();
			sink.gap(partition.partition());
		}
	}

	/**
	 * Take a record.
	 * @return whether the following ones are still to be taken
	 */
	private boolean take(TopicInfo topic, ConsumerRecord<byte[], byte[]> record, TopicWatch watch, FeedSink sink)
			throws InterruptedException {
		FeedStatistics statistics = this.run.statistics();
		Mapped mapped = this.mapper.map(topic, record);
		if (mapped instanceof Mapped.Skipped skipped && skipped.reason() == SkipReason.MISPLACED) {
			TopicInfo found = watch.askIfDue();
			if (found != null && adopt(found, sink)) {
				return false;
			}
		}
		FeedState state = this.run.state();
		MappedRecord value = (state != null) ? value(mapped, record) : null;
		if (state != null && value != null && !state.put(topic, value, this.loading.containsKey(record.partition()))) {
			this.run.health().stateIsFull();
		}
		Loading loading = this.loading.get(record.partition());
		if (loading != null) {
			if (record.offset() < loading.end) {
				return true;
			}
			passed(topic, record.partition(), loading.end);
		}
		statistics.countRecord(Math.max(0, record.serializedKeySize()) + Math.max(0, record.serializedValueSize()));
		RecoveryMemory memory = this.run.memory();
		if (memory != null && mapped instanceof Mapped.Message message) {
			memory.add(record.partition(), message.record());
		}
		// Before it is delivered: a subscriber that begins at this place has the record
		// behind it
		place(record.partition(), topic.epoch(), record.offset() + 1);
		if (mapped instanceof Mapped.Message message) {
			statistics.countMapped();
			this.run.guard().run(() -> sink.record(topic.epoch(), record.partition(), message.record()));
		}
		else if (mapped instanceof Mapped.Skipped skipped) {
			statistics.countSkipped(skipped.reason());
			this.run.health().skipped(record, skipped);
		}
		return true;
	}

	/**
	 * Return what may be the current value of a channel. Of a key that has not been
	 * written since partitions were added, that is in another partition than its own.
	 */
	private @Nullable MappedRecord value(Mapped mapped, ConsumerRecord<byte[], byte[]> record) {
		if (mapped instanceof Mapped.Message message) {
			return message.record();
		}
		boolean misplaced = mapped instanceof Mapped.Skipped skipped && skipped.reason() == SkipReason.MISPLACED;
		return (misplaced && (this.grown || this.loading.containsKey(record.partition()))
				&& this.run.mapper().map(record) instanceof Mapped.Message moved) ? moved.record().elsewhere() : null;
	}

	/**
	 * A partition that is read for the values that it begins with.
	 */
	private static final class Loading {

		private final long end;

		private long next;

		Loading(long next, long end) {
			this.next = next;
			this.end = end;
		}

	}

}
