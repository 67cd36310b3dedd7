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

import io.github.atmosphererelay.door.DoorContext;

import org.springframework.web.servlet.HandlerMapping;

/**
 * The door for clients that speak the Centrifuge client protocol v2 (JSON): one
 * connection for many channels, with recovery, presence and calls.
 */
public final class CentrifugeDoor {

	/**
	 * Before the raw door, whose paths may cover this one's.
	 */
	private static final int ORDER = -3;

	private CentrifugeDoor() {
	}

	/**
	 * Create the mapping that leads WebSocket handshakes to the door, and leaves every
	 * other request alone.
	 * @param context what the doors have in common
	 * @param settings what holds for this one
	 * @return the mapping
	 */
	public static HandlerMapping mapping(DoorContext context, CentrifugeSettings settings) {
		return context.mapping(settings.path(), ORDER, new CentrifugeHandler(context, settings, new JsonCodec()),
				new CentrifugeInterceptor(context));
	}

}
