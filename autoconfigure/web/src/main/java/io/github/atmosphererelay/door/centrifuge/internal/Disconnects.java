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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.util.regex.Pattern;

import io.github.atmosphererelay.session.CloseReason;

/**
 * The close codes of this door. Its clients reconnect after 3000 to 3499, 4000 to 4499
 * and 5000 on, and give up after the others from 3500 on; but only if the reason is there
 * and is not JSON. After codes below 3000 they reconnect, except after 1009, which
 * therefore is never sent. What sessions are closed with by parts of the node that know
 * no door is translated here; codes from 3000 on are the same at every door.
 */
final class Disconnects {

	/** Issued when an application has closed the session with a code below 3000. */
	private static final int CLOSED = 3000;

	/**
	 * Issued when the node stops.
	 */
	static final CloseReason SHUTDOWN = new CloseReason(3001, "shutdown");

	/**
	 * Issued when more was waiting for the client than allowed, or a write to it was
	 * stuck.
	 */
	static final CloseReason SLOW = new CloseReason(3008, "slow");

	/**
	 * Issued when the client did not answer a ping in time.
	 */
	static final CloseReason NO_PONG = new CloseReason(3012, "no pong");

	/**
	 * Issued when the client sent more than allowed, or the node has too much to do.
	 */
	static final CloseReason TOO_MANY_REQUESTS = CloseReason.TOO_MANY_REQUESTS;

	/**
	 * Issued when a frame of the client is over the limit. The same code as for other bad
	 * requests, and as terminal: the client would send the frame again.
	 */
	static final CloseReason TOO_BIG = new CloseReason(CloseReason.BAD_REQUEST.code(), "message too big");

	/**
	 * Issued when an application has closed the session for good, with 1000.
	 */
	private static final int NO_RECONNECT = 3503;

	private static final Pattern JSON_LIKE = Pattern.compile("\\s*([\\[{\"0-9-].*|true|false|null)\\s*",
			Pattern.DOTALL);

	private Disconnects() {
	}

	/**
	 * Return what clients of this door are told.
	 * @param reason what the session is closed with
	 * @return the reason in the words of this door
	 */
	static CloseReason of(CloseReason reason) {
		if (reason.code() >= CLOSED) {
			return text(reason.code(), reason.text());
		}
		if (reason.equals(CloseReason.GOING_AWAY)) {
			return SHUTDOWN;
		}
		if (reason.equals(CloseReason.SLOW_CONSUMER)) {
			return SLOW;
		}
		if (reason.equals(CloseReason.MESSAGES_MISSED)) {
			return CloseReason.INSUFFICIENT_STATE;
		}
		if (reason.equals(CloseReason.NO_PONG)) {
			return NO_PONG;
		}
		if (reason.equals(CloseReason.RATE_LIMIT) || reason.equals(CloseReason.OVERLOADED)) {
			return TOO_MANY_REQUESTS;
		}
		return switch (reason.code()) {
			case 1000 -> text(NO_RECONNECT, reason.text());
			case 1001 -> text(SHUTDOWN.code(), reason.text());
			case 1008 -> text(CloseReason.PERMISSION_DENIED.code(), reason.text());
			case 1009 -> TOO_BIG;
			default -> text(CLOSED, reason.text());
		};
	}

	private static CloseReason text(int code, String text) {
		// Clients take a reason that is JSON for advice on whether to reconnect.
		return new CloseReason(code, JSON_LIKE.matcher(text).matches() ? "closed" : text);
	}

}
