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

import io.github.atmosphererelay.door.centrifuge.internal.ServerSubscription.Surroundings;
import io.github.atmosphererelay.door.internal.Arrival;
import io.github.atmosphererelay.door.internal.Door;
import io.github.atmosphererelay.door.internal.DoorContext;
import io.github.atmosphererelay.door.internal.HttpSessionRegistry;
import io.github.atmosphererelay.door.internal.TokenChecker;
import io.github.atmosphererelay.door.internal.WebSocketSettings;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.inbound.internal.ClientMessageReceiver;
import io.github.atmosphererelay.subscription.internal.SubscriptionRetry;
import io.github.atmosphererelay.subscription.internal.Subscriptions;
import io.github.atmosphererelay.transport.internal.Inbound;

import org.springframework.web.servlet.HandlerMapping;

/**
 * The door for clients that speak the Centrifuge client protocol v2 (JSON): one
 * connection for many channels, with recovery, presence and calls.
 */
public final class CentrifugeDoor implements Door {

	/**
	 * Before the raw door, whose paths may cover this one's.
	 */
	static final int ORDER = -3;

	private final Codec codec = new JsonCodec();

	private final WebSocketSettings settings;

	private final TokenChecker tokens;

	private final HttpSessionRegistry httpSessions;

	private final Timers timers;

	private final ReplySender replies;

	private final CommandHandler requests;

	private final HandlerMapping mapping;

	/**
	 * Put the door together.
	 * @param context what doors are put together of
	 * @param settings what holds for this one
	 */
	public CentrifugeDoor(DoorContext context, CentrifugeSettings settings) {
		this.settings = context.settings();
		this.tokens = context.tokens();
		this.httpSessions = context.httpSessions();
		this.timers = context.timers();
		ClientMessageReceiver messages = context.clientMessages();
		Subscriptions subscriptions = context.subscriptions();
		ChannelReads channels = new ChannelReads(context.catalog(), context.interest(), context.broadcaster());
		this.replies = new ReplySender(context.statistics(), context.writers(), this.codec, context.controlLimits());
		ServerSubscriptions serverSide = new ServerSubscriptions(new Surroundings(channels, subscriptions,
				context.monitor(), new SubscriptionRetry(this.timers), context.statistics(), this.replies));
		this.requests = new CommandHandler(settings.pingInterval(), this.tokens, messages, this.replies,
				new SubscribeRequestHandler(messages, channels, subscriptions, context.presence(),
						this.codec.presenceChanges(), this.replies),
				new ReadRequestHandler(messages, channels, context.replays(), context.writers().replays(),
						context.presence(), this.replies),
				serverSide);
		this.mapping = context.mapping(settings.path(), ORDER, this,
				new CentrifugeInterceptor(context.checks(), context.refusals()));
	}

	/**
	 * Return the transports without WebSocket.
	 * @param context what doors are put together of
	 * @return the transports, which have threads and have to be closed
	 */
	public Emulation emulation(DoorContext context) {
		return new Emulation(this, context.streams(), context.identity().id(), context.settings().path(),
				context.settings().maxMessageSize(), context.timers());
	}

	/**
	 * Return the mapping that leads WebSocket handshakes to the door, and leaves every
	 * other request alone.
	 * @return the mapping
	 */
	public HandlerMapping mapping() {
		return this.mapping;
	}

	@Override
	public Inbound take(Arrival arrival) {
		return new Connection(this, arrival);
	}

	Codec codec() {
		return this.codec;
	}

	WebSocketSettings settings() {
		return this.settings;
	}

	TokenChecker tokens() {
		return this.tokens;
	}

	HttpSessionRegistry httpSessions() {
		return this.httpSessions;
	}

	Timers timers() {
		return this.timers;
	}

	ReplySender replies() {
		return this.replies;
	}

	CommandHandler requests() {
		return this.requests;
	}

}
