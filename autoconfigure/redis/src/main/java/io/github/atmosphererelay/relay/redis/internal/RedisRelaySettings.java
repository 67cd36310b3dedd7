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
 * What a {@link RedisRelay} can be told.
 *
 * @param keyPrefix what the names of all Redis channels begin with, for example
 * {@code atmosphere:shop:}; relays with the same prefix hear each other
 * @param codec reads and writes envelopes
 * @param maxPending how many envelopes may wait for an answer of Redis
 * @param commandTimeout how long an answer of Redis is waited for, and how long
 * connecting may take
 * @param recorded tells whether channels are going to be recorded, so that a Redis that
 * may remove their logs is warned of when the relay connects, and not only when they are
 * used; asked with each connect, by a thread that it must not block
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
	 * Create settings of a relay of which it is not known whether channels are going to
	 * be recorded.
	 * @param keyPrefix what the names of all Redis channels begin with
	 * @param codec reads and writes envelopes
	 * @param maxPending how many envelopes may wait for an answer of Redis
	 * @param commandTimeout how long an answer of Redis is waited for
	 */
	public RedisRelaySettings(String keyPrefix, EnvelopeCodec codec, int maxPending, Duration commandTimeout) {
		this(keyPrefix, codec, maxPending, commandTimeout, () -> false);
	}

}
