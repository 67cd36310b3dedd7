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
import java.util.Map;
import java.util.function.LongSupplier;

import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.jspecify.annotations.Nullable;

/**
 * Knows when the coordinator of a group was last heard by a member: it answers heartbeats
 * and commits. A member that has not heard it for a lease has lost its lanes, although
 * Kafka's consumer does not say so until it hears the coordinator again.
 * <p>
 * Kafka counts the answers to heartbeats, whatever they say, and when they are taken from
 * the connection. So such an answer proves that the member has its lanes only after a
 * poll, which reports if they are lost, and not after a pause of the member's thread, in
 * which it may have waited in the connection. After a pause a commit has to succeed.
 * <p>
 * Threads: {@link #isHeld}, {@link #waited} and {@link #gone} are for any thread, the
 * rest for the member's.
 */
final class KafkaGroupPulse {

	/** How long a consumer without lanes may wait for other members to join. */
	static final Duration MAX_JOIN = KafkaGroupMember.MAX_HAND_OVER.multipliedBy(2);

	private final long leaseNanos;

	private final LongSupplier nanoTime;

	/** Counts the answers to heartbeats, which Kafka sends from a thread of its own. */
	private final @Nullable Metric heartbeats;

	private Object count;

	private long heardAt;

	/**
	 * A time at which this member was alive for the coordinator. Earlier than when it was
	 * heard: the process may have stood still after an answer had arrived.
	 */
	private volatile long aliveAt;

	/** A time like it, of an answer that the next poll may say is a refusal. */
	private @Nullable Long perhapsAliveAt;

	private long listenedAt;

	/** After which pause answers to heartbeats prove nothing until a commit succeeds. */
	private @Nullable Long pausedAt;

	private long askedAt;

	private boolean joining;

	/**
	 * Create an instance for a new consumer.
	 * @param metrics the consumer's metrics
	 * @param lease how long a member keeps its lanes without a sign of life
	 */
	KafkaGroupPulse(Map<MetricName, ? extends Metric> metrics, Duration lease, LongSupplier nanoTime) {
		this.leaseNanos = lease.toNanos();
		this.nanoTime = nanoTime;
		this.heartbeats = metrics.entrySet()
			.stream()
			.filter((entry) -> entry.getKey().group().equals("consumer-coordinator-metrics")
					&& entry.getKey().name().equals("heartbeat-total"))
			.map(Map.Entry::getValue)
			.findFirst()
			.orElse(null);
		this.count = count();
		this.heardAt = nanoTime.getAsLong();
		this.aliveAt = this.heardAt;
		this.listenedAt = this.heardAt;
		this.askedAt = this.heardAt;
	}

	private Object count() {
		return (this.heartbeats != null) ? this.heartbeats.metricValue() : 0;
	}

	/**
	 * Note that the coordinator has confirmed a commit.
	 * @param askedAt when it was asked, by {@code System.nanoTime()}
	 */
	synchronized void heard(long askedAt) {
		this.heardAt = this.nanoTime.getAsLong();
		this.aliveAt = Math.max(this.aliveAt, askedAt);
		this.joining = false;
		if (this.pausedAt != null && askedAt - this.pausedAt >= 0) {
			this.pausedAt = null;
		}
	}

	/**
	 * Note that the consumer is joining the group again. Meanwhile it sends neither
	 * heartbeats nor commits.
	 */
	synchronized void joining() {
		if (!this.joining) {
			this.joining = true;
			// To be asked in another way at once
			this.askedAt = this.nanoTime.getAsLong() - this.leaseNanos;
		}
	}

	/**
	 * Note that the coordinator has said that it waits for members to join, and knows
	 * this one. Holds until the next question has been answered, not for a lease: the
	 * coordinator does not say whether it still waits for this member, which it does for
	 * what is left of the member's lease only.
	 * @param askedAt when it was asked, by {@code System.nanoTime()}
	 */
	synchronized void waited(long askedAt) {
		this.heardAt = this.nanoTime.getAsLong();
		this.aliveAt = Math.max(this.aliveAt, askedAt - this.leaseNanos / 2);
	}

	/**
	 * Note that the coordinator has said that it does not know this member. Ignored if it
	 * has answered the member itself since.
	 * @param askedAt when it was asked, by {@code System.nanoTime()}
	 */
	synchronized void gone(long askedAt) {
		if (this.heardAt - askedAt <= 0) {
			this.aliveAt = this.nanoTime.getAsLong() - this.leaseNanos;
			this.heardAt = this.aliveAt - MAX_JOIN.toNanos() - 1;
			this.perhapsAliveAt = null;
		}
	}

	synchronized boolean isJoining() {
		return this.joining;
	}

	/**
	 * Return whether the coordinator has to be asked something now, because nothing has
	 * proved for a while that this member has its lanes. Answers to heartbeats prove
	 * nothing before a poll has ended, which takes long while lanes are handed over.
	 * Counts as asked.
	 */
	synchronized boolean isAskDue() {
		listen();
		long now = this.nanoTime.getAsLong();
		long interval = this.leaseNanos / (this.joining ? 4 : 3);
		if (this.pausedAt == null && now - this.aliveAt < interval || now - this.askedAt < interval) {
			return false;
		}
		this.askedAt = now;
		return true;
	}

	/**
	 * Return whether the coordinator was not heard for so long that it has given the
	 * member's lanes to others, or, if the member has none, that the consumer is of no
	 * use.
	 */
	synchronized boolean isOver(boolean hasLanes) {
		listen();
		long limit = this.leaseNanos + (hasLanes ? 0 : MAX_JOIN.toNanos());
		return this.nanoTime.getAsLong() - this.heardAt > limit;
	}

	/**
	 * Return whether the coordinator cannot have given the member's lanes to others yet.
	 */
	boolean isHeld() {
		return this.nanoTime.getAsLong() - this.aliveAt < this.leaseNanos;
	}

	/**
	 * Note that the consumer has polled, after the last {@link #isAskDue}, and has not
	 * said that the lanes are lost.
	 */
	synchronized void polled() {
		if (this.perhapsAliveAt != null) {
			this.aliveAt = Math.max(this.aliveAt, this.perhapsAliveAt);
			this.perhapsAliveAt = null;
		}
	}

	/**
	 * Note that answers to heartbeats have come within a poll, while lanes were handed
	 * over. They prove nothing: this poll may not look any more whether they are
	 * refusals.
	 */
	synchronized void handedOver() {
		this.perhapsAliveAt = null;
	}

	private void listen() {
		long now = this.nanoTime.getAsLong();
		if (now - this.listenedAt > this.leaseNanos / 3) {
			this.pausedAt = now;
			// To be asked at once
			this.askedAt = now - this.leaseNanos;
		}
		Object count = count();
		if (!count.equals(this.count)) {
			this.count = count;
			this.heardAt = now;
			this.joining = false;
			if (this.pausedAt == null) {
				this.perhapsAliveAt = this.listenedAt;
			}
		}
		this.listenedAt = now;
	}

}
