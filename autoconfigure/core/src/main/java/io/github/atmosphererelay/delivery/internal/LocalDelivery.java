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

package io.github.atmosphererelay.delivery.internal;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;

import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.Fanout;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.session.internal.QueueLimits;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import io.github.atmosphererelay.session.internal.Subscription;
import io.github.atmosphererelay.session.internal.WriterPool;

/**
 * Delivers envelopes on this node: finds the sessions of the envelope's audience, and
 * queues the message for them. Never blocks.
 */
public final class LocalDelivery {

	private final SessionRegistry registry;

	private final WriterPool writers;

	private final ChannelCatalog catalog;

	private final QueueLimits defaultLimits;

	private final Supplier<List<DeliveryListener>> source;

	private final ChannelTaps taps;

	private volatile List<DeliveryListener> listeners = List.of();

	/**
	 * Create deliveries.
	 * @param registry the sessions of this node
	 * @param writers the writers that write to them
	 * @param catalog the channels that exist
	 * @param defaultLimits the queue limits for messages that belong to no channel
	 * @param taps get what is delivered, beside the sessions
	 * @param listeners supplies the listeners of counted deliveries; called when the node
	 * starts
	 */
	public LocalDelivery(SessionRegistry registry, WriterPool writers, ChannelCatalog catalog,
			QueueLimits defaultLimits, ChannelTaps taps, Supplier<List<DeliveryListener>> listeners) {
		this.taps = taps;
		this.registry = registry;
		this.writers = writers;
		this.catalog = catalog;
		this.defaultLimits = defaultLimits;
		this.source = listeners;
	}

	/**
	 * Look up the listeners of counted deliveries.
	 */
	public void start() {
		this.listeners = List.copyOf(this.source.get());
	}

	/**
	 * Deliver an envelope that this node publishes.
	 * @param envelope the envelope
	 * @return the number of sessions in its audience
	 */
	public int deliverOwn(Envelope envelope) {
		if (envelope.audience() instanceof Audience.Channel channel) {
			this.taps.publishedHere(envelope, channel.channel());
		}
		return deliver(envelope);
	}

	/**
	 * Deliver an envelope.
	 * @param envelope the envelope
	 * @return the number of sessions in its audience
	 */
	public int deliver(Envelope envelope) {
		Audience audience = envelope.audience();
		if (audience instanceof Audience.Channel channel) {
			this.taps.published(envelope, channel.channel());
			ChannelOptions options = this.catalog.find(channel.channel());
			QueueLimits limits = (options != null) ? options.queue() : this.defaultLimits;
			return deliver(envelope, channel.channel(), limits);
		}
		if (audience instanceof Audience.User user) {
			return deliver(envelope, this.registry.ofUser(user.user()), this.defaultLimits);
		}
		if (audience instanceof Audience.Session one) {
			LocalSession session = this.registry.find(one.session());
			return (session != null) ? deliver(envelope, List.of(session), this.defaultLimits) : 0;
		}
		if (audience instanceof Audience.Everyone) {
			return deliver(envelope, this.registry.sessions(), this.defaultLimits);
		}
		return 0;
	}

	/**
	 * Deliver a publication of a recorded channel. Called in the log's order.
	 * @param publication the publication
	 * @param position its position
	 */
	public void deliver(Publication publication, Position position) {
		this.taps.published(publication);
		String exceptSession = publication.exceptSession();
		String channel = publication.channel();
		ChannelOptions options = this.catalog.find(channel);
		Fanout fanout = this.writers.fanout(OutboundMessage.of(publication),
				(options != null) ? options.queue() : this.defaultLimits);
		long newest = Subscription.newestGeneration();
		for (Subscription subscription : this.registry.subscriptions(channel)) {
			LocalSession session = subscription.session();
			if (subscription.generation() <= newest && (exceptSession == null || !session.id().equals(exceptSession))
					&& subscription.takes(publication, position)) {
				fanout.add(subscription);
			}
		}
		fanout.send();
		tellCount(publication.id(), publication.headers(), fanout);
	}

	/**
	 * Note that this node continues at another position of a channel's log, so that the
	 * next publication need not follow the last one.
	 * @param channel the channel's name
	 */
	public void moved(String channel) {
		this.taps.moved(channel);
	}

	/**
	 * Note that publications of a channel are lost, and reading its log does not show the
	 * loss.
	 * @param channel the channel's name
	 */
	public void lost(String channel) {
		this.taps.lost(channel);
	}

	/**
	 * Close the sessions of a channel that have no positions, because they have missed
	 * messages that cannot be delivered any more. The clients still get the messages that
	 * are already queued, but no further ones.
	 * @param channel the channel's name
	 * @return how many of the sessions were open
	 */
	public int closePlain(String channel) {
		int closed = 0;
		for (Subscription subscription : this.registry.subscriptions(channel)) {
			LocalSession session = subscription.session();
			if (subscription.gate() == null && session.isOpen()) {
				session.close(CloseReason.MESSAGES_MISSED);
				closed++;
			}
		}
		return closed;
	}

	private void tellCount(UUID message, Map<String, String> headers, Fanout fanout) {
		List<DeliveryListener> listeners = this.listeners;
		if (!listeners.isEmpty() && headers.containsKey(DeliveryListener.COUNTED)) {
			int sessions = fanout.queued();
			listeners.forEach((listener) -> listener.delivered(message, sessions));
		}
	}

	private int deliver(Envelope envelope, String channel, QueueLimits limits) {
		String except = envelope.audience().exceptSession();
		Fanout fanout = this.writers.fanout(new OutboundMessage(envelope.payload(), channel, envelope.headers()),
				limits);
		long newest = Subscription.newestGeneration();
		for (Subscription subscription : this.registry.subscriptions(channel)) {
			LocalSession session = subscription.session();
			if (subscription.generation() <= newest && (except == null || !session.id().equals(except))) {
				fanout.add(subscription);
			}
		}
		int sent = fanout.send();
		tellCount(envelope.id(), envelope.headers(), fanout);
		return sent;
	}

	private int deliver(Envelope envelope, Collection<LocalSession> sessions, QueueLimits limits) {
		String except = envelope.audience().exceptSession();
		Fanout fanout = this.writers.fanout(new OutboundMessage(envelope.payload(), null, envelope.headers()), limits);
		for (LocalSession session : sessions) {
			if (except == null || !session.id().equals(except)) {
				fanout.add(session);
			}
		}
		int sent = fanout.send();
		tellCount(envelope.id(), envelope.headers(), fanout);
		return sent;
	}

}
