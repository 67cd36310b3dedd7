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
import java.util.List;
import java.util.function.Consumer;

import io.github.atmosphererelay.delivery.internal.RecoveryOutcome;
import io.github.atmosphererelay.door.centrifuge.internal.Command.Recovery;
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
import org.jspecify.annotations.Nullable;

/**
 * Lets clients into channels and out of them.
 */
final class SubscribeRequestHandler {

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
		Principal principal = authorize(session, channel);
		// Now, on a thread that the authorizer may block.
		boolean watches = command.joinLeave() && maySeePresence(client, channel);
		boolean recorded = this.channels.get(channel).isRecorded();
		Consumer<@Nullable Position> question = (!recorded || this.channels.isFollowed(channel)) ? (end) -> {
		} : client.ask();
		if (client.subscriber().isPending(channel)) {
			throw new RequestRefusedException(ErrorCode.ALREADY_SUBSCRIBED, ErrorCode.ALREADY_SUBSCRIBED.text());
		}
		Attempt attempt = new Attempt(client, command, watches);
		this.subscriptions.subscribe(session, channel, request(command, attempt)).whenComplete((subscribed, ex) -> {
			question.accept((subscribed != null) ? subscribed.position() : null);
			attempt.done(ex);
		});
		if (session.principal() != principal) {
			// The client has sent a new token meanwhile. Those who checked its channels
			// then may not have found this one.
			checkPermission(session, channel, attempt);
		}
	}

	/**
	 * Require that the client may subscribe, by the newest token that it has sent.
	 * @return the principal that may
	 */
	private @Nullable Principal authorize(LocalSession session, String channel) {
		Principal principal;
		do {
			principal = session.principal();
			this.authorizer.authorizeSubscribe(principal, session, channel).require();
		}
		while (session.principal() != principal);
		return principal;
	}

	private static SubscribeRequest request(Command.Subscribe command, Attempt attempt) {
		Recovery recovery = command.recovery();
		return (recovery != null) ? recovery.request(attempt) : new SubscribeRequest(false, null, attempt);
	}

	private void checkPermission(LocalSession session, String channel, Attempt attempt) {
		try {
			authorize(session, channel);
		}
		catch (RequestRefusedException ex) {
			attempt.refused(ex);
			attempt.withdraw();
		}
	}

	private void checkChannel(String channel) {
		if (ChannelNames.findFault(channel) != null) {
			throw new RequestRefusedException(ErrorCode.BAD_REQUEST, "that is no name of a channel");
		}
		if (this.channels.find(channel) == null) {
			throw new RequestRefusedException(ErrorCode.UNKNOWN_CHANNEL, "there is no such channel");
		}
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
		// The client is not told of an end that it has asked for itself
		this.subscriptions.unsubscribe(client.session(), command.channel(),
				() -> client.subscriber().leave(command.channel()),
				() -> this.replies.reply(client.session(), command.id(), new Reply.Done("unsubscribe")));
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
	 * becomes of it: when the subscription begins, or otherwise when it ends.
	 */
	private final class Attempt extends Membership implements Subscriber {

		private final Command.Subscribe command;

		private final boolean watches;

		private boolean answered;

		/** Why the subscription ends before it has begun. */
		private RequestRefusedException refusal = new RequestRefusedException(ErrorCode.INTERNAL,
				"the subscription has ended, try again");

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
		public synchronized void answer(Subscribed result) {
			if (this.command.rejectUnrecovered() && result.recovery() == RecoveryOutcome.UNRECOVERED) {
				throw new RequestRefusedException(ErrorCode.UNRECOVERABLE_POSITION,
						ErrorCode.UNRECOVERABLE_POSITION.text());
			}
			Recovery recovery = this.command.recovery();
			Reply reply = new Reply.Subscribe(result, (recovery != null) ? recovery.offset() : null);
			Reservation reservation = result.reservation();
			Runnable replying = (reservation == null || result.publications().isEmpty())
					? () -> replies().reply(session(), this.command.id(), reply)
					: () -> replies().replyWithMuch(session(), this.command.id(), reply,
							ReplySender.size(result.publications()), reservation.hold());
			if (this.watches) {
				SubscribeRequestHandler.this.presence.watchSessions(session(), channel(),
						SubscribeRequestHandler.this.presenceChanges, replying);
			}
			else {
				replying.run();
			}
			this.answered = true;
			told();
		}

		@Override
		public synchronized void refused(RequestRefusedException refusal) {
			this.refusal = refusal;
		}

		/**
		 * If the client waits for its answer, it gets it now, before that to a command
		 * which has ended the subscription.
		 */
		@Override
		public synchronized void unsubscribed(Subscription subscription) {
			super.unsubscribed(subscription);
			refuse();
		}

		private synchronized void refuse() {
			if (!this.answered) {
				this.answered = true;
				replies().refuse(session(), this.command.id(), this.refusal);
			}
		}

		void withdraw() {
			Subscription subscription = subscription();
			if (subscription != null) {
				SubscribeRequestHandler.this.subscriptions.withdraw(subscription);
			}
		}

		/**
		 * The subscription has begun, or has failed.
		 */
		void done(@Nullable Throwable failure) {
			Subscription subscription = subscription();
			if (subscription != null && this.watches) {
				SubscribeRequestHandler.this.presence.checkWatch(subscription);
			}
			// Usually it was answered before
			refuse();
		}

		/**
		 * Something was missed that cannot be filled in.
		 */
		@Override
		public void lost() {
			reason(UnsubscribeReason.INSUFFICIENT_STATE);
			withdraw();
		}

	}

}
