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
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongSupplier;

import io.github.atmosphererelay.guard.Guard;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The partitions whose last read has failed. They are tried one by one, so that one that
 * cannot be read, for example because a record of it is corrupt, holds up no other. They
 * have a consumer of their own: to be assigned to one partition alone means that a
 * failure is of that one.
 * <p>
 * A trial takes as long as the broker needs to answer, several steps of the reader if
 * necessary, which reads the other partitions meanwhile. A partition whose broker says
 * nothing lets others be tried first, and gets more time when it is tried again.
 * <p>
 * Used by the reader's thread.
 */
final class KafkaGroupTrials {

	/** How long a partition that cannot be read waits for the next trial. */
	static final Duration RETRY = Duration.ofSeconds(5);

	/** How long the first trial of a partition may take. */
	static final Duration FIRST_TRIAL = Duration.ofMillis(200);

	private static final Duration MAX_TRIAL = Duration.ofMillis(3200);

	private final String group;

	private final KafkaGroupFeed feed;

	private final Guard guard;

	private final LongSupplier nanoTime;

	private final Map<TopicPartition, Unread> unread = new HashMap<>();

	private @Nullable Trial trial;

	KafkaGroupTrials(String group, KafkaGroupFeed feed, Guard guard, LongSupplier nanoTime) {
		this.group = group;
		this.feed = feed;
		this.guard = guard;
		this.nanoTime = nanoTime;
	}

	/**
	 * Return the partitions that are not to be read together with others.
	 */
	Set<TopicPartition> partitions() {
		return this.unread.keySet();
	}

	void retain(Set<TopicPartition> partitions) {
		this.unread.keySet().retainAll(partitions);
		if (this.trial != null && !partitions.contains(this.trial.partition)) {
			this.trial = null;
		}
	}

	/**
	 * Note that a read has failed, perhaps because of that partition: it is tried at
	 * once.
	 */
	void suspect(TopicPartition partition, KafkaLane lane, RuntimeException failure) {
		lane.unreadable(failure);
		this.unread.put(partition, new Unread(this.nanoTime.getAsLong(), FIRST_TRIAL));
	}

	/**
	 * Note that a partition cannot be read.
	 */
	void failed(TopicPartition partition, KafkaLane lane, RuntimeException failure) {
		if (failure instanceof KafkaException) {
			this.guard.failed("The group '" + this.group + "' cannot read partition " + partition + " and tries again",
					failure);
		}
		else {
			this.guard.failed(failure);
		}
		lane.unreadable(failure);
		postpone(partition);
	}

	private void postpone(TopicPartition partition) {
		this.unread.put(partition, new Unread(this.nanoTime.getAsLong() + RETRY.toNanos(), FIRST_TRIAL));
	}

	/**
	 * Go on with a trial, or begin the next one that is due.
	 * @param wait how long to wait for records
	 * @return whether a partition is tried
	 */
	boolean step(Map<TopicPartition, KafkaLane> lanes, Duration wait) {
		if (this.trial == null) {
			this.trial = begin();
		}
		Trial trial = this.trial;
		if (trial == null) {
			return false;
		}
		KafkaLane lane = Objects.requireNonNull(lanes.get(trial.partition));
		try {
			step(trial, lane, wait);
		}
		catch (RuntimeException ex) {
			this.trial = null;
			failed(trial.partition, lane, ex);
			if (!(ex instanceof KafkaException)) {
				// The consumer's state is not known
				this.feed.drop();
			}
		}
		return true;
	}

	private @Nullable Trial begin() {
		long now = this.nanoTime.getAsLong();
		TopicPartition due = this.unread.entrySet()
			.stream()
			.filter((entry) -> now - entry.getValue().at >= 0)
			.min(Comparator.comparingLong((entry) -> entry.getValue().at - now))
			.map(Map.Entry::getKey)
			.orElse(null);
		if (due == null) {
			return null;
		}
		Duration limit = Objects.requireNonNull(this.unread.get(due)).limit;
		// Now, so that other partitions come next whatever happens
		postpone(due);
		this.feed.forget(due);
		return new Trial(due, limit, now);
	}

	private void step(Trial trial, KafkaLane lane, Duration wait) {
		long behind = lane.wantedBehind();
		boolean again = behind != KafkaLane.NOTHING && !trial.readAgain;
		long offset = again ? behind : lane.wanted();
		if (offset == KafkaLane.NOTHING) {
			succeeded(trial, lane);
			return;
		}
		RuntimeException failure = this.feed.read(Map.of(trial.partition, lane), Map.of(trial.partition, offset), wait)
			.get(trial.partition);
		if (failure != null) {
			throw failure;
		}
		if (this.feed.isAnswered(trial.partition, offset)) {
			if (again) {
				trial.readAgain = true;
			}
			else {
				succeeded(trial, lane);
			}
		}
		else if (this.nanoTime.getAsLong() - trial.begun >= trial.limit.toNanos()) {
			this.trial = null;
			Duration longer = trial.limit.multipliedBy(2);
			this.unread.put(trial.partition, new Unread(this.nanoTime.getAsLong() + trial.limit.toNanos(),
					(longer.compareTo(MAX_TRIAL) < 0) ? longer : MAX_TRIAL));
		}
	}

	private void succeeded(Trial trial, KafkaLane lane) {
		this.trial = null;
		this.unread.remove(trial.partition);
		lane.readable();
	}

	void drop() {
		this.feed.drop();
	}

	/**
	 * A partition that is not read together with others.
	 *
	 * @param at when it is tried, by {@code System.nanoTime()}
	 * @param limit how long that may take
	 */
	private record Unread(long at, Duration limit) {
	}

	/**
	 * The partition that is tried at present.
	 */
	private static final class Trial {

		private final TopicPartition partition;

		private final Duration limit;

		private final long begun;

		/** Whether the broker has answered what is read again for channels behind. */
		private boolean readAgain;

		Trial(TopicPartition partition, Duration limit, long begun) {
			this.partition = partition;
			this.limit = limit;
			this.begun = begun;
		}

	}

}
