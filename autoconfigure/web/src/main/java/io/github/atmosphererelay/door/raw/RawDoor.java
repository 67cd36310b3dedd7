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

package io.github.atmosphererelay.door.raw;

import io.github.atmosphererelay.door.Arrival;
import io.github.atmosphererelay.door.Door;
import io.github.atmosphererelay.door.DoorContext;
import io.github.atmosphererelay.door.DurableHandshaker;
import io.github.atmosphererelay.door.HttpSessionRegistry;
import io.github.atmosphererelay.door.TokenChecker;
import io.github.atmosphererelay.door.WebSocketSettings;
import io.github.atmosphererelay.durable.DurableSessions;
import io.github.atmosphererelay.node.MessagingNode;
import io.github.atmosphererelay.transport.Inbound;
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

	private final MessagingNode node;

	private final WebSocketSettings settings;

	private final TokenChecker tokens;

	private final HttpSessionRegistry httpSessions;

	private final DurableHandshaker durable;

	private final RawDoorFrames frames;

	private final RawDoorSubscriber subscriber;

	private RawDoor(DoorContext context, DurableHandshaker durable) {
		this.node = context.node();
		this.settings = context.settings();
		this.tokens = context.tokens();
		this.httpSessions = context.httpSessions();
		this.durable = durable;
		this.frames = new RawDoorFrames(this.node, context.controlLimits());
		this.subscriber = new RawDoorSubscriber(this.node, context.presence(), this.frames, durable.sessions());
	}

	/**
	 * Create the mapping that leads WebSocket handshakes under the door's path to the
	 * door, and leaves every other request alone.
	 * @param context what the doors have in common
	 * @param durable the sessions that outlive their connections, or {@code null} if
	 * there are none
	 * @return the mapping
	 */
	public static HandlerMapping mapping(DoorContext context, @Nullable DurableSessions durable) {
		DurableHandshaker handshakes = new DurableHandshaker(durable, context.settings().path());
		return context.mapping(context.settings().path() + "/**", ORDER, new RawDoor(context, handshakes),
				new RawDoorInterceptor(context, handshakes));
	}

	@Override
	public Inbound take(Arrival arrival) {
		return new RawDoorConnection(this, arrival);
	}

	MessagingNode node() {
		return this.node;
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
