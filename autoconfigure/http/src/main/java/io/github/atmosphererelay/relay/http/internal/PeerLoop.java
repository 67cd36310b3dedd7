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

import java.net.URI;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayProbe;
import org.jspecify.annotations.Nullable;

/**
 * The thread that talks to the peers: one request at a time to each, without waiting for
 * any of them. It sends what is published at once, and something every
 * {@link Pace#HEARTBEAT} otherwise. It also ends the wait for what takes too long.
 */
final class PeerLoop {

	private static final long MAX_STEP = TimeUnit.MILLISECONDS.toNanos(20);

	private static final Duration LEAVE_LIMIT = Duration.ofSeconds(2);

	private static final Duration END_LIMIT = Duration.ofSeconds(1);

	private final PeerTable peers;

	private final OwnInterest interest;

	private final Guard guard;

	private final Contacts contacts = new Contacts();

	private final NodePresence presence = new NodePresence();

	private final OutgoingRequests requests;

	private final ReceiptWatch receipts;

	private final UnsettledReceipts unsettled;

	private final MeshConnection connection;

	private final ContactSearch search;

	private final PeerSender sender;

	private final Queue<Runnable> events = new ConcurrentLinkedQueue<>();

	private final AtomicBoolean woken = new AtomicBoolean();

	private final Thread thread;

	private volatile boolean ended;

	private long steppedAt = System.nanoTime();

	PeerLoop(HttpRelaySettings settings, UUID self, RelayListener listener, PeerTable peers, OwnInterest interest,
			HttpRelayStatistics statistics) {
		this.peers = peers;
		this.interest = interest;
		this.guard = listener.guards().of(Part.RELAY_SENDER);
		this.requests = new OutgoingRequests(settings, self, interest, this.contacts, this.presence, statistics);
		this.receipts = new ReceiptWatch(settings.publishTimeout());
		this.unsettled = new UnsettledReceipts(settings.maxPending());
		this.connection = new MeshConnection(listener, peers, this.contacts, this.presence, this.guard);
		this.search = new ContactSearch(peers, this.contacts, this.requests, this::post);
		this.sender = new PeerSender(settings, peers, this.contacts, this.presence, this.requests, this.receipts,
				this.connection, this::post);
		this.thread = Threads.factory("http-send").newThread(this::run);
	}

	void start() {
		this.thread.start();
	}

	Contacts contacts() {
		return this.contacts;
	}

	/**
	 * Return whether this node receives and sends. Any thread.
	 */
	NodePresence presence() {
		return this.presence;
	}

	/**
	 * Return whether there are other nodes, or whether that is not known yet. Any thread.
	 */
	boolean isAccompanied() {
		return this.connection.isAccompanied();
	}

	/**
	 * Return what ends the wait for receipts. Any thread may have it watch one.
	 */
	ReceiptWatch receipts() {
		return this.receipts;
	}

	/**
	 * Return the receipts that wait until it is known who the peers are. Any thread.
	 */
	UnsettledReceipts unsettled() {
		return this.unsettled;
	}

	/**
	 * Look for something to do now. Any thread; cheap.
	 */
	void wake() {
		if (!this.woken.getAndSet(true)) {
			LockSupport.unpark(this.thread);
		}
	}

	private void post(Runnable event) {
		this.events.add(event);
		wake();
	}

	/**
	 * Complete receipts for which a peer is not waited for any more. Any thread.
	 */
	void doubtful(List<PendingReceipt> receipts) {
		if (!receipts.isEmpty()) {
			post(() -> Peer.complete(receipts, true));
		}
	}

	void discovered(Collection<URI> urls) {
		post(() -> this.contacts.listed(urls));
	}

	/**
	 * A peer has sent a request. Any thread.
	 * @param url where it can be reached, if it knows
	 */
	void heard(Peer peer, @Nullable URI url) {
		boolean silent = !peer.isHeard(System.nanoTime());
		peer.heard(System.nanoTime());
		if (silent || (url != null && peer.url == null)) {
			post(() -> {
				if (url != null && this.peers.find(peer.id()) == peer && this.contacts.introduced(url, peer.id())) {
					this.contacts.chooseUrl(peer);
				}
				peer.failures = 0;
				peer.nextAt = System.nanoTime();
			});
		}
	}

	/**
	 * A peer has said that it leaves. Any thread.
	 */
	void left(Peer peer) {
		post(() -> this.sender.remove(peer, true));
	}

	void probe(RelayProbe probe) {
		post(() -> {
			long now = System.nanoTime();
			this.connection.probe(probe, now);
			this.peers.all().forEach((peer) -> peer.nextAt = Math.min(peer.nextAt, now));
		});
	}

	/**
	 * Give up the requests that are under way, and connect again.
	 */
	void reconnect() {
		post(() -> {
			this.peers.all().forEach((peer) -> {
				Attempt.cancel(peer.attempt);
				peer.failures = 0;
				peer.nextAt = System.nanoTime();
			});
			this.contacts.all().forEach((contact) -> {
				contact.failures = 0;
				contact.nextAt = System.nanoTime();
			});
		});
	}

	/**
	 * Tell the peers that this node receives nothing any more.
	 * @param limit how long to wait until all have heard it
	 */
	void deafen(Duration limit) throws InterruptedException {
		this.presence.deafen();
		post(this::bidFarewell);
		this.presence.awaitDeafTold(limit);
	}

	/**
	 * Send the peers what waits for them, tell them that this node leaves, and end.
	 */
	void stop() throws InterruptedException {
		post(() -> {
			this.presence.leave();
			bidFarewell();
		});
		this.thread.join(LEAVE_LIMIT.toMillis());
		this.ended = true;
		wake();
		this.thread.join(END_LIMIT.toMillis());
		this.peers.all().forEach((peer) -> Attempt.cancel(peer.attempt));
		this.contacts.all().forEach((contact) -> Attempt.cancel(contact.attempt));
		this.requests.close();
		this.receipts.end();
	}

	private void bidFarewell() {
		this.peers.all().forEach((peer) -> {
			peer.farewell = false;
			peer.nextAt = System.nanoTime();
		});
	}

	private void run() {
		this.guard.loop(() -> !this.ended, this::step);
	}

	private void step() throws InterruptedException {
		this.woken.set(false);
		for (Runnable event = this.events.poll(); event != null; event = this.events.poll()) {
			this.guard.run(event);
		}
		long now = System.nanoTime();
		if (now - this.steppedAt > Peer.SUSPECT_NANOS) {
			// This node stood still, and its peers have had no chance
			this.peers.all().forEach((peer) -> peer.silentSince = now);
		}
		this.steppedAt = now;
		this.peers.published().sample(now);
		if (this.presence.isPresent()) {
			this.contacts.all().forEach((contact) -> this.guard.run(() -> this.search.tick(contact, now)));
		}
		this.peers.all().forEach((peer) -> this.guard.run(() -> this.sender.tick(peer, now)));
		this.connection.measure(now);
		this.unsettled.update(this.contacts.all(), now);
		this.interest.confirm((waiting) -> isKnown(waiting, now));
		this.receipts.sweep(now);
		if (this.presence.isFarewellOver(this.peers.all(), now)) {
			this.ended = true;
			return;
		}
		if (Thread.interrupted()) {
			throw new InterruptedException();
		}
		if (!this.woken.get() && this.events.isEmpty()) {
			LockSupport.parkNanos(this, MAX_STEP);
		}
	}

	/**
	 * Return whether every peer knows a subscription, or cannot rely any more on what it
	 * knew before, or does not count.
	 */
	private boolean isKnown(OwnInterest.Waiting waiting, long now) {
		if (!this.connection.isConnected()
				|| !this.contacts.all().stream().allMatch((contact) -> contact.isSettled(now))) {
			return false;
		}
		List<Peer> all = this.peers.all();
		for (Peer peer : all) {
			boolean known = peer.isDeaf() || peer.interestSender().known() >= waiting.version();
			boolean given = !this.presence.isAwaited(peer, all, now) && !peer.mayRelyOnOld(waiting.since(), now);
			if (!known && !given) {
				return false;
			}
		}
		return true;
	}

}
