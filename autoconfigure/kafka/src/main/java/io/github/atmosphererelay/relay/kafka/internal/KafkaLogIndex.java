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
 * Where the records of each channel begin and end within a part of a partition: that
 * which this node has received and no longer has at hand, and what it has looked through
 * before that. Spares the search for messages of channels that have none there, which
 * would otherwise go through the records of all others. Channels are known by a hash of
 * their address: two of the same hash are searched for in the records of both. Safe for
 * use by many threads.
 */
final class KafkaLogIndex {

	private final int limit;

	/** What was received, by age. */
	private final Map<Long, Extent> received = new LinkedHashMap<>();

	/** What was looked through and lies before what was received. */
	private final Map<Long, Extent> older = new HashMap<>();

	/** What was looked through last and does not reach up to what is known. */
	private @Nullable Chunk apart;

	/** From where on everything is known. */
	private long knownFrom;

	/**
	 * Create an index of nothing.
	 * @param limit how many channels to know at most, among what was received as well as
	 * among what is older
	 * @param start where receiving begins
	 */
	KafkaLogIndex(int limit, long start) {
		this.limit = limit;
		this.knownFrom = start;
	}

	static long hash(byte @Nullable [] key) {
		return (key != null) ? ((long) Utils.murmur2(key) << 32) ^ (Arrays.hashCode(key) & 0xffffffffL) : 0;
	}

	/**
	 * Take note of a record that was received and is not at hand, or no longer.
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
			// It may know the channel no more.
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
	 * Know nothing any more of what is before an offset, so that all of it is searched.
	 * Needs no memory.
	 * @param offset the offset
	 */
	synchronized void forgetBefore(long offset) {
		this.knownFrom = Math.max(this.knownFrom, offset);
		this.older.clear();
	}

	/**
	 * Narrow a part of the partition down to that which may have records of a channel.
	 * @param hash the hash of the channel's address
	 * @param from the first offset
	 * @param to the offset after the last one
	 * @return a part of that part, which is empty if it is known that there are none
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
	 * Return which channels have records that were received and are not at hand, from an
	 * offset on.
	 * @param offset the offset
	 * @return the offset of each channel's last record by the hash of its address, or
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
	 * Begin to look through a part.
	 * @param from the first offset
	 * @return takes the records; to be given to {@link #looked} afterwards
	 */
	synchronized Look look(long from) {
		return new Look(from, this.knownFrom, this.limit);
	}

	/**
	 * Take over what was found.
	 * @param look what was found
	 * @param next the offset before which everything was looked at
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
			// A read that had no time to come further goes on from there.
			this.apart = chunk;
		}
	}

	private static long union(Map<Long, Extent> one, Map<Long, Extent> other) {
		return one.size() + other.keySet().stream().filter((hash) -> !one.containsKey(hash)).count();
	}

	/**
	 * Forget everything, because the partition has other records now.
	 * @param start where receiving begins
	 */
	synchronized void reset(long start) {
		this.received.clear();
		this.older.clear();
		this.apart = null;
		this.knownFrom = start;
	}

	/**
	 * What lies between two offsets.
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
	 * The offsets of the first and the last record of a channel.
	 */
	private record Extent(long first, long last) {

		Extent and(@Nullable Extent other) {
			return (other != null) ? new Extent(Math.min(this.first, other.first), Math.max(this.last, other.last))
					: this;
		}

	}

	/**
	 * A part that was looked through.
	 *
	 * @param from its first offset
	 * @param to the offset after its last one
	 * @param found where the channels have records in it
	 */
	private record Chunk(long from, long to, Map<Long, Extent> found) {

		boolean adjoins(Chunk other) {
			return other.from <= this.to && other.to >= this.from;
		}

		/**
		 * Return where a channel's records may begin.
		 * @param hash the hash of the channel's address
		 * @param offset where to begin
		 * @return the same offset or a greater one, before which there are none
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
	 * Takes the records of a part, one after the other.
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
