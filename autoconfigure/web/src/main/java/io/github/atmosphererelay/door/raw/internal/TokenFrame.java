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

package io.github.atmosphererelay.door.raw.internal;

import java.util.regex.Pattern;

import io.github.atmosphererelay.door.internal.JsonText;
import io.github.atmosphererelay.message.Payload;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;

/**
 * The frame {@code {"type":"auth","token":"..."}}, in which a client says who it is.
 */
final class TokenFrame {

	/**
	 * The greatest size of the frame. Those who have not said who they are get no more
	 * memory than what servers take for the headers of a request.
	 */
	static final int MAX_SIZE = 16 * 1024;

	/** What tokens consist of; a message with another text is the client's. */
	private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9._~+/=-]++");

	private TokenFrame() {
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
		try (JsonParser parser = JsonText.FACTORY.createParser(ObjectReadContext.empty(), text)) {
			return (parser.nextToken() == JsonToken.START_OBJECT) ? token(parser) : null;
		}
		catch (JacksonException ex) {
			// A message of the client's
			return null;
		}
	}

	/**
	 * Read the two members, and not a third: a message that has more is the
	 * application's.
	 */
	private static @Nullable String token(JsonParser parser) {
		String type = null;
		String token = null;
		while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
			String name = parser.currentName();
			if (parser.nextToken() != JsonToken.VALUE_STRING) {
				return null;
			}
			if (name.equals("type") && type == null) {
				type = parser.getString();
			}
			else if (name.equals("token") && token == null) {
				token = parser.getString();
			}
			else {
				return null;
			}
		}
		boolean complete = parser.currentToken() == JsonToken.END_OBJECT && parser.nextToken() == null;
		return (complete && "auth".equals(type) && token != null && TOKEN.matcher(token).matches()) ? token : null;
	}

}
