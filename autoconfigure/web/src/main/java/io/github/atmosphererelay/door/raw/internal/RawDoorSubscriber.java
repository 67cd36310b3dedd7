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

import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.channel.internal.ChannelSource;
import io.github.atmosphererelay.delivery.internal.InboundStatistics;
import io.github.atmosphererelay.durable.internal.DurableSession;
import io.github.atmosphererelay.durable.internal.DurableSessions;
import io.github.atmosphererelay.durable.internal.DurableStart;
import io.github.atmosphererelay.inbound.internal.ClientMessageReceiver;
import io.github.atmosphererelay.presence.internal.PresenceService;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.subscription.internal.SubscriptionRetry;
import io.github.atmosphererelay.subscription.internal.Subscriptions;
import org.jspecify.annotations.Nullable;

/**
 * Prepares the sessions of the raw door for their subscriptions, and has what these use.
 * For any thread; does not block, except that {@link #prepare} blocks as long as the
 * application's authorizer does.
 */
final class RawDoorSubscriber {

	private final ChannelCatalog catalog;

	private final ClientMessageReceiver messages;

	private final Subscriptions subscriptions;

	private final InboundStatistics statistics;

	private final PresenceService presence;

	private final RawDoorFrames frames;

	private final SubscriptionRetry retry;

	private final @Nullable DurableSessions durable;

	RawDoorSubscriber(ChannelCatalog catalog, ClientMessageReceiver messages, Subscriptions subscriptions,
			InboundStatistics statistics, PresenceService presence, RawDoorFrames frames, SubscriptionRetry retry,
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
	 * Prepare a session before the application knows of it: what the application
	 * subscribes it to from then on goes together with what its client has asked for.
	 * @param session the session
	 * @param request what the handshake asks for
	 * @param start how the durable session begins that the client has asked for, if it
	 * has
	 * @param positions learns where subscriptions begin of which the client is not told,
	 * or {@code null}
	 * @return the session's subscriptions, which are to be begun once it is registered
	 */
	RawDoorSubscriptions prepare(LocalSession session, RawDoorRequest request, @Nullable DurableStart start,
			@Nullable PositionListener positions) {
		if (start != null && !request.quiet()) {
			Duration ttl = (this.durable != null) ? this.durable.settings().ttl() : Duration.ZERO;
			this.frames.send(session, RawDoorFrames.durable(start, ttl));
		}
		DurableSession durable = (start != null) ? start.session() : null;
		RawDoorSubscriptions subscriptions = new RawDoorSubscriptions(this, session, request, durable, positions,
				request.presence() ? presenceRefusal(session, request.channel()) : null);
		session.subscribeBy(subscriptions);
		return subscriptions;
	}

	/**
	 * Ask whether the client may see who is there, before the subscription goes on with
	 * threads that the authorizer must not block.
	 */
	private @Nullable RequestRefusedException presenceRefusal(LocalSession session, String channel) {
		try {
			this.presence.requireWatch(session, channel);
			return null;
		}
		catch (RequestRefusedException ex) {
			return ex;
		}
	}

	/**
	 * Return whether a channel exists, and has a log.
	 */
	boolean isRecorded(String channel) {
		ChannelOptions options = this.catalog.find(channel);
		return options != null && options.isRecorded();
	}

	/**
	 * Return whether a subscriber first gets the channel's current value.
	 */
	boolean hasSnapshots(String channel) {
		ChannelOptions options = this.catalog.find(channel);
		ChannelSource source = (options != null) ? options.source() : null;
		return source != null && source.hasSnapshots();
	}

	/**
	 * Return whether a client may have a channel back that its session was in. It may
	 * have lost the right meanwhile. Blocks as long as the authorizer does.
	 */
	boolean mayReturn(LocalSession session, String channel) {
		return this.catalog.find(channel) != null
				&& this.messages.authorizeSubscribe(session.principal(), session, channel).isGranted();
	}

	Subscriptions subscriptions() {
		return this.subscriptions;
	}

	InboundStatistics statistics() {
		return this.statistics;
	}

	PresenceService presence() {
		return this.presence;
	}

	RawDoorFrames frames() {
		return this.frames;
	}

	SubscriptionRetry retry() {
		return this.retry;
	}

}
