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
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Whether this node receives and sends, and which peers count as live because of that. It
 * also says when the peers know that this node stops. Read by many threads; changed by
 * the thread of {@link PeerLoop}, except for {@link #deafen()}.
 */
final class NodePresence {

	private static final long FAREWELL_LIMIT = TimeUnit.SECONDS.toNanos(1);

	private final CountDownLatch deafTold = new CountDownLatch(1);

	private volatile Exchange.Presence present = Exchange.Presence.PRESENT;

	private long leavingSince;

	Exchange.Presence get() {
		return this.present;
	}

	boolean isPresent() {
		return this.present == Exchange.Presence.PRESENT;
	}

	boolean isLeaving() {
		return this.present == Exchange.Presence.LEAVING;
	}

	/**
	 * This node receives nothing any more. Any thread.
	 */
	void deafen() {
		this.present = Exchange.Presence.DEAF;
	}

	/**
	 * Wait until all peers know that this node receives nothing any more.
	 * @param limit how long to wait at most
	 */
	void awaitDeafTold(Duration limit) throws InterruptedException {
		this.deafTold.await(limit.toMillis(), TimeUnit.MILLISECONDS);
	}

	/**
	 * This node sends what waits, and then stops.
	 */
	void leave() {
		this.present = Exchange.Presence.LEAVING;
		this.leavingSince = System.nanoTime();
	}

	/**
	 * Return whether a peer is live. Requests of the peer are needed for that, but not
	 * when this node refuses them itself.
	 */
	boolean isLive(Peer peer, long now) {
		return peer.isLive(now, isPresent());
	}

	/**
	 * Return whether receipts wait for a peer: while it is live, and in its first second,
	 * in which the two connect. One that could not be reached in that time is not waited
	 * for if another one is live, so that a node that crashes again and again holds up
	 * nobody.
	 * @param all all peers
	 */
	boolean isAwaited(Peer peer, List<Peer> all, long now) {
		if (isLive(peer, now)) {
			return true;
		}
		return !peer.isDeaf() && now - peer.createdAt() < Peer.SUSPECT_NANOS
				&& !(peer.isUnreached() && all.stream().anyMatch((other) -> isLive(other, now)));
	}

	/**
	 * Return whether this node leaves, and no peer has to hear more of it.
	 */
	boolean isFarewellOver(List<Peer> peers, long now) {
		if (isPresent()) {
			return false;
		}
		boolean told = peers.stream().allMatch((peer) -> peer.farewell || !isWorthFarewell(peer, now));
		if (told) {
			this.deafTold.countDown();
		}
		return isLeaving() && (told || now - this.leavingSince > FAREWELL_LIMIT);
	}

	/**
	 * Return whether a peer hears that this node stops: if it is live, or is slow and has
	 * not processed what waits for it.
	 */
	private boolean isWorthFarewell(Peer peer, long now) {
		return isLive(peer, now) || (isLeaving() && !peer.isDeaf() && peer.isHeard(now) && !peer.stream().isEmpty());
	}

}
