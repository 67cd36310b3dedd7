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

package io.github.atmosphererelay.relay.kafka;

import java.time.Duration;
import java.util.Objects;
import java.util.UUID;

import io.github.atmosphererelay.message.EnvelopeCodec;

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
 * @param publishTimeout after which time a publisher gets an answer in any case
 */
public record KafkaRelaySettings(UUID node, String topic, int partitions, short replication, Duration retention,
		boolean createTopic, EnvelopeCodec codec, int maxPending, Duration publishTimeout) {

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
	}

}
