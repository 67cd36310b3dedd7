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
import java.util.Objects;
import java.util.UUID;

import io.github.atmosphererelay.message.internal.EnvelopeCodec;

/**
 * How a {@link KafkaRelay} uses its broker. Immutable.
 *
 * @param node the id of this node; names the consumer's group and the clients
 * @param topic the name of the topic, the same on all nodes
 * @param partitions how many partitions a new topic gets, and how many are expected of an
 * existing one
 * @param replication the replication factor of a new topic, or {@code -1} for the
 * broker's default
 * @param retention how long a new topic keeps records, and so how long a node may be away
 * from the broker without missing anything
 * @param createTopic whether to create the topic if it does not exist
 * @param codec writes and reads the records' values
 * @param maxPending how many envelopes may wait for the broker's acknowledgement before
 * further ones are refused
 * @param publishTimeout after which time a publisher, and who reads a log, gets an answer
 * in any case
 * @param recorded whether there are recorded channels, whose log is a second topic;
 * without them that topic is left alone
 * @param logRetention how long a new log topic keeps records: at least as long as the
 * longest history of any channel
 * @param idempotencyWindow the longest time for which the same idempotency key is a
 * double: a node that starts reads the log from so long ago
 */
public record KafkaRelaySettings(UUID node, String topic, int partitions, short replication, Duration retention,
		boolean createTopic, EnvelopeCodec codec, int maxPending, Duration publishTimeout, boolean recorded,
		Duration logRetention, Duration idempotencyWindow) {

	/** How the name of the log topic ends. */
	private static final String LOG_SUFFIX = "-log";

	private static final int MAX_TOPIC_LENGTH = 249;

	/**
	 * Begin with the values that the properties have by default, for an application
	 * without recorded channels.
	 * @param node the id of this node
	 * @param topic the name of the topic
	 * @param codec writes and reads the records' values
	 * @return a builder
	 */
	public static Builder builder(UUID node, String topic, EnvelopeCodec codec) {
		return new Builder(node, topic, codec);
	}

	public KafkaRelaySettings {
		Objects.requireNonNull(node, "'node' must not be null");
		Objects.requireNonNull(topic, "'topic' must not be null");
		Objects.requireNonNull(retention, "'retention' must not be null");
		Objects.requireNonNull(codec, "'codec' must not be null");
		Objects.requireNonNull(publishTimeout, "'publishTimeout' must not be null");
		if (partitions < 1) {
			throw new IllegalArgumentException("'partitions' must be positive");
		}
		if (replication < 1 && replication != -1) {
			throw new IllegalArgumentException("'replication' must be positive or -1");
		}
		if (retention.isNegative() || retention.isZero()) {
			throw new IllegalArgumentException("'retention' must be positive");
		}
		if (maxPending < 1) {
			throw new IllegalArgumentException("'maxPending' must be positive");
		}
		if (publishTimeout.isNegative() || publishTimeout.isZero()) {
			throw new IllegalArgumentException("'publishTimeout' must be positive");
		}
		Objects.requireNonNull(logRetention, "'logRetention' must not be null");
		if (logRetention.isNegative() || logRetention.isZero()) {
			throw new IllegalArgumentException("'logRetention' must be positive");
		}
		Objects.requireNonNull(idempotencyWindow, "'idempotencyWindow' must not be null");
		if (idempotencyWindow.isNegative() || idempotencyWindow.isZero()) {
			throw new IllegalArgumentException("'idempotencyWindow' must be positive");
		}
		if (recorded && topic.length() + LOG_SUFFIX.length() > MAX_TOPIC_LENGTH) {
			throw new IllegalArgumentException("'topic' is too long: with '" + LOG_SUFFIX
					+ "' after it, it names the topic of recorded channels, and may have 249 characters");
		}
	}

	/**
	 * Return the name of the topic that holds the logs of recorded channels.
	 * @return the topic's name with {@code -log} after it
	 */
	public String logTopic() {
		return this.topic + LOG_SUFFIX;
	}

	/**
	 * Builds {@link KafkaRelaySettings}. For one thread.
	 */
	public static final class Builder {

		private final UUID node;

		private final String topic;

		private final EnvelopeCodec codec;

		private int partitions = 6;

		private short replication = -1;

		private Duration retention = Duration.ofMinutes(10);

		private boolean createTopic = true;

		private int maxPending = 10_000;

		private Duration publishTimeout = Duration.ofSeconds(1);

		private boolean recorded;

		private Duration logRetention = Duration.ofHours(24);

		private Duration idempotencyWindow = Duration.ofMinutes(5);

		private Builder(UUID node, String topic, EnvelopeCodec codec) {
			this.node = node;
			this.topic = topic;
			this.codec = codec;
		}

		/**
		 * Set how many partitions a new topic gets, and how many are expected of an
		 * existing one.
		 * @param partitions the number of partitions
		 * @return this builder
		 */
		public Builder partitions(int partitions) {
			this.partitions = partitions;
			return this;
		}

		/**
		 * Set the replication factor of a new topic.
		 * @param replication the factor, or {@code -1} for the broker's default
		 * @return this builder
		 */
		public Builder replication(short replication) {
			this.replication = replication;
			return this;
		}

		/**
		 * Set how long a new topic keeps records.
		 * @param retention the time
		 * @return this builder
		 */
		public Builder retention(Duration retention) {
			this.retention = retention;
			return this;
		}

		/**
		 * Set whether to create the topic if it does not exist.
		 * @param createTopic whether to create it
		 * @return this builder
		 */
		public Builder createTopic(boolean createTopic) {
			this.createTopic = createTopic;
			return this;
		}

		/**
		 * Set how many envelopes may wait for the broker's acknowledgement before further
		 * ones are refused.
		 * @param maxPending the number of envelopes
		 * @return this builder
		 */
		public Builder maxPending(int maxPending) {
			this.maxPending = maxPending;
			return this;
		}

		/**
		 * Set after which time a publisher, and who reads a log, gets an answer in any
		 * case.
		 * @param publishTimeout the time
		 * @return this builder
		 */
		public Builder publishTimeout(Duration publishTimeout) {
			this.publishTimeout = publishTimeout;
			return this;
		}

		/**
		 * Set whether there are recorded channels, whose log is a second topic.
		 * @param recorded whether there are
		 * @return this builder
		 */
		public Builder recorded(boolean recorded) {
			this.recorded = recorded;
			return this;
		}

		/**
		 * Set how long a new log topic keeps records.
		 * @param logRetention the time
		 * @return this builder
		 */
		public Builder logRetention(Duration logRetention) {
			this.logRetention = logRetention;
			return this;
		}

		/**
		 * Set the longest time for which the same idempotency key is a double.
		 * @param idempotencyWindow the time
		 * @return this builder
		 */
		public Builder idempotencyWindow(Duration idempotencyWindow) {
			this.idempotencyWindow = idempotencyWindow;
			return this;
		}

		/**
		 * Make the settings.
		 * @return the settings
		 * @throws IllegalArgumentException if one of them makes no sense
		 */
		public KafkaRelaySettings build() {
			return new KafkaRelaySettings(this.node, this.topic, this.partitions, this.replication, this.retention,
					this.createTopic, this.codec, this.maxPending, this.publishTimeout, this.recorded,
					this.logRetention, this.idempotencyWindow);
		}

	}

}
