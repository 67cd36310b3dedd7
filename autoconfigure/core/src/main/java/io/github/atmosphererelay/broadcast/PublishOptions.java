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

package io.github.atmosphererelay.broadcast;

import java.security.Principal;
import java.util.LinkedHashMap;
import java.util.Map;

import io.github.atmosphererelay.message.Sender;
import io.github.atmosphererelay.session.ClientSession;
import org.jspecify.annotations.Nullable;

/**
 * How a message is sent. Immutable: each method returns a changed copy.
 *
 * <pre class="code">
 * broadcaster.broadcast("chat/lobby", message, PublishOptions.DEFAULTS.exceptSession(session.id()));
 * </pre>
 */
public final class PublishOptions {

	/**
	 * No session is left out, there are no headers and no idempotency key, and the type
	 * of the payload decides between text and binary.
	 */
	public static final PublishOptions DEFAULTS = new PublishOptions(null, Map.of(), null, null, false);

	private static final int MAX_KEY_LENGTH = 255;

	private static final int MAX_SENDER_LENGTH = 1_000;

	private final @Nullable String exceptSession;

	private final Map<String, String> headers;

	private final @Nullable Boolean binary;

	private final @Nullable String idempotencyKey;

	private final boolean afterCommit;

	private PublishOptions(@Nullable String exceptSession, Map<String, String> headers, @Nullable Boolean binary,
			@Nullable String idempotencyKey, boolean afterCommit) {
		this.exceptSession = exceptSession;
		this.headers = headers;
		this.binary = binary;
		this.idempotencyKey = idempotencyKey;
		this.afterCommit = afterCommit;
	}

	/**
	 * Leave one session out.
	 * @param sessionId the session's id
	 * @return a copy with that exception
	 */
	public PublishOptions exceptSession(String sessionId) {
		return new PublishOptions(sessionId, this.headers, this.binary, this.idempotencyKey, this.afterCommit);
	}

	/**
	 * Say which client the message comes from. Clients of the Centrifuge protocol get it
	 * as the publication's {@code info}, even if the channel's options do not ask for
	 * senders. If the user's name has more than 1,000 characters, no sender is given.
	 * @param session the client's session
	 * @return a copy with that sender
	 */
	public PublishOptions sender(ClientSession session) {
		Principal principal = session.principal();
		if (principal == null) {
			return header(Sender.SESSION_HEADER, session.id());
		}
		// Without the name, the user would look like an anonymous client
		return (principal.getName().length() > MAX_SENDER_LENGTH) ? this
				: header(Sender.SESSION_HEADER, session.id()).header(Sender.USER_HEADER, principal.getName());
	}

	/**
	 * Add a header.
	 * @param name the header's name
	 * @param value the header's value
	 * @return a copy with that header
	 */
	public PublishOptions header(String name, String value) {
		Map<String, String> headers = new LinkedHashMap<>(this.headers);
		headers.put(name, value);
		return new PublishOptions(this.exceptSession, Map.copyOf(headers), this.binary, this.idempotencyKey,
				this.afterCommit);
	}

	/**
	 * Decide whether the message is sent as binary or as text, regardless of the type of
	 * its payload. With {@code true} a string is sent as its UTF-8 bytes; with
	 * {@code false} a {@code byte[]} is sent as the text that it encodes in UTF-8.
	 * @param binary whether the message is binary
	 * @return a copy with that choice
	 */
	public PublishOptions binary(boolean binary) {
		return new PublishOptions(this.exceptSession, this.headers, binary, this.idempotencyKey, this.afterCommit);
	}

	/**
	 * Give the message a key, so that it is published once even if publishing is tried
	 * several times. Of all messages that are published with the same key within the
	 * channel's {@code history.idempotency-window}, on any node, only the first one is
	 * appended. The others are not, and get its receipt with the outcome
	 * {@link io.github.atmosphererelay.relay.Outcome#DUPLICATE}. For recorded channels
	 * only.
	 * @param key the key, 1 to 255 characters
	 * @return a copy with that key
	 */
	public PublishOptions idempotencyKey(String key) {
		if (key.isEmpty() || key.length() > MAX_KEY_LENGTH) {
			throw new IllegalArgumentException("An idempotency key has 1 to " + MAX_KEY_LENGTH + " characters");
		}
		return new PublishOptions(this.exceptSession, this.headers, this.binary, key, this.afterCommit);
	}

	/**
	 * Send the message after the present transaction has committed, and not at all if it
	 * is rolled back. The message waits in memory: it is lost if the process ends between
	 * the commit and the sending, or if the relay fails then. The outbox, where it is
	 * switched on, does not lose messages, and does not store one with this option.
	 * Outside of a transaction the message is sent at once.
	 * @return a copy that waits for the commit
	 */
	public PublishOptions afterCommit() {
		return new PublishOptions(this.exceptSession, this.headers, this.binary, this.idempotencyKey, true);
	}

	/**
	 * Return the session that is left out.
	 * @return the session's id, or {@code null}
	 */
	public @Nullable String exceptSession() {
		return this.exceptSession;
	}

	/**
	 * Return the headers.
	 * @return the headers, not modifiable
	 */
	public Map<String, String> headers() {
		return this.headers;
	}

	/**
	 * Return the idempotency key.
	 * @return the key, or {@code null}
	 */
	public @Nullable String idempotencyKey() {
		return this.idempotencyKey;
	}

	/**
	 * Return whether the message waits in memory for the commit of the present
	 * transaction.
	 * @return whether {@link #afterCommit()} was called
	 */
	public boolean isAfterCommit() {
		return this.afterCommit;
	}

	/**
	 * Return whether the message is binary.
	 * @return the choice, or {@code null} if the type of the payload decides
	 */
	public @Nullable Boolean binary() {
		return this.binary;
	}

}
