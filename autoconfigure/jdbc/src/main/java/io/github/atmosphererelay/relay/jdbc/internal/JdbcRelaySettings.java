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

package io.github.atmosphererelay.relay.jdbc.internal;

import java.time.Duration;
import java.util.Objects;

import io.github.atmosphererelay.jdbc.internal.DatabaseDialect;
import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;

/**
 * The settings of a {@link JdbcRelay}.
 *
 * @param logName the name of the log in the tables, at most 120 characters; relays with
 * the same name and database hear each other
 * @param codec reads and writes envelopes
 * @param maxPending the maximum number of envelopes that may wait for the database
 * @param publishTimeout the time after which a published envelope is unconfirmed
 * @param ephemeralRetention how long the rows of ephemeral envelopes are kept; a node
 * that was away from the database for longer has missed some
 * @param idleInterval the time between two looks at the database while there is nothing
 * to read and nobody wakes the reader
 * @param cleanInterval the time between two removals of old rows
 * @param listen whether to be woken by {@code LISTEN}
 */
public record JdbcRelaySettings(String logName, EnvelopeCodec codec, int maxPending, Duration publishTimeout,
		Duration ephemeralRetention, Duration idleInterval, Duration cleanInterval, ListenMode listen) {

	/** The default of {@link #ephemeralRetention()}. */
	public static final Duration DEFAULT_EPHEMERAL_RETENTION = Duration.ofMinutes(1);

	/** The default of {@link #idleInterval()}. */
	public static final Duration DEFAULT_IDLE_INTERVAL = Duration.ofSeconds(1);

	/** The default of {@link #cleanInterval()}. */
	public static final Duration DEFAULT_CLEAN_INTERVAL = Duration.ofSeconds(20);

	private static final int MAX_NAME = 120;

	public JdbcRelaySettings {
		Objects.requireNonNull(codec, "'codec' must not be null");
		Objects.requireNonNull(listen, "'listen' must not be null");
		if (logName.isEmpty() || logName.length() > MAX_NAME) {
			throw new IllegalArgumentException("'logName' must have 1 to " + MAX_NAME + " characters");
		}
		if (maxPending < 1) {
			throw new IllegalArgumentException("'maxPending' must be positive");
		}
		if (publishTimeout.toMillis() < 1 || idleInterval.toMillis() < 1 || cleanInterval.toMillis() < 1) {
			throw new IllegalArgumentException("'publishTimeout', 'idleInterval' and 'cleanInterval' must be positive");
		}
		if (ephemeralRetention.compareTo(Duration.ofSeconds(1)) < 0) {
			throw new IllegalArgumentException("'ephemeralRetention' must be at least a second");
		}
	}

	/**
	 * Create settings with the default intervals.
	 * @param logName the name of the log
	 * @param codec reads and writes envelopes
	 * @param maxPending the maximum number of envelopes that may wait for the database
	 * @param publishTimeout the time after which a published envelope is unconfirmed
	 */
	public JdbcRelaySettings(String logName, EnvelopeCodec codec, int maxPending, Duration publishTimeout) {
		this(logName, codec, maxPending, publishTimeout, DEFAULT_EPHEMERAL_RETENTION, DEFAULT_IDLE_INTERVAL,
				DEFAULT_CLEAN_INTERVAL, ListenMode.AUTO);
	}

	/**
	 * Create the relay's log.
	 * @param dialect what the database is
	 */
	ShardedLog log(DatabaseDialect dialect) {
		return new ShardedLog(this.logName, dialect, this.codec, this.ephemeralRetention.toMillis());
	}

}
