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
 * Kafka's consumer does not say so until it hears the coordinator again. Used by the
 * member's thread.
 */
final class KafkaGroupPulse {

	/**
	 * While members join, the coordinator answers nothing. It waits for the slowest of
	 * them, and takes no lanes away meanwhile.
	 */
	static final Duration MAX_JOIN = KafkaGroupMember.MAX_HAND_OVER.multipliedBy(2);

	private final long leaseNanos;

	private final LongSupplier nanoTime;

	/** Counts the answers to heartbeats, which Kafka sends from a thread of its own. */
	private final @Nullable Metric heartbeats;

	private Object count;

	private long heardAt;

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
		this.askedAt = this.heardAt;
	}

	private Object count() {
		return (this.heartbeats != null) ? this.heartbeats.metricValue() : 0;
	}

	/**
	 * Note that the coordinator has answered.
	 */
	void heard() {
		this.heardAt = this.nanoTime.getAsLong();
		this.joining = false;
	}

	/**
	 * Note that the consumer is joining the group again.
	 */
	void joining() {
		this.joining = true;
	}

	/**
	 * Return whether the coordinator has to be asked something now, because it was not
	 * heard for a while. Counts as asked.
	 */
	boolean isAskDue() {
		listen();
		long now = this.nanoTime.getAsLong();
		long third = this.leaseNanos / 3;
		if (now - this.heardAt < third || now - this.askedAt < third) {
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
	boolean isOver(boolean hasLanes) {
		listen();
		long limit = this.leaseNanos + ((this.joining || !hasLanes) ? MAX_JOIN.toNanos() : 0);
		return this.nanoTime.getAsLong() - this.heardAt > limit;
	}

	private void listen() {
		Object count = count();
		if (!count.equals(this.count)) {
			this.count = count;
			heard();
		}
	}

}
