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

package io.github.atmosphererelay.stomp.internal;

import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import io.github.atmosphererelay.presence.internal.SharedEntry;
import org.jspecify.annotations.Nullable;

/**
 * The users of other nodes, with their sessions and subscriptions, as the nodes tell each
 * other. Changed by one thread, read by any.
 */
final class RemoteUsers {

	/** The name of the entry that stands for the session itself. */
	static final String SESSION = "session";

	private static final String SUBSCRIPTION = "subscription:";

	private static final String DESTINATION = "destination";

	private final Map<String, Map<String, RemoteSession>> users = new ConcurrentHashMap<>();

	static SharedEntry session(String session, String user) {
		return new SharedEntry(session, SESSION, user, Map.of());
	}

	static SharedEntry subscription(String session, String user, String id, String destination) {
		return new SharedEntry(session, subscriptionName(id), user, Map.of(DESTINATION, destination));
	}

	static String subscriptionName(String id) {
		return SUBSCRIPTION + id;
	}

	/**
	 * Apply a change.
	 * @param before the entry before it, or {@code null} if it is new
	 * @param after the entry after it, or {@code null} if it was removed
	 */
	void change(@Nullable SharedEntry before, @Nullable SharedEntry after) {
		if (before != null && (after == null || !before.equals(after))) {
			remove(before);
		}
		if (after != null) {
			add(after);
		}
	}

	private void add(SharedEntry entry) {
		String user = entry.user();
		if (user == null) {
			return;
		}
		this.users.compute(user, (same, present) -> {
			Map<String, RemoteSession> sessions = (present != null) ? present : new ConcurrentHashMap<>(2);
			RemoteSession session = sessions.computeIfAbsent(entry.session(), RemoteSession::new);
			if (entry.name().equals(SESSION)) {
				session.present = true;
			}
			else if (entry.name().startsWith(SUBSCRIPTION)) {
				session.subscriptions.put(entry.name().substring(SUBSCRIPTION.length()),
						entry.attributes().getOrDefault(DESTINATION, ""));
			}
			return sessions;
		});
	}

	private void remove(SharedEntry entry) {
		String user = entry.user();
		if (user == null) {
			return;
		}
		this.users.computeIfPresent(user, (same, sessions) -> {
			RemoteSession session = sessions.get(entry.session());
			if (session == null) {
				return sessions;
			}
			if (entry.name().equals(SESSION)) {
				session.present = false;
			}
			else if (entry.name().startsWith(SUBSCRIPTION)) {
				session.subscriptions.remove(entry.name().substring(SUBSCRIPTION.length()));
			}
			if (!session.present && session.subscriptions.isEmpty()) {
				sessions.remove(entry.session());
			}
			return sessions.isEmpty() ? null : sessions;
		});
	}

	/**
	 * Return the names of the users that have a session on another node.
	 */
	Set<String> names() {
		return this.users.keySet();
	}

	/**
	 * Return the sessions of a user on other nodes.
	 */
	Collection<RemoteSession> sessions(String user) {
		Map<String, RemoteSession> sessions = this.users.get(user);
		return (sessions != null) ? sessions.values() : Set.of();
	}

	/**
	 * A session of another node.
	 */
	static final class RemoteSession {

		private final String id;

		/** The destinations by the ids of the subscriptions. */
		private final Map<String, String> subscriptions = new ConcurrentHashMap<>(4);

		/**
		 * Whether the entry of the session itself has come. One of a subscription may
		 * come before.
		 */
		private volatile boolean present;

		RemoteSession(String id) {
			this.id = id;
		}

		String id() {
			return this.id;
		}

		Map<String, String> subscriptions() {
			return this.subscriptions;
		}

		boolean isPresent() {
			return this.present;
		}

	}

}
