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
 * Where durable sessions are kept between two connections. The application may bring its
 * own as a bean. For use by many threads of many nodes; methods may block, and are called
 * on threads that may wait. They throw what they like when they cannot do it: clients are
 * then served without durable sessions, and what was to be saved is tried again.
 */
public interface SessionStore {

	/**
	 * Find a session.
	 * @param key the session's key
	 * @return the entry, or {@code null} if there is none, or not any more
	 */
	@Nullable StoredSession find(String key);

	/**
	 * Save sessions, each in one step: where there is an entry that the new one does not
	 * {@linkplain StoredSession#supersedes supersede}, it stays. Entries are forgotten at
	 * their {@link StoredSession#expiresAt()}.
	 * @param sessions the entries, with different keys
	 * @return the keys of those that were not saved because another connection has the
	 * session
	 */
	Set<String> save(Collection<StoredSession> sessions);

	/**
	 * Remove entries that have expired, if this store does not do so by itself. Called
	 * from time to time on every node; of several that share the store, one does it.
	 * @param now the present time
	 * @return how many were removed by this call
	 */
	int removeExpired(Instant now);

	/**
	 * Count the entries, those of all nodes that share the store. Called about once in a
	 * second while clients begin sessions, of which there may be
	 * {@code atmosphere.durable-sessions.max-sessions}.
	 * @param now the present time; entries that have expired do not count
	 * @return the number of entries, or -1 if the store cannot tell: it is then not
	 * bounded
	 */
	default long count(Instant now) {
		return -1;
	}

}
