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

package io.github.atmosphererelay.door.stream.internal;

import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.guard.internal.Failures;
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
 * A subscription that a stream has asked for. If it cannot begin, the stream ends, and
 * its client comes back: unlike a WebSocket it does so by itself, and perhaps at another
 * node. For any thread; does not block. Its monitor is taken under the lock of the
 * session's subscriptions and of the channel's log, and neither is taken under it.
 */
final class StreamSubscription implements Subscriber {

	private final StreamSubscriptions owner;

	private final String channel;

	private final boolean recovering;

	private final @Nullable Position since;

	private final CompletableFuture<SubscriptionState> first = new CompletableFuture<>();

	private State state = State.PENDING;

	private @Nullable Subscription subscription;

	/**
	 * Create a subscription.
	 * @param owner has it
	 * @param channel its channel
	 * @param recovering whether the client wants what it has missed in the channel
	 * @param since where the client is, or {@code null}
	 */
	StreamSubscription(StreamSubscriptions owner, String channel, boolean recovering, @Nullable Position since) {
		this.owner = owner;
		this.channel = channel;
		this.recovering = recovering;
		this.since = since;
	}

	String channel() {
		return this.channel;
	}

	/**
	 * Return the result of the subscription: degraded if it could not begin.
	 */
	CompletableFuture<SubscriptionState> first() {
		return this.first;
	}

	/**
	 * Make the subscription.
	 */
	void begin() {
		try {
			this.owner.door()
				.subscriptions()
				.subscribe(session(), this.channel, new SubscribeRequest(this.recovering, this.since, this))
				.whenComplete(this::attempted);
		}
		catch (RequestRefusedException ex) {
			refuse(ex);
		}
	}

	private LocalSession session() {
		return this.owner.session();
	}

	private void attempted(@Nullable Subscribed result, @Nullable Throwable failure) {
		if (result != null) {
			this.first.complete(result.state());
			return;
		}
		Throwable cause = (failure != null) ? Failures.unwrap(failure) : null;
		refuse((cause instanceof RequestRefusedException known) ? known
				: new RequestRefusedException(ErrorCode.INTERNAL, ErrorCode.INTERNAL.text()));
	}

	/**
	 * End the stream, whose client comes back later. If it may not, it is refused then.
	 */
	private void refuse(RequestRefusedException refusal) {
		if (!end()) {
			return;
		}
		this.owner.door().statistics().countRefused(refusal.code());
		if (!session().isOpen()) {
			return;
		}
		this.owner.door()
			.frames()
			.send(session(),
					this.owner.framing().control("refused", StreamFrames.refused(this.channel, refusal), null, null));
		session().close(reason(refusal.code()));
	}

	private static CloseReason reason(ErrorCode code) {
		return switch (code) {
			case LIMIT_EXCEEDED -> CloseReason.CHANNEL_LIMIT;
			case TOO_MANY_REQUESTS -> CloseReason.OVERLOADED;
			case INTERNAL -> CloseReason.INSUFFICIENT_STATE;
			default -> CloseReason.PERMISSION_DENIED;
		};
	}

	private boolean end() {
		synchronized (this) {
			if (this.state != State.PENDING) {
				return false;
			}
			this.state = State.ENDED;
		}
		this.owner.remove(this);
		this.first.complete(SubscriptionState.DEGRADED);
		return true;
	}

	/**
	 * The application ends the subscription before it has begun. Called under the lock of
	 * the session's subscriptions.
	 */
	void giveUp() {
		if (end()) {
			tellEnd(null);
		}
	}

	@Override
	public synchronized void subscribed(Subscription subscription) {
		if (this.state == State.ENDED) {
			throw new RequestRefusedException(ErrorCode.INTERNAL, "the subscription was given up");
		}
		this.subscription = subscription;
	}

	/**
	 * Tell the client where the subscription begins, and what it has missed, before
	 * anything else of the channel is queued for it.
	 */
	@Override
	public synchronized void answer(Subscribed result) {
		if (this.state != State.PENDING) {
			throw new RequestRefusedException(ErrorCode.INTERNAL, "the subscription was given up");
		}
		StreamFrames frames = this.owner.door().frames();
		DoorFraming framing = this.owner.framing();
		Position end = result.position();
		// What is replayed carries the client on from where it is
		Position held = result.isRecovered() ? this.since : end;
		frames.send(session(), framing.control("subscribed",
				frames.subscribed(session(), this.channel, result, held, this.recovering), this.channel, held));
		replay(result.publications(), result.reservation());
		if (end != null && !end.equals(lastOf(result.publications(), held))) {
			// Otherwise the position of a quiet channel could become too old
			frames.send(session(), framing.skip(this.channel, end));
		}
		this.state = State.LIVE;
		this.owner.remove(this);
	}

	private static @Nullable Position lastOf(List<Publication> publications, @Nullable Position held) {
		return publications.isEmpty() ? held : publications.get(publications.size() - 1).position();
	}

	/**
	 * Queue what was missed, which its reservation counts until the last of it has gone
	 * out.
	 */
	private void replay(List<Publication> missed, @Nullable Reservation reservation) {
		if (missed.isEmpty()) {
			return;
		}
		StreamFrames frames = this.owner.door().frames();
		// All of it or nothing, so it is not for the channel's policy to drop some
		QueueLimits usual = frames.limits();
		QueueLimits limits = new QueueLimits(
				(int) Math.min(Integer.MAX_VALUE, 0L + usual.maxMessages() + missed.size()), usual.maxBytes(),
				SlowConsumerPolicy.DISCONNECT);
		for (Publication publication : missed) {
			frames.send(session(), (reservation != null) ? OutboundMessage.replay(publication, reservation.hold())
					: OutboundMessage.of(publication), limits);
		}
	}

	@Override
	public void ready(Subscription subscription, SubscriptionState state) {
		this.owner.watchPresence(this.channel);
	}

	@Override
	public synchronized void unsubscribed(Subscription subscription) {
		if (this.subscription != subscription) {
			return;
		}
		this.subscription = null;
		if (this.state == State.LIVE) {
			this.state = State.ENDED;
			tellEnd(subscription.cause());
		}
	}

	private void tellEnd(@Nullable SubscriptionEnd cause) {
		if (session().isOpen()) {
			StreamFrames frames = this.owner.door().frames();
			frames.send(session(), this.owner.framing()
				.control("unsubscribed", frames.unsubscribed(session(), this.channel, cause), null, null));
		}
	}

	/**
	 * End the stream, whose client comes back with its position.
	 */
	@Override
	public void lost() {
		session().close(CloseReason.INSUFFICIENT_STATE);
	}

	/**
	 * How far a subscription has come.
	 */
	private enum State {

		/** It is being made. */
		PENDING,

		/** The client receives the channel's messages. */
		LIVE,

		/** It was given up or refused before it had begun, or has ended. */
		ENDED

	}

}
