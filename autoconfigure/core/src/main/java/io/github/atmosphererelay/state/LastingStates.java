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

package io.github.atmosphererelay.state;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A space of a {@link StateStore} whose values are kept until they are removed, and can
 * be listed. Only that a key has no value any more is forgotten after the store's usual
 * time. For example, each reducer has such a space.
 * <p>
 * A store loses all entries of the space together or none of them, as far as the
 * technology allows, so that one entry can tell whether the others are there.
 * <p>
 * Threads: used by many threads of many nodes at the same time. Methods may block.
 */
public interface LastingStates {

	/**
	 * Write entries that are newer than what the store has, as
	 * {@link StateStore#putIfNewer} does.
	 * @param entries the entries, any number
	 * @return the results, in the order of the entries. Throws no exception because the
	 * store does not work
	 */
	List<StateResult> putIfNewer(List<StateEntry> entries);

	/**
	 * Find the states of keys.
	 * @param keys the keys, any number
	 * @return the entries by their keys, also those without a value; without keys that
	 * were never written, or whose removal is forgotten
	 * @throws RuntimeException if the store does not work
	 */
	Map<String, StateEntry> find(Collection<String> keys);

	/**
	 * Visit all entries that have a value, in any order. An entry that is written
	 * meanwhile is visited in any of its versions, or more than once; one that is there
	 * all the time is not left out. Reads in pages, so that memory is bounded.
	 * @param visitor is called by this thread
	 * @throws RuntimeException if the store does not work, or the visitor's exception
	 */
	void scan(Consumer<StateEntry> visitor);

}
