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

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;

import io.github.atmosphererelay.presence.PresenceMember;
import io.github.atmosphererelay.presence.PresencePage;
import io.github.atmosphererelay.session.internal.LocalSession;
import org.jspecify.annotations.Nullable;

/**
 * The members of one channel, the joins and leaves that are still to be announced, and
 * this node's sessions that receive the announcements. The holder of this object's
 * monitor changes it; the counts and the members may be read without the monitor.
 */
final class PresenceChannel {

	/** The maximum number of session changes that are announced together. */
	private static final int MAX_CHANGES = 1_000;

	private final String name;

	private final long leaveDelay;

	private final PresenceStatistics statistics;

	/**
	 * The entries of each member, sorted by session id. An array is replaced, never
	 * changed.
	 */
	private final NavigableMap<String, PresenceEntry[]> members = new ConcurrentSkipListMap<>();

	private volatile int count;

	private volatile int sessions;

	/** Members whose join is not announced yet. */
	private final Set<String> joining = new LinkedHashSet<>();

	/**
	 * Members that have left within the leave delay, in the order in which they left.
	 * Their leave is not announced yet.
	 */
	private final Map<String, Leaving> leaving = new LinkedHashMap<>();

	private final HandOvers handOvers;

	private final Set<LocalSession> watchers = new HashSet<>();

	private final Set<LocalSession> newWatchers = new HashSet<>();

	private final Map<LocalSession, PresenceChangeFormat> sessionWatchers = new HashMap<>(4);

	/**
	 * Joins and leaves of sessions that are not announced yet; recorded only while a
	 * session watches them.
	 */
	private List<PresenceChange> changes = new ArrayList<>(0);

	/**
	 * Whether the view has removed this object; a caller that still holds it must get a
	 * new one.
	 */
	private boolean removed;

	PresenceChannel(String name, long leaveDelay, long moveTimeout, PresenceStatistics statistics) {
		this.name = name;
		this.leaveDelay = leaveDelay;
		this.handOvers = new HandOvers(moveTimeout);
		this.statistics = statistics;
	}

	private void note(boolean joined, PresenceEntry entry) {
		note(joined, PresentSession.of(entry));
	}

	/**
	 * Note the leave of a session, by all the ids by which a client may know it.
	 */
	private void noteLeave(PresenceEntry entry) {
		for (String id : this.handOvers.formerIds(entry)) {
			note(false, new PresentSession(id, entry.user(), entry.attributes()));
		}
		note(false, entry);
	}

	private void note(boolean joined, PresentSession session) {
		if (this.sessionWatchers.isEmpty()) {
			return;
		}
		if (this.changes.size() < MAX_CHANGES) {
			this.changes.add(new PresenceChange(joined, session));
		}
		else {
			// A longer list would be of no use to a client, and would take memory
			// without limit.
			this.statistics.countUntold();
		}
	}

	void add(PresenceEntry entry, long now) {
		String member = entry.member();
		PresenceEntry[] before = this.members.get(member);
		if (before == null) {
			note(true, entry);
			this.members.put(member, new PresenceEntry[] { entry });
			this.count++;
			this.sessions++;
			if (this.leaving.remove(member) == null) {
				this.joining.add(member);
			}
			return;
		}
		int index = indexOf(before, entry.session());
		if (index >= 0) {
			this.handOvers.release(entry);
			this.handOvers.update(entry);
			PresenceEntry[] after = before.clone();
			after[index] = entry;
			this.members.put(member, after);
			return;
		}
		PresenceEntry moved = this.handOvers.keptOf(before);
		if (moved != null) {
			this.handOvers.replace(moved, entry);
			this.members.put(member, with(without(before, indexOf(before, moved.session())), entry));
			return;
		}
		if (this.handOvers.isEnabled() && entry.user() != null) {
			this.handOvers.holdJoin(entry, now);
		}
		else {
			note(true, entry);
		}
		this.members.put(member, with(before, entry));
		this.sessions++;
	}

	/**
	 * Remove a session that was asked to move to another node. Its user has not left, but
	 * is expected to come back in time.
	 */
	void move(PresenceEntry entry, long now) {
		PresenceEntry[] before = this.members.get(entry.member());
		int index = (before != null) ? indexOf(before, entry.session()) : -1;
		if (before == null || index < 0 || entry.user() == null || !this.handOvers.isEnabled()) {
			remove(entry, now);
			return;
		}
		if (this.handOvers.releaseJoin(entry)) {
			note(true, entry);
		}
		PresenceEntry successor = this.handOvers.heldJoinOf(before);
		if (successor == null) {
			this.handOvers.keep(before[index], now);
			return;
		}
		this.handOvers.replace(entry, successor);
		this.members.put(entry.member(), without(before, index));
		this.sessions--;
	}

	void remove(PresenceEntry entry, long now) {
		String member = entry.member();
		PresenceEntry[] before = this.members.get(member);
		int index = (before != null) ? indexOf(before, entry.session()) : -1;
		if (before == null || index < 0) {
			return;
		}
		if (this.handOvers.releaseJoin(entry)) {
			// It was listed, so that a client may know it
			note(true, before[index]);
		}
		noteLeave(before[index]);
		this.handOvers.forget(entry);
		this.sessions--;
		if (before.length > 1) {
			this.members.put(member, without(before, index));
			return;
		}
		this.members.remove(member);
		this.count--;
		if (!this.joining.remove(member)) {
			this.leaving.put(member, new Leaving(describe(before), now + this.leaveDelay));
		}
	}

	private static PresenceEntry[] with(PresenceEntry[] entries, PresenceEntry entry) {
		int at = -indexOf(entries, entry.session()) - 1;
		PresenceEntry[] after = Arrays.copyOf(entries, entries.length + 1);
		System.arraycopy(entries, at, after, at + 1, entries.length - at);
		after[at] = entry;
		return after;
	}

	private static PresenceEntry[] without(PresenceEntry[] entries, int index) {
		PresenceEntry[] after = Arrays.copyOf(entries, entries.length - 1);
		System.arraycopy(entries, index + 1, after, index, after.length - index);
		return after;
	}

	private static int indexOf(PresenceEntry[] entries, String session) {
		int low = 0;
		int high = entries.length - 1;
		while (low <= high) {
			int middle = (low + high) >>> 1;
			int order = entries[middle].session().compareTo(session);
			if (order == 0) {
				return middle;
			}
			if (order < 0) {
				low = middle + 1;
			}
			else {
				high = middle - 1;
			}
		}
		return -low - 1;
	}

	private static PresenceMember describe(PresenceEntry[] entries) {
		PresenceEntry first = entries[0];
		Map<String, String> attributes = Map.of();
		long joinedAt = first.joinedAt();
		for (PresenceEntry each : entries) {
			// The attributes of the session with the lowest id that has any. The order
			// by id makes all nodes choose the same session.
			attributes = attributes.isEmpty() ? each.attributes() : attributes;
			joinedAt = Math.min(joinedAt, each.joinedAt());
		}
		return new PresenceMember(first.user(), (first.user() != null) ? null : first.session(), entries.length,
				attributes, Instant.ofEpochMilli(joinedAt));
	}

	void watch(LocalSession session) {
		this.newWatchers.add(session);
	}

	void watchSessions(LocalSession session, PresenceChangeFormat format) {
		this.sessionWatchers.put(session, format);
	}

	void unwatch(LocalSession session) {
		this.sessionWatchers.remove(session);
		if (this.sessionWatchers.isEmpty()) {
			this.changes = new ArrayList<>(0);
		}
		this.newWatchers.remove(session);
		this.watchers.remove(session);
	}

	/**
	 * Remove and return what is to be announced now.
	 */
	PresenceNews takeNews(long now, int maxNames) {
		this.handOvers.takeExpired(now).forEach((entry) -> remove(entry, now));
		this.handOvers.takeJoins(now).forEach((entry) -> note(true, entry));
		List<PresenceMember> joined = new ArrayList<>(this.joining.size());
		for (String member : this.joining) {
			PresenceEntry[] entries = this.members.get(member);
			if (entries != null) {
				joined.add(describe(entries));
			}
		}
		this.joining.clear();
		List<PresenceMember> left = new ArrayList<>();
		Iterator<Leaving> gone = this.leaving.values().iterator();
		while (gone.hasNext()) {
			Leaving each = gone.next();
			if (now - each.until() < 0) {
				break;
			}
			left.add(each.member());
			gone.remove();
		}
		List<LocalSession> old = (joined.isEmpty() && left.isEmpty()) ? List.of() : List.copyOf(this.watchers);
		List<LocalSession> fresh = List.copyOf(this.newWatchers);
		this.watchers.addAll(fresh);
		this.newWatchers.clear();
		List<PresenceChange> changes = this.changes;
		if (!changes.isEmpty()) {
			this.changes = new ArrayList<>();
		}
		return new PresenceNews(this.name, joined, left, this.count + this.leaving.size(), old, fresh,
				fresh.isEmpty() ? List.of() : announced(maxNames), changes,
				changes.isEmpty() ? Map.of() : Map.copyOf(this.sessionWatchers));
	}

	/**
	 * List members for new watchers. A member whose leave is not announced yet is still
	 * listed: its leave will be announced to the new watchers, too.
	 */
	private List<PresenceMember> announced(int limit) {
		List<PresenceMember> all = new ArrayList<>(list(null, limit).members());
		for (Leaving each : this.leaving.values()) {
			if (all.size() >= limit) {
				break;
			}
			all.add(each.member());
		}
		return all;
	}

	PresencePage list(@Nullable String after, int limit) {
		List<PresenceMember> page = new ArrayList<>();
		String last = null;
		NavigableMap<String, PresenceEntry[]> rest = (after != null) ? this.members.tailMap(after, false)
				: this.members;
		for (Map.Entry<String, PresenceEntry[]> each : rest.entrySet()) {
			if (page.size() == limit) {
				return new PresencePage(page, last, this.count);
			}
			page.add(describe(each.getValue()));
			last = each.getKey();
		}
		return new PresencePage(page, null, this.count);
	}

	/**
	 * Return the sessions of all members, up to a limit: also those whose join or leave
	 * is not announced yet.
	 */
	List<PresentSession> listSessions(int limit) {
		return this.members.values().stream().flatMap(Arrays::stream).limit(limit).map(PresentSession::of).toList();
	}

	List<PresenceMember> page(long skip, int limit) {
		return this.members.values().stream().skip(skip).limit(limit).map(PresenceChannel::describe).toList();
	}

	boolean contains(String member) {
		return this.members.containsKey(member);
	}

	int count() {
		return this.count;
	}

	int sessions() {
		return this.sessions;
	}

	/** Return whether something is to be announced, now or after the leave delay. */
	boolean hasNews() {
		return !this.joining.isEmpty() || !this.leaving.isEmpty() || !this.newWatchers.isEmpty()
				|| !this.changes.isEmpty() || this.handOvers.isPending();
	}

	/**
	 * Return whether the channel has no members, no watchers and nothing to announce, so
	 * that this object can be removed.
	 */
	boolean isIdle() {
		return this.count == 0 && this.watchers.isEmpty() && this.sessionWatchers.isEmpty() && !hasNews();
	}

	boolean isRemoved() {
		return this.removed;
	}

	void setRemoved() {
		this.removed = true;
	}

	/**
	 * A member that has left.
	 *
	 * @param member the member as it was before it left
	 * @param until when the leave is to be announced, by the clock in nanoseconds
	 */
	private record Leaving(PresenceMember member, long until) {
	}

}
