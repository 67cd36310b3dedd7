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

package io.github.atmosphererelay.stream.internal;

import java.util.List;
import java.util.Map;
import java.util.Set;

import io.github.atmosphererelay.stream.StreamSubscription;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes and reads the commands that define streams, as JSON. A newer release may add
 * properties, which are not read. For any thread.
 */
final class CommandCodec {

	private final JsonMapper mapper;

	CommandCodec(JsonMapper mapper) {
		this.mapper = mapper;
	}

	byte[] write(StreamDefinition stream) {
		Selection selection = stream.selection();
		Set<String> keys = (selection instanceof Selection.Keys named) ? named.keys() : null;
		QueryInstance query = (selection instanceof Selection.Matching matching) ? matching.query() : null;
		return this.mapper.writeValueAsBytes(new Command(stream.reducer(), stream.subscription().user(),
				stream.subscription().options(), stream.variant(), keys, query, stream.begun(), stream.holder(),
				(stream.since() != null) ? stream.since().toString() : null));
	}

	/**
	 * Read a command.
	 * @throws RuntimeException if it is none
	 */
	StreamDefinition read(byte[] json) {
		Command command = this.mapper.readerFor(Command.class)
			.without(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
			.readValue(json);
		Selection selection;
		if (command.keys != null) {
			selection = new Selection.Keys(command.keys);
		}
		else if (command.query != null) {
			selection = new Selection.Matching(command.query);
		}
		else {
			throw new IllegalArgumentException("A stream has keys or a query");
		}
		if (command.reducer == null || command.variant == null) {
			throw new IllegalArgumentException("A stream has a reducer and a variant");
		}
		StreamPositions since = (command.since != null) ? StreamPositions.parse(command.since) : null;
		Map<String, String> options = (command.options != null) ? command.options : Map.of();
		return new StreamDefinition(command.reducer, new StreamSubscription(command.user, options), command.variant,
				selection, command.begun, command.holder, since);
	}

	/**
	 * Write the ids that a topic has had.
	 */
	byte[] writeIds(List<String> ids) {
		return this.mapper.writeValueAsBytes(ids);
	}

	/**
	 * Read the ids that a topic has had.
	 * @throws RuntimeException if these are none
	 */
	List<String> readIds(byte[] json) {
		return List.of(this.mapper.readValue(json, String[].class));
	}

	private record Command(@Nullable String reducer, @Nullable String user, @Nullable Map<String, String> options,
			@Nullable String variant, @Nullable Set<String> keys, @Nullable QueryInstance query, boolean begun,
			@Nullable String holder, @Nullable String since) {

	}

}
