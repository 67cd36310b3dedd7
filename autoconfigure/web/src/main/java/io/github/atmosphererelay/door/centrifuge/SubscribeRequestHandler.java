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

import java.security.Principal;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import io.github.atmosphererelay.delivery.RecoveryOutcome;
import io.github.atmosphererelay.door.DoorContext;
import io.github.atmosphererelay.door.centrifuge.Command.Recovery;
import io.github.atmosphererelay.guard.Failures;
import io.github.atmosphererelay.guard.RateLimitedLog;
import io.github.atmosphererelay.message.ChannelNames;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.node.MessagingNode;
import io.github.atmosphererelay.presence.PresenceChangeFormat;
import io.github.atmosphererelay.presence.PresenceService;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.LocalSession;
import io.github.atmosphererelay.session.Reservation;
import io.github.atmosphererelay.subscription.log.SubscribeRequest;
import io.github.atmosphererelay.subscription.log.Subscribed;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Lets clients into channels and out of them.
 */
final class SubscribeRequestHandler {

	private static final Log logger = LogFactory.getLog(SubscribeRequestHandler.class);

	private final RateLimitedLog failureLog = new RateLimitedLog(logger, Duration.ofSeconds(10));

	private final MessagingNode node;

	private final PresenceService presence;

	private final PresenceChangeFormat presenceChanges;

	private final ReplySender replies;

	SubscribeRequestHandler(DoorContext context, Codec codec, ReplySender replies) {
		this.node = context.node();
		this.presence = context.presence();
		this.presenceChanges = codec.presenceChanges();
		this.replies = replies;
	}

	void subscribe(Client client, Command.Subscribe command) {
		LocalSession session = client.session();
		String channel = command.channel();
		checkChannel(channel);
		this.node.clientMessages().authorizeSubscribe(session.principal(), session, channel).require();
		// Now, on a thread that the authorizer may block.
		boolean watches = command.joinLeave() && maySeePresence(client, channel);
		Recovery recovery = command.recovery();
		boolean recorded = this.node.catalog().get(channel).isRecorded();
		Consumer<@Nullable Position> question = (!recorded || this.node.follows(channel)) ? (end) -> {
		} : client.ask();
		if (recovery == null || !recovery.epoch().isEmpty() || !recorded) {
			Position since = (recovery != null) ? new Position(recovery.epoch(), recovery.offset()) : null;
			subscribe(client, command, watches, since, question);
			return;
		}
		// Any epoch will do: so the present one is asked for first.
		this.node.broadcaster().end(channel).whenComplete((position, ex) -> {
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
		if (this.node.catalog().find(channel) == null) {
			throw new RequestRefusedException(ErrorCode.UNKNOWN_CHANNEL, "there is no such channel");
		}
	}

	private void subscribe(Client client, Command.Subscribe command, boolean watches, @Nullable Position since,
			Consumer<@Nullable Position> question) {
		Attempt attempt = new Attempt(client, command, watches);
		if (client.memberships().putIfAbsent(command.channel(), attempt) != null) {
			throw new RequestRefusedException(ErrorCode.ALREADY_SUBSCRIBED, ErrorCode.ALREADY_SUBSCRIBED.text());
		}
		CompletableFuture<Subscribed> result;
		try {
			result = this.node.subscriptions()
				.subscribe(client.session(), command.channel(),
						new SubscribeRequest(command.recovery() != null, since, attempt::reply, attempt::lost));
		}
		catch (RuntimeException ex) {
			client.memberships().remove(command.channel(), attempt);
			throw ex;
		}
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
		return this.node.catalog().get(channel).presence()
				&& this.node.clientMessages().authorizeSeePresence(session.principal(), session, channel).isGranted();
	}

	void unsubscribe(Client client, Command.Unsubscribe command) {
		// First, so that nobody tells the client what it has asked for.
		Client.Membership membership = client.memberships().remove(command.channel());
		if (membership != null) {
			membership.giveUp();
		}
		this.node.subscriptions().unsubscribe(client.session(), command.channel());
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
			Client.Membership membership = client.memberships().get(channel);
			if (membership != null && membership.isOwn()
					&& !this.node.clientMessages().authorizeSubscribe(principal, session, channel).isGranted()) {
				this.node.subscriptions().unsubscribe(session, channel);
			}
		}
	}

	/**
	 * An attempt to subscribe, and what came of it. Answered once, whatever that is.
	 */
	private final class Attempt implements Client.Membership {

		private final Client client;

		private final Command.Subscribe command;

		private final boolean watches;

		private final AtomicBoolean answered = new AtomicBoolean();

		/** Why the subscription is not kept although it has begun. */
		private volatile @Nullable RequestRefusedException refusal;

		/** Whether the client has unsubscribed itself. */
		private volatile boolean givenUp;

		Attempt(Client client, Command.Subscribe command, boolean watches) {
			this.client = client;
			this.command = command;
			this.watches = watches;
		}

		@Override
		public boolean isTold() {
			return this.answered.get();
		}

		@Override
		public boolean isOwn() {
			return true;
		}

		@Override
		public void giveUp() {
			this.givenUp = true;
		}

		/**
		 * The subscription begins. Perhaps under a lock of the channel, so that what
		 * comes next follows the reply.
		 */
		void reply(Subscribed result) {
			if (this.command.rejectUnrecovered() && result.recovery() == RecoveryOutcome.UNRECOVERED) {
				this.refusal = new RequestRefusedException(ErrorCode.UNRECOVERABLE_POSITION,
						ErrorCode.UNRECOVERABLE_POSITION.text());
				return;
			}
			Recovery recovery = this.command.recovery();
			Reply reply = new Reply.Subscribe(result, (recovery != null) ? recovery.offset() : null);
			Reservation reservation = result.reservation();
			if (reservation == null || result.publications().isEmpty()) {
				SubscribeRequestHandler.this.replies.reply(this.client.session(), this.command.id(), reply);
			}
			else {
				SubscribeRequestHandler.this.replies.replyWithMuch(this.client.session(), this.command.id(), reply,
						ReplySender.size(result.publications()), reservation.hold());
			}
			this.answered.set(true);
		}

		/**
		 * The subscription has begun, or has failed.
		 */
		void done(@Nullable Throwable failure) {
			LocalSession session = this.client.session();
			String channel = this.command.channel();
			if (!this.answered.compareAndSet(false, true)) {
				if (this.client.memberships().get(channel) == this) {
					if (this.watches) {
						SubscribeRequestHandler.this.presence.watchSessions(session, channel,
								SubscribeRequestHandler.this.presenceChanges);
					}
				}
				else if (!this.givenUp) {
					// It was ended before the client knew of it.
					SubscribeRequestHandler.this.replies.push(session,
							new Push.Unsubscribe(channel, UnsubscribeReason.SERVER));
				}
				return;
			}
			RequestRefusedException refusal = this.refusal;
			if (refusal == null) {
				Throwable cause = (failure != null) ? Failures.unwrap(failure) : null;
				refusal = (cause instanceof RequestRefusedException known) ? known
						: new RequestRefusedException(ErrorCode.INTERNAL, "the subscription has ended, try again");
			}
			if (this.client.memberships().remove(channel, this)) {
				SubscribeRequestHandler.this.node.subscriptions().unsubscribe(session, channel);
			}
			SubscribeRequestHandler.this.replies.refuse(session, this.command.id(), refusal);
		}

		/**
		 * Something was missed that cannot be filled in.
		 */
		void lost() {
			String channel = this.command.channel();
			if (this.client.memberships().remove(channel, this)) {
				this.givenUp = true;
				SubscribeRequestHandler.this.node.subscriptions().unsubscribe(this.client.session(), channel);
				SubscribeRequestHandler.this.replies.push(this.client.session(),
						new Push.Unsubscribe(channel, UnsubscribeReason.INSUFFICIENT_STATE));
			}
		}

	}

}
