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
 * @param node the id of this node, which is part of the ids of its consumer group and
 * clients
 * @param topic the name of the topic, the same on all nodes
 * @param partitions the number of partitions of a new topic, and the expected number of
 * an existing one
 * @param replication the replication factor of a new topic, or {@code -1} for the
 * broker's default
 * @param retention how long a new topic keeps records, and therefore how long a node may
 * be disconnected without missing any
 * @param createTopic whether to create the topic if it does not exist
 * @param codec encodes and decodes the records' values
 * @param maxPending the maximum number of envelopes that wait for the broker's
 * acknowledgement; further ones are refused
 * @param publishTimeout the time after which a publisher or a read of a log gets an
 * answer in any case
 * @param recorded whether there are recorded channels; only then the topic of the logs is
 * used
 * @param logRetention how long a new topic of the logs keeps records; at least the
 * longest history of any channel
 * @param idempotencyWindow the longest idempotency window of any channel; a starting node
 * reads the log of that time
 */
public record KafkaRelaySettings(UUID node, String topic, int partitions, short replication, Duration retention,
		boolean createTopic, EnvelopeCodec codec, int maxPending, Duration publishTimeout, boolean recorded,
		Duration logRetention, Duration idempotencyWindow) {

	/** The end of the name of the topic of the logs. */
	private static final String LOG_SUFFIX = "-log";

	/** The end of the name of the topic of the consumer groups. */
	private static final String GROUPS_SUFFIX = "-groups";

	private static final int MAX_TOPIC_LENGTH = 249;

	/**
	 * Create a builder with the default values of the properties, without recorded
	 * channels.
	 * @param node the id of this node
	 * @param topic the name of the topic
	 * @param codec encodes and decodes the records' values
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
					+ "' appended it is the topic of recorded channels, which may have 249 characters at most");
		}
	}

	/**
	 * Return the name of the topic of the logs of recorded channels.
	 * @return the topic's name followed by {@code -log}
	 */
	public String logTopic() {
		return this.topic + LOG_SUFFIX;
	}

	/**
	 * Return the name of the topic in which consumer groups keep what they have set
	 * aside.
	 * @return the topic's name followed by {@code -groups}
	 */
	public String groupTopic() {
		return this.topic + GROUPS_SUFFIX;
	}

	/**
	 * Return the id of a consumer group at the broker.
	 * @param group the group's name
	 * @return {@code atmosphere-group.}, the topic's name, a dot, and the group's name
	 */
	public String groupId(String group) {
		return "atmosphere-group." + this.topic + "." + group;
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
		 * Set the number of partitions of a new topic, and the expected number of an
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
		 * Set the maximum number of envelopes that wait for the broker's acknowledgement.
		 * Further ones are refused.
		 * @param maxPending the number of envelopes
		 * @return this builder
		 */
		public Builder maxPending(int maxPending) {
			this.maxPending = maxPending;
			return this;
		}

		/**
		 * Set the time after which a publisher or a read of a log gets an answer in any
		 * case.
		 * @param publishTimeout the time
		 * @return this builder
		 */
		public Builder publishTimeout(Duration publishTimeout) {
			this.publishTimeout = publishTimeout;
			return this;
		}

		/**
		 * Set whether there are recorded channels. Only then the topic of the logs is
		 * used.
		 * @param recorded whether there are recorded channels
		 * @return this builder
		 */
		public Builder recorded(boolean recorded) {
			this.recorded = recorded;
			return this;
		}

		/**
		 * Set how long a new topic of the logs keeps records.
		 * @param logRetention the time
		 * @return this builder
		 */
		public Builder logRetention(Duration logRetention) {
			this.logRetention = logRetention;
			return this;
		}

		/**
		 * Set the longest idempotency window of any channel.
		 * @param idempotencyWindow the time
		 * @return this builder
		 */
		public Builder idempotencyWindow(Duration idempotencyWindow) {
			this.idempotencyWindow = idempotencyWindow;
			return this;
		}

		/**
		 * Create the settings.
		 * @return the settings
		 * @throws IllegalArgumentException if a setting is not valid
		 */
		public KafkaRelaySettings build() {
			return new KafkaRelaySettings(this.node, this.topic, this.partitions, this.replication, this.retention,
					this.createTopic, this.codec, this.maxPending, this.publishTimeout, this.recorded,
					this.logRetention, this.idempotencyWindow);
		}

	}

}
