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

package io.github.atmosphererelay.relay.redis.internal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.github.atmosphererelay.message.Position;
import org.jspecify.annotations.Nullable;

/**
 * The channels of a lane in which something is to do, as its owner knows them: how far
 * each was committed and read, and whether it is paused. A channel that was handled up to
 * its end is only remembered among the last of its kind. Thread-safe.
 */
final class LaneChannels {

	/** How many channels may wait to be read; others are found in the index again. */
	static final int MAX_READY = 10_000;

	private static final int MAX_DONE = 1000;

	private final Map<String, Entry> entries = new HashMap<>();

	/** The channels that may have something to read, the next one first. */
	private final Set<String> ready = new LinkedHashSet<>();

	/** How far channels were committed that have nothing left to do. */
	private final Map<String, Position> done = new LinkedHashMap<>();

	/** Whether the owner has got an empty page, and waits until there is more to read. */
	private boolean idle;

	private boolean overflowed;

	/**
	 * Note that a log has a publication at a position.
	 * @return whether the owner has to be woken
	 */
	synchronized boolean appended(String channel, Position position) {
		Position done = this.done.get(channel);
		if (done != null && isAtOrAfter(done, position)) {
			return false;
		}
		Entry entry = this.entries.get(channel);
		if (entry == null) {
			if (this.ready.size() >= MAX_READY) {
				this.overflowed = true;
				return false;
			}
			entry = new Entry(done, done != null);
			this.done.remove(channel);
			this.entries.put(channel, entry);
		}
		if (entry.end == null || !isAtOrAfter(entry.end, position)) {
			entry.end = position;
		}
		boolean read = entry.read != null && isAtOrAfter(entry.read, position);
		return !read && makeReady(channel, entry);
	}

	/**
	 * Note how far a channel was committed and where its log ends, as the index's reader
	 * has found.
	 * @return whether the owner has to be woken
	 */
	synchronized boolean found(String channel, @Nullable Position committed, Position end) {
		if (this.entries.containsKey(channel)) {
			return end.offset() > 0 && appended(channel, end);
		}
		Position done = this.done.get(channel);
		if (done != null && (committed == null || isAtOrAfter(done, committed))) {
			committed = done;
		}
		if (end.equals(committed) || (committed == null && end.offset() == 0)) {
			remember(channel, committed);
			return false;
		}
		Entry entry = new Entry(committed, true);
		entry.end = end;
		this.done.remove(channel);
		this.entries.put(channel, entry);
		return makeReady(channel, entry);
	}

	/**
	 * Note a channel whose log could not be looked at. It is read, until that succeeds.
	 * @return whether the owner has to be woken
	 */
	synchronized boolean unknown(String channel) {
		Position done = this.done.remove(channel);
		Entry entry = this.entries.computeIfAbsent(channel, (name) -> new Entry(done, done != null));
		return makeReady(channel, entry);
	}

	private static boolean isAtOrAfter(Position one, Position other) {
		return one.epoch().equals(other.epoch()) && one.offset() >= other.offset();
	}

	private boolean makeReady(String channel, Entry entry) {
		if (entry.paused) {
			return false;
		}
		if (entry.reading) {
			entry.again = true;
			return false;
		}
		this.ready.add(channel);
		boolean wake = this.idle;
		this.idle = false;
		return wake;
	}

	/**
	 * Return whether the owner reads the channel, or keeps some of it.
	 */
	synchronized boolean isOpen(String channel) {
		return this.entries.containsKey(channel);
	}

	/**
	 * Return how far a channel was committed that has nothing left to do.
	 */
	synchronized @Nullable Position done(String channel) {
		return this.done.get(channel);
	}

	synchronized int readyCount() {
		return this.ready.size();
	}

	/**
	 * Return whether channels were left out since the last call, so that the index has to
	 * be read again.
	 */
	synchronized boolean takeOverflowed() {
		boolean overflowed = this.overflowed;
		this.overflowed = false;
		return overflowed;
	}

	/**
	 * Return the channels in which something is left to do.
	 */
	synchronized List<String> open() {
		return List.copyOf(this.entries.keySet());
	}

	/**
	 * Begin to read the next channels.
	 * @param max the maximum number
	 * @return the channels; if there is none, the owner has to be woken when there is
	 */
	synchronized List<Reading> take(int max) {
		List<Reading> taken = new ArrayList<>();
		while (taken.size() < max && !this.ready.isEmpty()) {
			String channel = this.ready.iterator().next();
			this.ready.remove(channel);
			Entry entry = this.entries.get(channel);
			if (entry != null) {
				entry.reading = true;
				taken.add(new Reading(channel, entry.read, entry.loaded));
			}
		}
		this.idle = taken.isEmpty();
		return taken;
	}

	/**
	 * Note how far a channel was committed that is being read.
	 */
	synchronized void loaded(String channel, @Nullable Position committed) {
		Entry entry = this.entries.get(channel);
		if (entry != null && !entry.loaded) {
			entry.loaded = true;
			entry.committed = committed;
			entry.read = committed;
		}
	}

	/**
	 * End the reading of a channel.
	 * @param part what was read
	 * @return the position to commit, since nothing that has to be handled is before it
	 * and the log has another epoch; {@code null} if there is none
	 */
	synchronized @Nullable Position read(String channel, LaneReader.Part part) {
		Entry entry = this.entries.get(channel);
		if (entry == null) {
			return null;
		}
		entry.reading = false;
		boolean nothing = part.items().isEmpty();
		boolean moved = nothing && entry.committed != null && entry.committed.equals(entry.read)
				&& !entry.committed.equals(part.read());
		if (moved || (nothing && entry.committed == null && part.read().offset() == 0)) {
			entry.committed = part.read();
		}
		entry.read = part.read();
		if (entry.end == null || !isAtOrAfter(entry.end, part.end())) {
			entry.end = part.end();
		}
		if (part.more() || entry.again) {
			entry.again = false;
			this.ready.add(channel);
		}
		closeIfDone(channel, entry);
		return moved ? part.read() : null;
	}

	/**
	 * End the reading of a channel that has failed. It is read again.
	 */
	synchronized void notRead(String channel) {
		Entry entry = this.entries.get(channel);
		if (entry != null) {
			entry.reading = false;
			this.ready.add(channel);
		}
	}

	synchronized void pause(String channel, Position since) {
		Entry entry = this.entries.computeIfAbsent(channel, (name) -> new Entry(this.done.remove(name), true));
		entry.paused = true;
		entry.read = since;
		this.ready.remove(channel);
	}

	synchronized void resume(String channel) {
		Entry entry = this.entries.get(channel);
		if (entry != null) {
			entry.paused = false;
			this.ready.add(channel);
			this.idle = false;
		}
	}

	synchronized void committed(Map<String, Position> handled) {
		handled.forEach((channel, position) -> {
			Entry entry = this.entries.get(channel);
			if (entry != null) {
				entry.committed = position;
				closeIfDone(channel, entry);
			}
		});
	}

	private void closeIfDone(String channel, Entry entry) {
		if (entry.loaded && !entry.paused && !entry.reading && !this.ready.contains(channel)
				&& ((entry.read == null) ? entry.committed == null : entry.read.equals(entry.committed))) {
			this.entries.remove(channel);
			remember(channel, entry.committed);
		}
	}

	private void remember(String channel, @Nullable Position committed) {
		this.done.remove(channel);
		if (committed != null) {
			this.done.put(channel, committed);
			if (this.done.size() > MAX_DONE) {
				this.done.remove(this.done.keySet().iterator().next());
			}
		}
	}

	/**
	 * Forget a channel that was done.
	 */
	synchronized void forget(String channel) {
		this.done.remove(channel);
	}

	/**
	 * Return how many messages were published and not committed, or more.
	 */
	synchronized long lag() {
		long lag = 0;
		for (Entry entry : this.entries.values()) {
			Position end = entry.end;
			Position committed = entry.committed;
			if (end != null) {
				lag += (committed != null && committed.epoch().equals(end.epoch()))
						? Math.max(0, end.offset() - committed.offset()) : end.offset();
			}
		}
		return lag;
	}

	/**
	 * A channel that is being read.
	 *
	 * @param channel its name
	 * @param since the position after which to read, or {@code null} to read from the
	 * beginning
	 * @param loaded whether that position is known
	 */
	record Reading(String channel, @Nullable Position since, boolean loaded) {
	}

	private static final class Entry {

		private @Nullable Position committed;

		private @Nullable Position read;

		private @Nullable Position end;

		private boolean loaded;

		private boolean paused;

		private boolean reading;

		/** Whether something was appended while it was being read. */
		private boolean again;

		private Entry(@Nullable Position committed, boolean loaded) {
			this.committed = committed;
			this.read = committed;
			this.loaded = loaded;
		}

	}

}
