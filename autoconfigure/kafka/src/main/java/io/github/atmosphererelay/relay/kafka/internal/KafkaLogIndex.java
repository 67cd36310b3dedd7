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

package io.github.atmosphererelay.relay.kafka.internal;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * Knows between which offsets the records of each channel are, in a part of a partition:
 * records that this node has received and no longer keeps in memory, and records that
 * reads have scanned before those. A read of a channel without records there needs no
 * scan, which would go through the records of all other channels. Channels are known by a
 * hash of their address. For two channels with the same hash, a read scans the records of
 * both. Safe for use by many threads.
 */
final class KafkaLogIndex {

	private final int limit;

	/** The extents of records that were received, oldest first. */
	private final Map<Long, Extent> received = new LinkedHashMap<>();

	/**
	 * The extents of records that were scanned and are before those that were received.
	 */
	private final Map<Long, Extent> older = new HashMap<>();

	/**
	 * The part that was scanned last, if there is a gap between it and the known part.
	 */
	private @Nullable Chunk apart;

	/** The offset from which on everything is known. */
	private long knownFrom;

	/**
	 * Create an empty index.
	 * @param limit the maximum number of channels, each for received and for older
	 * records
	 * @param start the offset at which receiving starts
	 */
	KafkaLogIndex(int limit, long start) {
		this.limit = limit;
		this.knownFrom = start;
	}

	static long hash(byte @Nullable [] key) {
		return (key != null) ? ((long) Utils.murmur2(key) << 32) ^ (Arrays.hashCode(key) & 0xffffffffL) : 0;
	}

	/**
	 * Add a record that was received and is not kept in memory, or no longer.
	 * @param hash the hash of its key
	 * @param offset its offset
	 */
	synchronized void add(long hash, long offset) {
		Extent known = this.received.get(hash);
		Extent extent = new Extent(offset, offset).and(known);
		try {
			this.received.remove(hash);
			this.received.put(hash, extent);
		}
		catch (Error ex) {
			// The channel's extent may be missing now, so everything up to here has to be
			// scanned.
			forgetBefore(offset + 1);
			throw ex;
		}
		if (this.received.size() > this.limit) {
			Iterator<Extent> oldest = this.received.values().iterator();
			this.knownFrom = Math.max(this.knownFrom, oldest.next().last() + 1);
			oldest.remove();
			this.older.clear();
		}
	}

	/**
	 * Forget everything before an offset, so that reads scan all of it. Allocates no
	 * memory.
	 * @param offset the offset
	 */
	synchronized void forgetBefore(long offset) {
		this.knownFrom = Math.max(this.knownFrom, offset);
		this.older.clear();
	}

	/**
	 * Reduce a range to the part that may contain records of a channel.
	 * @param hash the hash of the channel's address
	 * @param from the first offset
	 * @param to the offset after the last one
	 * @return a part of the range; empty if it is known to contain no records of the
	 * channel
	 */
	synchronized Part narrow(long hash, long from, long to) {
		Extent extent = extent(hash);
		if (from < this.knownFrom) {
			long last = (extent != null) ? extent.last() + 1 : 0;
			Chunk apart = this.apart;
			return new Part((apart != null) ? Math.min(apart.next(hash, from), this.knownFrom) : from,
					Math.min(to, Math.max(this.knownFrom, last)));
		}
		return (extent != null) ? new Part(Math.max(from, extent.first()), Math.min(to, extent.last() + 1))
				: new Part(from, from);
	}

	/**
	 * Return the channels that have received records from an offset on that are no longer
	 * in memory.
	 * @param offset the offset
	 * @return the offset of each channel's last record, by the hash of its address; or
	 * {@code null} if not all of them are known
	 */
	synchronized @Nullable Map<Long, Long> receivedFrom(long offset) {
		if (offset < this.knownFrom) {
			return null;
		}
		Map<Long, Long> result = new HashMap<>();
		this.received.forEach((hash, extent) -> {
			if (extent.last() >= offset) {
				result.put(hash, extent.last());
			}
		});
		return result;
	}

	private @Nullable Extent extent(long hash) {
		Extent received = this.received.get(hash);
		Extent older = this.older.get(hash);
		return (received != null) ? received.and(older) : older;
	}

	/**
	 * Start to scan a range.
	 * @param from the first offset
	 * @return collects the scanned records; to be passed to {@link #looked} afterwards
	 */
	synchronized Look look(long from) {
		return new Look(from, this.knownFrom, this.limit);
	}

	/**
	 * Add what a scan has found.
	 * @param look the scanned records
	 * @param next the offset before which everything was scanned
	 */
	synchronized void looked(Look look, long next) {
		Chunk chunk = new Chunk(look.from, Math.min(next, look.to), look.found);
		if (look.full || chunk.from() >= chunk.to()) {
			return;
		}
		Chunk apart = this.apart;
		if (apart != null && apart.adjoins(chunk) && union(apart.found(), chunk.found()) <= this.limit) {
			chunk.found().forEach((hash, extent) -> apart.found().merge(hash, extent, Extent::and));
			chunk = new Chunk(Math.min(apart.from(), chunk.from()), Math.max(apart.to(), chunk.to()), apart.found());
			this.apart = chunk;
		}
		if (chunk.from() < this.knownFrom && chunk.to() >= this.knownFrom) {
			if (union(this.older, chunk.found()) <= this.limit) {
				chunk.found().forEach((hash, extent) -> this.older.merge(hash, extent, Extent::and));
				this.knownFrom = chunk.from();
				this.apart = (this.apart != chunk) ? this.apart : null;
			}
		}
		else if (this.apart == null || chunk.to() - chunk.from() > this.apart.to() - this.apart.from()) {
			// The next read, which may have run out of time before, continues from there.
			this.apart = chunk;
		}
	}

	private static long union(Map<Long, Extent> one, Map<Long, Extent> other) {
		return one.size() + other.keySet().stream().filter((hash) -> !one.containsKey(hash)).count();
	}

	/**
	 * Forget everything, because the partition now contains other records.
	 * @param start the offset at which receiving starts
	 */
	synchronized void reset(long start) {
		this.received.clear();
		this.older.clear();
		this.apart = null;
		this.knownFrom = start;
	}

	/**
	 * A range of offsets.
	 *
	 * @param from the first offset
	 * @param to the offset after the last one
	 */
	record Part(long from, long to) {

		boolean isEmpty() {
			return this.from >= this.to;
		}

	}

	/**
	 * The offsets of the first and the last record of a channel in a part.
	 */
	private record Extent(long first, long last) {

		Extent and(@Nullable Extent other) {
			return (other != null) ? new Extent(Math.min(this.first, other.first), Math.max(this.last, other.last))
					: this;
		}

	}

	/**
	 * A range that was scanned.
	 *
	 * @param from its first offset
	 * @param to the offset after its last one
	 * @param found the extents of the channels in it
	 */
	private record Chunk(long from, long to, Map<Long, Extent> found) {

		boolean adjoins(Chunk other) {
			return other.from <= this.to && other.to >= this.from;
		}

		/**
		 * Return the offset from which a channel may have records.
		 * @param hash the hash of the channel's address
		 * @param offset the offset to start from
		 * @return the same or a greater offset; there are no records of the channel
		 * between the two
		 */
		long next(long hash, long offset) {
			if (offset < this.from || offset >= this.to) {
				return offset;
			}
			Extent extent = this.found.get(hash);
			return (extent != null && extent.last() >= offset) ? Math.max(offset, extent.first()) : this.to;
		}

	}

	/**
	 * Collects the records of a range during a scan, in order.
	 */
	static final class Look {

		private final long from;

		private final long to;

		private final int limit;

		private final Map<Long, Extent> found = new HashMap<>();

		private boolean full;

		private Look(long from, long to, int limit) {
			this.from = from;
			this.to = to;
			this.limit = limit;
		}

		void add(byte @Nullable [] key, long offset) {
			if (offset >= this.to || this.full) {
				return;
			}
			this.found.merge(hash(key), new Extent(offset, offset),
					(known, added) -> new Extent(known.first(), offset));
			if (this.found.size() > this.limit) {
				this.full = true;
				this.found.clear();
			}
		}

	}

}
