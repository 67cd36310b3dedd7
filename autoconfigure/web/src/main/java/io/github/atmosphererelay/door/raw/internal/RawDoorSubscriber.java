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

package io.github.atmosphererelay.door.raw.internal;

import java.time.Duration;
import java.util.List;
import java.util.Set;

import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.delivery.internal.MessagingStatistics;
import io.github.atmosphererelay.door.internal.SubscriptionRetry;
import io.github.atmosphererelay.durable.internal.DurableSession;
import io.github.atmosphererelay.durable.internal.DurableSessions;
import io.github.atmosphererelay.durable.internal.DurableStart;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.inbound.internal.ClientMessageReceiver;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.presence.internal.PresenceService;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.session.internal.QueueLimits;
import io.github.atmosphererelay.session.internal.Reservation;
import io.github.atmosphererelay.session.internal.SlowConsumerPolicy;
import io.github.atmosphererelay.subscription.internal.Subscriptions;
import io.github.atmosphererelay.subscription.log.internal.SubscribeRequest;
import io.github.atmosphererelay.subscription.log.internal.Subscribed;
import org.jspecify.annotations.Nullable;

/**
 * Subscribes the sessions of the raw door. At this door the connection is the
 * subscription, so one that cannot begin because the channel's log cannot be reached is
 * tried again for as long as the client stays. For any thread; does not block, except
 * that {@link #enter} blocks as long as the application's authorizer does.
 */
final class RawDoorSubscriber {

	private static final Payload UNRECOVERED = RawDoorFrames.error(new RequestRefusedException(
			ErrorCode.UNRECOVERABLE_POSITION, "not all that was missed can be had, so nothing of it is sent"));

	private final ChannelCatalog catalog;

	private final ClientMessageReceiver messages;

	private final Subscriptions subscriptions;

	private final MessagingStatistics statistics;

	private final PresenceService presence;

	private final RawDoorFrames frames;

	private final SubscriptionRetry retry;

	private final @Nullable DurableSessions durable;

	RawDoorSubscriber(ChannelCatalog catalog, ClientMessageReceiver messages, Subscriptions subscriptions,
			MessagingStatistics statistics, PresenceService presence, RawDoorFrames frames, SubscriptionRetry retry,
			@Nullable DurableSessions durable) {
		this.catalog = catalog;
		this.messages = messages;
		this.subscriptions = subscriptions;
		this.statistics = statistics;
		this.presence = presence;
		this.frames = frames;
		this.retry = retry;
		this.durable = durable;
	}

	/**
	 * Subscribe a session to the channel that its client has connected for, and to those
	 * that it had before if it is durable.
	 * @param session the session
	 * @param request what the handshake asks for
	 * @param start how the durable session begins that it has asked for, if it has
	 */
	void enter(LocalSession session, RawDoorRequest request, @Nullable DurableStart start) {
		if (start != null) {
			Duration ttl = (this.durable != null) ? this.durable.settings().ttl() : Duration.ZERO;
			this.frames.send(session, RawDoorFrames.durable(start, ttl));
		}
		DurableSession durable = (start != null) ? start.session() : null;
		Set<String> returning = (durable != null) ? durable.returning() : Set.of();
		new Entry(session, request, request.channel(), durable, returning.contains(request.channel())).subscribe();
		for (String channel : returning) {
			if (!channel.equals(request.channel())) {
				enterAgain(session, request, channel, durable);
			}
		}
	}

	private void enterAgain(LocalSession session, RawDoorRequest request, String channel,
			@Nullable DurableSession durable) {
		// The client may have lost the right meanwhile.
		if (this.catalog.find(channel) != null
				&& this.messages.authorizeSubscribe(session.principal(), session, channel).isGranted()) {
			new Entry(session, request, channel, durable, true).subscribe();
		}
		else if (durable != null) {
			durable.arrived(channel);
		}
	}

	/**
	 * A subscription on its way.
	 */
	private final class Entry {

		private final LocalSession session;

		private final String channel;

		private final @Nullable DurableSession durable;

		/** Whether this is the channel that the client has connected for. */
		private final boolean main;

		private final boolean ack;

		private final boolean presence;

		/** Why the client may not see who is there, or {@code null} if it may. */
		private final @Nullable RequestRefusedException presenceRefusal;

		/** Whether the client wants to be told how the subscription begins. */
		private final boolean told;

		private final boolean recovering;

		private final @Nullable Position since;

		private boolean failureTold;

		Entry(LocalSession session, RawDoorRequest request, String channel, @Nullable DurableSession durable,
				boolean returning) {
			this.session = session;
			this.channel = channel;
			this.durable = durable;
			this.main = channel.equals(request.channel());
			this.ack = this.main && request.ack();
			this.presence = this.main && request.presence();
			this.presenceRefusal = this.presence ? presenceRefusal() : null;
			this.told = request.positions() || durable != null;
			Position asked = this.main ? request.since() : null;
			this.since = (asked != null || durable == null) ? asked : durable.position(channel);
			this.recovering = returning || this.since != null;
		}

		/**
		 * Ask whether the client may see who is there, before the subscription goes on
		 * with threads that the authorizer must not block.
		 */
		private @Nullable RequestRefusedException presenceRefusal() {
			try {
				RawDoorSubscriber.this.presence.requireWatch(this.session, this.channel);
				return null;
			}
			catch (RequestRefusedException ex) {
				return ex;
			}
		}

		void subscribe() {
			if (!this.session.isOpen()) {
				return;
			}
			try {
				ChannelOptions options = RawDoorSubscriber.this.catalog.find(this.channel);
				if (!this.told && !this.recovering) {
					subscribePlainly();
				}
				else if (options == null || !options.isRecorded()) {
					begin(null, null, List.of());
					subscribePlainly();
				}
				else {
					subscribeToLog();
				}
			}
			catch (RequestRefusedException ex) {
				refused(ex);
			}
		}

		private void subscribePlainly() {
			RawDoorSubscriber.this.subscriptions.subscribe(this.session, this.channel).thenAccept(this::ready);
			watchPresence();
		}

		private void subscribeToLog() {
			SubscribeRequest wish = new SubscribeRequest(this.recovering, this.since,
					(result) -> begin(result, result.position(), result.publications()),
					() -> this.session.close(CloseReason.INSUFFICIENT_STATE));
			RawDoorSubscriber.this.subscriptions.subscribe(this.session, this.channel, wish)
				.whenComplete((result, failure) -> {
					if (failure != null) {
						failed(failure);
						return;
					}
					ready(result.state());
					watchPresence();
				});
		}

		/**
		 * Tell the client how the subscription has begun, and what it has missed.
		 */
		private void begin(@Nullable Subscribed result, @Nullable Position position, List<Publication> missed) {
			boolean recovered = result != null && result.isRecovered();
			if (this.told) {
				// What is replayed carries it on from where the client is.
				tell(recovered ? this.since : position, recovered, missed.size());
			}
			else if (!recovered) {
				RawDoorSubscriber.this.frames.send(this.session, UNRECOVERED);
			}
			replay(missed, (result != null) ? result.reservation() : null);
			DurableSession durable = this.durable;
			if (durable != null) {
				durable.arrived(this.channel);
				// So that the store soon knows of it.
				this.session.requestPing();
			}
		}

		private void tell(@Nullable Position held, boolean recovered, int replayed) {
			RawDoorFrames frames = RawDoorSubscriber.this.frames;
			OutboundMessage frame = OutboundMessage
				.frame(frames.subscribed(this.session, this.channel, held, this.recovering, recovered, replayed));
			DurableSession durable = this.durable;
			if (durable != null && held != null) {
				durable.mark(frame, this.channel, held);
			}
			frames.send(this.session, frame, frames.limits());
		}

		/**
		 * Queue what was missed, which its reservation counts until the last of it has
		 * gone out.
		 */
		private void replay(List<Publication> missed, @Nullable Reservation reservation) {
			if (missed.isEmpty()) {
				return;
			}
			// All of it or nothing, so it is not for the channel's policy to drop some.
			QueueLimits usual = RawDoorSubscriber.this.frames.limits();
			QueueLimits limits = new QueueLimits(
					(int) Math.min(Integer.MAX_VALUE, 0L + usual.maxMessages() + missed.size()), usual.maxBytes(),
					SlowConsumerPolicy.DISCONNECT);
			for (Publication publication : missed) {
				RawDoorSubscriber.this.frames.send(this.session, (reservation != null)
						? OutboundMessage.replay(publication, reservation.hold()) : OutboundMessage.of(publication),
						limits);
			}
		}

		private void ready(SubscriptionState state) {
			if (this.ack) {
				RawDoorSubscriber.this.frames.send(this.session,
						RawDoorSubscriber.this.frames.ready(this.session, this.channel, state));
			}
		}

		private void watchPresence() {
			if (!this.presence) {
				return;
			}
			RequestRefusedException refusal = this.presenceRefusal;
			if (refusal == null) {
				RawDoorSubscriber.this.presence.watch(this.session, this.channel);
			}
			else {
				RawDoorSubscriber.this.statistics.countRefused(refusal.code());
				RawDoorSubscriber.this.frames.send(this.session, RawDoorFrames.error(refusal));
			}
		}

		private void failed(Throwable failure) {
			Throwable cause = Failures.unwrap(failure);
			RequestRefusedException refusal = (cause instanceof RequestRefusedException known) ? known
					: new RequestRefusedException(ErrorCode.INTERNAL, ErrorCode.INTERNAL.text());
			if (!refusal.code().isTemporary()) {
				refused(refusal);
				return;
			}
			if (!this.session.isOpen()) {
				return;
			}
			RawDoorSubscriber.this.statistics.countRefused(refusal.code());
			if (!this.failureTold) {
				this.failureTold = true;
				RawDoorSubscriber.this.frames.send(this.session, RawDoorFrames.error(refusal));
			}
			RawDoorSubscriber.this.retry.later(this::subscribe);
		}

		private void refused(RequestRefusedException refusal) {
			if (refusal.code() == ErrorCode.ALREADY_SUBSCRIBED) {
				// By the application, as soon as the session was known: it knows no
				// positions.
				RawDoorSubscriber.this.subscriptions.unsubscribe(this.session, this.channel);
				RawDoorSubscriber.this.retry.later(this::subscribe);
				return;
			}
			RawDoorSubscriber.this.statistics.countRefused(refusal.code());
			if (!this.main) {
				if (this.durable != null) {
					this.durable.arrived(this.channel);
				}
				return;
			}
			this.session.close((refusal.code() == ErrorCode.LIMIT_EXCEEDED) ? CloseReason.CHANNEL_LIMIT
					: CloseReason.PERMISSION_DENIED);
		}

	}

}
