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

package io.github.atmosphererelay.door.raw;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.atmosphererelay.message.Payload;
import org.jspecify.annotations.Nullable;

/**
 * The frame {@code {"type":"auth","token":"..."}}, in which a client says who it is.
 */
final class TokenFrame {

	/**
	 * The greatest size of the frame. Those who have not said who they are get no more
	 * memory than what servers take for the headers of a request.
	 */
	static final int MAX_SIZE = 16 * 1024;

	private static final String TYPE = "\"type\"\\s*+:\\s*+\"auth\"";

	/** No token has characters that JSON would escape. */
	private static final String TOKEN = "\"token\"\\s*+:\\s*+\"([A-Za-z0-9._~+/=-]++)\"";

	private static final Pattern FRAME = frame(TYPE, TOKEN);

	private static final Pattern REVERSED_FRAME = frame(TOKEN, TYPE);

	private TokenFrame() {
	}

	private static Pattern frame(String first, String second) {
		return Pattern.compile("\\s*+\\{\\s*+" + first + "\\s*+,\\s*+" + second + "\\s*+}\\s*+");
	}

	/**
	 * Return the token in a message.
	 * @return the token, or {@code null} if the message is no such frame
	 */
	static @Nullable String token(Payload message) {
		return (!message.isBinary() && message.size() <= MAX_SIZE) ? token(message.asText()) : null;
	}

	/**
	 * Return the token in a text.
	 * @return the token, or {@code null} if the text is no such frame
	 */
	static @Nullable String token(String text) {
		for (Pattern pattern : List.of(FRAME, REVERSED_FRAME)) {
			Matcher frame = pattern.matcher(text);
			if (frame.matches()) {
				return frame.group(1);
			}
		}
		return null;
	}

}
