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
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
import org.jspecify.annotations.Nullable;

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

	/** How long a partition is read by itself. Its failure takes less to arrive. */
	private static final Duration TRY = Duration.ofMillis(100);

	/** With more partitions to try at once, each gets a short wait. */
	private static final int MAX_TRIES = 10;

	/** How long a partition that cannot be read waits for the next attempt. */
	private static final Duration RETRY = Duration.ofSeconds(5);

	private final String topic;

	private final String group;

	private final KafkaGroupFeed forward;

	private final KafkaGroupFeed behind;

	private final KafkaGroupFeed apart;

	private final Guard guard;

	private final Thread thread;

	private final Map<TopicPartition, KafkaLane> lanes = new ConcurrentHashMap<>();

	/** Partitions that cannot be read, and when they are tried again, by themselves. */
	private final Map<TopicPartition, Long> unreadable = new HashMap<>();

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
		this.apart = new KafkaGroupFeed(impatient);
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
		this.unreadable.keySet().retainAll(lanes.keySet());
		try {
			if (this.stale) {
				this.stale = false;
				drop();
			}
			tryAgain(lanes);
			Map<TopicPartition, KafkaLane> sound = new HashMap<>(lanes);
			sound.keySet().removeAll(this.unreadable.keySet());
			if (sound.isEmpty()) {
				LockSupport.parkNanos(WAIT.toNanos());
			}
			else {
				readTogether(sound);
			}
		}
		catch (RuntimeException | Error ex) {
			// The consumers' state is not known
			drop();
			throw ex;
		}
	}

	private void readTogether(Map<TopicPartition, KafkaLane> lanes) throws InterruptedException {
		try {
			Map<TopicPartition, KafkaException> failures = read(this.forward, lanes, WAIT);
			lanes.forEach((partition, lane) -> {
				if (!failures.containsKey(partition)) {
					lane.readable();
				}
			});
			failures.forEach((partition, failure) -> failed(partition, lanes.get(partition), failure));
		}
		catch (WakeupException ex) {
			logger.trace("Something has changed", ex);
		}
		catch (KafkaException ex) {
			Set<TopicPartition> named = named(ex, lanes.keySet());
			named.forEach((partition) -> failed(partition, lanes.get(partition), ex));
			if (named.isEmpty()) {
				failed("topic '" + this.topic + "'", ex);
				drop();
				// To be tried at once, each by itself, which shows what can be read
				long now = System.nanoTime();
				lanes.forEach((partition, lane) -> {
					lane.unreadable(ex);
					this.unreadable.put(partition, now);
				});
				TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
			}
		}
	}

	/**
	 * Return the partitions that a failure is about. Kafka names the one whose record is
	 * corrupt in the message only; without it nothing is lost but time, see
	 * {@link #tryAgain}.
	 */
	private static Set<TopicPartition> named(KafkaException failure, Set<TopicPartition> partitions) {
		String message = String.valueOf(failure.getMessage());
		return partitions.stream()
			.filter((partition) -> Pattern.compile(Pattern.quote(partition.toString()) + "(?!\\d)")
				.matcher(message)
				.find())
			.collect(Collectors.toSet());
	}

	private void failed(String what, KafkaException ex) {
		this.guard.failed("The group '" + this.group + "' cannot read " + what + " and tries again", ex);
	}

	private void failed(TopicPartition partition, @Nullable KafkaLane lane, KafkaException ex) {
		if (lane != null) {
			failed("partition " + partition, ex);
			lane.unreadable(ex);
			this.unreadable.put(partition, System.nanoTime() + RETRY.toNanos());
		}
	}

	/**
	 * Read partitions whose last read has failed, one by one, so that one that cannot be
	 * read, for example because a record of it is corrupt, holds up no other. They have a
	 * consumer of their own: to be assigned to one partition alone means that a failure
	 * is of that one.
	 */
	private void tryAgain(Map<TopicPartition, KafkaLane> lanes) {
		long now = System.nanoTime();
		List<TopicPartition> due = lanes.keySet().stream().filter((partition) -> {
			Long at = this.unreadable.get(partition);
			return at != null && now - at >= 0;
		}).toList();
		for (TopicPartition partition : due) {
			Map<TopicPartition, KafkaLane> alone = Map.of(partition, Objects.requireNonNull(lanes.get(partition)));
			try {
				Map<TopicPartition, KafkaException> failures = read(this.apart, alone,
						(due.size() > MAX_TRIES) ? SHORT_WAIT : TRY);
				failures.forEach((each, failure) -> failed(each, alone.get(each), failure));
				if (failures.isEmpty()) {
					alone.forEach((each, lane) -> lane.readable());
					this.unreadable.remove(partition);
				}
			}
			catch (WakeupException ex) {
				logger.trace("Something has changed", ex);
			}
			catch (KafkaException ex) {
				failed(partition, alone.get(partition), ex);
			}
		}
	}

	private void drop() {
		this.forward.drop();
		this.behind.drop();
		this.apart.drop();
	}

	/**
	 * Read what is new, and for channels that are behind what they have missed. The
	 * second consumer exists because the first one waits at the broker for new records.
	 * @param feed reads what is new
	 * @return the partitions that could not be read to the end
	 */
	private Map<TopicPartition, KafkaException> read(KafkaGroupFeed feed, Map<TopicPartition, KafkaLane> lanes,
			Duration wait) {
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
		Map<TopicPartition, KafkaException> failures = new HashMap<>();
		if (!late.isEmpty()) {
			failures.putAll(this.behind.read(late, lateOffsets, SHORT_WAIT));
		}
		failures.putAll(feed.read(lanes, offsets, (late.isEmpty() || feed == this.apart) ? wait : Duration.ZERO));
		return failures;
	}

}
