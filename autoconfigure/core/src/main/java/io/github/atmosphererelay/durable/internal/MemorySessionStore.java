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

package io.github.atmosphererelay.durable.internal;

import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import io.github.atmosphererelay.durable.SessionStore;
import io.github.atmosphererelay.durable.StoredSession;
import org.jspecify.annotations.Nullable;

/**
 * Stores durable sessions in this node's memory. Sessions outlive their connections, but
 * not the node, and other nodes cannot find them. Does not block.
 */
public final class MemorySessionStore implements SessionStore {

	private final Map<String, StoredSession> sessions = new ConcurrentHashMap<>();

	/**
	 * Create a store.
	 */
	public MemorySessionStore() {
	}

	@Override
	public @Nullable StoredSession find(String key) {
		StoredSession session = this.sessions.get(key);
		return (session != null && session.expiresAt().isAfter(Instant.now())) ? session : null;
	}

	@Override
	public Set<String> save(Collection<StoredSession> sessions) {
		Set<String> refused = new HashSet<>();
		for (StoredSession session : sessions) {
			StoredSession kept = this.sessions.merge(session.key(), session,
					(present, next) -> (isOver(present) || next.supersedes(present)) ? next : present);
			if (kept != session) {
				refused.add(session.key());
			}
		}
		return refused;
	}

	private static boolean isOver(StoredSession session) {
		return !session.expiresAt().isAfter(Instant.now());
	}

	@Override
	public int removeExpired(Instant now) {
		int before = this.sessions.size();
		this.sessions.values().removeIf((session) -> !session.expiresAt().isAfter(now));
		return Math.max(0, before - this.sessions.size());
	}

	@Override
	public long count(Instant now) {
		return this.sessions.values().stream().filter((session) -> session.expiresAt().isAfter(now)).count();
	}

}
