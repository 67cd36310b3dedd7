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

package io.github.atmosphererelay.session;

import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * The reason that a client receives when its connection is closed: a WebSocket close code
 * and a short text. The text is never empty, because with an empty one some clients see
 * no code at all.
 *
 * @param code the close code, between 1000 and 4999
 * @param text the reason, 1 to 123 bytes of UTF-8
 */
public record CloseReason(int code, String text) {

	/**
	 * The node is stopping. The client should connect to another one.
	 */
	public static final CloseReason GOING_AWAY = new CloseReason(1001, "node is shutting down, please reconnect");

	/**
	 * The client did not answer a ping in time.
	 */
	public static final CloseReason NO_PONG = new CloseReason(1011, "no pong in time");

	/**
	 * Too many messages or bytes were queued for the client, or a write to it did not
	 * make progress.
	 */
	public static final CloseReason SLOW_CONSUMER = new CloseReason(1013, "slow consumer, please reconnect");

	/**
	 * The client sent a message that is larger than allowed.
	 */
	public static final CloseReason TOO_BIG = new CloseReason(1009, "message too big");

	/**
	 * The client sent more messages per second than allowed.
	 */
	public static final CloseReason RATE_LIMIT = new CloseReason(1008, "message rate over the limit");

	/**
	 * An error occurred on the node, for example a token could not be checked. The client
	 * should reconnect.
	 */
	public static final CloseReason INTERNAL_ERROR = new CloseReason(3004, "internal error");

	/**
	 * The client's token has expired. The client should reconnect with a new one.
	 */
	public static final CloseReason EXPIRED = new CloseReason(3005, "connection expired");

	/**
	 * The client has missed messages of a recorded channel, and this node cannot deliver
	 * them. The client should reconnect and recover from its position.
	 */
	public static final CloseReason INSUFFICIENT_STATE = new CloseReason(3010, "insufficient state");

	/**
	 * The same as {@link #INSUFFICIENT_STATE}, for a client without positions. The client
	 * should reconnect and load the current state, because messages were missed.
	 */
	public static final CloseReason MESSAGES_MISSED = new CloseReason(1013, "messages were missed, please reconnect");

	/**
	 * Too many clients have sent tokens at the same time. The client should reconnect.
	 */
	public static final CloseReason TOO_MANY_REQUESTS = new CloseReason(3013, "too many requests");

	/**
	 * The client's token is not valid.
	 */
	public static final CloseReason INVALID_TOKEN = new CloseReason(3500, "invalid token");

	/**
	 * The client has sent something other than its token.
	 */
	public static final CloseReason BAD_REQUEST = new CloseReason(3501, "bad request");

	/**
	 * The client has not sent its token before the timeout.
	 */
	public static final CloseReason STALE = new CloseReason(3502, "stale");

	/**
	 * The user has logged out.
	 */
	public static final CloseReason LOGGED_OUT = new CloseReason(3503, "logged out");

	/**
	 * The user or the client's address already has the maximum number of sessions on this
	 * node.
	 */
	public static final CloseReason CONNECTION_LIMIT = new CloseReason(3504, "connection limit");

	/**
	 * The session is already subscribed to the maximum number of channels.
	 */
	public static final CloseReason CHANNEL_LIMIT = new CloseReason(3505, "channel limit");

	/**
	 * The client is not allowed to do what it has connected for.
	 */
	public static final CloseReason PERMISSION_DENIED = new CloseReason(3507, "permission denied");

	/**
	 * The client has connected again, and its durable session now belongs to the new
	 * connection.
	 */
	public static final CloseReason TAKEN_OVER = new CloseReason(4501, "session is continued elsewhere");

	/**
	 * Another node serves the user now. The client should reconnect, and look up where to
	 * if it can.
	 */
	public static final CloseReason MOVED = new CloseReason(4101, "another node serves you now, please reconnect");

	/**
	 * The node has too much queued work to serve one more client.
	 */
	public static final CloseReason OVERLOADED = new CloseReason(1013, "node is overloaded, please reconnect");

	/**
	 * The client's event stream has reached the maximum age. The client should ask for a
	 * new one.
	 */
	public static final CloseReason STREAM_AGE = new CloseReason(1001, "stream has reached its age, please reconnect");

	private static final int MAX_TEXT_BYTES = 123;

	public CloseReason {
		Objects.requireNonNull(text, "'text' must not be null");
		if (code < 1000 || code > 4999) {
			throw new IllegalArgumentException("'code' must be between 1000 and 4999");
		}
		int length = text.getBytes(StandardCharsets.UTF_8).length;
		if (length == 0 || length > MAX_TEXT_BYTES) {
			throw new IllegalArgumentException("'text' must have 1 to " + MAX_TEXT_BYTES + " bytes");
		}
	}

}
