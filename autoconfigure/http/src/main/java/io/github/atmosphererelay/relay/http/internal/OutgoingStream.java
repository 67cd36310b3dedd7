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

package io.github.atmosphererelay.relay.http.internal;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * What this node sends to one peer: numbered envelopes, kept until the peer has
 * acknowledged them. If a receipt waits for the peer, its publisher has to reserve a
 * place, and is refused if there is none. If no receipt does, because the peer is
 * suspect, and there is no place, everything that waits is dropped, and the peer learns
 * from the next number that it has missed something. Safe for use by many threads; no
 * future is completed under the lock.
 */
final class OutgoingStream {

	private final int generation;

	private final int maxCount;

	private final long maxBytes;

	private final HttpRelayStatistics statistics;

	private final Deque<Item> queue = new ArrayDeque<>();

	private long bytes;

	/** The number of the next envelope. */
	private long next = 1;

	/** The number up to which envelopes were in a request. */
	private long sent;

	/** Whether what is published meanwhile is missed. */
	private boolean givenUp;

	/** Whether the peer is not there any more, and nothing is sent. */
	private boolean closed;

	/** How many envelopes this node had published before the stream has begun. */
	private long earlier;

	/**
	 * The dropped envelopes of which it is not known whether the peer has missed them.
	 */
	private long dropped;

	/** The envelopes for which there is a place, and that are not added yet. */
	private int reserved;

	private long reservedBytes;

	private boolean prompt;

	OutgoingStream(int generation, int maxCount, long maxBytes, HttpRelayStatistics statistics) {
		this.generation = generation;
		this.maxCount = maxCount;
		this.maxBytes = maxBytes;
		this.statistics = statistics;
	}

	int generation() {
		return this.generation;
	}

	/**
	 * Begin the stream. If something was published earlier, which the peer may have
	 * wanted, the first number is left out, so that the peer sees a hole.
	 * @param earlier how many envelopes were
	 */
	synchronized void begin(long earlier) {
		this.earlier = earlier;
		if (earlier > 0) {
			this.next++;
		}
	}

	/**
	 * Return how many envelopes were published before the stream has begun, once.
	 */
	synchronized long takeEarlier() {
		long earlier = this.earlier;
		this.earlier = 0;
		return earlier;
	}

	private boolean hasRoom(int size) {
		long used = this.bytes + this.reservedBytes;
		// One that is over the limit by itself must find nothing before it
		return this.queue.size() + this.reserved < this.maxCount && (used == 0 || used + size <= this.maxBytes);
	}

	/**
	 * Reserve a place for an envelope. The caller has to add the envelope, or to cancel
	 * the reservation.
	 * @param size the envelope's size in bytes
	 * @return whether there is a place
	 */
	synchronized boolean reserve(int size) {
		if (!hasRoom(size)) {
			return false;
		}
		this.reserved++;
		this.reservedBytes += size;
		return true;
	}

	/**
	 * Give a place back.
	 * @param size the size for which it was reserved
	 */
	synchronized void cancel(int size) {
		this.reserved--;
		this.reservedBytes -= size;
	}

	/**
	 * Add an envelope for which a receipt waits, whether there is room for it or not. The
	 * peer is there, so that a stream that was given up goes on.
	 * @param encoded the envelope
	 * @param receipt the receipt
	 * @param prompt whether it is to be sent at once
	 * @param reserved whether the caller has reserved a place, which is used up
	 * @return whether it will be sent
	 */
	synchronized boolean add(byte[] encoded, PendingReceipt receipt, boolean prompt, boolean reserved) {
		if (reserved) {
			cancel(encoded.length);
		}
		if (this.closed) {
			this.statistics.countAbandoned(1);
			return false;
		}
		this.givenUp = false;
		put(encoded, receipt, prompt);
		return true;
	}

	/**
	 * Add an envelope for which no receipt waits. If there is no room for it, everything
	 * that waits is given up.
	 * @param encoded the envelope
	 * @param prompt whether it is to be sent at once
	 * @return the receipts that wait in vain
	 */
	synchronized List<PendingReceipt> keep(byte[] encoded, boolean prompt) {
		if (!this.closed && !this.givenUp && hasRoom(encoded.length)) {
			put(encoded, null, prompt);
			return List.of();
		}
		List<PendingReceipt> vain = clear();
		this.givenUp = true;
		this.next++;
		this.dropped++;
		if (this.closed) {
			abandon();
		}
		return vain;
	}

	private void put(byte[] encoded, @Nullable PendingReceipt receipt, boolean prompt) {
		this.queue.add(new Item(this.next++, encoded, receipt));
		this.bytes += encoded.length;
		this.prompt |= prompt;
	}

	private List<PendingReceipt> clear() {
		List<PendingReceipt> vain = receipts();
		this.dropped += this.queue.size();
		this.queue.clear();
		this.bytes = 0;
		this.prompt = false;
		return vain;
	}

	private List<PendingReceipt> receipts() {
		List<PendingReceipt> receipts = new ArrayList<>();
		for (Item item : this.queue) {
			PendingReceipt receipt = item.takeReceipt();
			if (receipt != null) {
				receipts.add(receipt);
			}
		}
		return receipts;
	}

	/**
	 * The peer is there: it has missed what was dropped, and what is published from now
	 * on is kept for it.
	 */
	synchronized void resume() {
		this.givenUp = false;
		if (this.dropped > 0) {
			this.statistics.countMissed(this.dropped);
			this.dropped = 0;
		}
	}

	private void abandon() {
		this.statistics.countAbandoned(this.dropped);
		this.dropped = 0;
	}

	/**
	 * Give the peer up, and everything that waits for it.
	 * @return the receipts that wait in vain
	 */
	synchronized List<PendingReceipt> giveUp() {
		this.givenUp = true;
		return clear();
	}

	/**
	 * The peer is not there any more: give it up for good.
	 * @return the receipts that wait in vain
	 */
	synchronized List<PendingReceipt> close() {
		this.closed = true;
		List<PendingReceipt> vain = giveUp();
		abandon();
		return vain;
	}

	/**
	 * Drop the first envelope, because the peer refuses it.
	 * @param number the envelope's number
	 * @return the receipt that waits in vain, if one does
	 */
	synchronized @Nullable PendingReceipt drop(long number) {
		Item first = this.queue.peek();
		if (first == null || first.number != number) {
			return null;
		}
		this.queue.remove();
		this.bytes -= first.encoded.length;
		this.statistics.countMissed(1);
		return first.takeReceipt();
	}

	/**
	 * Have nobody wait for this peer any more. What waits for it stays.
	 * @return the receipts that do
	 */
	synchronized List<PendingReceipt> release() {
		return receipts();
	}

	/**
	 * Return whether something is to be sent at once.
	 */
	synchronized boolean isPrompt() {
		return this.prompt;
	}

	/**
	 * Send again at once what was sent and not acknowledged.
	 */
	synchronized void retry() {
		this.prompt = !this.queue.isEmpty();
	}

	synchronized boolean isEmpty() {
		return this.queue.isEmpty();
	}

	synchronized int size() {
		return this.queue.size();
	}

	/**
	 * Return what to send next: what was not acknowledged, from the beginning.
	 * @param maxBytes the maximum size; a single envelope may exceed it
	 */
	synchronized Batch batch(int maxBytes) {
		Item head = this.queue.peek();
		List<byte[]> envelopes = new ArrayList<>();
		long size = 0;
		for (Item item : this.queue) {
			size += 4 + item.encoded.length;
			if (size > maxBytes && !envelopes.isEmpty()) {
				break;
			}
			envelopes.add(item.encoded);
			this.sent = Math.max(this.sent, item.number);
			if (item.receipt != null) {
				item.receipt.sent();
			}
		}
		if (envelopes.size() == this.queue.size()) {
			this.prompt = false;
		}
		return new Batch((head != null) ? head.number : this.next, envelopes);
	}

	/**
	 * Return a batch without envelopes.
	 */
	synchronized Batch emptyBatch() {
		Item head = this.queue.peek();
		return new Batch((head != null) ? head.number : this.next, List.of());
	}

	/**
	 * Take the peer's acknowledgement.
	 * @param progress the number up to which it has processed the stream
	 * @return the receipts of what it has processed
	 */
	synchronized List<PendingReceipt> acknowledged(long progress) {
		List<PendingReceipt> receipts = new ArrayList<>();
		if (progress > this.sent) {
			return receipts;
		}
		for (Item item = this.queue.peek(); item != null && item.number <= progress; item = this.queue.peek()) {
			this.queue.remove();
			this.bytes -= item.encoded.length;
			PendingReceipt receipt = item.takeReceipt();
			if (receipt != null) {
				receipts.add(receipt);
			}
		}
		if (!this.queue.isEmpty()) {
			this.prompt = true;
		}
		return receipts;
	}

	/**
	 * What is sent in one request.
	 *
	 * @param first the number of the first envelope, or of the one that is added next
	 * @param envelopes the envelopes
	 */
	record Batch(long first, List<byte[]> envelopes) {

		long last() {
			return this.first + this.envelopes.size() - 1;
		}

	}

	/**
	 * An envelope that waits for acknowledgement.
	 */
	private static final class Item {

		private final long number;

		private final byte[] encoded;

		private @Nullable PendingReceipt receipt;

		private Item(long number, byte[] encoded, @Nullable PendingReceipt receipt) {
			this.number = number;
			this.encoded = encoded;
			this.receipt = receipt;
		}

		private @Nullable PendingReceipt takeReceipt() {
			PendingReceipt receipt = this.receipt;
			this.receipt = null;
			return receipt;
		}

	}

}
