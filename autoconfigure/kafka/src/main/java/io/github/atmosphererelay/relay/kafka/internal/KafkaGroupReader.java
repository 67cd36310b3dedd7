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
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.internal.Threads;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;

/**
 * Reads the partitions of a member's lanes. It has a thread and consumers of its own, so
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

	private static final Duration PAUSE = Duration.ofMillis(500);

	private final String topic;

	private final String group;

	private final KafkaGroupFeed forward;

	private final KafkaGroupFeed behind;

	private final KafkaGroupTrials trials;

	private final Guard guard;

	private final Thread thread;

	private final Map<TopicPartition, KafkaLane> lanes = new ConcurrentHashMap<>();

	private volatile boolean stale;

	private volatile boolean closed;

	/**
	 * Create a reader.
	 * @param consumers create consumers
	 * @param impatient create consumers for which the broker waits hardly for records
	 */
	KafkaGroupReader(KafkaRelaySettings settings, String group, Supplier<Consumer<byte[], byte[]>> consumers,
			Supplier<Consumer<byte[], byte[]>> impatient, Guard guard) {
		this.topic = settings.logTopic();
		this.group = group;
		this.forward = new KafkaGroupFeed(consumers);
		this.behind = new KafkaGroupFeed(consumers);
		// While the broker waits for records of one partition, it answers for no other
		this.trials = new KafkaGroupTrials(group, new KafkaGroupFeed(impatient), guard, System::nanoTime);
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
		this.forward.wake();
		LockSupport.unpark(this.thread);
	}

	/**
	 * Read with new consumers, because the brokers that the present ones know may be
	 * gone.
	 */
	void renew() {
		this.stale = true;
		wake();
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
		}
	}

	private void step() throws InterruptedException {
		Map<TopicPartition, KafkaLane> lanes = Map.copyOf(this.lanes);
		this.trials.retain(lanes.keySet());
		try {
			if (this.stale) {
				this.stale = false;
				drop();
			}
			boolean trying = this.trials.step(lanes, SHORT_WAIT);
			Map<TopicPartition, KafkaLane> sound = new HashMap<>(lanes);
			sound.keySet().removeAll(this.trials.partitions());
			if (!sound.isEmpty()) {
				readTogether(sound, trying ? SHORT_WAIT : WAIT);
			}
			else if (!trying) {
				LockSupport.parkNanos(WAIT.toNanos());
			}
		}
		catch (RuntimeException | Error ex) {
			// The consumers' state is not known
			drop();
			throw ex;
		}
	}

	private void readTogether(Map<TopicPartition, KafkaLane> lanes, Duration wait) throws InterruptedException {
		try {
			Map<TopicPartition, RuntimeException> failures = read(lanes, wait);
			lanes.forEach((partition, lane) -> {
				if (!failures.containsKey(partition)) {
					lane.readable();
				}
			});
			failures.forEach((partition, failure) -> failed(partition, lanes, failure));
		}
		catch (WakeupException ex) {
			logger.trace("Something has changed", ex);
		}
		catch (KafkaException ex) {
			Set<TopicPartition> named = named(ex, lanes.keySet());
			named.forEach((partition) -> failed(partition, lanes, ex));
			if (named.isEmpty()) {
				this.guard.failed(
						"The group '" + this.group + "' cannot read topic '" + this.topic + "' and tries again", ex);
				// The consumer of the trials stays connected
				this.forward.drop();
				this.behind.drop();
				lanes.forEach((partition, lane) -> this.trials.suspect(partition, lane, ex));
				TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
			}
		}
	}

	private void failed(TopicPartition partition, Map<TopicPartition, KafkaLane> lanes, RuntimeException ex) {
		KafkaLane lane = lanes.get(partition);
		if (lane != null) {
			this.trials.failed(partition, lane, ex);
		}
	}

	/**
	 * Return the partitions that a failure is about. Kafka names the one whose record is
	 * corrupt in the message only; without it nothing is lost but time, see
	 * {@link KafkaGroupTrials}.
	 */
	private static Set<TopicPartition> named(KafkaException failure, Set<TopicPartition> partitions) {
		String message = String.valueOf(failure.getMessage());
		return partitions.stream()
			.filter((partition) -> Pattern.compile(Pattern.quote(partition.toString()) + "(?!\\d)")
				.matcher(message)
				.find())
			.collect(Collectors.toSet());
	}

	private void drop() {
		this.forward.drop();
		this.behind.drop();
		this.trials.drop();
	}

	/**
	 * Read what is new, and for channels that are behind what they have missed. The
	 * second consumer exists because the first one waits at the broker for new records.
	 * @return the partitions that could not be read to the end
	 */
	private Map<TopicPartition, RuntimeException> read(Map<TopicPartition, KafkaLane> lanes, Duration wait) {
		Map<TopicPartition, KafkaLane> late = new HashMap<>();
		Map<TopicPartition, Long> lateOffsets = new HashMap<>();
		Map<TopicPartition, Long> offsets = new HashMap<>();
		lanes.forEach((partition, lane) -> {
			long behind = lane.wantedBehind();
			if (behind != KafkaLane.NOTHING) {
				late.put(partition, lane);
				lateOffsets.put(partition, behind);
			}
			long wanted = lane.wanted();
			if (wanted != KafkaLane.NOTHING) {
				offsets.put(partition, wanted);
			}
		});
		Map<TopicPartition, RuntimeException> failures = new HashMap<>();
		if (!late.isEmpty()) {
			failures.putAll(this.behind.read(late, lateOffsets, SHORT_WAIT));
		}
		failures.putAll(this.forward.read(lanes, offsets, late.isEmpty() ? wait : Duration.ZERO));
		return failures;
	}

}
