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

package io.github.atmosphererelay.door.internal;

import java.io.StringWriter;
import java.util.function.Consumer;

import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads and writes the JSON of the doors' own frames and answers. Safe for use by many
 * threads; nothing blocks.
 */
public final class JsonText {

	/**
	 * The factory for readers and writers. Names come from clients, so caching them has
	 * no benefit. Nesting, names and numbers have no limits of their own, because a
	 * message is bounded by its size and is skipped here without recursion. A limit would
	 * close the connection of a client whose data the application can read.
	 */
	public static final JsonFactory FACTORY = JsonFactory.builder()
		.streamReadConstraints(StreamReadConstraints.builder()
			.maxNestingDepth(Integer.MAX_VALUE)
			.maxNameLength(Integer.MAX_VALUE)
			.maxNumberLength(Integer.MAX_VALUE)
			.maxStringLength(Integer.MAX_VALUE)
			.build())
		.disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
		.disable(TokenStreamFactory.Feature.INTERN_PROPERTY_NAMES)
		.build();

	private JsonText() {
	}

	/**
	 * Write a JSON object.
	 * @param members writes its members, in order
	 * @return the object, on one line
	 */
	public static String object(Consumer<JsonGenerator> members) {
		// As characters, because a name may contain unpaired surrogates, which UTF-8
		// cannot encode
		StringWriter out = new StringWriter(256);
		try (JsonGenerator generator = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
			generator.writeStartObject();
			members.accept(generator);
			generator.writeEndObject();
		}
		return out.toString();
	}

}
