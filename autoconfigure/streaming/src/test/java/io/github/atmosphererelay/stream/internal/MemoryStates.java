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
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * States in the memory of this process.
 */
class MemoryStates implements KeyedStates {

	private final Map<String, KeyedState> states = new HashMap<>();

	private volatile boolean away;

	/**
	 * Fail all calls from now on, or answer again.
	 */
	void away(boolean away) {
		this.away = away;
	}

	private void check() {
		if (this.away) {
			throw new IllegalStateException("the store is away");
		}
	}

	@Override
	public synchronized Map<String, KeyedState> get(Collection<String> keys) {
		check();
		Map<String, KeyedState> found = new HashMap<>();
		for (String key : keys) {
			KeyedState state = this.states.get(key);
			if (state != null) {
				found.put(key, state);
			}
		}
		return found;
	}

	@Override
	public synchronized List<WriteOutcome> putIfNewer(List<KeyedState> states) {
		check();
		List<WriteOutcome> outcomes = new ArrayList<>(states.size());
		for (KeyedState state : states) {
			outcomes.add(put(state));
		}
		return outcomes;
	}

	private WriteOutcome put(KeyedState state) {
		KeyedState stored = this.states.get(state.key());
		int order = (stored != null) ? state.version().compareTo(stored.version()) : 1;
		if (order > 0) {
			this.states.put(state.key(), state);
			return WriteOutcome.NEWER;
		}
		return (order == 0) ? WriteOutcome.EQUAL : WriteOutcome.OLDER;
	}

	@Override
	public void scan(Consumer<KeyedState> visitor) {
		List<KeyedState> all;
		synchronized (this) {
			all = new ArrayList<>(this.states.values());
		}
		all.stream().filter((state) -> state.json() != null).forEach(visitor);
	}

	/**
	 * Forget all states, as a server does that was restarted without its data.
	 */
	synchronized void clear() {
		this.states.clear();
	}

}
