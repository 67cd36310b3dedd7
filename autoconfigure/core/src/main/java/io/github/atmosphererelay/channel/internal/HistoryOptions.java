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
 * @param size how many messages the channel's log keeps; a relay may keep more
 * @param ttl how long the log keeps a message
 * @param idempotencyWindow for how long messages with the same idempotency key are one
 * @param log where the publications of the channels stand if that is not the relay's log.
 * They can be read there, and nobody can publish to the channels; {@code null} for the
 * relay's log
 */
public record HistoryOptions(int size, Duration ttl, Duration idempotencyWindow, @Nullable ChannelLog log) {

	/**
	 * How long a log keeps a message unless said otherwise.
	 */
	public static final Duration DEFAULT_TTL = Duration.ofHours(1);

	/**
	 * For how long messages with the same idempotency key are one unless said otherwise.
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
	 * @param size how many messages the channel's log keeps
	 * @param ttl how long it keeps a message
	 * @param idempotencyWindow for how long messages with the same idempotency key are
	 * one
	 */
	public HistoryOptions(int size, Duration ttl, Duration idempotencyWindow) {
		this(size, ttl, idempotencyWindow, null);
	}

	/**
	 * Create options with the usual times.
	 * @param size how many messages the channel's log keeps
	 * @return the options
	 */
	public static HistoryOptions of(int size) {
		return new HistoryOptions(size, DEFAULT_TTL, DEFAULT_IDEMPOTENCY_WINDOW);
	}

	/**
	 * Return the same options for channels whose publications stand in another log than
	 * the relay's, and so can only be read.
	 * @param log the log
	 * @return the options
	 */
	public HistoryOptions readFrom(ChannelLog log) {
		return new HistoryOptions(this.size, this.ttl, this.idempotencyWindow, log);
	}

	/**
	 * Return whether nobody can publish to the channels.
	 * @return whether their log is not the relay's
	 */
	public boolean isReadOnly() {
		return this.log != null;
	}

	public LogOptions forMessage(@Nullable String idempotencyKey) {
		return new LogOptions(this.size, this.ttl, idempotencyKey, this.idempotencyWindow);
	}

}
