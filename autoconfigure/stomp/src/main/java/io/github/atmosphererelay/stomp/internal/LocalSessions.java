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

import java.security.Principal;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;

import org.springframework.messaging.simp.user.DestinationUserNameProvider;

/**
 * The STOMP sessions of this node and their users. A session is known from the moment at
 * which the broker gets its {@code CONNECT}, so before Spring's user registry knows it
 * and before its client can do anything. For any thread; does not block.
 */
final class LocalSessions {

	private static final String ANONYMOUS = "";

	private final Map<String, String> users = new ConcurrentHashMap<>();

	/** The number of sessions of each user. */
	private final Map<String, Integer> counts = new ConcurrentHashMap<>();

	void connected(String session, @Nullable Principal user) {
		String name = (user != null) ? nameOf(user) : ANONYMOUS;
		String before = this.users.put(session, name);
		// The new one first, so that a user who connects again is there all the time
		this.counts.merge(name, 1, Integer::sum);
		if (before != null) {
			forget(before);
		}
	}

	private static String nameOf(Principal user) {
		String name = (user instanceof DestinationUserNameProvider provider) ? provider.getDestinationUserName()
				: user.getName();
		return (name != null) ? name : ANONYMOUS;
	}

	void disconnected(String session) {
		String name = this.users.remove(session);
		if (name != null) {
			forget(name);
		}
	}

	private void forget(String name) {
		this.counts.computeIfPresent(name, (same, count) -> (count > 1) ? count - 1 : null);
	}

	boolean contains(String session) {
		return this.users.containsKey(session);
	}

	/**
	 * Return whether a session of this node belongs to a user.
	 */
	boolean belongs(String session, String user) {
		return !user.isEmpty() && user.equals(this.users.get(session));
	}

	/**
	 * Return whether a user has a session on this node.
	 */
	boolean hasUser(String user) {
		return !user.isEmpty() && this.counts.containsKey(user);
	}

	int size() {
		return this.users.size();
	}

}
