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

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Ends the wait for receipts: when their time is over, when the peers that they wait for
 * are suspect, and when this node stops. Used by the thread of {@link PeerLoop}, except
 * where another one is named.
 */
final class ReceiptWatch {

	private final long timeoutNanos;

	private final Queue<PendingReceipt> receipts = new ConcurrentLinkedQueue<>();

	/** The receipts that wait for a sign that this node is connected. */
	private final Deque<Released> released = new ArrayDeque<>();

	/** Whether no receipt is watched any more. */
	private volatile boolean ended;

	ReceiptWatch(Duration timeout) {
		this.timeoutNanos = timeout.toNanos();
	}

	/**
	 * End the wait for a receipt when its time is over. Any thread.
	 */
	void watch(PendingReceipt receipt) {
		this.receipts.add(receipt);
		// After that, so that it is found here or by the thread that stops
		if (this.ended) {
			endAll();
		}
	}

	/**
	 * End the wait for all receipts, for good. Any thread.
	 */
	void end() {
		this.ended = true;
		endAll();
	}

	private void endAll() {
		for (PendingReceipt receipt = this.receipts.poll(); receipt != null; receipt = this.receipts.poll()) {
			receipt.end();
		}
	}

	/**
	 * Nobody waits any more for a peer that does not answer. If another peer answers
	 * after that, this node is still connected, and the receipts are complete without it.
	 * Otherwise it may be this node that is cut off, and they are unconfirmed.
	 * @param receipts the receipts that waited for the peer
	 * @param deaf whether the peer has said that it receives nothing any more
	 */
	void released(List<PendingReceipt> receipts, boolean deaf, long now) {
		if (deaf) {
			Peer.complete(receipts, false);
		}
		else if (!receipts.isEmpty()) {
			this.released.add(new Released(now, receipts));
		}
	}

	/**
	 * A live peer has answered, so that this node is connected.
	 * @param askedAt when the peer was asked
	 */
	void connected(long askedAt) {
		while (!this.released.isEmpty() && askedAt - this.released.getFirst().at() >= 0) {
			Peer.complete(this.released.removeFirst().receipts(), false);
		}
	}

	/**
	 * End the wait for what has waited for too long.
	 */
	void sweep(long now) {
		for (PendingReceipt next = this.receipts.peek(); next != null
				&& (next.isDone() || next.isOverdue(now)); next = this.receipts.peek()) {
			this.receipts.remove();
			next.unconfirmed();
		}
		while (!this.released.isEmpty() && now - this.released.getFirst().at() > this.timeoutNanos) {
			this.released.removeFirst();
		}
	}

	/**
	 * Receipts that have waited for a peer until it was suspect.
	 *
	 * @param at when that was
	 * @param receipts the receipts
	 */
	private record Released(long at, List<PendingReceipt> receipts) {
	}

}
