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

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.github.atmosphererelay.stream.StreamSubscription;
import io.github.atmosphererelay.stream.internal.StreamRefusedException.Reason;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Checks what clients ask for. For any thread.
 */
final class StreamRequests {

	private static final int MAX_OPTIONS = 16;

	private static final int MAX_OPTION_LENGTH = 255;

	private final StreamTable table;

	StreamRequests(StreamTable table) {
		this.table = table;
	}

	/**
	 * Return the stream that a request asks for, which has not begun.
	 * @throws StreamRefusedException if the request is not valid
	 */
	StreamDefinition definition(StreamRequest request, @Nullable String user, String holder) {
		ReducerFunctions<?> functions = (request.reducer() != null) ? this.table.functions(request.reducer()) : null;
		if (functions == null) {
			throw invalid("there is no such reducer. The reducers are " + sorted(this.table.reducers()));
		}
		Selection selection = selection(functions, request);
		Map<String, String> options = (request.options() != null) ? request.options() : Map.of();
		if (options.size() > MAX_OPTIONS
				|| options.entrySet().stream().anyMatch((each) -> isBad(each.getKey()) || isBad(each.getValue()))) {
			throw invalid(
					"a stream has up to " + MAX_OPTIONS + " options of up to " + MAX_OPTION_LENGTH + " characters");
		}
		StreamSubscription subscription = new StreamSubscription(user, options);
		return new StreamDefinition(functions.reducer().name(), subscription, variant(functions, subscription),
				selection, false, holder, since(request.since()));
	}

	/**
	 * Return what a stream of a query would be.
	 * @throws StreamRefusedException if the request is not valid
	 */
	StreamDefinition query(StreamRequest request, @Nullable String user, String holder) {
		String query = request.query();
		List<String> having = this.table.reducers().stream().filter((name) -> has(name, query)).sorted().toList();
		if (having.isEmpty()) {
			throw new StreamRefusedException(Reason.UNKNOWN, "no reducer has such a query");
		}
		String reducer = request.reducer();
		if (reducer == null) {
			if (having.size() > 1) {
				throw invalid("several reducers have such a query. Say which 'reducer': " + String.join(", ", having));
			}
			reducer = having.get(0);
		}
		return definition(
				new StreamRequest(reducer, null, query, request.parameters(), request.options(), request.since()), user,
				holder);
	}

	private boolean has(String reducer, @Nullable String query) {
		ReducerFunctions<?> functions = this.table.functions(reducer);
		return functions != null && query != null && functions.reducer().queries().containsKey(query);
	}

	private static @Nullable StreamPositions since(@Nullable String since) {
		try {
			return (since != null) ? StreamPositions.parse(since) : null;
		}
		catch (RuntimeException ex) {
			throw invalid("'since' is not what a snapshot has said");
		}
	}

	private static String variant(ReducerFunctions<?> functions, StreamSubscription subscription) {
		try {
			return functions.canonical(functions.reducer().variant().apply(subscription));
		}
		catch (RuntimeException ex) {
			throw invalid("the reducer does not take these options");
		}
	}

	private static boolean isBad(@Nullable String option) {
		return option == null || option.length() > MAX_OPTION_LENGTH;
	}

	private Selection selection(ReducerFunctions<?> functions, StreamRequest request) {
		String query = request.query();
		Set<String> keys = request.keys();
		if ((query != null) == (keys != null)) {
			throw invalid("a stream has either 'keys' or a 'query'");
		}
		if (keys != null) {
			checkKeys(keys);
			return new Selection.Keys(keys);
		}
		Set<String> names = functions.reducer().queries().keySet();
		if (query == null || !names.contains(query)) {
			throw invalid("the reducer has no such query. Its queries are " + sorted(names));
		}
		JsonNode parameters = (request.parameters() != null) ? request.parameters()
				: JsonNodeFactory.instance.objectNode();
		try {
			return new Selection.Matching(functions.query(query, parameters));
		}
		catch (RuntimeException ex) {
			throw invalid("the query does not take these 'params'");
		}
	}

	private static String sorted(Set<String> names) {
		return String.join(", ", names.stream().sorted().toList());
	}

	private void checkKeys(Set<String> keys) {
		for (String key : keys) {
			if (key == null || key.isEmpty() || key.startsWith("\0") || key.length() > StoredStates.MAX_KEY_LENGTH) {
				throw invalid("a key has 1 to " + StoredStates.MAX_KEY_LENGTH + " characters");
			}
		}
		int max = this.table.limits().maxKeysPerStream();
		if (keys.size() > max) {
			throw new StreamRefusedException(Reason.LIMIT, "a stream has up to " + max + " keys");
		}
	}

	/**
	 * Return a stream with other keys.
	 * @throws StreamRefusedException if it cannot have them
	 */
	StreamDefinition changed(StreamDefinition stream, Set<String> add, Set<String> remove) {
		if (!(stream.selection() instanceof Selection.Keys present)) {
			throw invalid("a stream of a query has no keys that can be changed");
		}
		checkKeys(add);
		Set<String> keys = new HashSet<>(present.keys());
		keys.removeAll(remove);
		keys.addAll(add);
		checkKeys(keys);
		return stream.with(new Selection.Keys(keys));
	}

	private static StreamRefusedException invalid(String message) {
		return new StreamRefusedException(Reason.INVALID, message);
	}

}
