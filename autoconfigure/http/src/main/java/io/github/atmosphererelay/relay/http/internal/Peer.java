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
import java.util.List;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * Another node of the cluster, in one of its lives: a node that is started again is
 * another peer. The volatile fields are read by many threads, the others belong to the
 * thread of {@link PeerLoop}.
 */
final class Peer {

	/** A peer from which nothing came for so long is suspect, and not waited for. */
	static final long SUSPECT_NANOS = Duration.ofSeconds(1).toNanos();

	/**
	 * For so long a node believes that it knows what a peer follows, from the moment at
	 * which it asked the peer. Shorter than {@link #SUSPECT_NANOS}: when a node stops to
	 * wait for a peer that does not answer, that peer has stopped to rely on what it
	 * knew.
	 */
	static final long LEASE_NANOS = Duration.ofMillis(850).toNanos();

	private static final long LONG_AGO = Duration.ofHours(1).toNanos();

	private final UUID id;

	private final long createdAt = System.nanoTime();

	private final OutgoingStream stream;

	private final PeerInterest interest;

	private final InterestSender interestSender;

	/** When a request of the peer came. */
	private volatile long heardAt = this.createdAt - LONG_AGO;

	/** When the peer last answered and had made progress, or had nothing to do. */
	private volatile long progressAt = this.createdAt - LONG_AGO;

	private final InterestLease lease = new InterestLease(this.createdAt - LONG_AGO);

	/** When this node has last told the peer the version of its own interest. */
	private volatile long toldAt = this.createdAt - LONG_AGO;

	private volatile boolean deaf;

	/**
	 * When the peer has first sent a request or answered one. It sends this node
	 * everything that it publishes after that.
	 */
	private volatile @Nullable Long metAt;

	/** Whether the peer has never answered, although it was asked. */
	private volatile boolean unreached;

	private boolean answered;

	/** Whether a URL has led to the peer. */
	boolean located;

	volatile @Nullable URI url;

	@Nullable Attempt attempt;

	volatile @Nullable String failure;

	int failures;

	long nextAt = this.createdAt;

	/** Shrinks when a request takes too long. */
	int batchBytes = PeerSender.MAX_BATCH_BYTES;

	/** Shrinks when a request is refused because of its size, and does not grow. */
	int maxBatchBytes = PeerSender.MAX_BATCH_BYTES;

	/** Whether a request carries envelopes or an update of the interest, not both. */
	boolean apart;

	/** Whether the last request has carried the update. */
	boolean updated;

	boolean wasLive;

	boolean wasAwaited = true;

	/** Whether the last answer has shown no progress. */
	boolean stalled;

	/** Since when the peer is silent. */
	long silentSince = this.createdAt;

	boolean farewell;

	Peer(UUID id, OutgoingStream stream, OwnInterest own, int maxInterest) {
		this.id = id;
		this.stream = stream;
		this.interest = new PeerInterest(maxInterest);
		this.interestSender = new InterestSender(own);
	}

	UUID id() {
		return this.id;
	}

	long createdAt() {
		return this.createdAt;
	}

	OutgoingStream stream() {
		return this.stream;
	}

	PeerInterest interest() {
		return this.interest;
	}

	InterestSender interestSender() {
		return this.interestSender;
	}

	void heard(long now) {
		this.heardAt = now;
	}

	/**
	 * The peer has sent a request, or answered one.
	 */
	synchronized void met(long now) {
		if (this.metAt == null) {
			this.metAt = now;
		}
	}

	/**
	 * Return when the peer and this node have met.
	 * @param now what to return if they have not
	 */
	long metAt(long now) {
		Long met = this.metAt;
		return (met != null) ? met : now;
	}

	/**
	 * A request to the peer has failed, or another node has answered it. Called by the
	 * thread of {@link PeerLoop}.
	 */
	void failed() {
		this.failures++;
		this.unreached = !this.answered;
	}

	/**
	 * The peer has answered. Called by the thread of {@link PeerLoop}.
	 */
	void answered(long now) {
		this.failure = null;
		this.failures = 0;
		this.answered = true;
		this.unreached = false;
		met(now);
	}

	boolean isUnreached() {
		return this.unreached;
	}

	void progressed(long now) {
		this.progressAt = now;
	}

	/**
	 * Take what the peer tells of its interest.
	 */
	void apply(InterestUpdate update) {
		this.interest.apply(update);
		this.lease.known(this.interest.version());
	}

	/**
	 * The peer has answered with the version of its interest.
	 * @param sentAt when it was asked
	 */
	void answered(long sentAt, long version) {
		this.lease.answered(sentAt, version, this.interest.version());
	}

	void told(long now) {
		this.toldAt = now;
	}

	/**
	 * The peer is about to stop, and receives nothing any more.
	 */
	void deafen() {
		this.deaf = true;
	}

	boolean isDeaf() {
		return this.deaf;
	}

	boolean isHeard(long now) {
		return now - this.heardAt < SUSPECT_NANOS;
	}

	boolean isProgressing(long now) {
		return now - this.progressAt < SUSPECT_NANOS;
	}

	/**
	 * Return whether the peer answers and makes progress.
	 * @param mustBeHeard whether requests of the peer must come, too
	 */
	boolean isLive(long now, boolean mustBeHeard) {
		return !this.deaf && isProgressing(now) && (!mustBeHeard || isHeard(now));
	}

	/**
	 * Return whether the peer follows an address, or may follow it because its interest
	 * is not known for certain.
	 */
	boolean mayFollow(String address, long now) {
		return !this.lease.isValid(now, LEASE_NANOS) || this.interest.mayFollow(address);
	}

	/**
	 * Return whether the peer may rely on a version of this node's interest that is older
	 * than a change.
	 * @param changedAt when the change was made
	 */
	boolean mayRelyOnOld(long changedAt, long now) {
		return now - changedAt < SUSPECT_NANOS && now - this.toldAt < SUSPECT_NANOS;
	}

	static void complete(List<PendingReceipt> receipts, boolean doubtful) {
		receipts.forEach(doubtful ? PendingReceipt::doubtful : PendingReceipt::done);
	}

}
