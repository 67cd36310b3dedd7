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

import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.presence.internal.PresentSession;
import io.github.atmosphererelay.subscription.log.internal.Subscribed;
import org.jspecify.annotations.Nullable;

/**
 * What a client is told about a command of its own that has succeeded.
 */
sealed interface Reply {

	/**
	 * The client is in.
	 *
	 * @param client the session's id
	 * @param ttl after which time to send a new token, or {@code null} if there is no
	 * need to
	 * @param ping the time between two pings of the node
	 * @param subscriptions what the node has subscribed the client to, by channel
	 * @param emulated how the client sends commands in requests of their own, or
	 * {@code null} if it sends them over its connection
	 */
	record Connected(String client, @Nullable Duration ttl, Duration ping, Map<String, Subscribe> subscriptions,
			@Nullable EmulatedSession emulated) implements Reply {

		Connected(String client, @Nullable Duration ttl, Duration ping, Map<String, Subscribe> subscriptions) {
			this(client, ttl, ping, subscriptions, null);
		}

	}

	/**
	 * The client is in a channel.
	 *
	 * @param result how that began
	 * @param asked the offset that the client has asked to recover from, or {@code null}
	 * if it has not asked
	 */
	record Subscribe(Subscribed result, @Nullable Long asked) implements Reply {

	}

	/**
	 * It was done, and there is nothing to add.
	 *
	 * @param command the command's name
	 */
	record Done(String command) implements Reply {

	}

	/**
	 * A part of a log.
	 *
	 * @param publications in the order asked for
	 * @param end the log's end
	 */
	record History(List<Publication> publications, Position end) implements Reply {

	}

	/**
	 * Who is in a channel.
	 */
	record Presence(List<PresentSession> sessions) implements Reply {

	}

	/**
	 * How many are in a channel.
	 */
	record PresenceStats(int clients, int users) implements Reply {

	}

	/**
	 * What a method has returned.
	 *
	 * @param data the result, or {@code null} if there is none
	 */
	record Rpc(@Nullable Payload data) implements Reply {

	}

	/**
	 * A new token was taken.
	 *
	 * @param client the session's id
	 * @param ttl after which time to send another one, or {@code null} if there is no
	 * need to
	 */
	record Refreshed(String client, @Nullable Duration ttl) implements Reply {

	}

}
