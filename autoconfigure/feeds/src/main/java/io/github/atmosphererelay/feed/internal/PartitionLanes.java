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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The scans of all partitions, which one consumer reads. Reads that begin near each other
 * are one scan. A partition has a few scans at most, and they take turns: a read of what
 * is recent does not wait for one that begins hours before. For one thread.
 */
final class PartitionLanes {

	/** How many records a read skips to share a scan. */
	static final long NEAR = 10_000;

	/** The maximum number of scans of a partition. */
	static final int MAX_LANES = 4;

	/** How much all reads together may hold before they end with what they have. */
	private static final long MAX_OPEN_BYTES = 64L * 1024 * 1024;

	private static final Duration POLL = Duration.ofMillis(100);

	private static final Duration ANSWER = Duration.ofSeconds(4);

	private static final long TURN_NANOS = Duration.ofMillis(250).toNanos();

	private final FeedRun run;

	private final FeedInput input;

	private final Consumer<byte[], byte[]> consumer;

	/** The scans of each partition. The first one is where the consumer is. */
	private final Map<Integer, Deque<PartitionScan>> lanes = new HashMap<>();

	private final Map<Integer, Long> turns = new HashMap<>();

	PartitionLanes(FeedRun run, FeedInput input, Consumer<byte[], byte[]> consumer) {
		this.run = run;
		this.input = input;
		this.consumer = consumer;
	}

	boolean isEmpty() {
		return this.lanes.isEmpty();
	}

	void failAll(Throwable failure) {
		all().forEach((scan) -> scan.failAll(failure));
	}

	private Stream<PartitionScan> all() {
		return this.lanes.values().stream().flatMap(Collection::stream);
	}

	/**
	 * Add reads.
	 * @return those for which there is no scan: they wait until one has ended
	 */
	List<ChannelScan> join(List<ChannelScan> asked) {
		List<ChannelScan> left = new ArrayList<>();
		List<PartitionScan> begun = new ArrayList<>();
		asked.stream().sorted(Comparator.comparingLong(ChannelScan::from)).forEach((read) -> {
			int partition = read.key().partition();
			List<PartitionScan> present = Stream
				.concat(this.lanes.getOrDefault(partition, new ArrayDeque<>()).stream(),
						begun.stream().filter((scan) -> scan.partition() == partition))
				.toList();
			PartitionScan nearest = present.stream()
				.filter((scan) -> scan.offset() <= read.from())
				.max(Comparator.comparingLong(PartitionScan::offset))
				.orElse(null);
			if (nearest != null && (read.from() - nearest.offset() <= NEAR || present.size() >= MAX_LANES)) {
				nearest.add(read);
			}
			else if (present.size() < MAX_LANES) {
				PartitionScan scan = new PartitionScan(this.run, this.input, partition);
				scan.add(read);
				begun.add(scan);
			}
			else {
				left.add(read);
			}
		});
		if (!begun.isEmpty()) {
			try {
				begin(begun);
			}
			catch (RuntimeException | Error ex) {
				begun.forEach((scan) -> scan.failAll(new RelayUnavailableException(this.run.settings().name(), ex)));
				throw ex;
			}
		}
		return left;
	}

	private void begin(List<PartitionScan> begun) {
		Set<TopicPartition> added = begun.stream().map(this::partition).collect(Collectors.toSet());
		Map<TopicPartition, Long> begins = this.consumer.beginningOffsets(added, ANSWER);
		Map<TopicPartition, Long> ends = this.consumer.endOffsets(added, ANSWER);
		for (PartitionScan scan : begun) {
			TopicPartition partition = partition(scan);
			scan.begin(begins.getOrDefault(partition, Long.MAX_VALUE), ends.getOrDefault(partition, 0L));
			scan.passed(scan.offset());
			if (!scan.isEmpty()) {
				this.run.statistics().countScan();
				this.lanes.computeIfAbsent(scan.partition(), (number) -> new ArrayDeque<>()).addFirst(scan);
			}
		}
		assign();
		begun.stream().map(PartitionScan::partition).distinct().forEach(this::turn);
	}

	/**
	 * Assign the partitions of the scans. The consumer stays where it is in those that it
	 * had before.
	 */
	private void assign() {
		this.consumer.assign(this.lanes.keySet().stream().map(this::partition).toList());
	}

	/**
	 * Let the first scan of a partition have its turn.
	 */
	private void turn(int partition) {
		Deque<PartitionScan> lane = this.lanes.get(partition);
		PartitionScan first = (lane != null) ? lane.peek() : null;
		if (first != null) {
			this.consumer.seek(partition(partition), first.offset());
			this.turns.put(partition, System.nanoTime());
		}
	}

	private TopicPartition partition(PartitionScan scan) {
		return partition(scan.partition());
	}

	private TopicPartition partition(int number) {
		return new TopicPartition(this.run.settings().topic(), number);
	}

	/**
	 * Read what there is, or wait for a moment.
	 */
	void read() {
		if (this.lanes.isEmpty()) {
			return;
		}
		ConsumerRecords<byte[], byte[]> records = this.consumer.poll(POLL);
		for (ConsumerRecord<byte[], byte[]> record : records) {
			this.run.statistics()
				.countScanned(Math.max(0, record.serializedKeySize()) + Math.max(0, record.serializedValueSize()));
			PartitionScan scan = first(record.partition());
			if (scan != null) {
				scan.take(record);
			}
		}
		long now = System.nanoTime();
		this.lanes.keySet().forEach((number) -> {
			PartitionScan scan = first(number);
			if (scan != null) {
				scan.passed(this.consumer.position(partition(number)));
			}
		});
		all().forEach((scan) -> scan.expire(now));
		if (all().mapToLong(PartitionScan::bytes).sum() > MAX_OPEN_BYTES) {
			all().forEach(PartitionScan::handOver);
		}
		takeTurns(now);
	}

	private @Nullable PartitionScan first(int partition) {
		Deque<PartitionScan> lane = this.lanes.get(partition);
		return (lane != null) ? lane.peek() : null;
	}

	/**
	 * Remove the scans that have ended, and go on with the next ones of their partitions,
	 * or of those where one has read for long enough.
	 */
	private void takeTurns(long now) {
		List<Integer> turned = new ArrayList<>();
		this.lanes.forEach((number, lane) -> {
			PartitionScan before = lane.peek();
			lane.removeIf(PartitionScan::isEmpty);
			PartitionScan first = lane.peek();
			if (first != null && first == before && lane.size() > 1
					&& now - this.turns.getOrDefault(number, now) > TURN_NANOS) {
				lane.addLast(lane.remove());
			}
			if (lane.peek() != before) {
				turned.add(number);
			}
		});
		if (this.lanes.values().removeIf(Deque::isEmpty)) {
			this.turns.keySet().retainAll(this.lanes.keySet());
			if (!this.lanes.isEmpty()) {
				assign();
			}
		}
		turned.forEach(this::turn);
	}

}
