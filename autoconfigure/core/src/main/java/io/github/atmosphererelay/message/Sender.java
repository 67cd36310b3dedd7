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

import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * The client that has sent a message. It is transported in headers of the message; nodes
 * whose version does not know these headers ignore them.
 *
 * @param session the id of the client's session
 * @param user the name of the client's user, or {@code null} if it is anonymous
 */
public record Sender(String session, @Nullable String user) {

	/** The header with the session's id. */
	public static final String SESSION_HEADER = "atmosphere-sender";

	/** The header with the user's name. */
	public static final String USER_HEADER = "atmosphere-sender-user";

	/**
	 * Read the headers of a message.
	 * @param headers the headers
	 * @return the sender, or {@code null} if they name none
	 */
	public static @Nullable Sender of(Map<String, String> headers) {
		String session = headers.isEmpty() ? null : headers.get(SESSION_HEADER);
		return (session != null) ? new Sender(session, headers.get(USER_HEADER)) : null;
	}

}
