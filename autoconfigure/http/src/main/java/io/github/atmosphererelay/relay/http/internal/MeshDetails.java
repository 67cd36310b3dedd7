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
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What operators see of the peers of a {@link PeerMesh}. Safe for use by many threads.
 */
final class MeshDetails {

	private static final int MAX_NAMED = 50;

	private final PeerTable peers;

	private final PeerLoop loop;

	private final DiscoveryWatch discovery;

	MeshDetails(PeerTable peers, PeerLoop loop, DiscoveryWatch discovery) {
		this.peers = peers;
		this.loop = loop;
		this.discovery = discovery;
	}

	/**
	 * Return how many peers are connected in both directions.
	 */
	int livePeers() {
		long now = System.nanoTime();
		return (int) this.peers.all().stream().filter((peer) -> this.loop.presence().isLive(peer, now)).count();
	}

	/**
	 * Return the state of each known URL, and what else is worth to know.
	 */
	Map<String, Object> get() {
		long now = System.nanoTime();
		Map<String, Object> details = new LinkedHashMap<>();
		Map<String, String> states = new LinkedHashMap<>();
		for (Peer peer : this.peers.all()) {
			if (states.size() < MAX_NAMED) {
				states.put((peer.url != null) ? peer.url.toString() : "node " + peer.id(), state(peer, now));
			}
		}
		for (Contact contact : this.loop.contacts().all()) {
			if (contact.peer == null && states.size() < MAX_NAMED) {
				states.putIfAbsent(contact.url().toString(), state(contact));
			}
		}
		details.put("livePeers", livePeers());
		details.put("peers", states);
		if (!this.loop.isAccompanied()) {
			details.put("alone", "No other node is configured or found, so messages stay on this node");
		}
		String failure = this.discovery.failure();
		if (failure != null) {
			details.put("discovery", failure);
		}
		Duration age = this.discovery.age();
		if (age != null) {
			details.put("discoveryAge", age.toSeconds() + " s");
		}
		return details;
	}

	private String state(Peer peer, long now) {
		if (this.loop.presence().isLive(peer, now)) {
			return "connected, " + peer.stream().size() + " envelopes waiting";
		}
		if (peer.isDeaf()) {
			return "leaving";
		}
		String failure = peer.failure;
		if (failure == null && peer.url == null) {
			failure = "it sends requests, but its URL is not known here";
		}
		else if (failure == null) {
			failure = peer.isHeard(now) ? "it makes no progress" : "it sends no requests to this node";
		}
		return "suspect: " + failure;
	}

	private static String state(Contact contact) {
		if (contact.self) {
			return "this node";
		}
		if (contact.left) {
			return "left";
		}
		return "not found: " + ((contact.failure != null) ? contact.failure : "not asked yet");
	}

}
