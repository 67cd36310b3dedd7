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

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayProbe;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether this node has company, and whether it reaches it, and answers probes
 * by that. Used by the thread of {@link PeerLoop}, except for {@link #isAccompanied()}.
 */
final class MeshConnection {

	private final RelayListener listener;

	private final PeerTable peers;

	private final Contacts contacts;

	private final NodePresence presence;

	private final Guard guard;

	private boolean connected;

	/** Whether there are other nodes, or it is not known yet. */
	private volatile boolean accompanied = true;

	private @Nullable RelayProbe probe;

	private long probedAt;

	MeshConnection(RelayListener listener, PeerTable peers, Contacts contacts, NodePresence presence, Guard guard) {
		this.listener = listener;
		this.peers = peers;
		this.contacts = contacts;
		this.presence = presence;
		this.guard = guard;
	}

	/**
	 * Return whether there are other nodes, or whether that is not known yet. Any thread.
	 */
	boolean isAccompanied() {
		return this.accompanied;
	}

	boolean isConnected() {
		return this.connected;
	}

	/**
	 * Answer a probe when a peer has answered a request that is sent from now on.
	 */
	void probe(RelayProbe probe, long now) {
		this.probe = probe;
		this.probedAt = now;
	}

	/**
	 * A live peer has answered.
	 * @param sentAt when it was asked
	 */
	void answered(long sentAt, long now) {
		if (sentAt - this.probedAt >= 0) {
			answerProbe(now - sentAt);
		}
	}

	void measure(long now) {
		boolean live = this.peers.all().stream().anyMatch((peer) -> this.presence.isLive(peer, now));
		this.accompanied = !this.contacts.isKnown() || this.peers.all().stream().anyMatch((peer) -> !peer.isDeaf())
				|| this.contacts.all().stream().anyMatch((contact) -> contact.isExpected() && !isDeaf(contact));
		boolean connected = live || !this.accompanied;
		if (connected != this.connected) {
			this.connected = connected;
			this.guard.run(() -> this.listener.connectionChanged(connected));
		}
		if (!this.accompanied && this.probe != null) {
			answerProbe(now - this.probedAt);
		}
	}

	private boolean isDeaf(Contact contact) {
		Peer peer = (contact.peer != null) ? this.peers.find(contact.peer) : null;
		return peer != null && peer.isDeaf();
	}

	private void answerProbe(long nanos) {
		RelayProbe probe = this.probe;
		if (probe != null) {
			this.probe = null;
			this.guard.run(() -> probe.answered(Duration.ofNanos(nanos)));
		}
	}

}
