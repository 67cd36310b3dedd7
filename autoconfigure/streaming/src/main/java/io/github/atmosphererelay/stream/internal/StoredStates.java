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
import java.util.function.Consumer;

import io.github.atmosphererelay.state.LastingStates;
import io.github.atmosphererelay.state.StateEntry;
import io.github.atmosphererelay.state.StateResult;
import io.github.atmosphererelay.state.StateStore;

/**
 * The states of a reducer in a {@link StateStore}. The states and the marks of its
 * partitions are in one space, because a store loses them together; a first character
 * keeps them apart.
 */
final class StoredStates implements KeyedStates {

	/** The longest key of a record: the store's, without the first character. */
	static final int MAX_KEY_LENGTH = StateEntry.MAX_KEY_LENGTH - 1;

	private static final String STATE = "k";

	private static final String MARK = "m";

	private final LastingStates states;

	/**
	 * Create the states of a reducer.
	 * @throws UnsupportedOperationException if the store has no lasting spaces
	 */
	StoredStates(StateStore store, String reducer) {
		this.states = store.lasting("reducer/" + reducer);
	}

	@Override
	public Map<String, KeyedState> get(Collection<String> keys) {
		Map<String, KeyedState> found = new HashMap<>();
		this.states.find(keys.stream().map(StoredStates::toStored).toList())
			.values()
			.forEach((entry) -> found.put(toKey(entry), toState(entry)));
		return found;
	}

	private static String toStored(String key) {
		return key.startsWith("\0") ? MARK + key.substring(1) : STATE + key;
	}

	private static String toKey(StateEntry entry) {
		String key = entry.key().substring(1);
		return entry.key().startsWith(MARK) ? "\0" + key : key;
	}

	private static KeyedState toState(StateEntry entry) {
		return new KeyedState(toKey(entry), new StateVersion(entry.version().generation(), entry.version().offset()),
				entry.value());
	}

	@Override
	public List<WriteOutcome> putIfNewer(List<KeyedState> states) {
		return this.states.putIfNewer(states.stream().map(StoredStates::toEntry).toList())
			.stream()
			.map(StoredStates::toOutcome)
			.toList();
	}

	private static StateEntry toEntry(KeyedState state) {
		String key = toStored(state.key());
		io.github.atmosphererelay.state.StateVersion version = new io.github.atmosphererelay.state.StateVersion(
				state.version().generation(), state.version().offset());
		byte[] json = state.json();
		return (json != null) ? new StateEntry(key, version, json) : StateEntry.removed(key, version);
	}

	private static WriteOutcome toOutcome(StateResult result) {
		return switch (result.outcome()) {
			case NEWER -> WriteOutcome.NEWER;
			case EQUAL -> WriteOutcome.EQUAL;
			case OLDER -> WriteOutcome.OLDER;
			case FAILED -> WriteOutcome.FAILED;
		};
	}

	@Override
	public void scan(Consumer<KeyedState> visitor) {
		this.states.scan((entry) -> {
			if (entry.key().startsWith(STATE)) {
				visitor.accept(toState(entry));
			}
		});
	}

}
