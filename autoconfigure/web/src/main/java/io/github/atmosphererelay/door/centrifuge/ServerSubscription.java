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

package io.github.atmosphererelay.door.centrifuge;

import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.delivery.RecoveryOutcome;
import io.github.atmosphererelay.door.SubscriptionRetry;
import io.github.atmosphererelay.door.centrifuge.Command.Recovery;
import io.github.atmosphererelay.door.centrifuge.ServerSubscriptions.Entrance;
import io.github.atmosphererelay.guard.Failures;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.node.MessagingNode;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.LocalSession;
import io.github.atmosphererelay.session.Reservation;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.subscription.log.SubscribeRequest;
import io.github.atmosphererelay.subscription.log.Subscribed;
import org.jspecify.annotations.Nullable;

/**
 * A subscription that the node makes for a client, and makes again while the channel's
 * log cannot be read: the client cannot ask for it itself, and keeps its position
 * meanwhile. For any thread; does not block.
 */
final class ServerSubscription implements Client.Membership {

	private final MessagingNode node;

	private final ReplySender replies;

	private final SubscriptionRetry retry;

	private final Client client;

	private final String channel;

	/** What the client has had, or {@code null} if it asks for nothing. */
	private final @Nullable Recovery held;

	/** Where it is told of in the first place; {@code null} if by a push. */
	private @Nullable Entrance entrance;

	private State state = State.PENDING;

	private boolean told;

	ServerSubscription(MessagingNode node, ReplySender replies, Client client, String channel, @Nullable Recovery held,
			@Nullable Entrance entrance) {
		this.node = node;
		this.replies = replies;
		this.retry = new SubscriptionRetry(node);
		this.client = client;
		this.channel = channel;
		this.held = held;
		this.entrance = entrance;
	}

	@Override
	public synchronized boolean isTold() {
		return this.told;
	}

	@Override
	public synchronized boolean isPending() {
		return this.state == State.PENDING;
	}

	@Override
	public void giveUp() {
		cancel();
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
		if (held == null || !held.epoch().isEmpty() || !this.node.catalog().get(this.channel).isRecorded()) {
			return subscribe((held != null) ? new Position(held.epoch(), held.offset()) : null);
		}
		// Any epoch will do: so the present one is asked for first.
		return this.node.broadcaster()
			.end(this.channel)
			.thenCompose((end) -> subscribe(new Position(end.epoch(), held.offset())))
			.exceptionally((ex) -> {
				if (Failures.unwrap(ex) instanceof RequestRefusedException refusal
						&& refusal.code() == ErrorCode.LIMIT_EXCEEDED) {
					this.node.statistics().countRefused(refusal.code());
					this.client.session().close(CloseReason.CHANNEL_LIMIT);
				}
				return done();
			});
	}

	private CompletableFuture<SubscriptionState> subscribe(@Nullable Position since) {
		SubscribeRequest request = new SubscribeRequest(this.held != null, since, this::begun,
				// It comes back with its positions.
				() -> this.client.session().close(CloseReason.INSUFFICIENT_STATE));
		try {
			return this.node.subscriptions()
				.subscribe(this.client.session(), this.channel, request)
				.handle((result, ex) -> done());
		}
		catch (RuntimeException ex) {
			// By the limit of channels, or because somebody else has subscribed it.
			cancel();
			if (this.client.memberships().remove(this.channel, this) && isTold()) {
				this.replies.push(this.client.session(), new Push.Unsubscribe(this.channel, UnsubscribeReason.SERVER));
			}
			throw ex;
		}
	}

	/**
	 * Tell the client where the subscription begins, before anything else of the channel
	 * is queued for it.
	 */
	private synchronized void begun(Subscribed result) {
		if (this.state != State.PENDING) {
			return;
		}
		Reply.Subscribe begin = new Reply.Subscribe(result, (this.held != null) ? this.held.offset() : null);
		Entrance entrance = this.entrance;
		if (entrance == null) {
			push(begin);
		}
		else if (!entrance.add(this.channel, begin)) {
			throw new RequestRefusedException(ErrorCode.TOO_MANY_REQUESTS, "too much waits for this client");
		}
		this.told = true;
		this.state = State.LIVE;
	}

	private void push(Reply.Subscribe begin) {
		Push push = new Push.Subscribe(this.channel, begin);
		Reservation reservation = begin.result().reservation();
		if (reservation == null || begin.result().publications().isEmpty()) {
			this.replies.push(this.client.session(), push);
		}
		else {
			this.replies.pushMuch(this.client.session(), push, ReplySender.size(begin.result().publications()),
					reservation.hold());
		}
	}

	/**
	 * An attempt is over, with whatever result.
	 */
	private SubscriptionState done() {
		LocalSession session = this.client.session();
		switch (stand()) {
			case LIVE -> {
				return SubscriptionState.CONFIRMED;
			}
			case PENDING -> {
				this.retry.later(this::makeAgain);
			}
			case ENDED -> {
				// Perhaps before the registry knew of it.
				if (!this.client.memberships().containsKey(this.channel)) {
					this.node.subscriptions().withdraw(session, this.channel);
				}
			}
		}
		return SubscriptionState.DEGRADED;
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
			this.told = entrance.add(this.channel, new Reply.Subscribe(standing, null));
		}
		return this.state;
	}

	private void makeAgain() {
		if (!isPending() || !this.client.session().isOpen()) {
			return;
		}
		if (!this.node.monitor().isUp()) {
			this.retry.later(this::makeAgain);
			return;
		}
		try {
			begin();
		}
		catch (RequestRefusedException ex) {
			this.node.statistics().countRefused(ex.code());
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

		/** It was given up before it had begun. */
		ENDED

	}

}
