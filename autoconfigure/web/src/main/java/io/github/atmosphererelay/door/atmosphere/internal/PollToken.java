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
import java.util.Base64;
import java.util.UUID;
import java.util.regex.Pattern;

import io.github.atmosphererelay.door.internal.PositionText;
import io.github.atmosphererelay.message.Position;
import org.jspecify.annotations.Nullable;

/**
 * What the client shows with each request: it has received everything up to an answer.
 * Each answer brings a new one.
 *
 * @param node the node that has the client's session
 * @param key the secret of the session
 * @param number the number of the answer
 * @param position the position in the channel up to which the client has received
 * everything with that answer, or {@code null} if it is not known
 */
record PollToken(UUID node, String key, long number, @Nullable Position position) {

	private static final int MAX_LENGTH = 1_000;

	private static final Pattern KEY = Pattern.compile("[A-Za-z0-9_-]{16,64}");

	/**
	 * Parse a token.
	 * @return the token, or {@code null} if it has not been made here
	 */
	static @Nullable PollToken parse(String text) {
		String[] parts = (text.length() <= MAX_LENGTH) ? text.split("\\.", 5) : new String[0];
		if (parts.length < 3 || parts.length > 4 || !KEY.matcher(parts[1]).matches()) {
			return null;
		}
		try {
			Position position = (parts.length == 4)
					? PositionText.parse(new String(Base64.getUrlDecoder().decode(parts[3]), StandardCharsets.UTF_8))
					: null;
			long number = Long.parseLong(parts[2]);
			return (number >= 0) ? new PollToken(UUID.fromString(parts[0]), parts[1], number, position) : null;
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

	@Override
	public String toString() {
		String text = this.node + "." + this.key + "." + this.number;
		if (this.position == null) {
			return text;
		}
		byte[] position = (this.position.epoch() + ":" + this.position.offset()).getBytes(StandardCharsets.UTF_8);
		return text + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(position);
	}

}
