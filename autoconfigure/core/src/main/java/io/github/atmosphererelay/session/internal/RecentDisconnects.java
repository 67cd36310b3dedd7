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
 * The users who were disconnected recently. A client is authenticated before its session
 * exists. If its user is disconnected in between, there is no session yet to close. So
 * each new session is compared with the recent disconnections, and is closed if one is
 * later than its authentication. Safe for use by many threads.
 */
final class RecentDisconnects {

	/**
	 * How long a disconnection is kept: longer than a client may take from its handshake
	 * until its session exists.
	 */
	static final Duration KEPT = Duration.ofMinutes(5);

	/**
	 * The maximum number of users. Beyond that the oldest disconnections are dropped,
	 * which are the least likely to be needed.
	 */
	static final int MAX_USERS = 10_000;

	/** The users in the order in which they were disconnected. Guarded by itself. */
	private final Map<String, Disconnect> users = new LinkedHashMap<>();

	/** The time of the latest disconnection, so that most sessions need no lock. */
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
	 * Return whether a user was disconnected since a time.
	 * @param user the user
	 * @param since a time of {@link System#nanoTime()}
	 * @return the reason that the user's clients receive, or {@code null} if it was not
	 * disconnected
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
