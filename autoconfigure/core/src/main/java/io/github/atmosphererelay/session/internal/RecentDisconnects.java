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

package io.github.atmosphererelay.session.internal;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

import io.github.atmosphererelay.session.CloseReason;
import org.jspecify.annotations.Nullable;

/**
 * The users who were disconnected lately. A client shows who it is before it becomes a
 * session: a user who is disconnected in between has no session yet that could be ended,
 * and would go on with one that the disconnection was meant for, too. Safe for use by
 * many threads.
 */
final class RecentDisconnects {

	/** More than a client may take from its handshake until it is a session. */
	static final Duration KEPT = Duration.ofMinutes(5);

	/** The oldest go first: what they ended is the most likely to be over. */
	static final int MAX_USERS = 10_000;

	/** In the order in which they were disconnected. Guards itself. */
	private final Map<String, Disconnect> users = new LinkedHashMap<>();

	/** When somebody was disconnected last, so that most sessions need no lock. */
	private volatile long latest;

	private volatile boolean any;

	void add(String user, CloseReason reason, long now) {
		synchronized (this.users) {
			this.users.remove(user);
			Iterator<Disconnect> oldest = this.users.values().iterator();
			while (oldest.hasNext() && (isOver(oldest.next(), now) || this.users.size() >= MAX_USERS)) {
				oldest.remove();
			}
			this.users.put(user, new Disconnect(now, reason));
			this.latest = now;
			this.any = true;
		}
	}

	private static boolean isOver(Disconnect disconnect, long now) {
		return now - disconnect.at() > KEPT.toNanos();
	}

	/**
	 * Return whether a user was disconnected since then.
	 * @param user the user
	 * @param since a time of {@link System#nanoTime()}
	 * @return what the user's clients are told, or {@code null} if it was not
	 */
	@Nullable CloseReason find(String user, long since) {
		if (!this.any || this.latest - since < 0) {
			return null;
		}
		synchronized (this.users) {
			Disconnect disconnect = this.users.get(user);
			return (disconnect != null && disconnect.at() - since >= 0) ? disconnect.reason() : null;
		}
	}

	int size() {
		synchronized (this.users) {
			return this.users.size();
		}
	}

	private record Disconnect(long at, CloseReason reason) {

	}

}
