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

package io.github.atmosphererelay.refusal;

import java.util.Locale;

/**
 * Why a request of a client was refused, as a number that a client can act on. All client
 * protocols use the same codes. The numbers are those of the Centrifuge client protocol,
 * so that its clients know which requests are worth repeating.
 */
public enum ErrorCode {

	/**
	 * Something went wrong on the node, such as an exception in a handler.
	 */
	INTERNAL(100, "internal error", true),

	/**
	 * The client is anonymous, and the request is for authenticated clients.
	 */
	UNAUTHORIZED(101, "unauthorized", false),

	/**
	 * No configured pattern covers the channel.
	 */
	UNKNOWN_CHANNEL(102, "unknown channel", false),

	/**
	 * The client is not allowed to do this.
	 */
	PERMISSION_DENIED(103, "permission denied", false),

	/**
	 * There is no handler for calls of that name.
	 */
	METHOD_NOT_FOUND(104, "method not found", false),

	/**
	 * The session is subscribed already.
	 */
	ALREADY_SUBSCRIBED(105, "already subscribed", false),

	/**
	 * The request exceeds a limit, for example the maximum number of channels of a
	 * client.
	 */
	LIMIT_EXCEEDED(106, "limit exceeded", false),

	/**
	 * The message does not parse or is not valid.
	 */
	BAD_REQUEST(107, "bad request", false),

	/**
	 * The channel or the application does not offer what was requested, for example
	 * presence, history or calls.
	 */
	NOT_AVAILABLE(108, "not available", false),

	/**
	 * The client's token has expired.
	 */
	TOKEN_EXPIRED(109, "token expired", false),

	/**
	 * The client sends more than it is allowed to, or more than the handlers can process.
	 */
	TOO_MANY_REQUESTS(111, "too many requests", true),

	/**
	 * The client cannot recover from the position that it has named: the log does not
	 * reach back to it, or the log has another epoch.
	 */
	UNRECOVERABLE_POSITION(112, "unrecoverable position", false);

	private final int code;

	private final String text;

	private final boolean temporary;

	ErrorCode(int code, String text, boolean temporary) {
		this.code = code;
		this.text = text;
		this.temporary = temporary;
	}

	/**
	 * Return the number.
	 * @return the number that clients get
	 */
	public int code() {
		return this.code;
	}

	/**
	 * Return the reason that is used where there is no more specific one.
	 * @return a few words
	 */
	public String text() {
		return this.text;
	}

	/**
	 * Return whether the same request may succeed if it is repeated later.
	 * @return whether the client should try again
	 */
	public boolean isTemporary() {
		return this.temporary;
	}

	/**
	 * Return the value by which meters are tagged.
	 * @return the name in lower case with hyphens
	 */
	public String tag() {
		return name().toLowerCase(Locale.ROOT).replace('_', '-');
	}

}
