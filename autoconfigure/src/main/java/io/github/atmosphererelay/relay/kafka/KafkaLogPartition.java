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

package io.github.atmosphererelay.relay.kafka;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.Position;
import org.jspecify.annotations.Nullable;

/**
 * One partition of the log as this node has read it: how far, its latest records over all
 * channels, and its idempotency keys. Written by the receiver's thread, and by the link's
 * while no receiver is at work; read by any. Guarded by itself.
 */
final class KafkaLogPartition {

	/** How many records are kept at hand. */
	static final int MAX_RECORDS = 4096;

	/** How many bytes of values are kept at hand. */
	static final int MAX_BYTES = 2 * 1024 * 1024;

	private final int number;

	private final String epoch;

	private final Duration idempotencyWindow;

	private final KafkaKeys keys;

	/** The latest records in the order of the log, without doubles. */
	private final Deque<KafkaLogEntry> ring = new ArrayDeque<>();

	private final List<Waiter> waiting = new ArrayList<>();

	private int bytes;

	/** What {@link #ring} holds: all that was appended from here on ... */
	private long begin;

	/** ... and before here. */
	private long end;

	/** The offset before which everything has been handed to the listener. */
	private volatile long next;

	/** Where the records begin that were appended after this node had started. */
	private volatile long live;

	/**
	 * Records before this time are not kept, because those that decide whether they are
	 * doubles may not have been read.
	 */
	private @Nullable Long trustedSince;

	/** Where the broker's records begin to differ from those that were read. */
	private long truncatedTo = Long.MAX_VALUE;

	/** Positions after this one, up to the next, have been given away twice. */
	private long invalidAfter;

	private long invalidUpTo;

	/**
	 * Create a partition that nothing was read of.
	 * @param number its number
	 * @param epoch names the life of the topic, and the partition
	 * @param start where reading begins
	 * @param live from where on records are delivered
	 * @param whole whether nothing before the start can be read by anybody
	 * @param idempotencyWindow for how long a key matters
	 * @param maxKeys how many keys are kept
	 * @param whenKeyForgotten called for each that is forgotten within its window
	 */
	KafkaLogPartition(int number, String epoch, long start, long live, boolean whole, Duration idempotencyWindow,
			int maxKeys, Runnable whenKeyForgotten) {
		this.number = number;
		this.epoch = epoch;
		this.idempotencyWindow = idempotencyWindow;
		this.keys = new KafkaKeys(maxKeys, whenKeyForgotten);
		this.begin = start;
		this.end = start;
		this.next = start;
		this.live = live;
		this.trustedSince = whole ? Long.MIN_VALUE : null;
	}

	int number() {
		return this.number;
	}

	Position position(long offset) {
		return new Position(this.epoch, offset);
	}

	/**
	 * Return how far the node has read.
	 * @return the offset before which everything has been handed to the listener
	 */
	long next() {
		return this.next;
	}

	boolean isLive(long offset) {
		return offset >= this.live;
	}

	boolean isWarm() {
		return this.next >= this.live;
	}

	synchronized long begin() {
		return this.begin;
	}

	/**
	 * Take note that the broker has lost records that were read, and perhaps has others
	 * instead.
	 * @param offset the offset of the first one
	 */
	synchronized void truncated(long offset) {
		this.truncatedTo = Math.min(this.truncatedTo, offset);
	}

	/**
	 * Continue after the receiver was away.
	 * @param range what the partition holds now
	 * @return whether records were lost
	 */
	synchronized boolean resume(KafkaOffsets.Range range) {
		long known = Math.min(this.next, this.truncatedTo);
		this.truncatedTo = Long.MAX_VALUE;
		long start = Math.min(Math.max(known, range.begin()), range.end());
		if (start == this.next) {
			return false;
		}
		if (start < this.next) {
			// An unclean election: other records get the offsets that these had.
			this.invalidAfter = start;
			this.invalidUpTo = this.next;
			this.keys.removeFrom(start);
			this.live = Math.min(this.live, start);
		}
		this.ring.clear();
		this.bytes = 0;
		this.begin = start;
		this.end = start;
		this.next = start;
		return true;
	}

	/**
	 * Take a record that is an envelope.
	 * @param entry the record, the next of the partition
	 * @return the first record with its idempotency key, which may be this one, or
	 * {@code null} if it has none
	 */
	synchronized KafkaKeys.@Nullable First add(KafkaLogEntry entry) {
		String key = entry.options().idempotencyKey();
		KafkaKeys.First first = (key != null) ? this.keys.add(entry, key) : null;
		this.end = entry.offset() + 1;
		if (this.trustedSince == null) {
			this.trustedSince = entry.timestamp() + this.idempotencyWindow.toMillis();
		}
		if (entry.timestamp() < this.trustedSince && !isLive(entry.offset())) {
			this.begin = this.end;
		}
		else if (first == null || first.offset() == entry.offset()) {
			this.ring.add(entry);
			this.bytes += entry.bytes();
			trim();
		}
		return first;
	}

	private void trim() {
		while (this.ring.size() > MAX_RECORDS || this.bytes > MAX_BYTES) {
			KafkaLogEntry oldest = this.ring.remove();
			this.bytes -= oldest.bytes();
			this.begin = oldest.offset() + 1;
		}
	}

	/**
	 * Pass over a record that is no envelope.
	 * @param offset its offset
	 */
	synchronized void skip(long offset) {
		this.end = offset + 1;
	}

	/**
	 * A record has been handed to the listener, or needed not to be.
	 * @param offset its offset
	 */
	void delivered(long offset) {
		this.next = offset + 1;
	}

	/**
	 * Tell those who wait how far reading has come.
	 */
	void progressed() {
		List<Waiter> done = new ArrayList<>();
		synchronized (this) {
			if (this.waiting.isEmpty()) {
				return;
			}
			long next = this.next;
			Iterator<Waiter> iterator = this.waiting.iterator();
			while (iterator.hasNext()) {
				Waiter waiter = iterator.next();
				if (waiter.offset() <= next) {
					done.add(waiter);
					iterator.remove();
				}
			}
		}
		done.forEach((waiter) -> waiter.future().complete(null));
	}

	/**
	 * Wait until everything before an offset has been handed to the listener.
	 * @param offset the offset
	 * @param deadline after which nobody waits any more
	 * @return completes then, or never
	 */
	CompletableFuture<@Nullable Void> reached(long offset, long deadline) {
		Waiter waiter = new Waiter(offset, deadline, new CompletableFuture<>());
		synchronized (this) {
			if (this.next < offset) {
				this.waiting.add(waiter);
				return waiter.future();
			}
		}
		waiter.future().complete(null);
		return waiter.future();
	}

	/**
	 * Forget those whose time is over.
	 */
	synchronized void giveUp() {
		long now = System.nanoTime();
		this.waiting.removeIf((waiter) -> now - waiter.deadline() >= 0);
	}

	synchronized KafkaKeys.@Nullable First find(String address, String key, long now) {
		return this.keys.find(address, key, now);
	}

	/**
	 * Return whether a position may be one of this partition.
	 * @param position the position
	 * @return whether it is one of this life of the partition, and not after its end
	 */
	synchronized boolean knows(Position position) {
		return position.epoch().equals(this.epoch) && position.offset() <= this.end
				&& (position.offset() <= this.invalidAfter || position.offset() > this.invalidUpTo);
	}

	/**
	 * Look into the latest records.
	 * @param address the address of a channel
	 * @param from the first offset
	 * @param to the offset after the last one
	 * @return the channel's records among them
	 */
	synchronized Slice slice(String address, long from, long to) {
		List<KafkaLogEntry> entries = new ArrayList<>();
		Iterator<KafkaLogEntry> latest = this.ring.descendingIterator();
		while (latest.hasNext()) {
			KafkaLogEntry entry = latest.next();
			if (entry.offset() < from) {
				break;
			}
			if (entry.offset() < to && entry.address().equals(address)) {
				entries.add(entry);
			}
		}
		Collections.reverse(entries);
		KafkaLogEntry oldest = this.ring.peek();
		return new Slice(entries, this.begin, this.end, (oldest != null) ? oldest.timestamp() : Long.MAX_VALUE);
	}

	/**
	 * What a channel has in the latest records.
	 *
	 * @param entries its records in the order of the log
	 * @param begin the offset from which on all records were looked at
	 * @param end the offset before which all records were looked at
	 * @param oldest the time of the oldest record of any channel
	 */
	record Slice(List<KafkaLogEntry> entries, long begin, long end, long oldest) {

		/**
		 * Return whether older records of the channel, if there are any, have expired.
		 */
		boolean reachesRetention(long now) {
			return !this.entries.isEmpty() && now - this.oldest >= newest().options().retention().toMillis();
		}

		/**
		 * Return whether older records of the channel, if there are any, are more than
		 * its log keeps.
		 */
		boolean reachesSize() {
			return !this.entries.isEmpty() && this.entries.size() >= newest().options().size();
		}

		private KafkaLogEntry newest() {
			return this.entries.get(this.entries.size() - 1);
		}

	}

	/**
	 * Somebody who waits for an offset.
	 */
	private record Waiter(long offset, long deadline, CompletableFuture<@Nullable Void> future) {
	}

}
