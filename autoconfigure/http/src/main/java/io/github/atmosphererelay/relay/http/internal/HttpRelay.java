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

import java.util.Map;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayProbe;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * The relay without a broker: each node sends its envelopes to the other nodes, over
 * HTTP. It finds them by a {@link PeerDiscovery}, tells them which addresses it follows,
 * and sends to each only what it follows.
 * <p>
 * Live delivery is at least once while both nodes live, and repeated envelopes are
 * dropped. A peer that does not answer for a second is suspect: nobody waits for it, and
 * what is published meanwhile is kept for it, up to a limit. There are no logs.
 * <p>
 * A probe is answered when a peer has answered a request that was sent after it, and
 * sends requests to this node, too. A node that knows of no other node answers its probes
 * itself.
 * <p>
 * Threads: one that sends, one that receives, one that asks discovery, and those of the
 * JDK's HTTP client. Connections: one to each peer.
 */
public final class HttpRelay implements ClusterRelay {

	static final String NAME = "http";

	static final String WITH_LOGS = "set 'atmosphere.relay.type' to redis, kafka or jdbc";

	private final HttpRelaySettings settings;

	private final PeerDiscovery discovery;

	private final HttpRelayStatistics statistics = new HttpRelayStatistics();

	private final PeerEndpoint endpoint;

	private final Object lifecycle = new Object();

	private volatile @Nullable PeerMesh mesh;

	/**
	 * Create a relay that is not started yet.
	 * @param settings the relay's settings
	 * @param discovery knows the URLs of the nodes
	 */
	public HttpRelay(HttpRelaySettings settings, PeerDiscovery discovery) {
		this.settings = settings;
		this.discovery = discovery;
		this.endpoint = new PeerEndpoint(settings, this.statistics);
	}

	@Override
	public String name() {
		return NAME;
	}

	/**
	 * Return the endpoint to which peers send their requests, which the web server has to
	 * expose. It refuses requests while the relay is stopped.
	 * @return the endpoint
	 */
	public PeerEndpoint endpoint() {
		return this.endpoint;
	}

	/**
	 * Return the counters.
	 * @return the counters
	 */
	public HttpRelayStatistics statistics() {
		return this.statistics;
	}

	@Override
	public void start(RelayListener listener) {
		synchronized (this.lifecycle) {
			if (this.mesh != null) {
				throw new IllegalStateException("The http relay is already started");
			}
			PeerMesh mesh = new PeerMesh(this.settings, this.discovery, listener, this.statistics);
			this.mesh = mesh;
			this.endpoint.use(new MeshRequests(mesh, this.settings.maxEnvelopeBytes()));
			mesh.start();
		}
	}

	/**
	 * Receive nothing any more, and tell the peers so, while the relay goes on sending.
	 * Called before the web server stops, so that no peer waits for this node. Blocks for
	 * half a second at most.
	 */
	public void closeIncoming() {
		PeerMesh mesh = this.mesh;
		if (mesh != null) {
			try {
				mesh.closeIncoming();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}
	}

	@Override
	public void stop() {
		synchronized (this.lifecycle) {
			PeerMesh mesh = this.mesh;
			this.mesh = null;
			if (mesh != null) {
				try {
					mesh.stop();
				}
				catch (InterruptedException ex) {
					Thread.currentThread().interrupt();
				}
				finally {
					this.endpoint.use(null);
				}
			}
		}
	}

	@Override
	public void reconnect() {
		PeerMesh mesh = this.mesh;
		if (mesh != null) {
			mesh.reconnect();
		}
	}

	@Override
	public void probe(RelayProbe probe) {
		PeerMesh mesh = this.mesh;
		if (mesh != null) {
			mesh.probe(probe);
		}
		else {
			probe.failed(new RelayUnavailableException(NAME, null));
		}
	}

	@Override
	public CompletableFuture<Receipt> publish(Envelope envelope) {
		return publish(envelope, true);
	}

	@Override
	public CompletableFuture<Receipt> publishWithoutHurry(Envelope envelope) {
		return publish(envelope, false);
	}

	private CompletableFuture<Receipt> publish(Envelope envelope, boolean prompt) {
		PeerMesh mesh = this.mesh;
		return (mesh != null) ? mesh.publish(envelope, prompt)
				: CompletableFuture.failedFuture(new RelayUnavailableException(NAME, null));
	}

	/**
	 * Send bytes that stand for an envelope to the peers that follow an address.
	 */
	CompletableFuture<Receipt> publishRaw(Address address, byte[] bytes) {
		PeerMesh mesh = this.mesh;
		return (mesh != null) ? mesh.publish(null, address, bytes, true)
				: CompletableFuture.failedFuture(new RelayUnavailableException(NAME, null));
	}

	@Override
	public CompletableFuture<@Nullable Void> subscribe(Address address) {
		PeerMesh mesh = this.mesh;
		return (mesh != null) ? mesh.subscribe(address)
				: CompletableFuture.failedFuture(new RelayUnavailableException(NAME, null));
	}

	@Override
	public void unsubscribe(Address address) {
		PeerMesh mesh = this.mesh;
		if (mesh != null) {
			mesh.unsubscribe(address);
		}
	}

	/**
	 * Return what runs between the start and the stop.
	 */
	@Nullable PeerMesh mesh() {
		return this.mesh;
	}

	/**
	 * Return how many other nodes are connected in both directions.
	 * @return the number of nodes
	 */
	public int livePeers() {
		PeerMesh mesh = this.mesh;
		return (mesh != null) ? mesh.details().livePeers() : 0;
	}

	@Override
	public Map<String, Object> details() {
		PeerMesh mesh = this.mesh;
		return (mesh != null) ? mesh.details().get() : Map.of("livePeers", 0);
	}

}
