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

import java.util.Base64;

import io.github.atmosphererelay.door.internal.JsonText;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.internal.Json;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;

/**
 * Puts messages of any kind into JSON: text that is JSON as it is, though on one line;
 * other text as a string; binary as a string in Base64.
 */
final class JsonPayloads {

	private JsonPayloads() {
	}

	/**
	 * Return a message as it stands in JSON.
	 */
	static String of(Payload payload) {
		return append(new StringBuilder(payload.size() + 2), payload).toString();
	}

	/**
	 * Append a message.
	 */
	static StringBuilder append(StringBuilder out, Payload payload) {
		if (payload.isBinary()) {
			return out.append('"').append(Base64.getEncoder().encodeToString(payload.bytes())).append('"');
		}
		String text = payload.asText();
		return isJson(text) ? onOneLine(out, text) : out.append(Json.quote(text));
	}

	/**
	 * Return whether a text is one value of JSON.
	 */
	static boolean isJson(String text) {
		// As characters: of bytes, the parser would take other encodings, too.
		try (JsonParser parser = JsonText.FACTORY.createParser(ObjectReadContext.empty(), text)) {
			if (parser.nextToken() == null) {
				return false;
			}
			parser.skipChildren();
			parser.finishToken();
			return parser.nextToken() == null;
		}
		catch (JacksonException ex) {
			return false;
		}
	}

	/**
	 * Append JSON without its line breaks, which stand between tokens only.
	 */
	private static StringBuilder onOneLine(StringBuilder out, String json) {
		if (json.indexOf('\n') < 0 && json.indexOf('\r') < 0) {
			return out.append(json);
		}
		for (int i = 0; i < json.length(); i++) {
			char each = json.charAt(i);
			if (each != '\n' && each != '\r') {
				out.append(each);
			}
		}
		return out;
	}

}
