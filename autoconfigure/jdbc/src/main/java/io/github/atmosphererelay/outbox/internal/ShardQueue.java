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

package io.github.atmosphererelay.outbox.internal;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

import io.github.atmosphererelay.jdbc.internal.ShardHead;
import io.github.atmosphererelay.message.Address;

/**
 * What this node has read of a shard and not forwarded yet, for one tenure of the shard's
 * lease. Bounded: reading goes on when there is room. Known to the forwarder's thread
 * only.
 */
final class ShardQueue {

	/** The maximum number of messages that are read and not done. */
	static final int MAX_MESSAGES = 256;

	/** Their maximum size together, in bytes; a single one may exceed it. */
	static final long MAX_BYTES = 2 * 1024 * 1024;

	/**
	 * How far reading may be ahead of the cursor while a message is held: as much has to
	 * be sent again after a crash.
	 */
	private static final int MAX_AHEAD = 4096;

	/** How far the cursor moves in one transaction, which deletes the rows. */
	private static final int MAX_ADVANCE = 1000;

	private final int shard;

	private final String epoch;

	private final Map<Address, AddressQueue> addresses = new HashMap<>();

	private final TreeMap<Long, QueuedMessage> outstanding = new TreeMap<>();

	private final long repeatedUpTo;

	private long cursor;

	private long readUpTo;

	private long bytes;

	private int lastRead;

	/**
	 * Create an empty queue.
	 * @param epoch the epoch of the shard's numbers
	 * @param cursor the number up to which all is done, as stored
	 * @param repeatedUpTo the number up to which the holder before may have sent messages
	 */
	ShardQueue(int shard, String epoch, long cursor, long repeatedUpTo) {
		this.shard = shard;
		this.epoch = epoch;
		this.cursor = cursor;
		this.readUpTo = cursor;
		this.repeatedUpTo = repeatedUpTo;
	}

	int shard() {
		return this.shard;
	}

	long cursor() {
		return this.cursor;
	}

	void setCursor(long cursor) {
		this.cursor = cursor;
	}

	long readUpTo() {
		return this.readUpTo;
	}

	boolean isRepeated(long number) {
		return number <= this.repeatedUpTo;
	}

	int roomForMessages() {
		return (this.bytes >= MAX_BYTES || this.readUpTo - this.cursor >= MAX_AHEAD) ? 0
				: MAX_MESSAGES - this.outstanding.size();
	}

	long roomForBytes() {
		return Math.max(1, MAX_BYTES - this.bytes);
	}

	boolean isEmpty() {
		return this.outstanding.isEmpty();
	}

	/**
	 * Return whether the shard is still the one that this was read from: the database may
	 * be another one by now, or an older copy, to which an idle connection was moved
	 * without an error.
	 * @param head the end of the shard as it is now
	 * @param stored the stored cursor as it is now
	 */
	boolean isFrom(ShardHead head, long stored) {
		return head.epoch().equals(this.epoch) && head.number() >= this.readUpTo && stored == this.cursor;
	}

	/**
	 * Return whether the last row that was read has the given content now.
	 */
	boolean hasRead(byte[] envelope) {
		return Arrays.hashCode(envelope) == this.lastRead;
	}

	/**
	 * Return whether something may have been sent without that being stored.
	 */
	boolean isInDoubt() {
		return this.outstanding.values().stream().anyMatch(QueuedMessage::isInDoubt);
	}

	boolean hasProgress() {
		return done() > this.cursor;
	}

	/**
	 * Return up to where the cursor is to be moved next.
	 */
	long target() {
		return Math.min(done(), this.cursor + MAX_ADVANCE);
	}

	/**
	 * Return up to where all is done.
	 */
	long done() {
		return this.outstanding.isEmpty() ? this.readUpTo : this.outstanding.firstKey() - 1;
	}

	/**
	 * Add a message.
	 * @return the queue of its address
	 */
	AddressQueue add(QueuedMessage message) {
		this.readUpTo = message.number();
		this.lastRead = Arrays.hashCode(message.encoded());
		this.outstanding.put(message.number(), message);
		this.bytes += message.encoded().length;
		AddressQueue address = this.addresses.computeIfAbsent(message.address(), (key) -> new AddressQueue(this));
		address.messages().add(message);
		return address;
	}

	/**
	 * The first message of an address is done.
	 */
	void done(AddressQueue address) {
		QueuedMessage message = address.messages().remove();
		this.outstanding.remove(message.number());
		this.bytes -= message.encoded().length;
		if (address.messages().isEmpty()) {
			this.addresses.remove(message.address());
		}
	}

}
