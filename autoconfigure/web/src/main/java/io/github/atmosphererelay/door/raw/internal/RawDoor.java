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

import io.github.atmosphererelay.delivery.internal.InboundStatistics;
import io.github.atmosphererelay.door.internal.Arrival;
import io.github.atmosphererelay.door.internal.Door;
import io.github.atmosphererelay.door.internal.DoorContext;
import io.github.atmosphererelay.door.internal.DurableHandshaker;
import io.github.atmosphererelay.door.internal.HttpSessionRegistry;
import io.github.atmosphererelay.door.internal.TokenChecker;
import io.github.atmosphererelay.door.internal.WebSocketSettings;
import io.github.atmosphererelay.durable.internal.DurableSessions;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.inbound.internal.ClientMessageReceiver;
import io.github.atmosphererelay.subscription.internal.SubscriptionRetry;
import io.github.atmosphererelay.subscription.internal.Subscriptions;
import org.jspecify.annotations.Nullable;

import org.springframework.web.servlet.HandlerMapping;

/**
 * The raw door: the path names the channel, and one frame is one message.
 */
public final class RawDoor implements Door {

	/**
	 * Before the mappings of an application's own WebSocket handlers, which may cover
	 * everything.
	 */
	private static final int ORDER = -2;

	private final ClientMessageReceiver messages;

	private final Subscriptions subscriptions;

	private final InboundStatistics statistics;

	private final WebSocketSettings settings;

	private final TokenChecker tokens;

	private final HttpSessionRegistry httpSessions;

	private final Timers timers;

	private final DurableHandshaker durable;

	private final RawDoorFrames frames;

	private final RawDoorSubscriber subscriber;

	private final RawDoorAdmission admission;

	private final HandlerMapping mapping;

	/**
	 * Put the door together.
	 * @param context what the doors have in common
	 * @param sessions the sessions that outlive their connections, or {@code null} if
	 * there are none
	 */
	public RawDoor(DoorContext context, @Nullable DurableSessions sessions) {
		DurableHandshaker durable = new DurableHandshaker(sessions, context.settings().path());
		this.messages = context.clientMessages();
		this.subscriptions = context.subscriptions();
		this.statistics = context.statistics();
		this.settings = context.settings();
		this.tokens = context.tokens();
		this.httpSessions = context.httpSessions();
		this.timers = context.timers();
		this.durable = durable;
		this.frames = new RawDoorFrames(context.identity(), context.writers(), context.controlLimits());
		this.subscriber = new RawDoorSubscriber(context.catalog(), this.messages, this.subscriptions, this.statistics,
				context.presence(), this.frames, new SubscriptionRetry(this.timers), durable.sessions());
		this.admission = new RawDoorAdmission(context.settings().path(), context.catalog(), this.messages, durable);
		this.mapping = context.mapping(context.settings().path() + "/**", ORDER, this,
				new RawDoorInterceptor(context.checks(), context.refusals(), this.admission, this.tokens));
	}

	/**
	 * Return the mapping that leads WebSocket handshakes under the door's path to the
	 * door, and leaves every other request alone.
	 * @return the mapping
	 */
	public HandlerMapping mapping() {
		return this.mapping;
	}

	/**
	 * Return what decides which requests become connections.
	 * @return the admission
	 */
	public RawDoorAdmission admission() {
		return this.admission;
	}

	@Override
	public RawDoorConnection take(Arrival arrival) {
		return new RawDoorConnection(this, arrival);
	}

	ClientMessageReceiver messages() {
		return this.messages;
	}

	Subscriptions subscriptions() {
		return this.subscriptions;
	}

	InboundStatistics statistics() {
		return this.statistics;
	}

	Timers timers() {
		return this.timers;
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

	DurableHandshaker durable() {
		return this.durable;
	}

	RawDoorFrames frames() {
		return this.frames;
	}

	RawDoorSubscriber subscriber() {
		return this.subscriber;
	}

}
