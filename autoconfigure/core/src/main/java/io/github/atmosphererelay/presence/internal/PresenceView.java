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

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

import io.github.atmosphererelay.presence.PresenceMember;
import io.github.atmosphererelay.presence.PresencePage;
import io.github.atmosphererelay.session.internal.LocalSession;
import org.jspecify.annotations.Nullable;

/**
 * The members of all channels, from this node's own entries and its copies of other
 * nodes' entries. Thread-safe. A channel without members and watchers takes no memory.
 */
final class PresenceView implements EntryListener {

	private final Map<String, PresenceChannel> channels = new ConcurrentHashMap<>();

	/** Channels that have something to announce, now or after the leave delay. */
	private final Set<String> news = ConcurrentHashMap.newKeySet();

	private final LongSupplier clock;

	private final long leaveDelay;

	private final long moveTimeout;

	private final PresenceStatistics statistics;

	/**
	 * Create an empty view.
	 * @param clock the monotonic time in nanoseconds
	 * @param leaveDelay how long the leave of a member is held back, in nanoseconds
	 * @param moveTimeout how long the place of a session is kept that was asked to move,
	 * in nanoseconds; 0 if nobody moves
	 * @param statistics counts the changes that are not announced
	 */
	PresenceView(LongSupplier clock, long leaveDelay, long moveTimeout, PresenceStatistics statistics) {
		this.clock = clock;
		this.leaveDelay = leaveDelay;
		this.moveTimeout = moveTimeout;
		this.statistics = statistics;
	}

	/**
	 * Apply a change of one entry.
	 * @param before the entry before the change, or {@code null} if it is new
	 * @param after the entry after the change, or {@code null} if it was removed
	 */
	@Override
	public void change(@Nullable PresenceEntry before, @Nullable PresenceEntry after) {
		if (Objects.equals(before, after)) {
			return;
		}
		PresenceEntry any = (after != null) ? after : before;
		if (any == null) {
			return;
		}
		update(any.channel(), (channel) -> {
			if (before != null && (after == null || !before.member().equals(after.member()))) {
				channel.remove(before, this.clock.getAsLong());
			}
			if (after != null) {
				channel.add(after, this.clock.getAsLong());
			}
		});
	}

	/**
	 * Remove the entry of a session that was asked to move to another node. The user
	 * counts as present until the move timeout.
	 */
	@Override
	public void move(PresenceEntry entry) {
		update(entry.channel(), (channel) -> channel.move(entry, this.clock.getAsLong()));
	}

	/**
	 * Send a session the members of a channel, and from then on the joins and leaves of
	 * members.
	 */
	void watch(String name, LocalSession session) {
		update(name, (channel) -> channel.watch(session));
	}

	/**
	 * Tell a session's client that it is subscribed, and send the session from then on
	 * the joins and leaves of single sessions in a channel. Nobody can join between the
	 * two, and no join is sent before the client is told.
	 * @param told adds the reply to the client's queue; takes no locks but those of
	 * queues
	 */
	void watchSessions(String name, LocalSession session, PresenceChangeFormat format, Runnable told) {
		update(name, (channel) -> {
			told.run();
			channel.watchSessions(session, format);
		});
	}

	/**
	 * Send a session no joins and leaves any more.
	 */
	void unwatch(String name, LocalSession session) {
		if (this.channels.containsKey(name)) {
			update(name, (channel) -> channel.unwatch(session));
		}
	}

	private void update(String name, Consumer<PresenceChannel> action) {
		while (true) {
			PresenceChannel channel = this.channels.computeIfAbsent(name,
					(key) -> new PresenceChannel(key, this.leaveDelay, this.moveTimeout, this.statistics));
			synchronized (channel) {
				if (!channel.isRemoved()) {
					action.accept(channel);
					if (channel.hasNews()) {
						this.news.add(name);
					}
					removeIfIdle(name, channel);
					return;
				}
			}
		}
	}

	private void removeIfIdle(String name, PresenceChannel channel) {
		if (channel.isIdle()) {
			channel.setRemoved();
			this.channels.remove(name, channel);
		}
	}

	/**
	 * Pass on the announcements that are due. Called by one thread at a time.
	 * @param maxNames the maximum number of members that are named to a new watcher
	 * @param announcer receives the announcements, channel by channel
	 */
	void announceNews(int maxNames, Consumer<PresenceNews> announcer) {
		// Iterate over a copy: a name that is added again during the iteration may be
		// returned again, and two names in one bucket could keep the loop running for
		// ever.
		for (String name : List.copyOf(this.news)) {
			this.news.remove(name);
			PresenceChannel channel = this.channels.get(name);
			if (channel == null) {
				continue;
			}
			PresenceNews told;
			synchronized (channel) {
				told = channel.takeNews(this.clock.getAsLong(), maxNames);
				if (channel.hasNews()) {
					this.news.add(name);
				}
				removeIfIdle(name, channel);
			}
			announcer.accept(told);
		}
	}

	int count(String name) {
		PresenceChannel channel = this.channels.get(name);
		return (channel != null) ? channel.count() : 0;
	}

	int sessions(String name) {
		PresenceChannel channel = this.channels.get(name);
		return (channel != null) ? channel.sessions() : 0;
	}

	boolean contains(String name, String user) {
		PresenceChannel channel = this.channels.get(name);
		return channel != null && channel.contains(PresenceEntry.memberOf(user));
	}

	PresencePage list(String name, @Nullable String after, int limit) {
		PresenceChannel channel = this.channels.get(name);
		return (channel != null) ? channel.list(after, limit) : new PresencePage(List.of(), null, 0);
	}

	List<PresenceMember> page(String name, long skip, int limit) {
		PresenceChannel channel = this.channels.get(name);
		return (channel != null) ? channel.page(skip, limit) : List.of();
	}

	List<PresentSession> listSessions(String name, int limit) {
		PresenceChannel channel = this.channels.get(name);
		return (channel != null) ? channel.listSessions(limit) : List.of();
	}

	/**
	 * Return the number of channels that this object holds.
	 */
	int channels() {
		return this.channels.size();
	}

}
