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

package io.github.atmosphererelay.relay.jdbc.group.internal;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * How far a lane was read and handled. A lane is a shard of the log, whose rows are
 * numbered: it is scanned from a number on, for all channels together. Channels that are
 * left out, or that the owner before has not handled up to there, are read one by one
 * until they have caught up with the scan.
 * <p>
 * In the tables, one number says up to where all is handled, and a row for each channel
 * that has come to another number says to which: those behind it, because a message is
 * handled for long or waits for a retry, and those before it, because messages of other
 * channels are not handled yet. The number is chosen so that there are few such rows.
 * <p>
 * Not thread-safe: the lane's lock guards it.
 */
final class LaneProgress {

	/** So many more rows are borne before the number is moved past what waits. */
	private static final int ROWS = 16;

	/** The scan is stored when it has come so much farther without a commit. */
	private static final long UNSTORED = 1000;

	private static final long NONE = Long.MAX_VALUE;

	/** The channels of which more is to be known than the scan tells. */
	private final Map<String, Channel> channels = new HashMap<>();

	/** What the tables have. */
	private final Map<String, Long> stored = new HashMap<>();

	/** The channels that have to catch up, the next one first. */
	private final Set<String> behind = new LinkedHashSet<>();

	private final String epoch;

	private long floor;

	private long scanned;

	/**
	 * Stands for an unknown number in the tables, each time another one. It is negative,
	 * and so never what has to be stored.
	 */
	private long doubts;

	/**
	 * Begin with what is stored.
	 * @param epoch the present epoch of the shard
	 * @param progress what is stored
	 * @param isMine whether a channel belongs to the group
	 */
	LaneProgress(String epoch, GroupTables.StoredProgress progress, Predicate<String> isMine) {
		this.epoch = epoch;
		this.floor = progress.floor();
		this.scanned = progress.floor();
		progress.channels().forEach((name, number) -> {
			if (isMine.test(name)) {
				this.stored.put(name, number);
				Channel channel = new Channel(number);
				this.channels.put(name, channel);
				if (number < this.floor) {
					catchUp(name, channel);
				}
			}
		});
	}

	String epoch() {
		return this.epoch;
	}

	long scanned() {
		return this.scanned;
	}

	/**
	 * Note up to which number the scan has come.
	 */
	void scanned(long number) {
		this.scanned = Math.max(this.scanned, number);
	}

	/**
	 * Return whether there is something to read, up to a number that this node has seen.
	 */
	boolean hasMore(long end) {
		return this.scanned < end || !this.behind.isEmpty();
	}

	/**
	 * Return whether the scan has to report a row of a channel.
	 */
	boolean isNew(String name, long number) {
		Channel channel = this.channels.get(name);
		return channel == null || (!channel.paused && !channel.behind && number > channel.read);
	}

	/**
	 * Note that an item goes to the owner.
	 * @param name the channel
	 * @param number its number, greater than before
	 */
	void read(String name, long number) {
		// If nothing else is known of it, it is handled up to the floor
		Channel channel = this.channels.computeIfAbsent(name, (key) -> new Channel(this.floor));
		channel.open.add(number);
		channel.read = number;
	}

	/**
	 * Return the next channel that has to catch up.
	 */
	@Nullable String nextBehind() {
		return this.behind.isEmpty() ? null : this.behind.iterator().next();
	}

	long readTo(String name) {
		Channel channel = this.channels.get(name);
		return (channel != null) ? channel.read : this.scanned;
	}

	/**
	 * Return up to which number it was reported that rows of a channel are missing.
	 */
	long reported(String name) {
		Channel channel = this.channels.get(name);
		return (channel != null) ? Math.max(channel.read, channel.reported) : this.scanned;
	}

	void reported(String name, long number) {
		Channel channel = this.channels.get(name);
		if (channel != null) {
			channel.reported = number;
		}
	}

	/**
	 * Return up to which number a channel has to be read to catch up. The scan begins at
	 * a number that another node has seen and stored, and which the reader of this node
	 * may not have seen yet. All rows up to there are committed.
	 * @param end the number up to which this node has seen the shard
	 */
	long reach(long end) {
		return Math.max(end, this.scanned);
	}

	/**
	 * Note that a channel was read up to a number at which the scan has arrived or will
	 * arrive.
	 */
	void caughtUp(String name, long number) {
		if (number < this.scanned) {
			throw new IllegalArgumentException(
					"Channel '" + name + "' was read up to " + number + ", and the scan is at " + this.scanned);
		}
		this.behind.remove(name);
		Channel channel = this.channels.get(name);
		if (channel != null) {
			channel.behind = false;
			channel.read = Math.max(channel.read, number);
		}
	}

	/**
	 * Note that a channel was read up to a number and has more, for which others come
	 * first.
	 */
	void readLater(String name, long number) {
		Channel channel = this.channels.get(name);
		if (channel != null && this.behind.remove(name)) {
			channel.read = Math.max(channel.read, number);
			this.behind.add(name);
		}
	}

	private void catchUp(String name, Channel channel) {
		channel.behind = true;
		this.behind.add(name);
	}

	void pause(String name, long since) {
		Channel channel = this.channels.computeIfAbsent(name, (key) -> new Channel(since));
		channel.paused = true;
		channel.behind = false;
		this.behind.remove(name);
		channel.read = since;
		channel.open.removeIf((number) -> number > since);
	}

	void resume(String name) {
		Channel channel = this.channels.get(name);
		if (channel != null && channel.paused) {
			channel.paused = false;
			catchUp(name, channel);
		}
	}

	/**
	 * Note that a channel is handled up to a number.
	 */
	void handled(String name, long number) {
		Channel channel = this.channels.get(name);
		if (channel == null) {
			// It is known to be handled up to the floor
			channel = new Channel(Math.max(number, this.floor));
			this.channels.put(name, channel);
		}
		channel.handled = Math.max(channel.handled, number);
		while (!channel.open.isEmpty() && channel.open.getFirst() <= number) {
			channel.open.removeFirst();
		}
	}

	/**
	 * Return what has to be changed in the tables.
	 */
	Change change() {
		long low = this.scanned;
		for (Channel channel : this.channels.values()) {
			low = Math.min(low, channel.firstOpen() - 1);
		}
		low = Math.max(low, this.floor);
		long chosen = (count(low) <= 2 * count(this.scanned) + ROWS) ? low : this.scanned;
		Map<String, Long> changed = new LinkedHashMap<>();
		Map<String, Long> removed = new LinkedHashMap<>();
		this.channels.forEach((name, channel) -> {
			if (channel.needsRow(chosen) && !Long.valueOf(channel.handled).equals(this.stored.get(name))) {
				changed.put(name, channel.handled);
			}
		});
		this.stored.forEach((name, number) -> {
			Channel channel = this.channels.get(name);
			if (channel == null || !channel.needsRow(chosen)) {
				removed.put(name, number);
			}
		});
		return new Change(this.epoch, chosen, changed, removed);
	}

	private long count(long floor) {
		return this.channels.values().stream().filter((channel) -> channel.needsRow(floor)).count();
	}

	/**
	 * Note that a change is in the tables.
	 */
	void stored(Change change) {
		this.floor = change.floor();
		// A transaction of the application may have stored a greater number meanwhile,
		// which stays in the tables
		change.changed().forEach((name, number) -> this.stored.merge(name, number, Math::max));
		change.removed().forEach((name, number) -> {
			if (number <= change.floor()) {
				this.stored.remove(name, number);
			}
		});
		this.channels.entrySet()
			.removeIf((entry) -> !this.stored.containsKey(entry.getKey())
					&& entry.getValue().isCovered(this.floor, this.scanned));
	}

	/**
	 * Note that the tables say up to which number a channel is handled.
	 */
	void storedByOthers(String name, long number) {
		this.stored.merge(name, number, Math::max);
	}

	/**
	 * Note that the tables may have a row for a channel, with an unknown number.
	 */
	void mayBeStored(String name) {
		this.doubts--;
		this.stored.put(name, this.doubts);
	}

	/**
	 * Return whether something is to be stored although nothing was handled: all is
	 * handled, and the scan has come far, or there are rows that nobody needs.
	 */
	boolean isToBeStored() {
		boolean handled = this.channels.values().stream().allMatch((channel) -> channel.firstOpen() == NONE);
		return handled
				&& (this.scanned - this.floor > UNSTORED || (!this.stored.isEmpty() && !change().removed().isEmpty()));
	}

	/**
	 * Count the items that were read and not handled.
	 */
	long open() {
		return this.channels.values().stream().mapToLong((channel) -> channel.open.size()).sum();
	}

	/**
	 * Return the channels that the scan has passed, with the number up to which each was
	 * read.
	 */
	Map<String, Long> passed() {
		Map<String, Long> passed = new HashMap<>();
		this.channels.forEach((name, channel) -> {
			if ((channel.paused || channel.behind) && channel.read < this.scanned) {
				passed.put(name, channel.read);
			}
		});
		return passed;
	}

	/**
	 * A change of the tables.
	 *
	 * @param epoch the epoch of the shard
	 * @param floor the number up to which all is handled, but for the channels with rows
	 * @param changed the rows to be stored
	 * @param removed the rows to be removed, with what was known of them
	 */
	record Change(String epoch, long floor, Map<String, Long> changed, Map<String, Long> removed) {
	}

	/**
	 * What is known of a channel.
	 */
	private static final class Channel {

		/** The numbers that were read and are not handled, in ascending order. */
		private final Deque<Long> open = new ArrayDeque<>();

		private long handled;

		private long read;

		private long reported;

		private boolean paused;

		private boolean behind;

		private Channel(long handled) {
			this.handled = handled;
			this.read = handled;
		}

		/**
		 * Return the least number that may be one of a message that is not handled.
		 */
		private long firstOpen() {
			if (!this.open.isEmpty()) {
				return this.open.getFirst();
			}
			return (this.paused || this.behind) ? this.read + 1 : NONE;
		}

		/**
		 * Return whether a reader that began after a number would miss messages of this
		 * channel, or get some again.
		 */
		private boolean needsRow(long floor) {
			return this.handled > floor || firstOpen() <= floor;
		}

		private boolean isCovered(long floor, long scanned) {
			return firstOpen() == NONE && this.handled <= floor && this.read <= scanned;
		}

	}

}
