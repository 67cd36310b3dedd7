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
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

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

	/** For how long partitions are read one by one after a failure. */
	private static final Duration APART = Duration.ofSeconds(30);

	/** How long a partition that cannot be read waits for the next attempt. */
	private static final Duration RETRY = Duration.ofSeconds(5);

	private final String topic;

	private final String group;

	private final KafkaGroupFeed forward;

	private final KafkaGroupFeed behind;

	private final Guard guard;

	private final Thread thread;

	private final Map<TopicPartition, KafkaLane> lanes = new ConcurrentHashMap<>();

	/** Until when partitions are read one by one, after a failure of all. */
	private long apartUntil = System.nanoTime();

	/** Partitions that cannot be read, and when they are tried again. */
	private final Map<TopicPartition, Long> unreadable = new HashMap<>();

	private volatile boolean stale;

	private volatile boolean closed;

	KafkaGroupReader(KafkaRelaySettings settings, String group, Supplier<Consumer<byte[], byte[]>> consumers,
			Guard guard) {
		this.topic = settings.logTopic();
		this.group = group;
		this.forward = new KafkaGroupFeed(consumers);
		this.behind = new KafkaGroupFeed(consumers);
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
		if (this.stale) {
			this.stale = false;
			drop();
		}
		if (this.lanes.isEmpty()) {
			LockSupport.parkNanos(WAIT.toNanos());
			return;
		}
		try {
			Map<TopicPartition, KafkaLane> lanes = Map.copyOf(this.lanes);
			if (System.nanoTime() - this.apartUntil < 0) {
				readApart(lanes);
			}
			else {
				read(lanes, lanes);
				lanes.values().forEach(KafkaLane::readable);
			}
		}
		catch (WakeupException ex) {
			logger.trace("Something has changed", ex);
		}
		catch (KafkaException ex) {
			failed("topic '" + this.topic + "'", ex);
			this.lanes.values().forEach((lane) -> lane.unreadable(ex));
			drop();
			this.unreadable.clear();
			this.apartUntil = System.nanoTime() + APART.toNanos();
			TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
		}
		catch (RuntimeException | Error ex) {
			// The consumer's state is not known
			drop();
			throw ex;
		}
	}

	private void failed(String what, KafkaException ex) {
		this.guard.failed("The group '" + this.group + "' cannot read " + what + " and tries again", ex);
	}

	/**
	 * Read partitions one by one, so that one that cannot be read, for example because a
	 * record of it is corrupt, holds up no other.
	 */
	private void readApart(Map<TopicPartition, KafkaLane> lanes) {
		this.unreadable.keySet().retainAll(lanes.keySet());
		lanes.forEach((partition, lane) -> {
			Long retryAt = this.unreadable.get(partition);
			if (retryAt != null && System.nanoTime() - retryAt < 0) {
				return;
			}
			try {
				read(lanes, Map.of(partition, lane));
				lane.readable();
				this.unreadable.remove(partition);
			}
			catch (WakeupException ex) {
				logger.trace("Something has changed", ex);
			}
			catch (KafkaException ex) {
				failed("partition " + partition, ex);
				lane.unreadable(ex);
				this.unreadable.put(partition, System.nanoTime() + RETRY.toNanos());
				this.apartUntil = System.nanoTime() + APART.toNanos();
			}
		});
		if (this.unreadable.size() == lanes.size()) {
			LockSupport.parkNanos(SHORT_WAIT.toNanos());
		}
	}

	private void drop() {
		this.forward.drop();
		this.behind.drop();
	}

	/**
	 * Read what is new, and for channels that are behind what they have missed. The
	 * second consumer exists because the first one waits at the broker for new records.
	 * @param lanes all lanes
	 * @param read those that are read now
	 */
	private void read(Map<TopicPartition, KafkaLane> lanes, Map<TopicPartition, KafkaLane> read) {
		Map<TopicPartition, KafkaLane> late = new HashMap<>();
		Map<TopicPartition, Long> lateOffsets = new HashMap<>();
		Map<TopicPartition, Long> offsets = new HashMap<>();
		read.forEach((partition, lane) -> {
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
		if (!late.isEmpty()) {
			this.behind.read(late, lateOffsets, SHORT_WAIT);
		}
		if (!lanes.isEmpty()) {
			Duration wait = (read.size() == lanes.size()) ? WAIT : SHORT_WAIT;
			this.forward.read(lanes, offsets, late.isEmpty() ? wait : Duration.ZERO);
		}
	}

}
