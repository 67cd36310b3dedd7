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

package io.github.atmosphererelay.message;

import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * Reports to a subscriber of a channel that publications are missing between the item
 * before and the item after this one. The stream goes on with what exists.
 *
 * @param channel the channel's name
 * @param reason why publications are missing
 * @param missing the number of publications that are missing; 0 if none is, and
 * {@value #UNKNOWN} if the number is not known
 * @param position the position after which the stream goes on, or {@code null} if it goes
 * on at the beginning of the log, or the channel is ephemeral
 */
public record Discontinuity(String channel, Reason reason, long missing,
		@Nullable Position position) implements ChannelItem {

	/**
	 * The number of missing publications if it is not known.
	 */
	public static final long UNKNOWN = -1;

	public Discontinuity {
		Objects.requireNonNull(channel, "'channel' must not be null");
		Objects.requireNonNull(reason, "'reason' must not be null");
	}

	/**
	 * Why publications are missing.
	 */
	public enum Reason {

		/**
		 * The subscriber was too slow for an ephemeral channel, and its buffer was full.
		 * Also, without a number, between a failure of a {@code @ChannelListener}'s
		 * stream and the next stream.
		 */
		OVERFLOW,

		/**
		 * Publications of other nodes in an ephemeral channel have not arrived at this
		 * node. A loss may be reported twice: without a number when the connection to the
		 * broker was interrupted, and with a number when the next publication of the same
		 * node arrives.
		 */
		RELAY_GAP,

		/**
		 * The log of a recorded channel no longer has what follows the subscriber's
		 * position, because it keeps a limited number of publications for a limited time.
		 * The stream goes on with the oldest publication that the log has.
		 */
		LOG_TRIMMED,

		/**
		 * The log of a recorded channel has another epoch, for example after a restart of
		 * the broker. If nothing is missing, the stream goes on after the last
		 * publication. Otherwise, a stream that began with new publications goes on after
		 * the place where this node continues; another one goes on with the oldest
		 * publication that the log has, so that some may come a second time, with the
		 * same id.
		 */
		LOG_CHANGED,

		/**
		 * The broker has lost publications of a recorded channel that were confirmed, for
		 * example because it has failed over to a replica that lacked them. Reading the
		 * log does not show which.
		 */
		LOG_LOST

	}

}
