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
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayProbe;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.RelayWithoutLogException;
import org.jspecify.annotations.Nullable;

/**
 * The relay from its start to its stop. Its id is new each time, so that peers do not
 * mistake it for what it was before.
 */
final class PeerMesh {

	private static final Duration DEAF_LIMIT = Duration.ofMillis(500);

	private static final long PROCESSING_NANOS = Duration.ofMillis(250).toNanos();

	/**
	 * For so long the choice of the receivers is valid: a peer that subscribes meanwhile
	 * does not rely on this node yet.
	 */
	private static final long CHOICE_NANOS = Peer.SUSPECT_NANOS - Peer.LEASE_NANOS;

	private static final int MAX_CHOICES = 5;

	private final UUID id = UUID.randomUUID();

	private final HttpRelaySettings settings;

	private final OwnInterest interest = new OwnInterest();

	private final PeerTable peers;

	private final Receiver receiver;

	private final IncomingStreams incoming;

	private final PeerLoop loop;

	private final DiscoveryWatch discovery;

	private final MeshDetails details;

	private volatile boolean open = true;

	private volatile boolean accepting = true;

	PeerMesh(HttpRelaySettings settings, PeerDiscovery discovery, RelayListener listener,
			HttpRelayStatistics statistics) {
		this.settings = settings;
		this.peers = new PeerTable(settings, this.interest, statistics);
		this.receiver = new Receiver(listener, this.interest, settings, statistics);
		this.incoming = new IncomingStreams(this.receiver, statistics);
		this.loop = new PeerLoop(settings, this.id, listener, this.peers, this.interest, statistics);
		this.discovery = new DiscoveryWatch(discovery, settings.discoveryInterval(),
				listener.guards().of(Part.RELAY_CONNECTION), this.loop::discovered);
		this.details = new MeshDetails(this.peers, this.loop, this.discovery);
	}

	void start() {
		this.receiver.start();
		this.loop.start();
		this.discovery.start();
	}

	/**
	 * Receive nothing any more, and tell the peers so. Blocks for half a second at most.
	 */
	void closeIncoming() throws InterruptedException {
		if (this.accepting) {
			this.loop.deafen(DEAF_LIMIT);
			this.accepting = false;
		}
	}

	/**
	 * End. Blocks for a few seconds at most.
	 */
	void stop() throws InterruptedException {
		this.open = false;
		this.accepting = false;
		this.discovery.stop();
		try {
			this.loop.stop();
		}
		finally {
			this.receiver.stop();
			this.interest.end()
				.forEach((future) -> future.completeExceptionally(new RelayUnavailableException(HttpRelay.NAME, null)));
		}
	}

	void reconnect() {
		this.loop.reconnect();
	}

	void probe(RelayProbe probe) {
		this.loop.probe(probe);
	}

	CompletableFuture<@Nullable Void> subscribe(Address address) {
		CompletableFuture<@Nullable Void> future = this.interest.subscribe(address);
		this.loop.wake();
		return future;
	}

	void unsubscribe(Address address) {
		CompletableFuture<@Nullable Void> future = this.interest.unsubscribe(address);
		if (future != null) {
			future.cancel(false);
		}
		this.loop.wake();
	}

	/**
	 * Send an envelope to the peers that follow its address, or may follow it.
	 * @param prompt whether to send it at once
	 */
	CompletableFuture<Receipt> publish(Envelope envelope, boolean prompt) {
		if (envelope.log() != null) {
			return CompletableFuture.failedFuture(new RelayWithoutLogException(HttpRelay.NAME, HttpRelay.WITH_LOGS));
		}
		byte[] encoded;
		try {
			encoded = this.settings.codec().encode(envelope);
		}
		catch (IllegalArgumentException ex) {
			return CompletableFuture.failedFuture(ex);
		}
		return publish(envelope, envelope.address(), encoded, prompt);
	}

	/**
	 * Send bytes that stand for an envelope.
	 * @param envelope the envelope, for this node itself
	 */
	CompletableFuture<Receipt> publish(@Nullable Envelope envelope, Address address, byte[] encoded, boolean prompt) {
		long now = System.nanoTime();
		List<Peer> all = this.peers.all();
		if (!this.open || (this.loop.isAccompanied()
				&& all.stream().noneMatch((peer) -> this.loop.presence().isLive(peer, now)))) {
			return CompletableFuture.failedFuture(new RelayUnavailableException(HttpRelay.NAME, null));
		}
		boolean counted = (envelope != null) ? envelope.kind() != Envelope.Kind.CONTROL
				: !(address instanceof Address.Control);
		if (counted) {
			this.peers.published().add();
		}
		CompletableFuture<Receipt> receipt = send(envelope, address, encoded, prompt, now);
		if (counted && receipt.isCompletedExceptionally()) {
			this.peers.published().takeBack();
		}
		return receipt;
	}

	private CompletableFuture<Receipt> send(@Nullable Envelope envelope, Address address, byte[] encoded,
			boolean prompt, long now) {
		List<Peer> all = this.peers.all();
		List<Contact> unsettled = this.loop.unsettled().contacts();
		List<Destination> destinations = choose(address, List.of(), now);
		boolean toSelf = envelope != null && this.interest.isFollowed(address);
		if (toSelf && !this.receiver.hasRoom(encoded.length)) {
			return CompletableFuture.failedFuture(overloaded(this.settings.maxPending()));
		}
		Peer full = reserve(destinations, encoded.length);
		if (full != null) {
			return CompletableFuture.failedFuture(overloaded(full.stream().size()));
		}
		PendingReceipt receipt = new PendingReceipt((envelope != null) ? envelope.id() : this.id,
				now + this.settings.publishTimeout().toNanos());
		destinations.forEach((destination) -> add(destination, encoded, receipt, prompt, true));
		List<Destination> late = addLate(destinations, address, encoded, receipt, prompt, now);
		this.loop.unsettled().hold(receipt, unsettled, all);
		if (envelope != null && toSelf) {
			this.receiver.addOwn(envelope, encoded.length);
		}
		receipt.done();
		if (!receipt.isDone()) {
			this.loop.receipts().watch(receipt);
		}
		if (prompt && !(destinations.isEmpty() && late.isEmpty())) {
			this.loop.wake();
		}
		return receipt.future();
	}

	/**
	 * Choose the peers that follow an address, or may follow it.
	 * @param chosen what was chosen before, and is left out
	 */
	private List<Destination> choose(Address address, List<Destination> chosen, long now) {
		boolean toAll = address instanceof Address.Control;
		String value = address.value();
		List<Peer> all = this.peers.all();
		List<Destination> destinations = new ArrayList<>();
		for (Peer peer : all) {
			if (!peer.isDeaf() && (toAll || peer.mayFollow(value, now))
					&& chosen.stream().noneMatch((destination) -> destination.peer() == peer)) {
				destinations.add(new Destination(peer, this.loop.presence().isAwaited(peer, all, now)));
			}
		}
		return destinations;
	}

	/**
	 * Reserve a place with each peer for which the receipt waits, or with none.
	 * @return the peer that has no place, or {@code null}
	 */
	private static @Nullable Peer reserve(List<Destination> destinations, int size) {
		List<Peer> reserved = new ArrayList<>(destinations.size());
		for (Destination destination : destinations) {
			if (destination.awaited()) {
				if (!destination.peer().stream().reserve(size)) {
					reserved.forEach((peer) -> peer.stream().cancel(size));
					return destination.peer();
				}
				reserved.add(destination.peer());
			}
		}
		return null;
	}

	private void add(Destination destination, byte[] encoded, PendingReceipt receipt, boolean prompt,
			boolean reserved) {
		OutgoingStream stream = destination.peer().stream();
		if (!destination.awaited()) {
			this.loop.doubtful(stream.keep(encoded, prompt));
			return;
		}
		receipt.await();
		if (!stream.add(encoded, receipt, prompt, reserved)) {
			this.loop.doubtful(List.of(receipt));
		}
	}

	/**
	 * Choose again if the publisher stood still after it had chosen: a peer that has
	 * subscribed meanwhile may rely on this node. Such a peer gets the envelope even if
	 * there is no place, because others have it already.
	 */
	private List<Destination> addLate(List<Destination> destinations, Address address, byte[] encoded,
			PendingReceipt receipt, boolean prompt, long chosenAt) {
		List<Destination> all = destinations;
		long last = chosenAt;
		for (int choices = 1; System.nanoTime() - last > CHOICE_NANOS; choices++) {
			if (choices == MAX_CHOICES) {
				receipt.await();
				receipt.doubtful();
				return all;
			}
			last = System.nanoTime();
			List<Destination> late = choose(address, all, last);
			late.forEach((destination) -> add(destination, encoded, receipt, prompt, false));
			all = Stream.concat(all.stream(), late.stream()).toList();
		}
		return all;
	}

	private RelayOverloadedException overloaded(int waiting) {
		return (waiting >= this.settings.maxPending())
				? new RelayOverloadedException(HttpRelay.NAME, this.settings.maxPending())
				: RelayOverloadedException.forBytes(HttpRelay.NAME, this.settings.maxPendingBytes());
	}

	/**
	 * Take a request of a peer. Called by a thread of the web server; waits a quarter of
	 * a second at most for the listener.
	 * @param exchange the request, which is authentic
	 * @return the answer
	 * @throws RefusedException if it is refused
	 * @throws InterruptedException if the thread is interrupted
	 */
	Answer exchange(Exchange exchange) throws InterruptedException {
		if (!this.accepting) {
			throw new RefusedException(RefusalReason.CLOSED);
		}
		if (!exchange.cluster().equals(this.settings.cluster())) {
			throw new RefusedException(RefusalReason.OTHER_CLUSTER);
		}
		if (isOwn(exchange)) {
			return introduction();
		}
		if (exchange.receiver() == null) {
			// Nothing is remembered of it: the question was perhaps asked of another node
			return introduction();
		}
		IncomingStream stream = this.incoming.of(exchange.sender());
		stream.requireCurrent(exchange);
		if (exchange.presence() == Exchange.Presence.LEAVING) {
			return left(exchange, stream);
		}
		Peer peer = this.peers.get(exchange.sender());
		long now = System.nanoTime();
		peer.met(now);
		if (exchange.presence() == Exchange.Presence.DEAF) {
			peer.deafen();
		}
		// Before the envelopes, which the listener may receive slowly
		peer.apply(exchange.update());
		this.loop.heard(peer, exchange.url());
		long progress = stream.process(exchange, peer.metAt(now), PROCESSING_NANOS);
		return answer(peer, exchange.generation(), progress, stream.missedMillis());
	}

	private Answer left(Exchange exchange, IncomingStream stream) throws InterruptedException {
		long now = System.nanoTime();
		Peer peer = this.peers.find(exchange.sender());
		long progress = stream.process(exchange, (peer != null) ? peer.metAt(now) : now, PROCESSING_NANOS);
		if (peer != null) {
			peer.deafen();
			this.loop.left(peer);
		}
		return new Answer(this.id, exchange.generation(), progress, -1, -1, 0, this.interest.version(),
				stream.missedMillis());
	}

	/**
	 * Return whether a request is for this node, or for whatever node is here.
	 * @param receiver the receiver of which the request says that it is for it
	 */
	boolean isFor(UUID receiver) {
		return receiver.equals(this.id) || receiver.equals(PeerProtocol.ANYBODY);
	}

	/**
	 * Return what this node says to somebody who does not know it.
	 */
	Answer introduction() {
		return new Answer(this.id, 0, 0, -1, -1, 0, 0, 0);
	}

	boolean isOwn(Exchange exchange) {
		return this.id.equals(exchange.sender());
	}

	private Answer answer(Peer peer, int generation, long progress, long missedMillis) {
		PeerInterest known = peer.interest();
		long version = this.interest.version();
		peer.told(System.nanoTime());
		return new Answer(this.id, generation, progress, known.version(), known.partialVersion(), known.nextPart(),
				version, missedMillis);
	}

	PeerTable peers() {
		return this.peers;
	}

	PeerLoop loop() {
		return this.loop;
	}

	/**
	 * Return what operators see of the peers.
	 */
	MeshDetails details() {
		return this.details;
	}

	/**
	 * A peer that gets an envelope.
	 *
	 * @param peer the peer
	 * @param awaited whether the receipt waits for it
	 */
	private record Destination(Peer peer, boolean awaited) {
	}

}
