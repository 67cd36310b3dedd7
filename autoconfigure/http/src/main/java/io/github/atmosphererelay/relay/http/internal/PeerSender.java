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
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Sends peers what waits for them, one request at a time to each, and takes their
 * answers. Used by the thread of {@link PeerLoop}.
 */
final class PeerSender {

	private static final Log logger = LogFactory.getLog(PeerSender.class);

	/** A request is not much larger. */
	static final int MAX_BATCH_BYTES = 1024 * 1024;

	private static final int MIN_BATCH_BYTES = 16 * 1024;

	/** A peer that discovery has removed, and is away for so long, does not come back. */
	private static final long DELISTED_LIMIT = TimeUnit.SECONDS.toNanos(5);

	/** In milliseconds; what was published earlier is not remembered. */
	private static final long MAX_MISSED = TimeUnit.HOURS.toMillis(1);

	private static final int TOO_LARGE = RefusalReason.OVERSIZED.status();

	private final HttpRelaySettings settings;

	private final PeerTable peers;

	private final Contacts contacts;

	private final NodePresence presence;

	private final OutgoingRequests requests;

	private final ReceiptWatch receipts;

	private final MeshConnection connection;

	private final Executor loop;

	/**
	 * Create a sender.
	 * @param loop runs tasks on the thread of {@link PeerLoop}
	 */
	PeerSender(HttpRelaySettings settings, PeerTable peers, Contacts contacts, NodePresence presence,
			OutgoingRequests requests, ReceiptWatch receipts, MeshConnection connection, Executor loop) {
		this.settings = settings;
		this.peers = peers;
		this.contacts = contacts;
		this.presence = presence;
		this.requests = requests;
		this.receipts = receipts;
		this.connection = connection;
		this.loop = loop;
	}

	/**
	 * Look what has become of a peer, and send it a request if it is time for that.
	 */
	void tick(Peer peer, long now) {
		boolean live = this.presence.isLive(peer, now);
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
		boolean awaited = this.presence.isAwaited(peer, this.peers.all(), now);
		if (peer.wasAwaited && !awaited) {
			release(peer, now);
		}
		peer.wasAwaited = awaited;
		if (peer.isDeaf()) {
			Peer.complete(peer.stream().giveUp(), false);
		}
		if (!live && now - peer.silentSince > silenceLimit(peer) && !peer.isHeard(now) && !peer.isProgressing(now)) {
			logger.info("The peer at " + peer.url
					+ (this.contacts.isReplaced(peer) ? " has been replaced by another one" : " was away for too long")
					+ ", and is forgotten");
			remove(peer, false);
			return;
		}
		Attempt attempt = peer.attempt;
		if (attempt != null) {
			attempt.cancelIfOverdue(now);
			return;
		}
		URI url = peer.url;
		if (url != null && isDue(peer, now)) {
			send(peer, url, now);
		}
	}

	/**
	 * Nobody waits for a peer any more. Its receipts wait for a sign that this node is
	 * connected, so that the live peers are asked for one.
	 */
	private void release(Peer peer, long now) {
		List<PendingReceipt> released = peer.stream().release();
		this.receipts.released(released, peer.isDeaf(), now);
		if (!released.isEmpty()) {
			this.peers.all()
				.stream()
				.filter((other) -> this.presence.isLive(other, now))
				.forEach((other) -> other.nextAt = now);
		}
	}

	private long silenceLimit(Peer peer) {
		if (this.contacts.isReplaced(peer)) {
			return Peer.SUSPECT_NANOS;
		}
		List<Contact> contacts = this.contacts.of(peer.id());
		boolean delisted = !contacts.isEmpty() && contacts.stream().allMatch((contact) -> contact.delisted);
		return delisted ? DELISTED_LIMIT : this.settings.forgetAfter().toNanos();
	}

	private boolean isDue(Peer peer, long now) {
		if (peer.isDeaf() || (peer.farewell && this.presence.isLeaving())) {
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
		OutgoingRequests.Sent sent = this.requests.send(peer, url, batch, update);
		peer.attempt = new Attempt(now, sent.reply());
		sent.reply().whenComplete((result, ex) -> this.loop.execute(() -> answered(peer, now, sent, result, ex)));
	}

	private void answered(Peer peer, long sentAt, OutgoingRequests.Sent sent, PeerClient.@Nullable Reply reply,
			@Nullable Throwable failure) {
		OutgoingStream.Batch batch = sent.batch();
		InterestUpdate update = sent.update();
		peer.attempt = null;
		long now = System.nanoTime();
		Answer answer;
		try {
			answer = this.requests.check(reply, failure);
		}
		catch (RuntimeException ex) {
			failed(peer, sent, String.valueOf(ex.getMessage()), reply);
			return;
		}
		if (!answer.receiver().equals(peer.id())) {
			moved(peer, answer.receiver());
			return;
		}
		peer.answered(now);
		peer.nextAt = now + Pace.jitter(Pace.HEARTBEAT);
		peer.batchBytes = Math.min(peer.maxBatchBytes, peer.batchBytes * 2);
		List<PendingReceipt> acknowledged = (answer.generation() == peer.stream().generation())
				? peer.stream().acknowledged(answer.progress()) : List.of();
		if (answer.missedMillis() > 0 && answer.generation() == peer.stream().generation()) {
			this.peers.countMissed(peer,
					now - TimeUnit.MILLISECONDS.toNanos(Math.min(answer.missedMillis(), MAX_MISSED)));
		}
		boolean complete = answer.generation() == peer.stream().generation() && answer.progress() >= batch.last();
		boolean advanced = !batch.envelopes().isEmpty() && answer.generation() == peer.stream().generation()
				&& answer.progress() >= batch.first();
		boolean interestAdvanced = peer.interestSender().answered(answer);
		if (advanced || (complete && (update.isEmpty() || interestAdvanced))) {
			if (!peer.isDeaf()) {
				peer.stream().resume();
			}
			peer.progressed(now);
			peer.stalled = false;
		}
		else {
			// An answer alone is no progress
			peer.stalled = true;
			peer.nextAt = now + Pace.backoff(1);
		}
		if (!complete) {
			peer.stream().retry();
		}
		peer.answered(sentAt, answer.ownInterest());
		if (sent.presence() == this.presence.get() && (sent.presence() == Exchange.Presence.DEAF
				|| (sent.presence() == Exchange.Presence.LEAVING && complete))) {
			peer.farewell = true;
		}
		if (this.presence.isLive(peer, now)) {
			this.receipts.connected(sentAt);
			this.connection.answered(sentAt, now);
		}
		Peer.complete(acknowledged, false);
	}

	private void failed(Peer peer, OutgoingRequests.Sent sent, String failure, PeerClient.@Nullable Reply reply) {
		if (!failure.equals(peer.failure)) {
			logger.debug("A request to the peer at " + peer.url + " has failed: " + failure);
		}
		peer.failure = failure;
		peer.failed();
		peer.nextAt = System.nanoTime() + Pace.backoff(peer.failures);
		peer.batchBytes = Math.max(MIN_BATCH_BYTES, peer.batchBytes / 4);
		peer.stream().retry();
		if (reply != null && reply.status() == TOO_LARGE) {
			tooLarge(peer, sent, reply.authentic());
		}
		else if (peer.failures > 1) {
			this.contacts.chooseUrl(peer);
		}
	}

	/**
	 * A peer with a lower limit, or a proxy before it, does not accept what this node
	 * sends. Smaller requests may pass, and an envelope that the peer itself does not
	 * accept alone must not hold up the rest.
	 */
	private void tooLarge(Peer peer, OutgoingRequests.Sent sent, boolean authentic) {
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
		peer.failed();
		peer.nextAt = System.nanoTime() + Pace.backoff(peer.failures);
		peer.stream().retry();
		peer.url = null;
		this.contacts.chooseUrl(peer);
		logger.debug("The node " + answering + " answers at " + url + " instead of " + peer.id());
	}

	/**
	 * A peer is not there any more.
	 * @param left whether it has said so
	 */
	void remove(Peer peer, boolean left) {
		Attempt.cancel(peer.attempt);
		this.peers.remove(peer);
		this.contacts.forget(peer.id(), left);
		Peer.complete(peer.stream().close(), !left);
	}

}
