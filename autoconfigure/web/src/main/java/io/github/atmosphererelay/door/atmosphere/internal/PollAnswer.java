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

package io.github.atmosphererelay.door.atmosphere.internal;

import java.nio.charset.StandardCharsets;

/**
 * The answer to a request for messages.
 *
 * @param status the HTTP status
 * @param token what the client shows with its next request
 * @param body the messages
 */
record PollAnswer(int status, String token, byte[] body) {

	private static final int OK = 200;

	private static final int CONFLICT = 409;

	static PollAnswer of(PollToken token, byte[] body) {
		return new PollAnswer(OK, token.toString(), body);
	}

	static PollAnswer of(PollToken token, String body) {
		return of(token, body.getBytes(StandardCharsets.UTF_8));
	}

	/**
	 * Return the answer to the older of two requests. With a successful answer the two
	 * clients, if there are two, would ask again at once, and end each other's requests
	 * for ever.
	 */
	static PollAnswer superseded(PollToken token) {
		return new PollAnswer(CONFLICT, token.toString(), new byte[0]);
	}

}
