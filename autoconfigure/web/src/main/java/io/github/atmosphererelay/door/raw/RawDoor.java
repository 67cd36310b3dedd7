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

import io.github.atmosphererelay.door.DoorContext;
import io.github.atmosphererelay.durable.DurableSessions;
import org.jspecify.annotations.Nullable;

import org.springframework.web.servlet.HandlerMapping;

/**
 * Puts the raw door together.
 */
public final class RawDoor {

	/**
	 * Before the mappings of an application's own WebSocket handlers, which may cover
	 * everything.
	 */
	private static final int ORDER = -2;

	private RawDoor() {
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
		DurableHandshakes handshakes = new DurableHandshakes(durable, context.settings().path());
		return context.mapping(context.settings().path() + "/**", ORDER, new RawDoorHandler(context, handshakes),
				new RawDoorInterceptor(context, handshakes));
	}

}
