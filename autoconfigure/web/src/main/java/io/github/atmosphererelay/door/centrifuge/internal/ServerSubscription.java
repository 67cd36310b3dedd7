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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.delivery.internal.InboundStatistics;
import io.github.atmosphererelay.delivery.internal.RecoveryOutcome;
import io.github.atmosphererelay.door.centrifuge.internal.Command.Recovery;
import io.github.atmosphererelay.door.centrifuge.internal.ServerSubscriptions.Entrance;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.relay.internal.RelayMonitor;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.session.internal.Reservation;
import io.github.atmosphererelay.session.internal.Subscription;
import io.github.atmosphererelay.subscription.internal.SubscriptionRetry;
import io.github.atmosphererelay.subscription.internal.Subscriptions;
import io.github.atmosphererelay.subscription.log.internal.SubscribeRequest;
import io.github.atmosphererelay.subscription.log.internal.Subscribed;
import io.github.atmosphererelay.subscription.log.internal.Subscriber;
import org.jspecify.annotations.Nullable;

/**
 * A subscription that the node makes for a client, and makes again while the channel's
 * log cannot be read: the client cannot ask for it itself, and keeps its position
 * meanwhile. Each attempt is a subscription of the node. For any thread; does not block.
 */
final class ServerSubscription extends Membership implements Subscriber {

	private final Surroundings surroundings;

	private final ClientSubscriber subscriber;

	/** What the client has had, or {@code null} if it asks for nothing. */
	private final @Nullable Recovery held;

	/** Where it is told of in the first place; {@code null} if by a push. */
	private @Nullable Entrance entrance;

	private State state = State.PENDING;

	ServerSubscription(Surroundings surroundings, ClientSubscriber subscriber, String channel, @Nullable Recovery held,
			@Nullable Entrance entrance) {
		super(subscriber.session(), channel, surroundings.replies());
		this.surroundings = surroundings;
		this.subscriber = subscriber;
		this.held = held;
		this.entrance = entrance;
	}

	private synchronized boolean isPending() {
		return this.state == State.PENDING;
	}

	synchronized boolean isEnded() {
		return this.state == State.ENDED;
	}

	@Override
	synchronized void tellEnd() {
		// An attempt that has failed is followed by another.
		if (this.state != State.PENDING) {
			this.state = State.ENDED;
			super.tellEnd();
		}
	}

	/**
	 * End the subscription if it has not begun.
	 * @return whether it had not
	 */
	synchronized boolean cancel() {
		if (this.state == State.PENDING) {
			this.state = State.ENDED;
			return true;
		}
		return false;
	}

	/**
	 * Make the subscription.
	 * @return completes when it has begun, or as degraded when it has to be made again
	 * @throws RequestRefusedException if it cannot be made, and never will
	 */
	CompletableFuture<SubscriptionState> begin() {
		Recovery held = this.held;
		SubscribeRequest request = (held != null) ? held.request(this) : new SubscribeRequest(false, null, this);
		try {
			CompletableFuture<Subscribed> attempt = this.surroundings.subscriptions()
				.subscribe(session(), channel(), request);
			if (isEnded()) {
				// Given up before the registry knew of it: nobody is to take it for one
				// that stands until its log is read.
				withdraw();
			}
			return attempt.handle((result, ex) -> done());
		}
		catch (RuntimeException ex) {
			// By the limit of channels, or because somebody else has subscribed it.
			cancel();
			if (this.subscriber.remove(this)) {
				tellEnd();
			}
			throw ex;
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
		Reply.Subscribe begin = new Reply.Subscribe(result, (this.held != null) ? this.held.offset() : null);
		Entrance entrance = this.entrance;
		if (entrance == null) {
			push(begin);
		}
		else if (!entrance.add(channel(), begin)) {
			throw new RequestRefusedException(ErrorCode.TOO_MANY_REQUESTS, "too much waits for this client");
		}
		told();
		this.state = State.LIVE;
		this.subscriber.remove(this);
	}

	/**
	 * The client comes back with its positions.
	 */
	@Override
	public void lost() {
		session().close(CloseReason.INSUFFICIENT_STATE);
	}

	private void push(Reply.Subscribe begin) {
		Push push = new Push.Subscribe(channel(), begin);
		Reservation reservation = begin.result().reservation();
		if (reservation == null || begin.result().publications().isEmpty()) {
			replies().push(session(), push);
		}
		else {
			replies().pushMuch(session(), push, ReplySender.size(begin.result().publications()), reservation.hold());
		}
	}

	/**
	 * An attempt is over, with whatever result.
	 */
	private SubscriptionState done() {
		switch (stand()) {
			case LIVE -> {
				return SubscriptionState.CONFIRMED;
			}
			case PENDING -> {
				this.surroundings.retry().later(this::makeAgain);
			}
			case ENDED -> {
				withdraw();
			}
		}
		return SubscriptionState.DEGRADED;
	}

	/**
	 * Take the node's subscription out, if there is one.
	 */
	void withdraw() {
		Subscription subscription = subscription();
		if (subscription != null) {
			this.surroundings.subscriptions().withdraw(subscription);
		}
	}

	/**
	 * Tell a client that has a position, and has to wait, that it stands there: otherwise
	 * it would forget where that was.
	 */
	private synchronized State stand() {
		Entrance entrance = this.entrance;
		this.entrance = null;
		Recovery held = this.held;
		if (this.state == State.PENDING && entrance != null && held != null && !held.epoch().isEmpty()) {
			Subscribed standing = new Subscribed(SubscriptionState.DEGRADED, new Position(held.epoch(), held.offset()),
					RecoveryOutcome.FRESH, List.of());
			if (entrance.add(channel(), new Reply.Subscribe(standing, null))) {
				told();
			}
		}
		return this.state;
	}

	private void makeAgain() {
		if (!isPending() || !session().isOpen()) {
			return;
		}
		if (!this.surroundings.monitor().isUp()) {
			this.surroundings.retry().later(this::makeAgain);
			return;
		}
		try {
			begin();
		}
		catch (RequestRefusedException ex) {
			this.surroundings.statistics().countRefused(ex.code());
		}
	}

	/**
	 * How far the subscription has come.
	 */
	private enum State {

		/** It is being made, or waits to be. */
		PENDING,

		/** The client has been told, and gets what comes. */
		LIVE,

		/** It was given up before it had begun, or has ended. */
		ENDED

	}

	/**
	 * What all such subscriptions of the door use.
	 *
	 * @param channels the channels
	 * @param subscriptions subscribes sessions
	 * @param monitor knows whether the broker is there
	 * @param retry makes another attempt later
	 * @param statistics counts what is refused
	 * @param replies tells clients
	 */
	record Surroundings(ChannelReads channels, Subscriptions subscriptions, RelayMonitor monitor,
			SubscriptionRetry retry, InboundStatistics statistics, ReplySender replies) {

	}

}
