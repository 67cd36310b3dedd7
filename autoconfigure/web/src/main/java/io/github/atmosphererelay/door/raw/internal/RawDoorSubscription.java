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

package io.github.atmosphererelay.door.raw.internal;

import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.durable.internal.DurableSession;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.session.internal.QueueLimits;
import io.github.atmosphererelay.session.internal.Reservation;
import io.github.atmosphererelay.session.internal.SlowConsumerPolicy;
import io.github.atmosphererelay.session.internal.Subscription;
import io.github.atmosphererelay.session.internal.SubscriptionEnd;
import io.github.atmosphererelay.subscription.log.internal.SubscribeRequest;
import io.github.atmosphererelay.subscription.log.internal.Subscribed;
import io.github.atmosphererelay.subscription.log.internal.Subscriber;
import org.jspecify.annotations.Nullable;

/**
 * A subscription of a session of the raw door, from before it is made. One that cannot
 * begin because the channel's log cannot be reached is tried again for as long as the
 * client stays: the client cannot ask for it itself. For any thread; does not block. Its
 * monitor is taken under the lock of the session's subscriptions and of the channel's
 * log, and neither is taken under it.
 */
final class RawDoorSubscription implements Subscriber {

	private static final Payload UNRECOVERED = RawDoorFrames
		.error(new RequestRefusedException(ErrorCode.UNRECOVERABLE_POSITION,
				"some of the missed messages are no longer in the log, so none of them is sent"));

	private final RawDoorSubscriptions owner;

	private final RawDoorSubscriber door;

	private final LocalSession session;

	private final String channel;

	private final @Nullable DurableSession durable;

	/** Whether the client has asked for it, now or before it was away. */
	private final boolean asked;

	/** Whether this is the channel that the client has connected for. */
	private final boolean main;

	/** Whether the client is told where the subscription begins. */
	private final boolean tellsBegin;

	private final boolean recovering;

	private final @Nullable Position since;

	/** Whether the subscription begins at a position in the channel's log. */
	private final boolean inLog;

	private final CompletableFuture<SubscriptionState> first = new CompletableFuture<>();

	private State state = State.PENDING;

	/** The subscription at this node, from its begin to its end. */
	private @Nullable Subscription subscription;

	private boolean wanted;

	private boolean failureTold;

	private RawDoorSubscription(RawDoorSubscriptions owner, String channel, boolean asked, boolean returning) {
		this.owner = owner;
		this.door = owner.door();
		this.session = owner.session();
		this.channel = channel;
		this.asked = asked;
		this.main = channel.equals(owner.request().channel());
		this.tellsBegin = owner.tellsBegin();
		DurableSession durable = owner.durable();
		this.durable = durable;
		Position position = null;
		if (asked) {
			position = this.main ? owner.request().since() : null;
			if (position == null && durable != null) {
				position = newer(durable.position(channel), this.main ? owner.request().received() : null);
			}
		}
		this.since = position;
		this.recovering = returning || position != null;
		this.inLog = (owner.beginsInLog() || this.recovering || this.door.hasSnapshots(channel))
				&& this.door.isRecorded(channel);
	}

	/**
	 * Return the newer of what was confirmed and what the client shows. In another life
	 * of the log, what was confirmed is newer: the client keeps what it has been told.
	 */
	private static @Nullable Position newer(@Nullable Position confirmed, @Nullable Position shown) {
		if (confirmed == null || shown == null) {
			return (confirmed != null) ? confirmed : shown;
		}
		return (shown.epoch().equals(confirmed.epoch()) && shown.offset() > confirmed.offset()) ? shown : confirmed;
	}

	/**
	 * Create one that the client has asked for.
	 * @param returning whether its session was in the channel before it was away
	 */
	static RawDoorSubscription asked(RawDoorSubscriptions owner, String channel, boolean returning) {
		return new RawDoorSubscription(owner, channel, true, returning);
	}

	/**
	 * Create one that the application or an operator makes.
	 */
	static RawDoorSubscription made(RawDoorSubscriptions owner, String channel) {
		return new RawDoorSubscription(owner, channel, false, false);
	}

	String channel() {
		return this.channel;
	}

	boolean isInLog() {
		return this.inLog;
	}

	/**
	 * Return the result of the first attempt: degraded if there has to be another.
	 */
	CompletableFuture<SubscriptionState> first() {
		return this.first;
	}

	/**
	 * Note that the application has asked for the subscription, too. It is then made even
	 * if the client has no permission.
	 */
	synchronized void want() {
		this.wanted = true;
	}

	synchronized boolean isWanted() {
		return this.wanted;
	}

	private synchronized boolean isPending() {
		return this.state == State.PENDING;
	}

	synchronized boolean isEnded() {
		return this.state == State.ENDED;
	}

	/**
	 * Make the subscription, and make it again until that succeeds. The client is closed
	 * if it cannot have the channel that it has connected for.
	 */
	void begin() {
		if (!isPending() || !this.session.isOpen()) {
			return;
		}
		try {
			attempt();
		}
		catch (RequestRefusedException ex) {
			refuse(ex);
		}
	}

	/**
	 * Make an attempt.
	 * @throws RequestRefusedException if it fails at once
	 */
	void attempt() {
		if (this.inLog) {
			this.door.subscriptions()
				.subscribe(this.session, this.channel, new SubscribeRequest(this.recovering, this.since, this))
				.whenComplete(this::attempted);
			return;
		}
		this.door.subscriptions()
			.subscribe(this.session, this.channel, this)
			.whenComplete((state, ex) -> this.first.complete((state != null) ? state : SubscriptionState.DEGRADED));
	}

	private void attempted(@Nullable Subscribed result, @Nullable Throwable failure) {
		if (result != null) {
			this.first.complete(result.state());
			return;
		}
		Throwable cause = (failure != null) ? Failures.unwrap(failure) : null;
		RequestRefusedException refusal = (cause instanceof RequestRefusedException known) ? known
				: new RequestRefusedException(ErrorCode.INTERNAL, ErrorCode.INTERNAL.text());
		if (!isPending()) {
			this.first.complete(SubscriptionState.DEGRADED);
			return;
		}
		if (refusal.code().isTemporary()) {
			retry(refusal);
		}
		else {
			refuse(refusal);
		}
	}

	private void retry(RequestRefusedException refusal) {
		this.first.complete(SubscriptionState.DEGRADED);
		if (!this.session.isOpen()) {
			return;
		}
		this.door.statistics().countRefused(refusal.code());
		if (this.asked && !this.failureTold) {
			this.failureTold = true;
			this.door.frames().send(this.session, RawDoorFrames.error(refusal));
		}
		this.door.retry().later(this::begin);
	}

	private void refuse(RequestRefusedException refusal) {
		if (!forget()) {
			return;
		}
		this.door.statistics().countRefused(refusal.code());
		if (this.main && this.asked) {
			this.session.close((refusal.code() == ErrorCode.LIMIT_EXCEEDED) ? CloseReason.CHANNEL_LIMIT
					: CloseReason.PERMISSION_DENIED);
		}
	}

	/**
	 * Give up a subscription that has not begun.
	 * @return {@code false} if it has begun or was given up before
	 */
	boolean forget() {
		synchronized (this) {
			if (this.state != State.PENDING) {
				return false;
			}
			this.state = State.ENDED;
		}
		this.owner.remove(this);
		this.first.complete(SubscriptionState.DEGRADED);
		DurableSession durable = this.durable;
		if (durable != null) {
			durable.arrived(this.channel);
		}
		return true;
	}

	/**
	 * The application ends the subscription before it has begun. A client that waits for
	 * it is told so. Called under the lock of the session's subscriptions.
	 */
	void giveUp() {
		if (forget() && this.asked) {
			tellEnd(null);
		}
	}

	/**
	 * Return whether messages wait until the client has been told of the subscription.
	 */
	@Override
	public boolean tellsClient() {
		return this.tellsBegin || this.recovering;
	}

	@Override
	public synchronized void subscribed(Subscription subscription) {
		if (this.state == State.ENDED) {
			throw new RequestRefusedException(ErrorCode.INTERNAL, "the subscription was given up");
		}
		this.subscription = subscription;
		if (!this.inLog) {
			if (tellsClient()) {
				begun(null, null, List.of());
			}
			live();
			subscription.told();
		}
	}

	/**
	 * Tell the client where the subscription begins, before anything else of the channel
	 * is queued for it.
	 */
	@Override
	public synchronized void answer(Subscribed result) {
		if (this.state != State.PENDING) {
			throw new RequestRefusedException(ErrorCode.INTERNAL, "the subscription was given up");
		}
		begun(result, result.position(), result.publications());
		live();
	}

	private void live() {
		this.state = State.LIVE;
		this.owner.remove(this);
	}

	@Override
	public void ready(Subscription subscription, SubscriptionState state) {
		if (this.owner.request().ack() && (this.main || !this.asked)) {
			RawDoorFrames frames = this.door.frames();
			frames.send(this.session, frames.ready(this.session, this.channel, state));
		}
		watchPresence();
	}

	@Override
	public synchronized void unsubscribed(Subscription subscription) {
		if (this.subscription != subscription) {
			return;
		}
		this.subscription = null;
		// An attempt that has failed is followed by another.
		if (this.state == State.LIVE) {
			this.state = State.ENDED;
			tellEnd(subscription.cause());
		}
	}

	private void tellEnd(@Nullable SubscriptionEnd cause) {
		if (this.owner.tellsEnd() && this.session.isOpen()) {
			RawDoorFrames frames = this.door.frames();
			frames.send(this.session, frames.unsubscribed(this.session, this.channel, cause));
		}
	}

	/**
	 * Close the client, which then connects again with its position.
	 */
	@Override
	public void lost() {
		this.session.close(CloseReason.INSUFFICIENT_STATE);
	}

	/**
	 * Tell the client how the subscription has begun, and what it has missed.
	 */
	private void begun(@Nullable Subscribed result, @Nullable Position position, List<Publication> missed) {
		boolean recovered = result != null && result.isRecovered();
		if (this.tellsBegin) {
			// What is replayed carries it on from where the client is.
			tellBegin(recovered ? this.since : position, recovered, missed.size());
		}
		else if (this.recovering && !recovered) {
			this.door.frames().send(this.session, UNRECOVERED);
		}
		Position held = recovered ? this.since : position;
		if (!this.tellsBegin && held != null) {
			this.owner.began(this.channel, held);
		}
		replay(missed, (result != null) ? result.reservation() : null);
		DurableSession durable = this.durable;
		if (durable != null) {
			durable.arrived(this.channel);
			// The pong confirms what the client has received, which is stored then
			this.session.requestPing();
		}
	}

	private void tellBegin(@Nullable Position held, boolean recovered, int replayed) {
		RawDoorFrames frames = this.door.frames();
		OutboundMessage frame = OutboundMessage
			.frame(frames.subscribed(this.session, this.channel, held, this.recovering, recovered, replayed));
		DurableSession durable = this.durable;
		if (durable != null && held != null) {
			durable.mark(frame, this.channel, held);
		}
		frames.send(this.session, frame, frames.limits());
	}

	/**
	 * Queue what was missed, which its reservation counts until the last of it has gone
	 * out.
	 */
	private void replay(List<Publication> missed, @Nullable Reservation reservation) {
		if (missed.isEmpty()) {
			return;
		}
		// All of it or nothing, so it is not for the channel's policy to drop some.
		QueueLimits usual = this.door.frames().limits();
		QueueLimits limits = new QueueLimits(
				(int) Math.min(Integer.MAX_VALUE, 0L + usual.maxMessages() + missed.size()), usual.maxBytes(),
				SlowConsumerPolicy.DISCONNECT);
		for (Publication publication : missed) {
			this.door.frames()
				.send(this.session, (reservation != null) ? OutboundMessage.replay(publication, reservation.hold())
						: OutboundMessage.of(publication), limits);
		}
	}

	private void watchPresence() {
		if (!this.main || !this.owner.request().presence()) {
			return;
		}
		RequestRefusedException refusal = this.owner.presenceRefusal();
		if (refusal == null) {
			this.door.presence().watch(this.session, this.channel);
		}
		else if (this.asked) {
			this.door.statistics().countRefused(refusal.code());
			this.door.frames().send(this.session, RawDoorFrames.error(refusal));
		}
	}

	/**
	 * How far a subscription has come.
	 */
	private enum State {

		/** It is being made, or waits to be. */
		PENDING,

		/** The client receives the channel's messages. */
		LIVE,

		/** It was given up before it had begun, or has ended. */
		ENDED

	}

}
