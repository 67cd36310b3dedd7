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

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * Brings messages to single nodes over HTTP, beside any relay, and receives those for
 * this node. It finds the nodes, and they authenticate each other, as the HTTP relay
 * does. A process that only sends needs no web server.
 * <p>
 * One request at a time is sent to each node, with what waits for it by then. A node that
 * does not answer delays no other: what waits for it fails, and so does what is sent to
 * it until it is tried again, at most a second later. Nothing is kept for it, and a
 * message is sent again only where the connection has broken. So a message may arrive
 * twice, and what has failed may have arrived.
 * <p>
 * Threads: one that sends, one that asks discovery, and those of the JDK's HTTP client.
 */
public final class DirectPeers {

	private static final Duration TICK = Duration.ofMillis(100);

	private final HttpRelaySettings settings;

	private final long maxInFlight;

	private final Guard guard;

	private final HttpRelayStatistics statistics = new HttpRelayStatistics();

	private final PeerEndpoint endpoint;

	private final DirectRequests incoming;

	private final PeerClient client;

	private final PeerLocations locations;

	private final DiscoveryWatch discovery;

	private final ScheduledExecutorService loop = Executors
		.newSingleThreadScheduledExecutor(Threads.factory("http-forward"));

	private final Map<UUID, DirectQueue> queues = new ConcurrentHashMap<>();

	private volatile boolean stopped;

	/**
	 * Create peers that discovery is asked for from now on.
	 * @param settings the settings; the path must be another one than the relay's
	 * @param discovery knows the URLs of the nodes
	 * @param maxInFlight the maximum number of bytes that wait for one node
	 * @param guard protects the threads and the receiver
	 */
	public DirectPeers(HttpRelaySettings settings, PeerDiscovery discovery, long maxInFlight, Guard guard) {
		this.settings = settings;
		this.maxInFlight = maxInFlight;
		this.guard = guard;
		this.incoming = new DirectRequests(settings.cluster(), settings.maxEnvelopeBytes(), guard);
		this.endpoint = new PeerEndpoint(settings, this.statistics);
		this.endpoint.use(this.incoming);
		this.client = new PeerClient(settings, UUID.randomUUID());
		this.locations = new PeerLocations(
				(url) -> this.client.send(url, null, DirectCodec.encode(settings.cluster(), List.of())));
		this.discovery = new DiscoveryWatch(discovery, settings.discoveryInterval(), guard, this.locations::listed);
		this.discovery.start();
		guard.repeat(this.loop, this::tick, TICK, TICK);
	}

	/**
	 * Return the endpoint to which peers send their requests, which the web server has to
	 * expose.
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

	/**
	 * Receive what is sent to a node, which is this one.
	 * @param node the node's id
	 * @param receiver receives the messages
	 */
	public void receive(UUID node, Receiver receiver) {
		this.incoming.receive(node, receiver);
	}

	/**
	 * Send messages to a node. Never blocks. What one thread sends to one node is sent in
	 * the order of its calls.
	 * @param node the node's id
	 * @param messages the messages
	 * @return completes when the node's receiver has been called with all of them. Fails
	 * at once with {@link RelayOverloadedException}, and sends none, if too much waits
	 * for the node
	 */
	public CompletableFuture<@Nullable Void> send(UUID node, List<byte[]> messages) {
		for (byte[] message : messages) {
			if (message.length > this.settings.maxEnvelopeBytes()) {
				return CompletableFuture.failedFuture(new IllegalArgumentException("A message has " + message.length
						+ " bytes, more than the maximum of " + this.settings.maxEnvelopeBytes()));
			}
		}
		DirectQueue queue = this.queues.computeIfAbsent(node, (id) -> new DirectQueue(id, this.maxInFlight));
		CompletableFuture<@Nullable Void> sent = queue.add(messages);
		if (this.stopped || this.queues.get(node) != queue) {
			queue.fail(stoppedException());
		}
		else if (!sent.isDone()) {
			try {
				this.loop.execute(this.guard.guarded(() -> pump(queue)));
			}
			catch (RejectedExecutionException ex) {
				queue.fail(stoppedException());
			}
		}
		return sent;
	}

	private static RelayUnavailableException stoppedException() {
		return new RelayUnavailableException(HttpRelay.NAME, null);
	}

	/**
	 * Release what is kept for a node, because it has left the cluster.
	 * @param node the node's id
	 */
	public void forget(UUID node) {
		DirectQueue queue = this.queues.remove(node);
		this.locations.forget(node);
		if (queue != null) {
			queue.fail(new RelayUnavailableException(HttpRelay.NAME, null));
		}
	}

	/**
	 * Stop. What waits fails, and after this has returned the receiver is not called any
	 * more, unless it takes more than a second.
	 */
	public void stop() {
		this.stopped = true;
		this.endpoint.use(null);
		this.discovery.stop();
		this.loop.shutdownNow();
		try {
			this.incoming.stop();
			this.loop.awaitTermination(500, TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		this.queues.values().forEach((queue) -> queue.fail(stoppedException()));
		this.client.close();
	}

	private void tick() {
		this.queues.values().forEach((queue) -> this.guard.run(() -> pump(queue)));
	}

	/**
	 * Send a node what waits for it, if nothing is on the way to it.
	 */
	private void pump(DirectQueue queue) {
		if (this.stopped || !queue.isReady()) {
			return;
		}
		URI url = this.locations.of(queue.node());
		if (url == null) {
			if (queue.oldestMillis() > this.settings.discoveryInterval().multipliedBy(2).plusSeconds(1).toMillis()) {
				queue.failed(new RelayUnavailableException(HttpRelay.NAME,
						new IOException("No discovered URL leads to the node " + queue.node())));
			}
			else {
				this.locations.search();
			}
			return;
		}
		DirectQueue.Batch batch = queue.next();
		byte[] body = DirectCodec.encode(this.settings.cluster(), batch.messages());
		this.statistics.countSent(batch.messages().size(), body.length);
		CompletableFuture<PeerClient.Reply> reply = this.client.send(url, queue.node(), body);
		queue.sending(reply);
		reply.whenComplete((result, ex) -> {
			try {
				this.loop.execute(this.guard.guarded(() -> answered(queue, batch, url, result, ex)));
			}
			catch (RejectedExecutionException stopping) {
				queue.fail(stoppedException());
			}
		});
	}

	private void answered(DirectQueue queue, DirectQueue.Batch batch, URI url, PeerClient.@Nullable Reply reply,
			@Nullable Throwable failure) {
		if (reply != null && reply.authentic() && reply.status() == PeerProtocol.OK) {
			this.statistics.countExchange();
			queue.acknowledged(batch);
			pump(queue);
			return;
		}
		this.statistics.countFailedExchange();
		boolean moved = reply != null && reply.authentic() && reply.status() == RefusalReason.OTHER_NODE.status();
		boolean broken = reply == null && !(rootOf(failure) instanceof HttpTimeoutException);
		if ((moved || broken) && queue.isFirstTry(batch)) {
			if (moved) {
				this.locations.lost(queue.node(), url);
			}
			queue.retry(batch);
			pump(queue);
			return;
		}
		if (reply == null || !reply.authentic() || moved) {
			// It may be elsewhere by now
			this.locations.lost(queue.node(), url);
		}
		String reason = describe(reply, failure);
		queue.failed(batch, new RelayUnavailableException(HttpRelay.NAME, new IOException(
				"The node " + queue.node() + " at " + url + " has not taken what was sent: " + reason)));
	}

	private static String describe(PeerClient.@Nullable Reply reply, @Nullable Throwable failure) {
		if (reply == null) {
			return String.valueOf(rootOf(failure));
		}
		return reply.authentic() ? "it has refused the request with status " + reply.status()
				: "the answer is not signed with the secret";
	}

	private static @Nullable Throwable rootOf(@Nullable Throwable failure) {
		return (failure instanceof CompletionException && failure.getCause() != null) ? failure.getCause() : failure;
	}

	/**
	 * Receives the messages for this node.
	 */
	@FunctionalInterface
	public interface Receiver {

		/**
		 * A message has arrived. Called by threads of the web server, one at a time for
		 * each sender; must not block.
		 * @param message the message
		 */
		void received(byte[] message);

	}

}
