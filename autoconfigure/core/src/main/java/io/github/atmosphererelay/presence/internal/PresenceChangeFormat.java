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

package io.github.atmosphererelay.presence.internal;

import java.util.List;

import io.github.atmosphererelay.message.Payload;

/**
 * The frame format in which a door announces joins and leaves of single sessions to its
 * clients.
 */
@FunctionalInterface
public interface PresenceChangeFormat {

	/**
	 * Encode joins and leaves. Called by the presence thread, which must not be blocked.
	 * All clients that watch the channel in this format get the same frame.
	 * @param channel the channel's name
	 * @param changes the joins and leaves, in the order in which they happened; at least
	 * one
	 * @return a frame of the door
	 */
	Payload encode(String channel, List<PresenceChange> changes);

}
