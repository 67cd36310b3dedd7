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

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

import io.github.atmosphererelay.door.centrifuge.Client.Membership;
import io.github.atmosphererelay.node.MessagingNode;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.LocalSession;
import io.github.atmosphererelay.session.Reservation;
import io.github.atmosphererelay.session.Subscription;
import io.github.atmosphererelay.session.SubscriptionListener;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.subscription.DoorSubscriber;
import org.jspecify.annotations.Nullable;

/**
 * What clients are subscribed to without asking: by the application as soon as they
 * connect, or later. Nothing here blocks but the application's say where to begin.
 */
final class ServerSubscriptions implements SubscriptionListener, DoorSubscriber {

	private final MessagingNode node;

	private final ReplySender replies;

	private final Map<String, Client> clients = new ConcurrentHashMap<>();

	ServerSubscriptions(MessagingNode node, ReplySender replies) {
		this.node = node;
		this.replies = replies;
		node.registry().addListener(this);
		node.subscriptions().addDoor(this);
	}

	/**
	 * Let a client in. What is sent to it meanwhile waits until it is known how its
	 * subscriptions begin, and follows the reply that says so.
	 * @param client the client
	 * @param command what it has asked for
	 * @param reply makes the reply
	 * @throws RequestRefusedException if the application has failed
	 */
	void enter(Client client, Command.Connect command, Function<Map<String, Reply.Subscribe>, Reply> reply) {
		LocalSession session = client.session();
		List<String> channels = this.node.subscriptions().initialChannels(session);
		this.clients.put(session.id(), client);
		if (channels.isEmpty()) {
			// Before anybody can send to the session: nothing may come before this.
			this.replies.reply(session, command.id(), reply.apply(Map.of()));
			connected(session);
			return;
		}
		Entrance entrance = new Entrance(this.replies.maxBytes());
		session.hold();
		this.replies.replyLater(session, command.id(), () -> reply.apply(entrance.results()), entrance::release);
		List<CompletableFuture<SubscriptionState>> begun = new ArrayList<>(channels.size());
		try {
			connected(session);
			for (String channel : channels) {
				ServerSubscription subscription = new ServerSubscription(this.node, this.replies, client, channel,
						command.subscriptions().get(channel), entrance);
				// Otherwise the application has been quicker itself.
				if (client.memberships().putIfAbsent(channel, subscription) == null
						&& !begin(session, channel, subscription, begun)) {
					session.close(CloseReason.CHANNEL_LIMIT);
					break;
				}
			}
		}
		finally {
			CompletableFuture.allOf(begun.toArray(CompletableFuture[]::new))
				.whenComplete((nothing, ex) -> session.release());
		}
	}

	/**
	 * Begin one of the subscriptions that a client has from the start. One that the
	 * application has made meanwhile itself stands as it is, and the others begin all the
	 * same.
	 * @return whether the client may have more
	 */
	private boolean begin(LocalSession session, String channel, ServerSubscription subscription,
			List<CompletableFuture<SubscriptionState>> begun) {
		try {
			begun.add(subscription.begin());
			return true;
		}
		catch (RequestRefusedException ex) {
			if (ex.code() != ErrorCode.LIMIT_EXCEEDED) {
				if (session.isIn(channel)) {
					tellBegin(session, channel);
				}
				return true;
			}
			this.node.statistics().countRefused(ex.code());
			return false;
		}
	}

	private void connected(LocalSession session) {
		this.node.subscriptions().connected(session);
		if (session.isEnded()) {
			left(session);
		}
	}

	/**
	 * A session has ended.
	 */
	void left(LocalSession session) {
		this.clients.remove(session.id());
	}

	@Override
	public @Nullable CompletableFuture<SubscriptionState> subscribe(LocalSession session, String channel) {
		Client client = this.clients.get(session.id());
		if (client == null || !this.node.catalog().get(channel).isRecorded()) {
			return null;
		}
		ServerSubscription subscription = new ServerSubscription(this.node, this.replies, client, channel, null, null);
		Membership present = client.memberships().putIfAbsent(channel, subscription);
		if (present == null) {
			return subscription.begin();
		}
		return (present instanceof ServerSubscription) ? CompletableFuture
			.completedFuture(present.isPending() ? SubscriptionState.DEGRADED : SubscriptionState.CONFIRMED) : null;
	}

	@Override
	public void unsubscribing(LocalSession session, String channel) {
		Client client = this.clients.get(session.id());
		Membership membership = (client != null) ? client.memberships().get(channel) : null;
		if (client != null && membership instanceof ServerSubscription subscription && subscription.cancel()
				&& client.memberships().remove(channel, membership)) {
			tellEnd(session, channel, membership);
		}
	}

	/**
	 * Called within the registry's lock, and so only queues.
	 */
	@Override
	public void subscribed(Subscription subscription) {
		tellBegin(subscription.session(), subscription.channel());
	}

	private void tellBegin(LocalSession session, String channel) {
		Client client = this.clients.get(session.id());
		if (client != null && client.memberships().putIfAbsent(channel, Membership.SERVER_SIDE) == null) {
			this.replies.push(session, new Push.Subscribe(channel, null));
		}
	}

	@Override
	public void unsubscribed(Subscription subscription) {
		LocalSession session = subscription.session();
		String channel = subscription.channel();
		Client client = this.clients.get(session.id());
		Membership membership = (client != null) ? client.memberships().get(channel) : null;
		if (client != null && membership != null && !membership.isPending()
				&& client.memberships().remove(channel, membership)) {
			tellEnd(session, channel, membership);
		}
	}

	private void tellEnd(LocalSession session, String channel, Membership membership) {
		if (membership.isTold() && session.isOpen()) {
			this.replies.push(session, new Push.Unsubscribe(channel, UnsubscribeReason.SERVER));
		}
	}

	/**
	 * How the subscriptions begin that a client has from the start. Safe for use by many
	 * threads.
	 */
	static final class Entrance {

		private final long maxBytes;

		private final Map<String, Reply.Subscribe> results = new LinkedHashMap<>();

		/** Release the room that the results take; {@code null} once that was done. */
		private @Nullable List<Runnable> reservations = new ArrayList<>(0);

		private long bytes;

		Entrance(long maxBytes) {
			this.maxBytes = maxBytes;
		}

		/**
		 * Add a channel, unless its client gets too much already.
		 * @return whether it was added
		 */
		synchronized boolean add(String channel, Reply.Subscribe result) {
			long size = result.result().publications().isEmpty() ? 0 : ReplySender.size(result.result().publications());
			if (this.bytes > 0 && size > 0 && this.bytes + size > this.maxBytes) {
				return false;
			}
			Reservation reservation = result.result().reservation();
			if (size > 0 && reservation != null) {
				if (this.reservations == null) {
					// The reply was written, or the session has ended.
					return false;
				}
				this.reservations.add(reservation.hold());
			}
			this.bytes += size;
			this.results.put(channel, result);
			return true;
		}

		/**
		 * The reply was written, or the session has ended.
		 */
		void release() {
			List<Runnable> reservations;
			synchronized (this) {
				reservations = this.reservations;
				this.reservations = null;
			}
			if (reservations != null) {
				reservations.forEach(Runnable::run);
			}
		}

		synchronized Map<String, Reply.Subscribe> results() {
			return new LinkedHashMap<>(this.results);
		}

	}

}
