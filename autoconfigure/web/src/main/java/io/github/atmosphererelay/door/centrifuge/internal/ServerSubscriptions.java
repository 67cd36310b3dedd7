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

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

import io.github.atmosphererelay.door.centrifuge.internal.Command.Recovery;
import io.github.atmosphererelay.door.centrifuge.internal.ServerSubscription.Surroundings;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.Reservation;
import io.github.atmosphererelay.session.internal.Subscription;
import io.github.atmosphererelay.subscription.internal.Subscriptions;
import org.jspecify.annotations.Nullable;

/**
 * What clients are subscribed to without asking: by the application as soon as they
 * connect, or later. Nothing here blocks but the application's say where to begin.
 */
final class ServerSubscriptions {

	private final Surroundings surroundings;

	private final Subscriptions subscriptions;

	private final ReplySender replies;

	ServerSubscriptions(Surroundings surroundings) {
		this.surroundings = surroundings;
		this.subscriptions = surroundings.subscriptions();
		this.replies = surroundings.replies();
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
		List<String> channels = this.subscriptions.initialChannels(session);
		client.subscriber().enter();
		if (channels.isEmpty()) {
			// Before anybody can send to the session: nothing may come before this.
			this.replies.reply(session, command.id(), reply.apply(Map.of()));
			this.subscriptions.connected(session);
			return;
		}
		Entrance entrance = new Entrance(this.replies.maxBytes());
		session.hold();
		this.replies.replyLater(session, command.id(), () -> reply.apply(entrance.results()), entrance::release);
		List<CompletableFuture<SubscriptionState>> begun = new ArrayList<>(channels.size());
		try {
			this.subscriptions.connected(session);
			for (String channel : channels) {
				ServerSubscription subscription = subscription(client.subscriber(), channel,
						command.subscriptions().get(channel), entrance);
				// Otherwise the application has been quicker itself.
				if (client.subscriber().begin(subscription) && !begin(session, channel, subscription, begun)) {
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
				Subscription present = session.subscription(channel);
				if (present != null && present.listener() instanceof PlainMembership plain) {
					// It may be from before the client could be told.
					plain.tellBegin();
				}
				return true;
			}
			this.surroundings.statistics().countRefused(ex.code());
			return false;
		}
	}

	/**
	 * Make a subscription that is still to begin.
	 * @param held what the client has had, or {@code null} if it asks for nothing
	 * @param entrance where the client is told of it in the first place, or {@code null}
	 * if by a push
	 */
	ServerSubscription subscription(ClientSubscriber subscriber, String channel, @Nullable Recovery held,
			@Nullable Entrance entrance) {
		return new ServerSubscription(this.surroundings, subscriber, channel, held, entrance);
	}

	boolean isRecorded(String channel) {
		return this.surroundings.channels().get(channel).isRecorded();
	}

	ReplySender replies() {
		return this.replies;
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
