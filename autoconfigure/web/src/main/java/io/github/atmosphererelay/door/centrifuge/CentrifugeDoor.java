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

import io.github.atmosphererelay.door.Arrival;
import io.github.atmosphererelay.door.Door;
import io.github.atmosphererelay.door.DoorContext;
import io.github.atmosphererelay.transport.Inbound;

import org.springframework.web.servlet.HandlerMapping;

/**
 * The door for clients that speak the Centrifuge client protocol v2 (JSON): one
 * connection for many channels, with recovery, presence and calls.
 */
public final class CentrifugeDoor implements Door {

	/**
	 * Before the raw door, whose paths may cover this one's.
	 */
	private static final int ORDER = -3;

	private final DoorContext context;

	private final Codec codec = new JsonCodec();

	private final CommandHandler requests;

	private CentrifugeDoor(DoorContext context, CentrifugeSettings settings) {
		this.context = context;
		this.requests = new CommandHandler(context, settings, this.codec);
	}

	/**
	 * Create the mapping that leads WebSocket handshakes to the door, and leaves every
	 * other request alone.
	 * @param context what the doors have in common
	 * @param settings what holds for this one
	 * @return the mapping
	 */
	public static HandlerMapping mapping(DoorContext context, CentrifugeSettings settings) {
		return context.mapping(settings.path(), ORDER, new CentrifugeDoor(context, settings),
				new CentrifugeInterceptor(context));
	}

	@Override
	public Inbound take(Arrival arrival) {
		return new Connection(this.context, this.requests, this.codec, arrival);
	}

}
