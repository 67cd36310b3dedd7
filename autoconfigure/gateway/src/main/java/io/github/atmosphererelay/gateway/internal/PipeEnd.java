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

package io.github.atmosphererelay.gateway.internal;

import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import org.jspecify.annotations.Nullable;

import org.springframework.web.reactive.socket.CloseStatus;

/**
 * Why a WebSocket ends, and with what its two sides are closed.
 *
 * @param cause why
 * @param toClient what the client is closed with
 * @param toNode what the node's side is closed with
 */
record PipeEnd(Cause cause, CloseStatus toClient, CloseStatus toNode) {

	static final PipeEnd CLIENT_LOST = new PipeEnd(Cause.CLOSED, CloseStatus.GOING_AWAY, CloseStatus.GOING_AWAY);

	static final PipeEnd NODE_LOST = new PipeEnd(Cause.NODE_LOST,
			new CloseStatus(1012, "node is away, please reconnect"), CloseStatus.GOING_AWAY);

	static final PipeEnd IDLE = new PipeEnd(Cause.IDLE, new CloseStatus(1012, "connection was idle"),
			CloseStatus.GOING_AWAY);

	static final PipeEnd TOO_LARGE = new PipeEnd(Cause.TOO_LARGE, CloseStatus.TOO_BIG_TO_PROCESS,
			CloseStatus.TOO_BIG_TO_PROCESS);

	static final PipeEnd STOPPED = new PipeEnd(Cause.STOPPED, new CloseStatus(1012, "gateway stops, please reconnect"),
			CloseStatus.GOING_AWAY);

	static final PipeEnd SLOW = new PipeEnd(Cause.SLOW,
			new CloseStatus(1013, "connection is too slow, please reconnect"), CloseStatus.GOING_AWAY);

	/**
	 * Return the end of a WebSocket that its client has closed.
	 * @param status the client's status, or {@code null} if its connection was lost
	 */
	static PipeEnd closedByClient(@Nullable CloseStatus status) {
		CloseStatus forwarded = forwarded(status);
		return (forwarded != null) ? new PipeEnd(Cause.CLOSED, forwarded, forwarded) : CLIENT_LOST;
	}

	/**
	 * Return the end of a WebSocket that its node has closed.
	 * @param status the node's status, or {@code null} if its connection was lost
	 */
	static PipeEnd closedByNode(@Nullable CloseStatus status) {
		CloseStatus forwarded = forwarded(status);
		return (forwarded != null) ? new PipeEnd(Cause.CLOSED, forwarded, forwarded) : NODE_LOST;
	}

	/**
	 * Return the status that may stand in a frame: 1005, 1006 and 1015 stand for the
	 * absence of one.
	 */
	private static @Nullable CloseStatus forwarded(@Nullable CloseStatus status) {
		if (status == null) {
			return null;
		}
		return switch (status.getCode()) {
			case 1005 -> CloseStatus.NORMAL;
			case 1004, 1006, 1015 -> null;
			default -> status;
		};
	}

	static boolean isTooLarge(Throwable failure) {
		return failure instanceof TooLongFrameException || (failure instanceof CorruptedWebSocketFrameException frame
				&& frame.closeStatus().equals(WebSocketCloseStatus.MESSAGE_TOO_BIG));
	}

	/**
	 * Why a WebSocket ends.
	 */
	enum Cause {

		/** By its client or its node. */
		CLOSED,

		NODE_LOST, IDLE, TOO_LARGE, SLOW, STOPPED

	}

}
