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

import java.security.Principal;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

import io.github.atmosphererelay.delivery.internal.RecoveryOutcome;
import io.github.atmosphererelay.door.centrifuge.internal.Command.Recovery;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.inbound.internal.ClientMessageReceiver;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.internal.ChannelNames;
import io.github.atmosphererelay.presence.internal.PresenceChangeFormat;
import io.github.atmosphererelay.presence.internal.PresenceService;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.Reservation;
import io.github.atmosphererelay.session.internal.Subscription;
import io.github.atmosphererelay.subscription.internal.Subscriptions;
import io.github.atmosphererelay.subscription.log.internal.SubscribeRequest;
import io.github.atmosphererelay.subscription.log.internal.Subscribed;
import io.github.atmosphererelay.subscription.log.internal.Subscriber;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Lets clients into channels and out of them.
 */
final class SubscribeRequestHandler {

	private static final Log logger = LogFactory.getLog(SubscribeRequestHandler.class);

	private final RateLimitedLog failureLog = new RateLimitedLog(logger, Duration.ofSeconds(10));

	private final ClientMessageReceiver authorizer;

	private final ChannelReads channels;

	private final Subscriptions subscriptions;

	private final PresenceService presence;

	private final PresenceChangeFormat presenceChanges;

	private final ReplySender replies;

	/**
	 * Create requests.
	 * @param authorizer knows what clients may
	 * @param channels the channels
	 * @param subscriptions subscribes sessions
	 * @param presence tells who is in channels
	 * @param presenceChanges how clients are told who comes and goes
	 * @param replies answers
	 */
	SubscribeRequestHandler(ClientMessageReceiver authorizer, ChannelReads channels, Subscriptions subscriptions,
			PresenceService presence, PresenceChangeFormat presenceChanges, ReplySender replies) {
		this.authorizer = authorizer;
		this.channels = channels;
		this.subscriptions = subscriptions;
		this.presence = presence;
		this.presenceChanges = presenceChanges;
		this.replies = replies;
	}

	void subscribe(Client client, Command.Subscribe command) {
		LocalSession session = client.session();
		String channel = command.channel();
		checkChannel(channel);
		this.authorizer.authorizeSubscribe(session.principal(), session, channel).require();
		// Now, on a thread that the authorizer may block.
		boolean watches = command.joinLeave() && maySeePresence(client, channel);
		Recovery recovery = command.recovery();
		boolean recorded = this.channels.get(channel).isRecorded();
		Consumer<@Nullable Position> question = (!recorded || this.channels.isFollowed(channel)) ? (end) -> {
		} : client.ask();
		if (recovery == null || !recovery.epoch().isEmpty() || !recorded) {
			Position since = (recovery != null) ? new Position(recovery.epoch(), recovery.offset()) : null;
			subscribe(client, command, watches, since, question);
			return;
		}
		// Any epoch will do: so the present one is asked for first.
		this.channels.end(channel).whenComplete((position, ex) -> {
			if (position == null) {
				question.accept(null);
				this.replies.refuse(session, command.id(), new RequestRefusedException(ErrorCode.INTERNAL,
						"the channel's log cannot be reached, try again"));
				return;
			}
			try {
				subscribe(client, command, watches, new Position(position.epoch(), recovery.offset()), question);
			}
			catch (RequestRefusedException refusal) {
				this.replies.refuse(session, command.id(), refusal);
			}
			catch (RuntimeException failure) {
				this.failureLog.error("A client could not be subscribed", failure);
				this.replies.refuse(session, command.id(),
						new RequestRefusedException(ErrorCode.INTERNAL, ErrorCode.INTERNAL.text()));
			}
		});
	}

	private void checkChannel(String channel) {
		if (ChannelNames.findFault(channel) != null) {
			throw new RequestRefusedException(ErrorCode.BAD_REQUEST, "that is no name of a channel");
		}
		if (this.channels.find(channel) == null) {
			throw new RequestRefusedException(ErrorCode.UNKNOWN_CHANNEL, "there is no such channel");
		}
	}

	private void subscribe(Client client, Command.Subscribe command, boolean watches, @Nullable Position since,
			Consumer<@Nullable Position> question) {
		if (client.subscriber().isPending(command.channel())) {
			throw new RequestRefusedException(ErrorCode.ALREADY_SUBSCRIBED, ErrorCode.ALREADY_SUBSCRIBED.text());
		}
		Attempt attempt = new Attempt(client, command, watches);
		CompletableFuture<Subscribed> result = this.subscriptions.subscribe(client.session(), command.channel(),
				new SubscribeRequest(command.recovery() != null, since, attempt));
		result.whenComplete((subscribed, ex) -> {
			question.accept((subscribed != null) ? subscribed.position() : null);
			attempt.done(ex);
		});
	}

	/**
	 * A client that may not see who comes and goes is not told, as with a channel that
	 * does not tell anybody: the wish is no more than that.
	 */
	private boolean maySeePresence(Client client, String channel) {
		LocalSession session = client.session();
		return this.channels.get(channel).presence()
				&& this.authorizer.authorizeSeePresence(session.principal(), session, channel).isGranted();
	}

	void unsubscribe(Client client, Command.Unsubscribe command) {
		// First, so that nobody tells the client what it has asked for.
		client.subscriber().leave(command.channel());
		this.subscriptions.unsubscribe(client.session(), command.channel());
		this.replies.reply(client.session(), command.id(), new Reply.Done("unsubscribe"));
	}

	/**
	 * Take a client out of the channels that it may not hear any more, because its new
	 * token allows less than the former one. What the node has subscribed it to is the
	 * application's to end.
	 */
	void checkPermissions(Client client) {
		LocalSession session = client.session();
		Principal principal = session.principal();
		for (String channel : List.copyOf(session.channels())) {
			Subscription subscription = session.subscription(channel);
			if (subscription != null && subscription.listener() instanceof Attempt
					&& !this.authorizer.authorizeSubscribe(principal, session, channel).isGranted()) {
				this.subscriptions.withdraw(subscription);
			}
		}
	}

	/**
	 * A subscription that the client has asked for. The client is answered once, whatever
	 * becomes of it.
	 */
	private final class Attempt extends Membership implements Subscriber {

		private final Command.Subscribe command;

		private final boolean watches;

		private volatile boolean answered;

		/** Why the subscription is not kept although it has begun. */
		private volatile @Nullable RequestRefusedException refusal;

		Attempt(Client client, Command.Subscribe command, boolean watches) {
			super(client.session(), command.channel(), SubscribeRequestHandler.this.replies);
			this.command = command;
			this.watches = watches;
		}

		/**
		 * The subscription begins. Perhaps under a lock of the channel, so that what
		 * comes next follows the reply.
		 */
		@Override
		public void answer(Subscribed result) {
			if (this.command.rejectUnrecovered() && result.recovery() == RecoveryOutcome.UNRECOVERED) {
				this.refusal = new RequestRefusedException(ErrorCode.UNRECOVERABLE_POSITION,
						ErrorCode.UNRECOVERABLE_POSITION.text());
				return;
			}
			Recovery recovery = this.command.recovery();
			Reply reply = new Reply.Subscribe(result, (recovery != null) ? recovery.offset() : null);
			Reservation reservation = result.reservation();
			synchronized (this) {
				if (reservation == null || result.publications().isEmpty()) {
					replies().reply(session(), this.command.id(), reply);
				}
				else {
					replies().replyWithMuch(session(), this.command.id(), reply,
							ReplySender.size(result.publications()), reservation.hold());
				}
				this.answered = true;
				told();
				if (subscription() == null) {
					// It was ended before the client knew of it.
					tellEnd();
				}
			}
		}

		/**
		 * The subscription has begun, or has failed.
		 */
		void done(@Nullable Throwable failure) {
			Subscription subscription = subscription();
			if (this.answered) {
				if (subscription != null && this.watches) {
					// By this subscription, not by a later one that does not want it
					subscription.whileHeld(() -> SubscribeRequestHandler.this.presence.watchSessions(session(),
							channel(), SubscribeRequestHandler.this.presenceChanges));
				}
				return;
			}
			RequestRefusedException refusal = this.refusal;
			if (refusal == null) {
				Throwable cause = (failure != null) ? Failures.unwrap(failure) : null;
				refusal = (cause instanceof RequestRefusedException known) ? known
						: new RequestRefusedException(ErrorCode.INTERNAL, "the subscription has ended, try again");
			}
			if (subscription != null) {
				SubscribeRequestHandler.this.subscriptions.withdraw(subscription);
			}
			replies().refuse(session(), this.command.id(), refusal);
		}

		/**
		 * Something was missed that cannot be filled in.
		 */
		@Override
		public void lost() {
			reason(UnsubscribeReason.INSUFFICIENT_STATE);
			Subscription subscription = subscription();
			if (subscription != null) {
				SubscribeRequestHandler.this.subscriptions.withdraw(subscription);
			}
		}

	}

}
