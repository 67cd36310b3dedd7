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

package io.github.atmosphererelay.relay.redis.internal;

import java.time.Duration;
import java.util.Objects;
import java.util.function.BooleanSupplier;

import io.github.atmosphererelay.message.internal.EnvelopeCodec;

/**
 * The settings of a {@link RedisRelay}.
 *
 * @param keyPrefix the prefix of all Redis channels and keys, for example {@code
 * atmosphere:shop:}; relays with the same prefix receive each other's messages
 * @param codec encodes and decodes envelopes
 * @param maxPending the maximum number of envelopes that wait for an answer of Redis
 * @param commandTimeout the maximum time to wait for an answer of Redis, and to connect
 * @param recorded returns whether there are recorded channels, so that the relay can warn
 * of a Redis that may evict their logs as soon as it connects, and not only when they are
 * first used; called at each connect, and must not block
 */
public record RedisRelaySettings(String keyPrefix, EnvelopeCodec codec, int maxPending, Duration commandTimeout,
		BooleanSupplier recorded) {

	public RedisRelaySettings {
		Objects.requireNonNull(keyPrefix, "'keyPrefix' must not be null");
		Objects.requireNonNull(codec, "'codec' must not be null");
		Objects.requireNonNull(commandTimeout, "'commandTimeout' must not be null");
		Objects.requireNonNull(recorded, "'recorded' must not be null");
		if (maxPending < 1) {
			throw new IllegalArgumentException("'maxPending' must be positive");
		}
		if (commandTimeout.toMillis() < 1) {
			throw new IllegalArgumentException("'commandTimeout' must be positive");
		}
	}

	/**
	 * Create settings for a relay that does not know whether there are recorded channels.
	 * @param keyPrefix the prefix of all Redis channels and keys
	 * @param codec encodes and decodes envelopes
	 * @param maxPending the maximum number of envelopes that wait for an answer of Redis
	 * @param commandTimeout the maximum time to wait for an answer of Redis
	 */
	public RedisRelaySettings(String keyPrefix, EnvelopeCodec codec, int maxPending, Duration commandTimeout) {
		this(keyPrefix, codec, maxPending, commandTimeout, () -> false);
	}

}
