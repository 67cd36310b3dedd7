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

package io.github.atmosphererelay.durable;

import java.time.Instant;
import java.util.Collection;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * Stores durable sessions, so that they outlive their connections. An application may
 * define its own store as a bean.
 * <p>
 * Threads: used by many threads of many nodes at the same time. Methods may block; they
 * are called on threads that may wait.
 * <p>
 * Errors: a method may throw any exception when the store does not work. Clients are then
 * served without durable sessions, and saving is tried again later.
 */
public interface SessionStore {

	/**
	 * Find a session.
	 * @param key the session's key
	 * @return the entry, or {@code null} if there is none or it has expired
	 */
	@Nullable StoredSession find(String key);

	/**
	 * Save sessions. For each one, the check and the write must be atomic: if the store
	 * has an entry with the same key that the new one does not
	 * {@linkplain StoredSession#supersedes supersede}, the present entry stays. The store
	 * forgets an entry at its {@link StoredSession#expiresAt()}.
	 * @param sessions the entries, with different keys
	 * @return the keys of the sessions that were not saved, because another connection
	 * has taken over the session
	 */
	Set<String> save(Collection<StoredSession> sessions);

	/**
	 * Remove entries that have expired, if the store does not do so by itself. Called
	 * from time to time on every node. If several nodes share the store, it is enough if
	 * one of them removes the entries.
	 * @param now the present time
	 * @return the number of entries that this call has removed
	 */
	int removeExpired(Instant now);

	/**
	 * Count the entries of all nodes that share the store. Called about once a second
	 * while clients begin sessions. The count enforces
	 * {@code atmosphere.durable-sessions.max-sessions}.
	 * @param now the present time; entries that have expired do not count
	 * @return the number of entries, or -1 if the store cannot tell; the number of
	 * sessions is then not limited
	 */
	default long count(Instant now) {
		return -1;
	}

}
