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

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Receipts of envelopes that were published while it was not known yet who is behind a
 * listed URL. If it is a peer that was not considered when the envelope was sent, the
 * peer may follow the address and not have the envelope. Safe for use by many threads.
 */
final class UnsettledReceipts {

	private final int maxCount;

	private final Queue<Held> queue = new ConcurrentLinkedQueue<>();

	private final AtomicInteger count = new AtomicInteger();

	/** Changed by the thread of {@link PeerLoop}. */
	private volatile List<Contact> contacts = List.of();

	UnsettledReceipts(int maxCount) {
		this.maxCount = maxCount;
	}

	/**
	 * Return the listed URLs of which it is not known who is there.
	 */
	List<Contact> contacts() {
		return this.contacts;
	}

	/**
	 * Hold a receipt back until it is known.
	 * @param receipt the receipt
	 * @param contacts the URLs, as they were when the peers were chosen
	 * @param considered the peers that were known
	 */
	void hold(PendingReceipt receipt, List<Contact> contacts, List<Peer> considered) {
		if (contacts.isEmpty()) {
			return;
		}
		receipt.await();
		if (this.count.incrementAndGet() > this.maxCount) {
			this.count.decrementAndGet();
			receipt.doubtful();
			return;
		}
		this.queue.add(new Held(receipt, contacts, considered));
	}

	/**
	 * Look which URLs are settled. Called by the thread of {@link PeerLoop}.
	 */
	void update(List<Contact> all, long now) {
		if (this.contacts.isEmpty() && all.stream().allMatch((contact) -> contact.isSettled(now))
				&& this.queue.isEmpty()) {
			return;
		}
		this.contacts = all.stream().filter((contact) -> contact.listed && !contact.isSettled(now)).toList();
		this.queue.removeIf((held) -> {
			if (!held.receipt().isDone() && !held.contacts().stream().allMatch((contact) -> contact.isSettled(now))) {
				return false;
			}
			this.count.decrementAndGet();
			if (held.hasConsideredAll()) {
				held.receipt().done();
			}
			else {
				held.receipt().doubtful();
			}
			return true;
		});
	}

	/**
	 * A receipt that is held back.
	 */
	private record Held(PendingReceipt receipt, List<Contact> contacts, List<Peer> considered) {

		private boolean hasConsideredAll() {
			return this.contacts.stream()
				.allMatch((contact) -> contact.peer == null
						|| this.considered.stream().anyMatch((peer) -> peer.id().equals(contact.peer)));
		}

	}

}
