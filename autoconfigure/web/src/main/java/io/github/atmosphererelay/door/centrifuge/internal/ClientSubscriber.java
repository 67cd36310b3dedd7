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

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.SessionSubscriber;
import io.github.atmosphererelay.session.internal.Subscription;
import io.github.atmosphererelay.session.internal.SubscriptionListener;
import org.jspecify.annotations.Nullable;

/**
 * Subscribes one client to what it has not asked for, and tells it so. To a recorded
 * channel it is subscribed with a position, and again and again until that succeeds. What
 * has begun is the session's to know; here stands only what has not.
 */
final class ClientSubscriber implements SessionSubscriber {

	private final ServerSubscriptions subscriptions;

	private final LocalSession session;

	/** By channel, those that are still to begin. */
	private final Map<String, ServerSubscription> pending = new ConcurrentHashMap<>(1);

	private volatile boolean entered;

	ClientSubscriber(ServerSubscriptions subscriptions, LocalSession session) {
		this.subscriptions = subscriptions;
		this.session = session;
	}

	LocalSession session() {
		return this.session;
	}

	/**
	 * From now on the client may be told of subscriptions.
	 */
	void enter() {
		this.entered = true;
	}

	boolean hasEntered() {
		return this.entered;
	}

	/**
	 * Take a subscription that is about to be made.
	 * @return whether no other one of its channel is still to begin
	 */
	boolean begin(ServerSubscription subscription) {
		return this.pending.putIfAbsent(subscription.channel(), subscription) == null;
	}

	/**
	 * Forget a subscription that has begun, or never will.
	 * @return whether it was still to begin
	 */
	boolean remove(ServerSubscription subscription) {
		return this.pending.remove(subscription.channel(), subscription);
	}

	/**
	 * Return whether a subscription is still to begin.
	 */
	boolean isPending(String channel) {
		return this.pending.containsKey(channel);
	}

	@Override
	public SubscriptionListener listener(String channel) {
		return new PlainMembership(this.session, channel, this.subscriptions.replies(), this);
	}

	@Override
	public @Nullable CompletableFuture<SubscriptionState> subscribe(String channel) {
		if (!this.subscriptions.isRecorded(channel)) {
			return null;
		}
		if (isPending(channel)) {
			return CompletableFuture.completedFuture(SubscriptionState.DEGRADED);
		}
		Subscription present = this.session.subscription(channel);
		if (present != null) {
			if (!(present.listener() instanceof ServerSubscription standing)) {
				return null;
			}
			if (!standing.isEnded()) {
				return CompletableFuture.completedFuture(SubscriptionState.CONFIRMED);
			}
			standing.withdraw();
		}
		ServerSubscription subscription = this.subscriptions.subscription(this, channel, null, null);
		if (!begin(subscription)) {
			return CompletableFuture.completedFuture(SubscriptionState.DEGRADED);
		}
		try {
			return subscription.begin();
		}
		catch (RequestRefusedException ex) {
			if (ex.code() == ErrorCode.ALREADY_SUBSCRIBED) {
				// Somebody else was quicker.
				return null;
			}
			throw ex;
		}
	}

	@Override
	public void giveUp(String channel) {
		ServerSubscription subscription = this.pending.get(channel);
		if (subscription != null && subscription.cancel() && remove(subscription)) {
			subscription.tellEnd();
		}
	}

	/**
	 * The client unsubscribes itself from a channel, and so is not told of the end.
	 */
	void leave(String channel) {
		ServerSubscription pending = this.pending.get(channel);
		if (pending != null) {
			pending.leave();
			giveUp(channel);
		}
		Subscription present = this.session.subscription(channel);
		if (present != null && present.listener() instanceof Membership membership) {
			membership.leave();
		}
	}

}
