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

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

import org.jspecify.annotations.Nullable;

/**
 * What the begun streams of a reducer want: which variants of a key, and which queries.
 * One thread changes it, any thread reads it.
 */
final class ReducerInterest {

	private final ConcurrentMap<String, Map<Variant, Integer>> keys = new ConcurrentHashMap<>();

	private final ConcurrentMap<QueryInstance, WantedQuery> queries = new ConcurrentHashMap<>();

	/**
	 * Return the variants in which a key is wanted.
	 */
	Set<Variant> variantsOf(String key) {
		Map<Variant, Integer> variants = this.keys.get(key);
		return (variants != null) ? variants.keySet() : Set.of();
	}

	/**
	 * Return the queries that are wanted.
	 */
	List<WantedQuery> queries() {
		return this.queries.isEmpty() ? List.of() : new ArrayList<>(this.queries.values());
	}

	@Nullable WantedQuery query(QueryInstance query) {
		return this.queries.get(query);
	}

	/**
	 * Add what a stream wants.
	 * @param parameters the parameters of its query, if it has one
	 */
	void add(Selection selection, Variant variant, @Nullable Object parameters) {
		change(selection, variant, parameters, 1);
	}

	/**
	 * Remove what a stream wanted.
	 */
	void remove(Selection selection, Variant variant) {
		change(selection, variant, null, -1);
	}

	private void change(Selection selection, Variant variant, @Nullable Object parameters, int difference) {
		if (selection instanceof Selection.Keys named) {
			for (String key : named.keys()) {
				this.keys.compute(key, (name, variants) -> changed(variants, variant, difference));
			}
			return;
		}
		QueryInstance query = ((Selection.Matching) selection).query();
		this.queries.compute(query, (name, wanted) -> {
			Map<Variant, Integer> variants = changed((wanted != null) ? wanted.variants : null, variant, difference);
			Object value = (wanted != null) ? wanted.parameters : parameters;
			return (variants != null && value != null) ? new WantedQuery(query, value, variants) : null;
		});
	}

	private static @Nullable Map<Variant, Integer> changed(@Nullable Map<Variant, Integer> variants, Variant variant,
			int difference) {
		Map<Variant, Integer> changed = (variants != null) ? new HashMap<>(variants) : new HashMap<>();
		changed.merge(variant, difference, Integer::sum);
		changed.values().removeIf((count) -> count <= 0);
		return changed.isEmpty() ? null : Map.copyOf(changed);
	}

	/**
	 * Return the number of keys and queries that are wanted.
	 */
	int size() {
		return this.keys.size() + this.queries.size();
	}

	/**
	 * A query that begun streams have.
	 *
	 * @param query its name and parameters
	 * @param parameters the parameters as the reducer's query takes them
	 * @param variants the variants, with the number of streams of each
	 */
	record WantedQuery(QueryInstance query, Object parameters, Map<Variant, Integer> variants) {

	}

}
