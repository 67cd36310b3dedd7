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

import org.jspecify.annotations.Nullable;

/**
 * Stores the current value of each channel of a feed, for feeds whose topic is not
 * compacted. An application may define its own store as a bean.
 * <p>
 * Threads: used by many threads of many nodes at the same time. Methods may block; they
 * are called on threads that may wait.
 * <p>
 * Errors: a method may throw any exception when the store does not work. Entries are then
 * saved again before the feed goes on, and subscribers are asked to try again.
 */
public interface StateStore {

	/**
	 * Find the current value of a channel.
	 * @param feed the feed's name
	 * @param channel the channel's name
	 * @return the entry, or {@code null} if there is none
	 */
	@Nullable StateEntry find(String feed, String channel);

	/**
	 * Save entries. For each one, the check and the write must be atomic: if the store
	 * has an entry that the new one does not {@linkplain StateEntry#supersedes
	 * supersede}, the present entry stays. So a writer that was replaced by another one
	 * cannot bring an old value back.
	 * @param feed the feed's name
	 * @param entries the entries, at most one for a channel
	 */
	void save(String feed, Collection<StateEntry> entries);

}
