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

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * The states of a partition that were used last, within a number of bytes. For one
 * thread.
 *
 * @param <S> the type of the states
 */
final class StateCache<S> {

	/** What an entry costs beside its key and JSON, roughly. */
	private static final int OVERHEAD = 160;

	private final Map<String, CachedState<S>> states = new LinkedHashMap<>(16, 0.75f, true);

	private final long maxBytes;

	private long bytes;

	StateCache(long maxBytes) {
		this.maxBytes = maxBytes;
	}

	@Nullable CachedState<S> get(String key) {
		return this.states.get(key);
	}

	void put(String key, CachedState<S> state) {
		remove(key);
		this.states.put(key, state);
		this.bytes += size(key, state);
		Iterator<Map.Entry<String, CachedState<S>>> eldest = this.states.entrySet().iterator();
		while (this.bytes > this.maxBytes && eldest.hasNext()) {
			Map.Entry<String, CachedState<S>> evicted = eldest.next();
			this.bytes -= size(evicted.getKey(), evicted.getValue());
			eldest.remove();
		}
	}

	void remove(String key) {
		CachedState<S> removed = this.states.remove(key);
		if (removed != null) {
			this.bytes -= size(key, removed);
		}
	}

	void clear() {
		this.states.clear();
		this.bytes = 0;
	}

	private static long size(String key, CachedState<?> state) {
		return OVERHEAD + 2L * key.length() + 3L * state.size();
	}

	long bytes() {
		return this.bytes;
	}

	/**
	 * A state as the store has it.
	 *
	 * @param <S> the type of the states
	 * @param state the state, or {@code null} if the key has none
	 * @param version its version
	 * @param published whether it is certain that this version was published
	 * @param size the number of bytes of its JSON
	 */
	record CachedState<S>(@Nullable S state, StateVersion version, boolean published, int size) {

	}

}
