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

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * The peers that this node knows by their ids. Safe for use by many threads.
 */
final class PeerTable {

	private static final int MAX_PEERS = 512;

	private final HttpRelaySettings settings;

	private final OwnInterest interest;

	private final HttpRelayStatistics statistics;

	private final PublishedCount published = new PublishedCount();

	private final Map<UUID, Peer> peers = new LinkedHashMap<>();

	/** Read by each publisher. */
	private volatile List<Peer> all = List.of();

	private int streams;

	PeerTable(HttpRelaySettings settings, OwnInterest interest, HttpRelayStatistics statistics) {
		this.settings = settings;
		this.interest = interest;
		this.statistics = statistics;
	}

	List<Peer> all() {
		return this.all;
	}

	/**
	 * Return how much this node has published.
	 */
	PublishedCount published() {
		return this.published;
	}

	synchronized @Nullable Peer find(UUID id) {
		return this.peers.get(id);
	}

	/**
	 * Return a peer, and create it if it was not known.
	 * @throws RefusedException if there are too many
	 */
	synchronized Peer get(UUID id) {
		Peer peer = this.peers.get(id);
		if (peer == null) {
			if (this.peers.size() >= MAX_PEERS) {
				throw new RefusedException(RefusalReason.OVERLOADED);
			}
			peer = new Peer(id, new OutgoingStream(++this.streams, this.settings.maxPending(),
					this.settings.maxPendingBytes(), this.statistics), this.interest, this.settings.maxInterest());
			this.peers.put(id, peer);
			// No publisher adds anything before the stream has begun
			synchronized (peer.stream()) {
				this.all = List.copyOf(this.peers.values());
				peer.stream().begin(this.published.total());
			}
		}
		return peer;
	}

	/**
	 * A peer has missed what this node has published before the two have met.
	 * @param since since when the peer may have missed something
	 */
	void countMissed(Peer peer, long since) {
		long earlier = peer.stream().takeEarlier();
		if (earlier > 0) {
			this.statistics.countMissed(Math.max(0, earlier - this.published.before(since)));
		}
	}

	synchronized void remove(Peer peer) {
		if (this.peers.remove(peer.id(), peer)) {
			this.all = List.copyOf(this.peers.values());
		}
	}

}
