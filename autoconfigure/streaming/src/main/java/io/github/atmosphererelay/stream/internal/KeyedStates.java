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
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Where the states of one reducer are stored. For any thread; calls block until the store
 * has answered or its timeout has passed.
 */
interface KeyedStates {

	/**
	 * Return stored states.
	 * @param keys the keys, without repetitions
	 * @return the states of the keys that have an entry
	 * @throws RuntimeException if the store does not answer
	 */
	Map<String, KeyedState> get(Collection<String> keys);

	/**
	 * Store each state whose version is newer than the stored one of its key. Each is
	 * compared and written atomically, all of them are not.
	 * @param states the states, one for each key
	 * @return what became of each, in the same order
	 * @throws RuntimeException if it is not known of any of them
	 */
	List<WriteOutcome> putIfNewer(List<KeyedState> states);

	/**
	 * Visit all stored states that have JSON, in any order. A state that is written
	 * meanwhile is visited in one of its versions.
	 * @param visitor is called by this thread
	 * @throws RuntimeException if the store does not answer
	 */
	void scan(Consumer<KeyedState> visitor);

}
