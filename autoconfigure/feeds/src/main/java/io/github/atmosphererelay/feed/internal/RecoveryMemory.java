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

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

import io.github.atmosphererelay.relay.PageLimit;
import org.jspecify.annotations.Nullable;

/**
 * The messages of a feed that have come within the last minutes, for clients that
 * recover. For each partition it has everything from a certain offset on; what is older
 * is forgotten by age, and the oldest of all partitions first where the bytes do not
 * suffice. Written by the thread that reads the feed, read by any.
 */
final class RecoveryMemory {

	/** What a message takes beside its payload and headers, in bytes. */
	private static final int OVERHEAD = 200;

	private final long maxNanos;

	private final long maxBytes;

	private final LongSupplier nanoTime;

	/** All entries, in the order in which they have come. */
	private final Deque<Entry> arrivals = new ArrayDeque<>();

	private final Map<Integer, Part> parts = new HashMap<>();

	private long bytes;

	RecoveryMemory(Duration age, long maxBytes, LongSupplier nanoTime) {
		this.maxNanos = age.toNanos();
		this.maxBytes = maxBytes;
		this.nanoTime = nanoTime;
	}

	/**
	 * Forget a partition, and have everything of it from an offset on.
	 * @param partition the partition
	 * @param from the offset of the next message that is added, or a smaller one
	 */
	synchronized void begin(int partition, long from) {
		if (this.parts.put(partition, new Part(from)) != null) {
			this.arrivals.removeIf((entry) -> {
				boolean gone = entry.partition == partition;
				this.bytes -= gone ? entry.cost : 0;
				return gone;
			});
		}
	}

	/**
	 * Have nothing of a partition any more: another node reads it.
	 * @param partition the partition
	 */
	synchronized void end(int partition) {
		begin(partition, 0);
		this.parts.remove(partition);
	}

	/**
	 * Note that a partition was read up to an offset, and everything of it was added.
	 * @param partition the partition
	 * @param offset the offset of the next record
	 */
	synchronized void reached(int partition, long offset) {
		Part part = this.parts.get(partition);
		if (part != null) {
			part.to = Math.max(part.to, offset);
		}
	}

	/**
	 * Forget everything.
	 */
	synchronized void clear() {
		this.parts.clear();
		this.arrivals.clear();
		this.bytes = 0;
	}

	/**
	 * Add the next message of a partition.
	 */
	synchronized void add(int partition, MappedRecord record) {
		Part part = this.parts.computeIfAbsent(partition, (number) -> new Part(record.offset()));
		Entry entry = new Entry(partition, record, this.nanoTime.getAsLong(), cost(record));
		part.channels.computeIfAbsent(record.channel(), (channel) -> new ArrayDeque<>()).add(entry);
		part.to = record.offset() + 1;
		this.arrivals.add(entry);
		this.bytes += entry.cost;
		forget();
	}

	/**
	 * Forget what is too old, or too much.
	 */
	synchronized void forget() {
		long oldest = this.nanoTime.getAsLong() - this.maxNanos;
		Entry first;
		while ((first = this.arrivals.peek()) != null && (this.bytes > this.maxBytes || first.time - oldest < 0)) {
			this.arrivals.remove();
			this.bytes -= first.cost;
			Part part = this.parts.get(first.partition);
			Deque<Entry> channel = (part != null) ? part.channels.get(first.record.channel()) : null;
			if (part != null && channel != null) {
				part.from = first.record.offset() + 1;
				channel.remove();
				if (channel.isEmpty()) {
					part.channels.remove(first.record.channel());
				}
			}
		}
	}

	private static int cost(MappedRecord record) {
		int cost = OVERHEAD + record.payload().size() + 2 * record.channel().length();
		for (Map.Entry<String, String> header : record.headers().entrySet()) {
			cost += 2 * (header.getKey().length() + header.getValue().length());
		}
		return cost;
	}

	/**
	 * Return the offset from which on this has everything of a partition.
	 * @return the offset, or {@link Long#MAX_VALUE} if it has nothing of the partition
	 */
	synchronized long from(int partition) {
		Part part = this.parts.get(partition);
		return (part != null) ? part.from : Long.MAX_VALUE;
	}

	/**
	 * Read the messages of a channel.
	 * @param from the least offset
	 * @param to the offset before which to end
	 * @param into receives the messages
	 * @param limit ends the reading
	 * @return whether there are more before {@code to}, or {@code null} if this does not
	 * have everything between both offsets
	 */
	synchronized @Nullable Boolean read(int partition, String channel, long from, long to, FeedPage into,
			PageLimit limit) {
		Part part = this.parts.get(partition);
		if (part == null || from < part.from || to > part.to) {
			return null;
		}
		Deque<Entry> entries = part.channels.get(channel);
		if (entries != null) {
			for (Entry entry : entries) {
				long offset = entry.record.offset();
				if (offset >= to) {
					break;
				}
				if (offset >= from && !into.add(entry.record, limit)) {
					return true;
				}
			}
		}
		return false;
	}

	/**
	 * Read the newest messages of a channel.
	 * @param to the offset before which they are
	 * @return the messages, the newest first
	 */
	synchronized List<MappedRecord> newest(int partition, String channel, long to) {
		Part part = this.parts.get(partition);
		Deque<Entry> entries = (part != null) ? part.channels.get(channel) : null;
		List<MappedRecord> found = new ArrayList<>();
		if (entries != null) {
			for (Iterator<Entry> newest = entries.descendingIterator(); newest.hasNext();) {
				MappedRecord record = newest.next().record;
				if (record.offset() < to) {
					found.add(record);
				}
			}
		}
		return found;
	}

	synchronized long bytes() {
		return this.bytes;
	}

	synchronized int size() {
		return this.arrivals.size();
	}

	private record Entry(int partition, MappedRecord record, long time, int cost) {
	}

	private static final class Part {

		private final Map<String, Deque<Entry>> channels = new HashMap<>();

		private long from;

		private long to;

		Part(long from) {
			this.from = from;
			this.to = from;
		}

	}

}
