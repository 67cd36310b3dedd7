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
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayProbe;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The thread that talks to the peers: one request at a time to each, without waiting for
 * any of them. It sends what is published at once, and something every {@link #HEARTBEAT}
 * otherwise. It also ends the wait for what takes too long.
 */
final class PeerLoop {

	/** A request is not much larger. */
	static final int MAX_BATCH_BYTES = 1024 * 1024;

	private static final Log logger = LogFactory.getLog(PeerLoop.class);

	private static final int MIN_BATCH_BYTES = 16 * 1024;

	private static final long HEARTBEAT = TimeUnit.MILLISECONDS.toNanos(250);

	private static final long RECHECK = TimeUnit.SECONDS.toNanos(10);

	private static final long MAX_STEP = TimeUnit.MILLISECONDS.toNanos(20);

	private static final long ATTEMPT_LIMIT = PeerClient.TIMEOUT.plusMillis(500).toNanos();

	private static final long FAREWELL_LIMIT = TimeUnit.SECONDS.toNanos(1);

	/** A peer that discovery has removed, and is away for so long, does not come back. */
	private static final long DELISTED_LIMIT = TimeUnit.SECONDS.toNanos(5);

	private static final int TOO_LARGE = RefusalReason.OVERSIZED.status();

	private final HttpRelaySettings settings;

	private final UUID self;

	private final RelayListener listener;

	private final PeerTable peers;

	private final OwnInterest interest;

	private final PeerClient client;

	private final HttpRelayStatistics statistics;

	private final Guard guard;

	private final Contacts contacts = new Contacts();

	private final Queue<Runnable> events = new ConcurrentLinkedQueue<>();

	private final Queue<PendingReceipt> receipts = new ConcurrentLinkedQueue<>();

	private final UnsettledReceipts unsettled;

	/** The receipts that wait for a sign that this node is connected. */
	private final Deque<Released> released = new ArrayDeque<>();

	private final AtomicBoolean woken = new AtomicBoolean();

	private final CountDownLatch deafTold = new CountDownLatch(1);

	private final Thread thread;

	private volatile boolean connected;

	/** Whether there are other nodes, or it is not known yet. */
	private volatile boolean accompanied = true;

	private volatile Exchange.Presence presence = Exchange.Presence.PRESENT;

	private volatile boolean ended;

	/** Whether no receipt is watched any more. */
	private volatile boolean unwatched;

	private long leavingSince;

	private @Nullable RelayProbe probe;

	private long probedAt;

	private long steppedAt = System.nanoTime();

	PeerLoop(HttpRelaySettings settings, UUID self, RelayListener listener, PeerTable peers, OwnInterest interest,
			HttpRelayStatistics statistics) {
		this.settings = settings;
		this.self = self;
		this.listener = listener;
		this.peers = peers;
		this.interest = interest;
		this.statistics = statistics;
		this.unsettled = new UnsettledReceipts(settings.maxPending());
		this.client = new PeerClient(settings, self);
		this.guard = listener.guards().of(Part.RELAY_SENDER);
		this.thread = Threads.factory("http-send").newThread(this::run);
	}

	void start() {
		this.thread.start();
	}

	Contacts contacts() {
		return this.contacts;
	}

	/**
	 * Return whether there are other nodes, or whether that is not known yet. Any thread.
	 */
	boolean isAccompanied() {
		return this.accompanied;
	}

	/**
	 * Return whether requests of a peer are needed to count it as live: not when this
	 * node refuses them itself. Any thread.
	 */
	boolean mustBeHeard() {
		return this.presence == Exchange.Presence.PRESENT;
	}

	boolean isLive(Peer peer, long now) {
		return peer.isLive(now, mustBeHeard());
	}

	/**
	 * Return whether receipts wait for a peer: while it is live, and in its first second,
	 * in which the two connect. Any thread.
	 */
	boolean isAwaited(Peer peer, long now) {
		return isLive(peer, now) || (!peer.isDeaf() && now - peer.createdAt() < Peer.SUSPECT_NANOS);
	}

	/**
	 * End the wait for a receipt when its time is over. Any thread.
	 */
	void watch(PendingReceipt receipt) {
		this.receipts.add(receipt);
		// After that, so that it is found here or by the thread that stops
		if (this.unwatched) {
			endReceipts();
		}
	}

	private void endReceipts() {
		for (PendingReceipt receipt = this.receipts.poll(); receipt != null; receipt = this.receipts.poll()) {
			receipt.end();
		}
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
					chooseUrl(peer);
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
		post(() -> remove(peer, true));
	}

	void probe(RelayProbe probe) {
		post(() -> {
			this.probe = probe;
			this.probedAt = System.nanoTime();
			this.peers.all().forEach((peer) -> peer.nextAt = Math.min(peer.nextAt, this.probedAt));
		});
	}

	/**
	 * Give up the requests that are under way, and connect again.
	 */
	void reconnect() {
		post(() -> {
			this.peers.all().forEach((peer) -> {
				cancel(peer.attempt);
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
		this.presence = Exchange.Presence.DEAF;
		post(() -> this.peers.all().forEach((peer) -> {
			peer.farewell = false;
			peer.nextAt = System.nanoTime();
		}));
		this.deafTold.await(limit.toMillis(), TimeUnit.MILLISECONDS);
	}

	/**
	 * Send the peers what waits for them, tell them that this node leaves, and end.
	 */
	void stop() throws InterruptedException {
		post(() -> {
			this.presence = Exchange.Presence.LEAVING;
			this.leavingSince = System.nanoTime();
			this.peers.all().forEach((peer) -> {
				peer.farewell = false;
				peer.nextAt = System.nanoTime();
			});
		});
		this.thread.join(2 * Duration.ofNanos(FAREWELL_LIMIT).toMillis());
		this.ended = true;
		wake();
		this.thread.join(Duration.ofNanos(FAREWELL_LIMIT).toMillis());
		this.peers.all().forEach((peer) -> cancel(peer.attempt));
		this.contacts.all().forEach((contact) -> cancel(contact.attempt));
		this.client.close();
		this.unwatched = true;
		endReceipts();
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
		if (this.presence == Exchange.Presence.PRESENT) {
			this.contacts.all().forEach((contact) -> this.guard.run(() -> tick(contact, now)));
		}
		this.peers.all().forEach((peer) -> this.guard.run(() -> tick(peer, now)));
		measure(now);
		this.unsettled.update(this.contacts.all(), now);
		this.interest.confirm((waiting) -> isKnown(waiting, now));
		sweep(now);
		if (isFarewellOver(now)) {
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

	private boolean isFarewellOver(long now) {
		if (this.presence == Exchange.Presence.PRESENT) {
			return false;
		}
		boolean told = this.peers.all().stream().allMatch((peer) -> peer.farewell || !isWorthFarewell(peer, now));
		if (told) {
			this.deafTold.countDown();
		}
		return this.presence == Exchange.Presence.LEAVING && (told || now - this.leavingSince > FAREWELL_LIMIT);
	}

	/**
	 * Return whether a peer is told that this node stops: if it is live, or is slow and
	 * has not processed what waits for it.
	 */
	private boolean isWorthFarewell(Peer peer, long now) {
		return isLive(peer, now) || (this.presence == Exchange.Presence.LEAVING && !peer.isDeaf() && peer.isHeard(now)
				&& !peer.stream().isEmpty());
	}

	private void tick(Contact contact, long now) {
		if (contact.attempt != null) {
			if (now - contact.attempt.sentAt() > ATTEMPT_LIMIT) {
				cancel(contact.attempt);
			}
			return;
		}
		Peer peer = (contact.peer != null) ? this.peers.find(contact.peer) : null;
		if ((peer != null && contact.url().equals(peer.url)) || now - contact.nextAt < 0) {
			return;
		}
		contact.attempted(now);
		CompletableFuture<PeerClient.Reply> reply = this.client.send(contact.url(),
				ExchangeCodec.encode(new Exchange(this.settings.cluster(), this.self, null, url(), this.presence, 0,
						InterestUpdate.NONE, 0, 1, List.of())));
		contact.attempt = new Attempt(now, reply);
		reply.whenComplete((result, ex) -> post(() -> identified(contact, result, ex)));
	}

	private void identified(Contact contact, PeerClient.@Nullable Reply reply, @Nullable Throwable failure) {
		contact.attempt = null;
		long now = System.nanoTime();
		Answer answer = null;
		try {
			answer = check(reply, failure);
		}
		catch (RuntimeException ex) {
			contact.failure = ex.getMessage();
		}
		if (answer == null) {
			contact.failures++;
			contact.nextAt = now + backoff(contact.failures);
			return;
		}
		contact.failure = null;
		contact.failures = 0;
		contact.nextAt = now + jitter(RECHECK);
		contact.left = false;
		contact.self = answer.receiver().equals(this.self);
		if (contact.self) {
			contact.peer = null;
			return;
		}
		contact.peer = answer.receiver();
		chooseUrl(this.peers.get(answer.receiver()));
	}

	/**
	 * Return the answer of a peer, or fail with what is wrong with it.
	 */
	private Answer check(PeerClient.@Nullable Reply reply, @Nullable Throwable failure) {
		if (reply == null) {
			Throwable cause = (failure != null) ? Failures.unwrap(failure) : new IllegalStateException("no answer");
			this.statistics.countFailedExchange();
			throw new IllegalStateException(
					cause.getClass().getSimpleName() + ((cause.getMessage() != null) ? ": " + cause.getMessage() : ""));
		}
		if (reply.status() != PeerProtocol.OK && reply.status() != PeerProtocol.OTHER_NODE) {
			this.statistics.countFailedExchange();
			throw new IllegalStateException("refused with status " + reply.status());
		}
		if (!reply.authentic()) {
			this.statistics.countForgedAnswer();
			throw new IllegalStateException("the answer is not signed with the secret");
		}
		try {
			Answer answer = ExchangeCodec.decodeAnswer(reply.body());
			this.statistics.countExchange();
			return answer;
		}
		catch (WireFormatException ex) {
			this.statistics.countFailedExchange();
			throw new IllegalStateException("the answer cannot be read: " + ex.getMessage());
		}
	}

	private void tick(Peer peer, long now) {
		boolean live = isLive(peer, now);
		if (peer.wasLive && !live) {
			peer.silentSince = now;
			if (!peer.isDeaf()) {
				logger.info("The peer at " + peer.url + " does not answer, and is not waited for");
			}
		}
		else if (live && !peer.wasLive) {
			peer.stream().resume();
			logger.info("The peer at " + peer.url + " is connected in both directions");
		}
		peer.wasLive = live;
		boolean awaited = isAwaited(peer, now);
		if (peer.wasAwaited && !awaited) {
			released(peer.stream().release(), peer.isDeaf(), now);
		}
		peer.wasAwaited = awaited;
		if (peer.isDeaf()) {
			Peer.complete(peer.stream().giveUp(), false);
		}
		if (!live && now - peer.silentSince > silenceLimit(peer) && !peer.isHeard(now) && !peer.isProgressing(now)) {
			logger.info("The peer at " + peer.url + " was away for too long, and is forgotten");
			remove(peer, false);
			return;
		}
		Attempt attempt = peer.attempt;
		if (attempt != null) {
			if (now - attempt.sentAt() > ATTEMPT_LIMIT) {
				cancel(attempt);
			}
			return;
		}
		URI url = peer.url;
		if (url != null && isDue(peer, now)) {
			send(peer, url, now);
		}
	}

	/**
	 * Nobody waits any more for a peer that does not answer. If another peer answers
	 * after that, this node is still connected, and the receipts are complete without it.
	 * Otherwise it may be this node that is cut off, and they are unconfirmed.
	 */
	private void released(List<PendingReceipt> receipts, boolean deaf, long now) {
		if (deaf) {
			Peer.complete(receipts, false);
		}
		else if (!receipts.isEmpty()) {
			this.released.add(new Released(now, receipts));
		}
	}

	private void complete(long askedAt) {
		while (!this.released.isEmpty() && askedAt - this.released.getFirst().at() >= 0) {
			Peer.complete(this.released.removeFirst().receipts(), false);
		}
	}

	private long silenceLimit(Peer peer) {
		List<Contact> contacts = this.contacts.of(peer.id());
		boolean delisted = !contacts.isEmpty() && contacts.stream().allMatch((contact) -> contact.delisted);
		return delisted ? DELISTED_LIMIT : this.settings.forgetAfter().toNanos();
	}

	private boolean isDue(Peer peer, long now) {
		if (peer.isDeaf() || (peer.farewell && this.presence == Exchange.Presence.LEAVING)) {
			return false;
		}
		return now - peer.nextAt >= 0
				|| (!peer.stalled && peer.failures == 0 && (peer.stream().isPrompt() || peer.interestSender().isDue()));
	}

	private void send(Peer peer, URI url, long now) {
		InterestUpdate update = peer.interestSender().next();
		boolean withEnvelopes = true;
		if (peer.apart && !update.isEmpty() && !peer.stream().isEmpty()) {
			peer.updated = !peer.updated;
			withEnvelopes = !peer.updated;
			update = peer.updated ? update : InterestUpdate.NONE;
		}
		send(peer, url, withEnvelopes ? peer.stream().batch(peer.batchBytes) : peer.stream().emptyBatch(), update, now);
	}

	private void send(Peer peer, URI url, OutgoingStream.Batch batch, InterestUpdate update, long now) {
		boolean all = batch.envelopes().size() == peer.stream().size();
		Exchange.Presence presence = (this.presence != Exchange.Presence.LEAVING || all) ? this.presence
				: Exchange.Presence.DEAF;
		byte[] body = ExchangeCodec.encode(new Exchange(this.settings.cluster(), this.self, peer.id(), url(), presence,
				this.interest.version(), update, peer.stream().generation(), batch.first(), batch.envelopes()));
		this.statistics.countSent(batch.envelopes().size(), body.length);
		CompletableFuture<PeerClient.Reply> reply = this.client.send(url, body);
		peer.attempt = new Attempt(now, reply);
		reply.whenComplete((result,
				ex) -> post(() -> answered(peer, now, new Sent(batch, update, presence, body.length), result, ex)));
	}

	private void answered(Peer peer, long sentAt, Sent sent, PeerClient.@Nullable Reply reply,
			@Nullable Throwable failure) {
		OutgoingStream.Batch batch = sent.batch();
		InterestUpdate update = sent.update();
		peer.attempt = null;
		long now = System.nanoTime();
		Answer answer;
		try {
			answer = check(reply, failure);
		}
		catch (RuntimeException ex) {
			failed(peer, sent, String.valueOf(ex.getMessage()), reply);
			return;
		}
		if (!answer.receiver().equals(peer.id())) {
			moved(peer, answer.receiver());
			return;
		}
		peer.failure = null;
		peer.failures = 0;
		peer.nextAt = now + jitter(HEARTBEAT);
		peer.batchBytes = Math.min(peer.maxBatchBytes, peer.batchBytes * 2);
		List<PendingReceipt> acknowledged = (answer.generation() == peer.stream().generation())
				? peer.stream().acknowledged(answer.progress()) : List.of();
		boolean complete = answer.generation() == peer.stream().generation() && answer.progress() >= batch.last();
		boolean advanced = !batch.envelopes().isEmpty() && answer.generation() == peer.stream().generation()
				&& answer.progress() >= batch.first();
		boolean interestAdvanced = peer.interestSender().answered(answer);
		if (advanced || (complete && (update.isEmpty() || interestAdvanced))) {
			peer.stream().resume();
			peer.progressed(now);
			peer.stalled = false;
		}
		else {
			// An answer alone is no progress
			peer.stalled = true;
			peer.nextAt = now + backoff(1);
		}
		if (!complete) {
			peer.stream().retry();
		}
		peer.answered(sentAt, answer.ownInterest());
		if (sent.presence() == this.presence && (sent.presence() == Exchange.Presence.DEAF
				|| (sent.presence() == Exchange.Presence.LEAVING && complete))) {
			peer.farewell = true;
		}
		if (isLive(peer, now)) {
			complete(sentAt);
			if (sentAt - this.probedAt >= 0) {
				answerProbe(now - sentAt);
			}
		}
		Peer.complete(acknowledged, false);
	}

	private void failed(Peer peer, Sent sent, String failure, PeerClient.@Nullable Reply reply) {
		if (!failure.equals(peer.failure)) {
			logger.debug("A request to the peer at " + peer.url + " has failed: " + failure);
		}
		peer.failure = failure;
		peer.failures++;
		peer.nextAt = System.nanoTime() + backoff(peer.failures);
		peer.batchBytes = Math.max(MIN_BATCH_BYTES, peer.batchBytes / 4);
		peer.stream().retry();
		if (reply != null && reply.status() == TOO_LARGE) {
			tooLarge(peer, sent, reply.authentic());
		}
		else if (peer.failures > 1) {
			chooseUrl(peer);
		}
	}

	/**
	 * A peer with a lower limit, or a proxy before it, does not accept what this node
	 * sends. Smaller requests may pass, and an envelope that the peer itself does not
	 * accept alone must not hold up the rest.
	 */
	private void tooLarge(Peer peer, Sent sent, boolean authentic) {
		peer.maxBatchBytes = Math.max(MIN_BATCH_BYTES, Math.min(peer.maxBatchBytes, sent.bytes() / 2));
		peer.batchBytes = MIN_BATCH_BYTES;
		peer.apart = true;
		if (authentic && sent.batch().envelopes().size() == 1 && sent.update().isEmpty()) {
			logger.warn("The peer at " + peer.url + " refuses an envelope that is larger than its"
					+ " 'atmosphere.relay.max-message-size' allows");
			PendingReceipt receipt = peer.stream().drop(sent.batch().first());
			if (receipt != null) {
				receipt.doubtful();
			}
		}
	}

	/**
	 * Another node has answered at the URL of a peer.
	 */
	private void moved(Peer peer, UUID answering) {
		URI url = peer.url;
		Contact contact = (url != null) ? this.contacts.find(url) : null;
		if (contact != null) {
			contact.peer = null;
			contact.nextAt = System.nanoTime();
		}
		peer.failure = "another node answers at " + url;
		peer.failures++;
		peer.nextAt = System.nanoTime() + backoff(peer.failures);
		peer.stream().retry();
		peer.url = null;
		chooseUrl(peer);
		logger.debug("The node " + answering + " answers at " + url + " instead of " + peer.id());
	}

	/**
	 * Take the next of the URLs that lead to a peer, so that one that does not work is
	 * not used for ever.
	 */
	private void chooseUrl(Peer peer) {
		List<Contact> known = this.contacts.of(peer.id());
		if (known.isEmpty()) {
			return;
		}
		URI present = peer.url;
		boolean working = present != null && peer.failures == 0;
		if (!working) {
			int index = 0;
			for (int i = 0; i < known.size(); i++) {
				if (known.get(i).url().equals(present)) {
					index = i + 1;
				}
			}
			peer.url = known.get(index % known.size()).url();
		}
	}

	private void remove(Peer peer, boolean left) {
		cancel(peer.attempt);
		this.peers.remove(peer);
		this.contacts.forget(peer.id(), left);
		Peer.complete(peer.stream().close(), !left);
	}

	/**
	 * Find out whether this node has company, and whether it reaches it.
	 */
	private void measure(long now) {
		boolean live = this.peers.all().stream().anyMatch((peer) -> isLive(peer, now));
		this.accompanied = !this.contacts.isKnown() || this.peers.all().stream().anyMatch((peer) -> !peer.isDeaf())
				|| this.contacts.all().stream().anyMatch((contact) -> contact.isExpected() && !isDeaf(contact.peer));
		boolean connected = live || !this.accompanied;
		if (connected != this.connected) {
			this.connected = connected;
			this.guard.run(() -> this.listener.connectionChanged(connected));
		}
		if (!this.accompanied && this.probe != null) {
			answerProbe(now - this.probedAt);
		}
	}

	private boolean isDeaf(@Nullable UUID id) {
		Peer peer = (id != null) ? this.peers.find(id) : null;
		return peer != null && peer.isDeaf();
	}

	private void answerProbe(long nanos) {
		RelayProbe probe = this.probe;
		if (probe != null) {
			this.probe = null;
			this.guard.run(() -> probe.answered(Duration.ofNanos(nanos)));
		}
	}

	/**
	 * Return whether every peer knows a subscription, or cannot rely any more on what it
	 * knew before, or does not count.
	 */
	private boolean isKnown(OwnInterest.Waiting waiting, long now) {
		if (!this.connected || !this.contacts.all().stream().allMatch((contact) -> contact.isSettled(now))) {
			return false;
		}
		for (Peer peer : this.peers.all()) {
			boolean known = peer.isDeaf() || peer.interestSender().known() >= waiting.version();
			boolean given = !isLive(peer, now) && now - peer.createdAt() >= Peer.SUSPECT_NANOS
					&& !peer.mayRelyOnOld(waiting.since(), now);
			if (!known && !given) {
				return false;
			}
		}
		return true;
	}

	private void sweep(long now) {
		for (PendingReceipt next = this.receipts.peek(); next != null
				&& (next.isDone() || next.isOverdue(now)); next = this.receipts.peek()) {
			this.receipts.remove();
			next.unconfirmed();
		}
		while (!this.released.isEmpty()
				&& now - this.released.getFirst().at() > this.settings.publishTimeout().toNanos()) {
			this.released.removeFirst();
		}
	}

	private @Nullable URI url() {
		URI configured = this.settings.url();
		return (configured != null) ? configured : this.contacts.own();
	}

	private static void cancel(@Nullable Attempt attempt) {
		if (attempt != null) {
			attempt.future().cancel(true);
		}
	}

	private static long backoff(int failures) {
		return jitter(TimeUnit.MILLISECONDS.toNanos(Math.min(1000, 50L << Math.min(failures, 5))));
	}

	private static long jitter(long nanos) {
		return (long) (nanos * ThreadLocalRandom.current().nextDouble(0.8, 1));
	}

	/**
	 * What was sent to a peer.
	 *
	 * @param bytes the size of the request's body
	 */
	private record Sent(OutgoingStream.Batch batch, InterestUpdate update, Exchange.Presence presence, int bytes) {
	}

	/**
	 * Receipts that have waited for a peer until it was suspect.
	 *
	 * @param at when that was
	 * @param receipts the receipts
	 */
	private record Released(long at, List<PendingReceipt> receipts) {
	}

}
