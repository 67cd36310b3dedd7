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

package io.github.atmosphererelay.channel.internal;

import java.time.Duration;
import java.util.Objects;

import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.relay.ChannelLog;
import org.jspecify.annotations.Nullable;

/**
 * How much of a recorded channel is kept.
 *
 * @param size the number of messages that the channel's log keeps; a relay may keep more
 * @param ttl how long the log keeps a message
 * @param idempotencyWindow how long messages with the same idempotency key count as one
 * @param log the log that contains the channels' publications, if it is not the relay's
 * log. Such channels can be read, but nobody can publish to them. {@code null} for the
 * relay's log
 */
public record HistoryOptions(int size, Duration ttl, Duration idempotencyWindow, @Nullable ChannelLog log) {

	/**
	 * The default time for which a log keeps a message.
	 */
	public static final Duration DEFAULT_TTL = Duration.ofHours(1);

	/**
	 * The default time for which messages with the same idempotency key count as one.
	 */
	public static final Duration DEFAULT_IDEMPOTENCY_WINDOW = Duration.ofMinutes(5);

	public HistoryOptions {
		Objects.requireNonNull(ttl, "'ttl' must not be null");
		Objects.requireNonNull(idempotencyWindow, "'idempotencyWindow' must not be null");
		if (size < 1) {
			throw new IllegalArgumentException("'size' must be positive");
		}
	}

	/**
	 * Create options of channels that are recorded in the relay's log.
	 * @param size the number of messages that the channel's log keeps
	 * @param ttl how long the log keeps a message
	 * @param idempotencyWindow how long messages with the same idempotency key count as
	 * one
	 */
	public HistoryOptions(int size, Duration ttl, Duration idempotencyWindow) {
		this(size, ttl, idempotencyWindow, null);
	}

	/**
	 * Create options with the default times.
	 * @param size the number of messages that the channel's log keeps
	 * @return the options
	 */
	public static HistoryOptions of(int size) {
		return new HistoryOptions(size, DEFAULT_TTL, DEFAULT_IDEMPOTENCY_WINDOW);
	}

	/**
	 * Return the same options for channels that are read from another log than the
	 * relay's, and so are read-only.
	 * @param log the log
	 * @return the options
	 */
	public HistoryOptions readFrom(ChannelLog log) {
		return new HistoryOptions(this.size, this.ttl, this.idempotencyWindow, log);
	}

	/**
	 * Return whether the channels are read-only.
	 * @return whether their log is not the relay's
	 */
	public boolean isReadOnly() {
		return this.log != null;
	}

	public LogOptions forMessage(@Nullable String idempotencyKey) {
		return new LogOptions(this.size, this.ttl, idempotencyKey, this.idempotencyWindow);
	}

}
