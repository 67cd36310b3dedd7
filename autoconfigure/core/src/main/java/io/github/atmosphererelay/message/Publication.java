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

package io.github.atmosphererelay.message;

import java.util.Map;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * A message that was published to a channel.
 *
 * @param id identifies the message, unique over all nodes
 * @param origin the id of the node that published it
 * @param channel the channel's name
 * @param time when it was published, in milliseconds since 1970 by the origin's clock
 * @param headers the message's headers
 * @param payload the message itself
 * @param position the position in the channel's log, or {@code null} if the channel is
 * ephemeral
 * @param exceptSession the id of a session that must not get it, such as the sender's;
 * {@code null} if all sessions get it
 */
public record Publication(UUID id, UUID origin, String channel, long time, Map<String, String> headers, Payload payload,
		@Nullable Position position, @Nullable String exceptSession) implements ChannelItem {

	/**
	 * Create a publication that is for all sessions of its channel.
	 * @param id identifies the message, unique over all nodes
	 * @param origin the id of the node that published it
	 * @param channel the channel's name
	 * @param time when it was published, in milliseconds since 1970 by the origin's clock
	 * @param headers the message's headers
	 * @param payload the message itself
	 * @param position the position in the channel's log, or {@code null} if the channel
	 * is ephemeral
	 */
	public Publication(UUID id, UUID origin, String channel, long time, Map<String, String> headers, Payload payload,
			@Nullable Position position) {
		this(id, origin, channel, time, headers, payload, position, null);
	}

	/**
	 * Create the publication of an envelope that is in its channel's log.
	 * @param envelope the envelope, whose audience is the channel
	 * @param channel the channel's name
	 * @param position its place in the log
	 * @return the publication
	 */
	public static Publication of(Envelope envelope, String channel, Position position) {
		return new Publication(envelope.id(), envelope.origin(), channel, envelope.time(), envelope.headers(),
				envelope.payload(), position, envelope.audience().exceptSession());
	}

}
