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

package io.github.atmosphererelay.stomp.internal;

import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * A message as nodes send it to each other.
 *
 * @param kind what the destination means
 * @param destination the destination
 * @param session the id of the one session that is to get it, or {@code null}; only for
 * {@link Kind#USER}
 * @param contentType the content type, or {@code null} if it has none
 * @param nativeHeaders the headers of the frame, in their order
 * @param headers the other headers, which selectors may ask for: strings, numbers and
 * booleans
 * @param payload the body, not copied
 */
record StompMessage(Kind kind, String destination, @Nullable String session, @Nullable String contentType,
		Map<String, List<String>> nativeHeaders, Map<String, Object> headers, byte[] payload) {

	/**
	 * What a destination means.
	 */
	enum Kind {

		/**
		 * A destination of the broker, such as {@code /topic/news}.
		 */
		BROKER,

		/**
		 * A destination of a user that each node resolves for its own sessions, such as
		 * {@code /user/ada/queue/news}.
		 */
		USER

	}

}
