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

package io.github.atmosphererelay.message.internal;

import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * The parameters of a URL's query. A parameter that cannot be decoded does not affect the
 * others. Containers differ in this; some throw an exception for every parameter then.
 * Immutable.
 */
public final class QueryParameters {

	private static final QueryParameters NONE = new QueryParameters(Map.of(), Map.of(), true);

	private final Map<String, String[]> values;

	/** The reasons why values cannot be decoded, by parameter. */
	private final Map<String, String> faults;

	private final boolean complete;

	private QueryParameters(Map<String, String[]> values, Map<String, String> faults, boolean complete) {
		this.values = values;
		this.faults = faults;
		this.complete = complete;
	}

	/**
	 * Parse a query.
	 * @param query the query as it was sent, without the question mark, or {@code null}
	 * if there is none
	 * @return the parameters
	 */
	public static QueryParameters parse(@Nullable String query) {
		if (query == null || query.isEmpty()) {
			return NONE;
		}
		Map<String, String[]> values = new LinkedHashMap<>();
		Map<String, String> faults = new LinkedHashMap<>();
		boolean complete = true;
		for (String pair : query.split("&")) {
			int equals = pair.indexOf('=');
			String name;
			try {
				name = PercentEncoding.decode((equals >= 0) ? pair.substring(0, equals) : pair, true, "the name");
			}
			catch (IllegalArgumentException ex) {
				// Nobody asks for a parameter whose name cannot be decoded.
				complete = false;
				continue;
			}
			if (name.isEmpty()) {
				continue;
			}
			try {
				String value = (equals >= 0)
						? PercentEncoding.decode(pair.substring(equals + 1), true, "the parameter '" + name + "'") : "";
				values.merge(name, new String[] { value }, QueryParameters::concat);
			}
			catch (IllegalArgumentException ex) {
				faults.put(name, String.valueOf(ex.getMessage()));
				complete = false;
			}
		}
		return new QueryParameters(values, faults, complete);
	}

	private static String[] concat(String[] first, String[] second) {
		String[] both = new String[first.length + second.length];
		System.arraycopy(first, 0, both, 0, first.length);
		System.arraycopy(second, 0, both, first.length, second.length);
		return both;
	}

	/**
	 * Return the first value of a parameter.
	 * @param name the parameter's name
	 * @return the value, or {@code null} if the query does not contain the parameter
	 * @throws IllegalArgumentException if a value of the parameter cannot be decoded; the
	 * message is in words for the sender
	 */
	public @Nullable String get(String name) {
		String fault = this.faults.get(name);
		if (fault != null) {
			throw new IllegalArgumentException(fault);
		}
		String[] all = this.values.get(name);
		return (all != null) ? all[0] : null;
	}

	/**
	 * Return whether all names and values could be decoded.
	 * @return {@code false} if a name or value could not be decoded
	 */
	public boolean isComplete() {
		return this.complete;
	}

	/**
	 * Return the parameters that could be decoded.
	 * @return the values by name, in the order of the query; a copy
	 */
	public Map<String, String[]> all() {
		Map<String, String[]> copy = new LinkedHashMap<>();
		this.values.forEach((name, each) -> copy.put(name, each.clone()));
		return copy;
	}

}
