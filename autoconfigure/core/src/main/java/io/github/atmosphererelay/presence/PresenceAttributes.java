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

package io.github.atmosphererelay.presence;

import java.util.Map;

import io.github.atmosphererelay.session.ClientSession;

/**
 * Supplies the attributes of members that others see beside the user's name, such as a
 * colour or a status. A bean of this type is called once for each session that subscribes
 * to a channel with presence.
 */
@FunctionalInterface
public interface PresenceAttributes {

	/**
	 * Supplies no attributes.
	 */
	PresenceAttributes NONE = (session, channel) -> Map.of();

	/**
	 * Return a session's attributes in a channel. Called for one session after another,
	 * on one of the threads that run code of the application; it may block that thread.
	 * The session becomes present when this method returns. If this method throws, or
	 * returns more than {@code atmosphere.presence.max-attribute-size}, the session is
	 * present without attributes.
	 * @param session the session
	 * @param channel the channel's name
	 * @return the attributes, perhaps empty
	 */
	Map<String, String> attributes(ClientSession session, String channel);

}
