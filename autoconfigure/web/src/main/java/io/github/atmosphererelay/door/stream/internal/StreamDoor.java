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

package io.github.atmosphererelay.door.stream.internal;

import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.delivery.internal.InboundStatistics;
import io.github.atmosphererelay.door.internal.Arrival;
import io.github.atmosphererelay.door.internal.Door;
import io.github.atmosphererelay.door.internal.DoorContext;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.presence.internal.PresenceService;
import io.github.atmosphererelay.subscription.internal.Subscriptions;
import io.github.atmosphererelay.transport.internal.Inbound;

import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.ServerResponse;

/**
 * The door for HTTP streams: the path names the channel, as at the raw door.
 */
public final class StreamDoor implements Door {

	private final StreamSettings settings;

	private final ChannelCatalog catalog;

	private final Subscriptions subscriptions;

	private final InboundStatistics statistics;

	private final PresenceService presence;

	private final Timers timers;

	private final StreamFrames frames;

	private final StreamRequestHandler streams;

	private final MessageRoutes messages;

	/**
	 * Put the door together.
	 * @param context what doors are put together of
	 * @param settings the settings of this door
	 */
	public StreamDoor(DoorContext context, StreamSettings settings) {
		this.settings = settings;
		this.catalog = context.catalog();
		this.subscriptions = context.subscriptions();
		this.statistics = context.statistics();
		this.presence = context.presence();
		this.timers = context.timers();
		this.frames = new StreamFrames(context.identity(), context.writers(), context.controlLimits());
		this.streams = new StreamRequestHandler(this, context.streams(), context.catalog(), context.clientMessages());
		this.messages = new MessageRoutes(context.streams(), settings.path(), context.settings().maxMessageSize(),
				context.catalog(), context.identity(), context.writers(), context.clientMessages());
	}

	/**
	 * Return the mapping of requests for streams, and of the questions of browsers
	 * whether a page may make a request.
	 * @return the mapping
	 */
	public HandlerMapping mapping() {
		return new StreamMapping(this.settings.path(), this.catalog, this.streams);
	}

	/**
	 * Return the route of messages that clients send by POST.
	 * @return the route
	 */
	public RouterFunction<ServerResponse> messageRoute() {
		return this.messages.route();
	}

	@Override
	public Inbound take(Arrival arrival) {
		return new StreamConnection(this, arrival);
	}

	StreamSettings settings() {
		return this.settings;
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

	Timers timers() {
		return this.timers;
	}

	StreamFrames frames() {
		return this.frames;
	}

}
