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

package io.github.atmosphererelay.session.internal;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

import io.github.atmosphererelay.session.CloseReason;
import org.jspecify.annotations.Nullable;

/**
 * Why a session ended. A closed set, so that it can be a meter's tag.
 */
public enum EndReason {

	/**
	 * Its client has closed it.
	 */
	CLIENT,

	/**
	 * Its connection broke.
	 */
	CONNECTION_LOST,

	/**
	 * The application or an operator has closed it.
	 */
	CLOSED,

	/** The node stops. */
	GOING_AWAY(CloseReason.GOING_AWAY),

	/** See {@link CloseReason#NO_PONG}. */
	NO_PONG(CloseReason.NO_PONG),

	/** See {@link CloseReason#SLOW_CONSUMER}. */
	SLOW_CONSUMER(CloseReason.SLOW_CONSUMER),

	/** See {@link CloseReason#TOO_BIG}. */
	TOO_BIG(CloseReason.TOO_BIG),

	/** See {@link CloseReason#RATE_LIMIT}. */
	RATE_LIMIT(CloseReason.RATE_LIMIT),

	/** See {@link CloseReason#INTERNAL_ERROR}. */
	INTERNAL_ERROR(CloseReason.INTERNAL_ERROR),

	/** See {@link CloseReason#EXPIRED}. */
	EXPIRED(CloseReason.EXPIRED),

	/** See {@link CloseReason#MESSAGES_MISSED}. */
	MESSAGES_MISSED(CloseReason.MESSAGES_MISSED),

	/** See {@link CloseReason#INSUFFICIENT_STATE}. */
	INSUFFICIENT_STATE(CloseReason.INSUFFICIENT_STATE),

	/** See {@link CloseReason#TOO_MANY_REQUESTS}. */
	TOO_MANY_REQUESTS(CloseReason.TOO_MANY_REQUESTS),

	/** See {@link CloseReason#INVALID_TOKEN}. */
	INVALID_TOKEN(CloseReason.INVALID_TOKEN),

	/** See {@link CloseReason#BAD_REQUEST}. */
	BAD_REQUEST(CloseReason.BAD_REQUEST),

	/** See {@link CloseReason#STALE}. */
	STALE(CloseReason.STALE),

	/** See {@link CloseReason#LOGGED_OUT}. */
	LOGGED_OUT(CloseReason.LOGGED_OUT),

	/** See {@link CloseReason#CONNECTION_LIMIT}. */
	CONNECTION_LIMIT(CloseReason.CONNECTION_LIMIT),

	/** See {@link CloseReason#CHANNEL_LIMIT}. */
	CHANNEL_LIMIT(CloseReason.CHANNEL_LIMIT),

	/** See {@link CloseReason#PERMISSION_DENIED}. */
	PERMISSION_DENIED(CloseReason.PERMISSION_DENIED),

	/** See {@link CloseReason#TAKEN_OVER}. */
	TAKEN_OVER(CloseReason.TAKEN_OVER),

	/** See {@link CloseReason#MOVED}. */
	MOVED(CloseReason.MOVED),

	/** See {@link CloseReason#OVERLOADED}. */
	OVERLOADED(CloseReason.OVERLOADED),

	/** See {@link CloseReason#STREAM_AGE}. */
	STREAM_AGE(CloseReason.STREAM_AGE);

	/** RFC 6455: no close frame was seen. */
	private static final int ABNORMAL = 1006;

	private static final Map<CloseReason, EndReason> BY_CLOSE_REASON = new HashMap<>();

	static {
		for (EndReason reason : values()) {
			if (reason.closeReason != null) {
				BY_CLOSE_REASON.put(reason.closeReason, reason);
			}
		}
	}

	private final @Nullable CloseReason closeReason;

	EndReason() {
		this.closeReason = null;
	}

	EndReason(CloseReason closeReason) {
		this.closeReason = closeReason;
	}

	/**
	 * Return why a session ended.
	 * @param own the reason with which this node has closed it, or {@code null} if it has
	 * not
	 * @param code the close code seen
	 * @return the reason
	 */
	static EndReason of(@Nullable CloseReason own, int code) {
		if (own != null) {
			return BY_CLOSE_REASON.getOrDefault(own, CLOSED);
		}
		return (code == ABNORMAL) ? CONNECTION_LOST : CLIENT;
	}

	/**
	 * Return the name as used in meters.
	 * @return the tag's value
	 */
	public String tag() {
		return name().toLowerCase(Locale.ROOT);
	}

}
