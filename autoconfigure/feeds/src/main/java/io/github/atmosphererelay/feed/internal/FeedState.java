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

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.feed.FeedMessage;
import org.jspecify.annotations.Nullable;

/**
 * The current value of each channel of a feed. Written by the thread that reads the feed,
 * read by any. Without a state store, there are none if the values need more bytes than
 * they may have: a subscriber must not take a value that is not there for one that does
 * not exist. With a store, they are all there then, and also if the topic is not
 * compacted, so that values outlive their records.
 */
final class FeedState {

	/** What a value takes beside its payload and headers, in bytes. */
	private static final int OVERHEAD = 200;

	private static final int MAX_REMOVED = 100_000;

	private final long maxBytes;

	private final @Nullable StoredState stored;

	private final Map<String, MappedRecord> values = new HashMap<>();

	private long bytes;

	private boolean full;

	private boolean compacted = true;

	/** What memory has no room for any more, and the store does not have yet. */
	private Map<String, MappedRecord> overflow = Map.of();

	/**
	 * The channels whose values were removed last, so that an older value that another
	 * partition has does not come back.
	 */
	private final Set<String> removed = new LinkedHashSet<>();

	FeedState(long maxBytes) {
		this(maxBytes, null);
	}

	/**
	 * Create a state without values.
	 * @param maxBytes the maximum size of the values in memory
	 * @param stored has the values for which memory is not enough, or {@code null}
	 */
	FeedState(long maxBytes, @Nullable StoredState stored) {
		this.maxBytes = maxBytes;
		this.stored = stored;
	}

	/**
	 * Return whether it matters if the topic is compacted.
	 */
	boolean isStored() {
		return this.stored != null;
	}

	/**
	 * Say whether the topic keeps the newest record of each key.
	 */
	synchronized void compacted(boolean compacted) {
		this.compacted = compacted;
	}

	/**
	 * Take the next record.
	 * @param topic the topic
	 * @param record the record
	 * @param loading whether the node is not serving clients of the feed yet, and may
	 * wait for the store
	 * @return whether there is room for all values
	 */
	boolean put(TopicInfo topic, MappedRecord record, boolean loading) {
		StoredState stored = this.stored;
		if (stored == null) {
			return put(record);
		}
		boolean room = true;
		Map<String, MappedRecord> moved;
		boolean storing;
		synchronized (this) {
			put(record);
			moved = this.overflow;
			storing = this.full || !this.compacted;
		}
		if (!moved.isEmpty()) {
			for (MappedRecord each : moved.values()) {
				room &= stored.put(topic, each, true);
			}
			// Until now, some are found here only
			synchronized (this) {
				this.overflow = Map.of();
			}
		}
		return (!storing || stored.put(topic, record, loading)) && room;
	}

	/**
	 * Find the current value of a channel.
	 * @return completes with the value, or {@code null} if there is none or it is not
	 * known, as {@link #isFull()} tells; fails if the store does not answer
	 */
	CompletableFuture<@Nullable MappedRecord> current(@Nullable TopicInfo topic, String channel) {
		StoredState stored = this.stored;
		MappedRecord found;
		boolean complete;
		synchronized (this) {
			found = this.values.getOrDefault(channel, this.overflow.get(channel));
			complete = this.compacted && !this.full;
		}
		return (found != null || complete || stored == null || topic == null) ? CompletableFuture.completedFuture(found)
				: stored.find(topic, channel);
	}

	/**
	 * Take the next record.
	 * @return whether there is room for all values
	 */
	synchronized boolean put(MappedRecord record) {
		if (this.full) {
			return false;
		}
		boolean tombstone = FeedMessage.TOMBSTONE.equals(record.headers().get(FeedMessage.EVENT));
		if (record.isElsewhere() && isNewer(record)) {
			return true;
		}
		if (!record.isElsewhere()) {
			note(record.channel(), tombstone);
		}
		MappedRecord before = tombstone ? this.values.remove(record.channel())
				: this.values.put(record.channel(), record);
		this.bytes += (tombstone ? 0 : cost(record)) - ((before != null) ? cost(before) : 0);
		if (this.bytes > this.maxBytes) {
			this.full = true;
			if (this.stored != null && this.compacted) {
				this.overflow = Map.copyOf(this.values);
			}
			this.values.clear();
			this.bytes = 0;
		}
		return !this.full;
	}

	/**
	 * Return whether the value that is known is newer than a record of another partition:
	 * a key that has moved is written to its own one from then on.
	 */
	private boolean isNewer(MappedRecord record) {
		MappedRecord known = this.values.get(record.channel());
		return (known != null) ? !known.isElsewhere() || known.time() > record.time()
				: this.removed.contains(record.channel());
	}

	private void note(String channel, boolean tombstone) {
		this.removed.remove(channel);
		if (tombstone) {
			this.removed.add(channel);
			if (this.removed.size() > MAX_REMOVED) {
				this.removed.remove(this.removed.iterator().next());
			}
		}
	}

	/**
	 * Note that partitions were added, so that channels may have others now.
	 */
	synchronized void grown() {
		this.values.replaceAll((channel, value) -> value.elsewhere());
	}

	private static long cost(MappedRecord record) {
		long cost = OVERHEAD + record.payload().size() + 2L * record.channel().length();
		for (Map.Entry<String, String> header : record.headers().entrySet()) {
			cost += 2L * (header.getKey().length() + header.getValue().length());
		}
		return cost;
	}

	synchronized @Nullable MappedRecord find(String channel) {
		return this.values.get(channel);
	}

	/**
	 * Forget everything, because the topic is another one.
	 */
	synchronized void clear() {
		this.values.clear();
		this.removed.clear();
		this.bytes = 0;
		this.full = false;
		if (this.stored != null) {
			this.stored.clear();
		}
	}

	synchronized long bytes() {
		return this.bytes + ((this.stored != null) ? this.stored.bytes() : 0);
	}

	/**
	 * Return whether values are missing, because there was no room for them.
	 */
	synchronized boolean isFull() {
		return this.full && this.stored == null;
	}

	void start() {
		if (this.stored != null) {
			this.stored.start();
		}
	}

	void stop() {
		if (this.stored != null) {
			this.stored.stop();
		}
	}

}
