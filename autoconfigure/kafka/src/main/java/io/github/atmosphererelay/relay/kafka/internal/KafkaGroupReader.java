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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.LogTruncationException;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;

/**
 * Reads the partitions of a member's lanes. It has a thread and a consumer of its own, so
 * that the member's other lanes are read while the member hands lanes over: the consumer
 * of the member only keeps the membership, and commits.
 * <p>
 * Threads: the methods are for any thread and do not block. Lanes are filled by the
 * reader's thread, which no code of the application runs on.
 */
final class KafkaGroupReader {

	private static final Log logger = LogFactory.getLog(KafkaGroupReader.class);

	/** How long to wait for new records. A wake-up ends the wait. */
	private static final Duration WAIT = Duration.ofMillis(500);

	private static final Duration SHORT_WAIT = Duration.ofMillis(10);

	private static final Duration ANSWER = Duration.ofSeconds(3);

	private static final Duration PAUSE = Duration.ofMillis(500);

	private final String topic;

	private final Supplier<Consumer<byte[], byte[]>> consumers;

	private final Guard guard;

	private final Thread thread;

	private final Map<TopicPartition, KafkaLane> lanes = new ConcurrentHashMap<>();

	private final Queue<Question> questions = new ConcurrentLinkedQueue<>();

	/** Where the consumer is. For the reader's thread. */
	private final Map<TopicPartition, Long> positions = new HashMap<>();

	private volatile @Nullable Consumer<byte[], byte[]> consumer;

	private volatile boolean closed;

	KafkaGroupReader(KafkaRelaySettings settings, Supplier<Consumer<byte[], byte[]>> consumers, Guard guard) {
		this.topic = settings.logTopic();
		this.consumers = consumers;
		this.guard = guard;
		this.thread = Threads.factory("kafka-group-reader").newThread(this::run);
	}

	void start() {
		this.thread.start();
	}

	void add(KafkaLane lane) {
		this.lanes.put(partition(lane), lane);
		wake();
	}

	void remove(KafkaLane lane) {
		this.lanes.remove(partition(lane), lane);
		wake();
	}

	private TopicPartition partition(KafkaLane lane) {
		return new TopicPartition(this.topic, lane.number());
	}

	/**
	 * Look at the lanes again, because something has changed.
	 */
	void wake() {
		Consumer<byte[], byte[]> consumer = this.consumer;
		if (consumer != null) {
			consumer.wakeup();
		}
		LockSupport.unpark(this.thread);
	}

	/**
	 * Look up where a lane's partition ends.
	 * @return completes with the offset after its last record
	 */
	CompletableFuture<Long> end(KafkaLane lane) {
		Question question = new Question(partition(lane), new CompletableFuture<>());
		this.questions.add(question);
		if (this.closed) {
			failQuestions(null);
		}
		wake();
		return question.answer();
	}

	void close() {
		this.closed = true;
		wake();
	}

	private void run() {
		try {
			this.guard.loop(() -> !this.closed, this::step);
		}
		finally {
			drop();
			failQuestions(null);
		}
	}

	private void step() throws InterruptedException {
		if (this.lanes.isEmpty() && this.questions.isEmpty()) {
			LockSupport.parkNanos(WAIT.toNanos());
			return;
		}
		try {
			Consumer<byte[], byte[]> consumer = connect();
			answer(consumer);
			assign(consumer);
			read(consumer);
		}
		catch (WakeupException ex) {
			logger.trace("Something has changed", ex);
		}
		catch (KafkaException ex) {
			logger.debug("The partitions of a group could not be read", ex);
			failQuestions(ex);
			drop();
			TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
		}
		catch (RuntimeException | Error ex) {
			// The consumer's state is not known
			drop();
			throw ex;
		}
	}

	private Consumer<byte[], byte[]> connect() {
		Consumer<byte[], byte[]> consumer = this.consumer;
		if (consumer == null) {
			consumer = this.consumers.get();
			this.consumer = consumer;
			this.positions.clear();
		}
		return consumer;
	}

	private void drop() {
		Consumer<byte[], byte[]> consumer = this.consumer;
		this.consumer = null;
		if (consumer != null) {
			consumer.close();
		}
	}

	private void answer(Consumer<byte[], byte[]> consumer) {
		if (this.questions.isEmpty()) {
			return;
		}
		List<Question> asked = new ArrayList<>();
		for (Question next = this.questions.poll(); next != null; next = this.questions.poll()) {
			asked.add(next);
		}
		try {
			Map<TopicPartition, Long> ends = consumer
				.endOffsets(asked.stream().map(Question::partition).distinct().toList(), ANSWER);
			asked.forEach((question) -> question.answer(ends.get(question.partition())));
		}
		catch (WakeupException ex) {
			this.questions.addAll(asked);
			throw ex;
		}
		catch (RuntimeException | Error ex) {
			asked.forEach((question) -> question.fail(ex));
			throw ex;
		}
	}

	private void failQuestions(@Nullable Throwable cause) {
		for (Question next = this.questions.poll(); next != null; next = this.questions.poll()) {
			next.fail(cause);
		}
	}

	private void assign(Consumer<byte[], byte[]> consumer) {
		Set<TopicPartition> wanted = Set.copyOf(this.lanes.keySet());
		if (!consumer.assignment().equals(wanted)) {
			consumer.assign(wanted);
			this.positions.keySet().retainAll(wanted);
		}
	}

	private void read(Consumer<byte[], byte[]> consumer) {
		Map<TopicPartition, KafkaLane> reading = new HashMap<>();
		boolean busy = false;
		for (TopicPartition partition : consumer.assignment()) {
			KafkaLane lane = this.lanes.get(partition);
			long wanted = (lane != null) ? lane.wanted() : KafkaLane.NOTHING;
			if (lane == null || wanted == KafkaLane.NOTHING) {
				consumer.pause(List.of(partition));
				continue;
			}
			Long position = this.positions.get(partition);
			if (position == null || position != wanted) {
				consumer.seek(partition, wanted);
				this.positions.put(partition, wanted);
			}
			consumer.resume(List.of(partition));
			reading.put(partition, lane);
			busy |= lane.isBusy();
		}
		if (consumer.assignment().isEmpty()) {
			return;
		}
		ConsumerRecords<byte[], byte[]> records;
		try {
			records = consumer.poll(busy ? SHORT_WAIT : WAIT);
		}
		catch (OffsetOutOfRangeException ex) {
			outOfRange(consumer, ex);
			return;
		}
		reading.forEach((partition, lane) -> take(consumer, partition, lane, records.records(partition)));
	}

	private void take(Consumer<byte[], byte[]> consumer, TopicPartition partition, KafkaLane lane,
			List<ConsumerRecord<byte[], byte[]>> records) {
		long from = this.positions.getOrDefault(partition, 0L);
		long after = KafkaLogReader.position(consumer, partition,
				records.isEmpty() ? from : records.get(records.size() - 1).offset() + 1);
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
		while (true) {
			try {
				OffsetAndTimestamp found = consumer.offsetsForTimes(Map.of(partition, Math.max(0, time)), ANSWER)
					.get(partition);
				long offset = (found != null) ? found.offset() : lane.start();
				return Math.max(offset, lane.start() - KafkaLogLife.MAX_WARM_RECORDS);
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
	private void outOfRange(Consumer<byte[], byte[]> consumer, OffsetOutOfRangeException ex) {
		Map<TopicPartition, Long> offsets = ex.offsetOutOfRangePartitions();
		Map<TopicPartition, Long> begins = consumer.beginningOffsets(offsets.keySet(), ANSWER);
		Map<TopicPartition, Long> ends = consumer.endOffsets(offsets.keySet(), ANSWER);
		offsets.forEach((partition, offset) -> {
			this.positions.remove(partition);
			KafkaLane lane = this.lanes.get(partition);
			long begin = begins.getOrDefault(partition, 0L);
			long end = ends.getOrDefault(partition, Long.MAX_VALUE);
			if (lane == null) {
				return;
			}
			if (offset < begin) {
				logger.warn("A group has not handled messages of partition " + partition.partition() + " of topic '"
						+ this.topic + "' before the broker removed them: offsets " + offset + " to " + (begin - 1));
				lane.trimmed(begin);
			}
			else if (offset > end || ex instanceof LogTruncationException) {
				long cut = (ex instanceof LogTruncationException truncation
						&& truncation.divergentOffsets().get(partition) != null)
								? truncation.divergentOffsets().get(partition).offset() : end;
				logger.warn("Partition " + partition.partition() + " of topic '" + this.topic
						+ "' has other records than before from offset " + cut
						+ " on, because of an unclean leader election. A group goes on with them");
				lane.cut(cut);
			}
		});
	}

	/**
	 * A question for the end of a partition.
	 */
	private record Question(TopicPartition partition, CompletableFuture<Long> answer) {

		private void answer(@Nullable Long end) {
			if (end != null) {
				this.answer.complete(end);
			}
			else {
				fail(null);
			}
		}

		private void fail(@Nullable Throwable cause) {
			this.answer.completeExceptionally(new RelayUnavailableException(KafkaRelay.NAME, cause));
		}

	}

}
