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

package io.github.atmosphererelay.presence.internal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

/**
 * The sessions of one channel that have ended because their node has asked them to move,
 * and the sessions that have taken their places. The place of a session that moves is
 * kept for a while: its entry stays in the channel, so that nobody leaves. The next
 * session of the same user takes the place without being announced. It is listed under
 * its own id. When it leaves, its own id and the ids of the sessions whose places it has
 * taken are announced, because a client may know it by any of these ids.
 * <p>
 * The nodes' messages are in no order between two nodes, so that the new session may be
 * heard of before the end of the old one. Therefore the join of a further session of a
 * user is held back for a moment. The holder of the channel's monitor uses this object.
 */
final class HandOvers {

	private static final long MAX_JOIN_DELAY = TimeUnit.SECONDS.toNanos(2);

	/** How many former ids of a session that moves again and again are kept. */
	private static final int MAX_FORMER = 8;

	private final long timeout;

	private final long joinDelay;

	/** Sessions that have ended and whose places are kept, in the order of time. */
	private final Map<String, Due> kept = new LinkedHashMap<>(2);

	/** Sessions whose join is held back, in the order of time. */
	private final Map<String, Due> heldJoins = new LinkedHashMap<>(2);

	/**
	 * The sessions whose place a session has, by its id: the one that was announced, and
	 * the latest.
	 */
	private final Map<String, List<String>> former = new HashMap<>(2);

	/**
	 * Create an object without sessions.
	 * @param timeout how long a place is kept, in nanoseconds; 0 if nobody moves
	 */
	HandOvers(long timeout) {
		this.timeout = timeout;
		this.joinDelay = Math.min(timeout, MAX_JOIN_DELAY);
	}

	/**
	 * Return whether sessions move at all.
	 */
	boolean isEnabled() {
		return this.timeout > 0;
	}

	/**
	 * Return whether a place is kept, or a join is held back.
	 */
	boolean isPending() {
		return !this.kept.isEmpty() || !this.heldJoins.isEmpty();
	}

	/**
	 * Keep the place of a session that has ended.
	 */
	void keep(PresenceEntry entry, long now) {
		this.kept.putIfAbsent(entry.session(), new Due(entry, now + this.timeout));
	}

	/**
	 * Hold back the join of a session.
	 */
	void holdJoin(PresenceEntry entry, long now) {
		this.heldJoins.put(entry.session(), new Due(entry, now + this.joinDelay));
	}

	/**
	 * Take over a change of a session whose join is held back.
	 */
	void update(PresenceEntry entry) {
		this.heldJoins.computeIfPresent(entry.session(), (session, held) -> new Due(entry, held.at()));
	}

	/**
	 * Return the first of a member's entries whose place is kept.
	 * @return the entry, or {@code null} if there is none
	 */
	@Nullable PresenceEntry keptOf(PresenceEntry[] entries) {
		return firstOf(entries, this.kept);
	}

	/**
	 * Return the first of a member's entries whose join is held back.
	 * @return the entry, or {@code null} if there is none
	 */
	@Nullable PresenceEntry heldJoinOf(PresenceEntry[] entries) {
		return firstOf(entries, this.heldJoins);
	}

	private static @Nullable PresenceEntry firstOf(PresenceEntry[] entries, Map<String, Due> sessions) {
		if (sessions.isEmpty()) {
			return null;
		}
		for (PresenceEntry each : entries) {
			if (sessions.containsKey(each.session())) {
				return each;
			}
		}
		return null;
	}

	/**
	 * Note that a session has taken the place of one that has moved.
	 */
	void replace(PresenceEntry moved, PresenceEntry successor) {
		this.kept.remove(moved.session());
		this.heldJoins.remove(successor.session());
		List<String> before = this.former.remove(moved.session());
		List<String> all = new ArrayList<>((before != null) ? before : List.of());
		all.add(moved.session());
		if (all.size() > MAX_FORMER) {
			all.remove(1);
		}
		this.former.put(successor.session(), List.copyOf(all));
	}

	/**
	 * Return the ids of the sessions whose place a session has, beginning with the one
	 * that was announced.
	 */
	List<String> formerIds(PresenceEntry entry) {
		return this.former.getOrDefault(entry.session(), List.of());
	}

	/**
	 * Keep the place of a session no longer: the session is there.
	 */
	void release(PresenceEntry entry) {
		this.kept.remove(entry.session());
	}

	/**
	 * Hold back the join of a session no longer.
	 * @return whether it was held back
	 */
	boolean releaseJoin(PresenceEntry entry) {
		return this.heldJoins.remove(entry.session()) != null;
	}

	/**
	 * Forget a session that has left.
	 */
	void forget(PresenceEntry entry) {
		this.kept.remove(entry.session());
		this.former.remove(entry.session());
	}

	/**
	 * Remove and return the sessions whose places nobody has taken in time.
	 */
	List<PresenceEntry> takeExpired(long now) {
		return takeDue(this.kept, now);
	}

	/**
	 * Remove and return the sessions whose join is to be announced now.
	 */
	List<PresenceEntry> takeJoins(long now) {
		return takeDue(this.heldJoins, now);
	}

	private static List<PresenceEntry> takeDue(Map<String, Due> sessions, long now) {
		if (sessions.isEmpty()) {
			return List.of();
		}
		List<PresenceEntry> due = new ArrayList<>();
		Iterator<Due> each = sessions.values().iterator();
		while (each.hasNext()) {
			Due next = each.next();
			if (now - next.at() < 0) {
				break;
			}
			due.add(next.entry());
			each.remove();
		}
		return due;
	}

	/**
	 * A session, and when something is due for it, by the clock in nanoseconds.
	 */
	private record Due(PresenceEntry entry, long at) {
	}

}
