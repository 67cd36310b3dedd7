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

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

import org.jspecify.annotations.Nullable;

/**
 * All streams of the cluster, and for each reducer what they want. One thread applies the
 * commands in their order; any thread reads. What does not fit is refused, so that memory
 * is bounded whatever the commands say.
 */
final class StreamTable {

	private final Map<String, ReducerFunctions<?>> reducers;

	private final Map<String, ReducerInterest> interests = new HashMap<>();

	private final Limits limits;

	private final ConcurrentMap<String, Entry> streams = new ConcurrentHashMap<>();

	private final AtomicInteger keys = new AtomicInteger();

	/** How many streams each user has. */
	private final ConcurrentMap<String, Integer> users = new ConcurrentHashMap<>();

	StreamTable(Collection<ReducerFunctions<?>> reducers, Limits limits) {
		this.reducers = new HashMap<>();
		for (ReducerFunctions<?> functions : reducers) {
			String name = functions.reducer().name();
			if (this.reducers.putIfAbsent(name, functions) != null) {
				throw new IllegalArgumentException("Two reducers have the name '" + name
						+ "': give Reducer.named(..) another name in one of the beans");
			}
			this.interests.put(name, new ReducerInterest());
		}
		this.limits = limits;
	}

	/**
	 * Set what is known of a stream.
	 * @param id the stream's id
	 * @param definition the stream, or {@code null} if it was freed
	 * @return what was wrong with the stream, so that it is not in the table, or
	 * {@code null}
	 */
	@Nullable Refusal apply(String id, @Nullable StreamDefinition definition) {
		if (definition == null) {
			remove(id);
			return null;
		}
		Entry before = this.streams.get(id);
		int size = definition.size() - ((before != null) ? before.definition.size() : 0);
		if (before == null && this.streams.size() >= this.limits.maxStreams()) {
			return Refusal.TOO_MANY_STREAMS;
		}
		if (definition.size() > this.limits.maxKeysPerStream() || this.keys.get() + size > this.limits.maxKeys()) {
			remove(id);
			return Refusal.TOO_MANY_KEYS;
		}
		ReducerFunctions<?> functions = this.reducers.get(definition.reducer());
		if (functions == null) {
			remove(id);
			return Refusal.UNKNOWN_REDUCER;
		}
		Entry entry;
		try {
			entry = entry(functions, definition);
		}
		catch (RuntimeException ex) {
			remove(id);
			return Refusal.UNREADABLE;
		}
		// Added first: what both want is never unwanted in between
		if (definition.begun()) {
			interest(definition).add(definition.selection(), entry.variant, entry.parameters);
		}
		remove(id);
		this.streams.put(id, entry);
		count(definition, 1);
		this.keys.addAndGet(definition.size());
		return null;
	}

	private static Entry entry(ReducerFunctions<?> functions, StreamDefinition definition) {
		Object parameters = null;
		if (definition.selection() instanceof Selection.Matching matching) {
			parameters = functions.parameters(matching.query());
		}
		Object value = functions.reducer().variant().apply(definition.subscription());
		return new Entry(definition, new Variant(definition.variant(), value), parameters);
	}

	private void remove(String id) {
		Entry before = this.streams.remove(id);
		if (before == null) {
			return;
		}
		this.keys.addAndGet(-before.definition.size());
		count(before.definition, -1);
		if (before.definition.begun()) {
			interest(before.definition).remove(before.definition.selection(), before.variant);
		}
	}

	private void count(StreamDefinition definition, int difference) {
		String user = definition.subscription().user();
		if (user != null) {
			this.users.compute(user, (name, count) -> {
				int changed = ((count != null) ? count : 0) + difference;
				return (changed > 0) ? changed : null;
			});
		}
	}

	/**
	 * Return how many streams a user has.
	 */
	int streamsOf(String user) {
		return this.users.getOrDefault(user, 0);
	}

	/**
	 * Return the functions of a reducer.
	 * @return the functions, or {@code null} if there is no such reducer
	 */
	@Nullable ReducerFunctions<?> functions(String reducer) {
		return this.reducers.get(reducer);
	}

	/**
	 * Return the names of all reducers.
	 */
	Set<String> reducers() {
		return this.reducers.keySet();
	}

	Limits limits() {
		return this.limits;
	}

	/**
	 * Visit all streams.
	 */
	void forEach(BiConsumer<String, StreamDefinition> visitor) {
		this.streams.forEach((id, entry) -> visitor.accept(id, entry.definition));
	}

	private ReducerInterest interest(StreamDefinition definition) {
		return interest(definition.reducer());
	}

	/**
	 * Return what the streams of a reducer want.
	 * @throws IllegalArgumentException if there is no such reducer
	 */
	ReducerInterest interest(String reducer) {
		ReducerInterest interest = this.interests.get(reducer);
		if (interest == null) {
			throw new IllegalArgumentException("There is no reducer '" + reducer + "'");
		}
		return interest;
	}

	/**
	 * Return a stream.
	 * @return the stream, or {@code null} if it is not known
	 */
	@Nullable StreamDefinition get(String id) {
		Entry entry = this.streams.get(id);
		return (entry != null) ? entry.definition : null;
	}

	@Nullable Variant variantOf(String id) {
		Entry entry = this.streams.get(id);
		return (entry != null) ? entry.variant : null;
	}

	/**
	 * Return the ids of a reducer's streams that have begun.
	 */
	List<String> begun(String reducer) {
		return this.streams.entrySet()
			.stream()
			.filter((entry) -> entry.getValue().definition.begun()
					&& entry.getValue().definition.reducer().equals(reducer))
			.map(Map.Entry::getKey)
			.toList();
	}

	int streams() {
		return this.streams.size();
	}

	int keys() {
		return this.keys.get();
	}

	private record Entry(StreamDefinition definition, Variant variant, @Nullable Object parameters) {

	}

	/**
	 * How much the table takes.
	 *
	 * @param maxStreams the largest number of streams
	 * @param maxKeysPerStream the largest number of keys of a stream
	 * @param maxKeys the largest number of keys of all streams; a query counts as one
	 */
	record Limits(int maxStreams, int maxKeysPerStream, int maxKeys) {

	}

	/**
	 * Why a stream is not in the table.
	 */
	enum Refusal {

		/** There are as many streams as may be. */
		TOO_MANY_STREAMS,

		/** It has too many keys, or all streams have. */
		TOO_MANY_KEYS,

		/** This process has no such reducer. */
		UNKNOWN_REDUCER,

		/** The query, its parameters or the variant cannot be read. */
		UNREADABLE

	}

}
