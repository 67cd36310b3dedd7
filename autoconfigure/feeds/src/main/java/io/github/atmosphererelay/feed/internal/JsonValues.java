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

package io.github.atmosphererelay.feed.internal;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonPointer;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Checks JSON, and finds values in it. Needs Jackson. For any thread.
 */
final class JsonValues {

	private final JsonMapper mapper = JsonMapper.builder().build();

	/**
	 * Return what is wrong with a text.
	 * @param text the text, which is valid UTF-8
	 * @return the fault, or {@code null} if this is one JSON value
	 */
	@Nullable String findFault(byte[] text) {
		try (JsonParser parser = this.mapper.createParser(text)) {
			JsonToken first = parser.nextToken();
			if (first == null) {
				return "it is empty";
			}
			parser.skipChildren();
			return (parser.nextToken() == null) ? null : "something follows the value";
		}
		catch (JacksonException ex) {
			return ex.getOriginalMessage();
		}
	}

	/**
	 * Find a value.
	 * @return the text or number as text, or {@code null} if there is none
	 * @throws JacksonException if this is not JSON
	 */
	@Nullable String find(byte[] text, JsonPointer pointer) {
		JsonNode found = this.mapper.readTree(text).at(pointer);
		return (found.isString() || found.isNumber()) ? found.asString() : null;
	}

}
