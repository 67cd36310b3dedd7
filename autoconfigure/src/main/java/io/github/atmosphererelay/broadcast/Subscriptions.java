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

package io.github.atmosphererelay.broadcast;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.session.DisconnectReason;
import io.github.atmosphererelay.session.LocalSession;
import io.github.atmosphererelay.session.SessionRegistry;
import org.jspecify.annotations.Nullable;

/**
 * What doors do with sessions: let them in, subscribe them, see them out. Keeps registry,
 * relay and application events in step. No method blocks.
 */
public final class Subscriptions {

	private static final Duration READY_TIMEOUT = Duration.ofSeconds(2);

	private final SessionRegistry registry;

	private final ChannelCatalog catalog;

	private final Interest interest;

	private final EventDispatcher events;

	Subscriptions(SessionRegistry registry, ChannelCatalog catalog, Interest interest, EventDispatcher events) {
		this.registry = registry;
		this.catalog = catalog;
		this.interest = interest;
		this.events = events;
	}

	/**
	 * Let a session in.
	 * @param session the session
	 */
	public void connected(LocalSession session) {
		this.registry.add(session);
		Address user = userOf(session);
		if (user != null) {
			this.interest.acquire(user);
		}
		this.events.publish(new SessionConnected(session));
	}

	/**
	 * See a session out that has ended. Called once for each session.
	 * @param session the session
	 * @param reason why it ended
	 */
	public void disconnected(LocalSession session, DisconnectReason reason) {
		for (String channel : this.registry.remove(session)) {
			left(session, channel);
		}
		Address user = userOf(session);
		if (user != null) {
			this.interest.release(user);
		}
		this.events.publish(new SessionDisconnected(session, reason));
	}

	/**
	 * Subscribe a session to a channel. From now on it gets what is published on this
	 * node; what is published on others comes once the relay has confirmed.
	 * @param session the session
	 * @param channel the channel's name
	 * @return completes when the relay has confirmed, or after 2 seconds without
	 * @throws UnknownChannelException if no pattern covers the name
	 */
	public CompletableFuture<SubscriptionState> subscribe(LocalSession session, String channel) {
		ChannelOptions options = this.catalog.get(channel);
		if (!this.registry.subscribe(session, channel)) {
			return CompletableFuture.completedFuture(SubscriptionState.CONFIRMED);
		}
		CompletableFuture<SubscriptionState> ready = follow(channel, options);
		if (session.isEnded()) {
			// It ended while it was being subscribed, and nobody else would see it out.
			unsubscribe(session, channel);
		}
		return ready.whenComplete((state, ex) -> {
			if (!session.isEnded()) {
				this.events.publish(new ChannelSubscribed(session, channel, state == SubscriptionState.DEGRADED));
			}
		});
	}

	private CompletableFuture<SubscriptionState> follow(String channel, ChannelOptions options) {
		if (options.scope() == ChannelScope.NODE) {
			return CompletableFuture.completedFuture(SubscriptionState.CONFIRMED);
		}
		return this.interest.acquire(new Address.Channel(channel))
			.handle((position, ex) -> (ex != null) ? SubscriptionState.DEGRADED : SubscriptionState.CONFIRMED)
			.completeOnTimeout(SubscriptionState.DEGRADED, READY_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
	}

	/**
	 * End a session's subscription to a channel.
	 * @param session the session
	 * @param channel the channel's name
	 */
	public void unsubscribe(LocalSession session, String channel) {
		if (this.registry.unsubscribe(session, channel)) {
			left(session, channel);
		}
	}

	private void left(LocalSession session, String channel) {
		ChannelOptions options = this.catalog.find(channel);
		if (options != null && options.scope() == ChannelScope.CLUSTER) {
			this.interest.release(new Address.Channel(channel));
		}
		this.events.publish(new ChannelUnsubscribed(session, channel));
	}

	private static @Nullable Address userOf(LocalSession session) {
		return (session.principal() != null) ? new Address.User(session.principal().getName()) : null;
	}

}
