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

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Stores the present state of keys. Each state has a version, and an older one never
 * takes the place of a newer one, whoever writes it and how often. So processes that die,
 * are paused or begin again write what they have without asking each other. An
 * application may define its own store as a bean.
 * <p>
 * Keys are in spaces, which know nothing of each other. For example, each feed of a topic
 * has a space.
 * <p>
 * Threads: used by many threads of many nodes at the same time. Methods may block; they
 * are called on threads that may wait.
 * <p>
 * Bounds: a value has at most {@link #maxValueBytes()} bytes. A store forgets entries
 * that are not written for a time that it is configured with, except in
 * {@linkplain #lasting lasting} spaces.
 */
public interface StateStore {

	/**
	 * Return the short name, such as {@code redis}, for meters and the actuator endpoint.
	 * @return the name
	 */
	String name();

	/**
	 * Return how large a value may be.
	 * @return the maximum number of bytes
	 */
	int maxValueBytes();

	/**
	 * Write entries that are newer than what the store has. For each one, the comparison
	 * and the write are atomic. Entries of one key are applied in the order of the list.
	 * @param space the name of the space, of 1 to {@value StateEntry#MAX_KEY_LENGTH}
	 * characters
	 * @param entries the entries, any number
	 * @return the results, in the order of the entries: one failure does not keep others
	 * from being written. Throws no exception because the store does not work
	 */
	List<StateResult> putIfNewer(String space, List<StateEntry> entries);

	/**
	 * Find the states of keys.
	 * @param space the name of the space
	 * @param keys the keys, any number
	 * @return the entries by their keys, also those without a value; without keys that
	 * were never written, or whose entries are forgotten
	 * @throws RuntimeException if the store does not work
	 */
	Map<String, StateEntry> find(String space, Collection<String> keys);

	/**
	 * Return a space whose values are not forgotten when they are not written for long.
	 * It knows nothing of a space with the same name that is used by other methods.
	 * @param space the name of the space, of 1 to {@value StateEntry#MAX_KEY_LENGTH}
	 * characters
	 * @return the space; does not connect
	 * @throws UnsupportedOperationException if the store has no such spaces
	 */
	default LastingStates lasting(String space) {
		throw new UnsupportedOperationException(
				"The state store '" + name() + "' forgets what is not written for long, and cannot list it:"
						+ " implement StateStore.lasting(..), or set 'atmosphere.state.store' to redis or jdbc");
	}

	/**
	 * Remove entries that were not written for too long, if the store does not do so by
	 * itself. Called from time to time on every node.
	 * @param now the present time
	 * @return the number of entries that this call has removed
	 */
	default int removeExpired(Instant now) {
		return 0;
	}

	/**
	 * Release connections and threads. May block for up to two seconds.
	 */
	default void close() {
	}

}
