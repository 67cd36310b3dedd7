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

package io.github.atmosphererelay.feed.internal;

import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

import io.github.atmosphererelay.feed.ForwardedRange;
import io.github.atmosphererelay.feed.ForwardedRecord;
import org.jspecify.annotations.Nullable;

/**
 * A partition of which redistributors send this node what it wants. Puts the ranges next
 * to each other, and has the channels' logs read where something is missing.
 * <p>
 * A channel is awaited until the first range has arrived that was chosen with it.
 * Afterwards each range has to be chosen with it, or the channel's log is read.
 * <p>
 * Threads: ranges are taken by one thread at a time; all else is for any.
 */
final class SharedPartition {

	private final FeedRun run;

	private final FeedSink sink;

	private final String epoch;

	private final int number;

	private final Consumer<SharedChannel> arriving;

	private final Map<String, SharedChannel> awaited = new ConcurrentHashMap<>();

	private final Map<String, SharedChannel> present = new ConcurrentHashMap<>();

	private volatile @Nullable PartitionPlace place;

	private volatile @Nullable UUID owner;

	/** When a redistributor was heard of, or the first channel was wanted. */
	private volatile long heardAt = System.nanoTime();

	/** The greatest version with which one of the present channels was added. */
	private final AtomicLong newest = new AtomicLong();

	/** The version that ranges are to reach next; 0 if the last one had all channels. */
	private volatile long expected;

	/** When ranges were first chosen without that version. */
	private volatile long expectedAt;

	/** Whether a range has ended before what this node has. */
	private final AtomicBoolean behind = new AtomicBoolean();

	private boolean closed;

	/**
	 * Create a partition.
	 * @param from the offset up to which this node has everything; negative if it is not
	 * known
	 * @param arriving is called, with the lock, when a channel is no longer awaited
	 */
	SharedPartition(FeedRun run, FeedSink sink, String epoch, int number, long from, Consumer<SharedChannel> arriving) {
		this.run = run;
		this.sink = sink;
		this.epoch = epoch;
		this.number = number;
		this.arriving = arriving;
		this.place = (from >= 0) ? new PartitionPlace(epoch, from) : null;
	}

	/**
	 * Return up to where this node has everything that it wants.
	 */
	@Nullable PartitionPlace place() {
		return this.place;
	}

	/**
	 * Return the redistributor of the newest range.
	 */
	@Nullable UUID owner() {
		return this.owner;
	}

	boolean isPresent(SharedChannel channel) {
		return this.present.get(channel.name()) == channel;
	}

	boolean isWanted() {
		return !this.awaited.isEmpty() || !this.present.isEmpty();
	}

	/**
	 * Return whether nothing was heard for a time, although channels are wanted, or this
	 * node has to know who reads the partition.
	 */
	boolean isSilent(long now, long nanos) {
		return (isWanted() || this.run.settings().isRouted()) && now - this.heardAt > nanos;
	}

	/**
	 * Return whether ranges have been chosen by an older interest for a time: the
	 * redistributor has missed what this node wants, and does not learn of it any more.
	 */
	boolean isStale(long now, long nanos) {
		return this.expected > 0 && isWanted() && now - this.expectedAt > nanos;
	}

	/**
	 * Await a channel, unless it has arrived before in another epoch.
	 */
	void add(SharedChannel channel) {
		if (isPresent(channel) || this.awaited.get(channel.name()) == channel) {
			return;
		}
		if (!isWanted()) {
			this.heardAt = System.nanoTime();
		}
		if (channel.arrives().isDone()) {
			this.newest.accumulateAndGet(channel.added(), Math::max);
			this.present.put(channel.name(), channel);
			return;
		}
		this.present.remove(channel.name());
		this.awaited.put(channel.name(), channel);
	}

	void remove(SharedChannel channel) {
		this.awaited.remove(channel.name(), channel);
		this.present.remove(channel.name(), channel);
	}

	/**
	 * Take nothing more: the topic has another epoch.
	 * @return the offset up to which this node has everything; negative if that is not
	 * known
	 */
	synchronized long close() {
		this.closed = true;
		PartitionPlace place = this.place;
		return (place != null) ? place.offset() : -1;
	}

	/**
	 * Return, once, whether a range has ended before what this node has. Either it was
	 * late, or the broker has lost the last records of the partition.
	 */
	boolean takeBehind() {
		return this.behind.getAndSet(false);
	}

	/**
	 * Note where the partition ends at the broker. If that is before what this node has,
	 * records were lost there, and others get their offsets: clients have to read the
	 * log, which tells those that were ahead.
	 * @param end the offset after the last record
	 * @return whether records were lost
	 */
	synchronized boolean endsAt(long end) {
		PartitionPlace place = this.place;
		if (this.closed || place == null || end >= place.offset()) {
			return false;
		}
		this.place = new PartitionPlace(this.epoch, end);
		this.run.statistics().countGap();
		if (this.run.settings().isRecorded()) {
			gap();
		}
		return true;
	}

	/**
	 * Have the logs of all present channels read.
	 */
	void gap() {
		this.present.keySet().forEach(this.sink::gap);
	}

	/**
	 * Take a range of this epoch.
	 */
	synchronized void take(ForwardedRange range) {
		if (this.closed) {
			return;
		}
		this.heardAt = System.nanoTime();
		PartitionPlace place = this.place;
		long covered = (place != null) ? place.offset() : range.from();
		if (range.to() < covered) {
			this.behind.set(true);
			this.run.statistics().forwarding().countRepeatedRange();
			return;
		}
		this.owner = range.sender();
		noteInterest(range.interest());
		if (range.from() > covered) {
			this.place = new PartitionPlace(this.epoch, range.from());
			missing(range.from() - covered);
			covered = range.from();
		}
		deliver(range, covered);
		this.place = new PartitionPlace(this.epoch, range.to());
		if (range.interest() < this.newest.get()) {
			readUncovered(range, covered);
		}
		if (!this.awaited.isEmpty()) {
			arrive(range);
		}
	}

	/**
	 * Note by which interest a range was chosen. A redistributor that is behind, and
	 * learns more, has time again: channels may be added all the time.
	 */
	private void noteInterest(long interest) {
		long published = this.newest.get();
		for (SharedChannel channel : this.awaited.values()) {
			long added = channel.added();
			if (added != SharedChannel.UNPUBLISHED) {
				published = Math.max(published, added);
			}
		}
		if (interest >= published) {
			this.expected = 0;
		}
		else if (this.expected == 0 || interest >= this.expected) {
			this.expectedAt = System.nanoTime();
			this.expected = published;
		}
	}

	/**
	 * Handle a hole between ranges.
	 * @param offsets how many records may be missing
	 */
	private void missing(long offsets) {
		if (this.present.isEmpty()) {
			return;
		}
		this.run.statistics().countGap();
		if (this.run.settings().isRecorded()) {
			gap();
		}
		else {
			this.run.statistics().forwarding().countLost(offsets);
		}
	}

	private void deliver(ForwardedRange range, long covered) {
		for (ForwardedRecord record : range.records()) {
			if (record.offset() < covered) {
				continue;
			}
			SharedChannel channel = this.present.get(record.channel());
			if (channel == null || channel.added() > range.interest()) {
				this.run.statistics().countDelivered(false);
				continue;
			}
			// Before it is delivered: a subscriber that begins at this place has the
			// record behind it
			this.place = new PartitionPlace(this.epoch, record.offset() + 1);
			this.run.guard()
				.run(() -> this.sink.record(this.epoch, this.number, new MappedRecord(record.offset(), record.time(),
						record.channel(), record.payload(), record.headers())));
		}
	}

	/**
	 * Read the logs of channels with which the range was not chosen: its sender does not
	 * know of them yet, or was away for a while.
	 */
	private void readUncovered(ForwardedRange range, long covered) {
		if (range.to() == covered) {
			return;
		}
		boolean recorded = this.run.settings().isRecorded();
		boolean missing = false;
		for (SharedChannel channel : this.present.values()) {
			if (channel.added() > range.interest()) {
				missing = true;
				if (recorded) {
					this.sink.gap(channel.name());
				}
			}
		}
		if (missing) {
			this.run.statistics().countGap();
			if (!recorded) {
				this.run.statistics().forwarding().countLost(range.to() - covered);
			}
		}
	}

	private void arrive(ForwardedRange range) {
		for (SharedChannel channel : this.awaited.values()) {
			long added = channel.added();
			if (added <= range.interest() && this.awaited.remove(channel.name(), channel)) {
				this.newest.accumulateAndGet(added, Math::max);
				this.present.put(channel.name(), channel);
				this.arriving.accept(channel);
			}
		}
	}

}
