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

package io.github.atmosphererelay.feed.internal;

import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

import io.github.atmosphererelay.feed.ForwardedRange;
import io.github.atmosphererelay.feed.Forwarding;
import io.github.atmosphererelay.feed.ForwardingOverloadedException;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.http.internal.DirectPeers;
import io.github.atmosphererelay.relay.http.internal.HttpRelaySettings;
import io.github.atmosphererelay.relay.http.internal.PeerDiscovery;
import io.github.atmosphererelay.relay.http.internal.PeerEndpoint;
import org.jspecify.annotations.Nullable;

/**
 * Forwards records over HTTP, directly to the nodes. They are found and authenticated as
 * by the HTTP relay, beside any relay. A process that only redistributes needs no web
 * server. The future of a {@code send} completes when the node has the ranges.
 */
public final class HttpForwarding implements Forwarding {

	/**
	 * The maximum number of bytes that wait for one node.
	 */
	public static final long DEFAULT_MAX_IN_FLIGHT = 16L * 1024 * 1024;

	private final DirectPeers peers;

	private final RangeParts parts;

	private final long maxInFlight;

	/**
	 * Create a forwarding, which asks for the nodes from now on.
	 * @param settings the settings of the HTTP relay, with another path
	 * @param discovery knows the URLs of the nodes
	 * @param maxInFlight the maximum number of bytes that wait for one node
	 * @param guard protects the threads and the receiver
	 */
	public HttpForwarding(HttpRelaySettings settings, PeerDiscovery discovery, long maxInFlight, Guard guard) {
		this.peers = new DirectPeers(settings, discovery, maxInFlight, guard);
		this.parts = new RangeParts(settings.maxEnvelopeBytes());
		this.maxInFlight = maxInFlight;
	}

	/**
	 * Return the endpoint that a node's web server has to expose.
	 * @return the endpoint
	 */
	public PeerEndpoint endpoint() {
		return this.peers.endpoint();
	}

	@Override
	public String name() {
		return "http";
	}

	@Override
	public CompletableFuture<@Nullable Void> receive(UUID node, Receiver receiver) {
		this.peers.receive(node, (message) -> receiver.received(RangeCodec.decode(message)));
		return CompletableFuture.completedFuture(null);
	}

	@Override
	public CompletableFuture<@Nullable Void> send(UUID node, List<ForwardedRange> ranges) {
		List<byte[]> messages = this.parts.of(ranges).stream().map(RangeCodec::encode).toList();
		CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
		this.peers.send(node, messages).whenComplete((nothing, ex) -> {
			if (ex == null) {
				done.complete(null);
			}
			else {
				done.completeExceptionally(failure(node, ex));
			}
		});
		return done;
	}

	private Throwable failure(UUID node, Throwable ex) {
		Throwable cause = ex.getCause();
		Throwable failure = (ex instanceof CompletionException && cause != null) ? cause : ex;
		return (failure instanceof RelayOverloadedException) ? new ForwardingOverloadedException(node, this.maxInFlight)
				: failure;
	}

	@Override
	public void forget(UUID node) {
		this.peers.forget(node);
	}

	@Override
	public long maxInFlight() {
		return this.maxInFlight;
	}

	@Override
	public void stop() {
		this.peers.stop();
	}

}
