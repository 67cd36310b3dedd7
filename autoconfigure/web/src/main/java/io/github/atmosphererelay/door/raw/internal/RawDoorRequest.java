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

import io.github.atmosphererelay.door.internal.ChannelPath;
import io.github.atmosphererelay.door.internal.PositionText;
import io.github.atmosphererelay.door.raw.internal.AtmosphereParameters.Transport;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.internal.QueryParameters;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

/**
 * What a handshake at the raw door asks for.
 *
 * @param channel the channel's name: the path after the door's, percent-decoded once
 * @param ack whether the client wants a frame once its subscription is confirmed
 * @param tokenFollows whether the client's first frame is to say who it is
 * @param presence whether the client wants frames that tell who is in the channel
 * @param positions whether the client wants messages with their positions
 * @param since the position after which the client has missed everything, or {@code null}
 * if it asks for nothing that it has missed
 * @param durable whether the client wants a session that outlives the connection
 * @param session the token of the durable session that the client has, or {@code null}
 * @param atmosphere what the client says of itself if it is an {@code atmosphere.js}
 */
record RawDoorRequest(String channel, boolean ack, boolean tokenFollows, boolean presence, boolean positions,
		@Nullable Position since, boolean durable, @Nullable String session, AtmosphereParameters atmosphere) {

	/**
	 * Read a handshake.
	 * @param request the request
	 * @param doorPath the door's path
	 * @return what it asks for
	 * @throws IllegalArgumentException if the path does not name a channel, or a
	 * parameter makes no sense, with a reason for the client
	 */
	static RawDoorRequest of(HttpServletRequest request, String doorPath) {
		String channel = ChannelPath.channel(request, doorPath);
		QueryParameters query = QueryParameters.parse(request.getQueryString());
		AtmosphereParameters atmosphere = AtmosphereParameters.of(query);
		boolean polls = atmosphere.transport() == Transport.POLLING;
		boolean durable = "true".equals(query.get("durable"));
		// One that polls has a session in any case, and its token says more
		String session = polls ? null : session(query, atmosphere, durable);
		boolean tokenFollows = "message".equals(query.get("auth"));
		boolean positions = "true".equals(query.get("positions"));
		if (tokenFollows && (atmosphere.protocol() || atmosphere.transport() != Transport.WEBSOCKET)) {
			throw new IllegalArgumentException(
					"'auth=message' does not go with 'X-atmo-protocol': the client would wait"
							+ " for a frame that comes only after its token");
		}
		if (polls && positions) {
			throw new IllegalArgumentException("'positions' does not go with long polling, which keeps them itself");
		}
		return new RawDoorRequest(channel, "true".equals(query.get("ack")), tokenFollows,
				"true".equals(query.get("presence")), positions, position(query.get("since")),
				!polls && (durable || session != null), session, atmosphere);
	}

	/**
	 * Return the token of the durable session that the client has. An
	 * {@code atmosphere.js} is given it as its id.
	 */
	private static @Nullable String session(QueryParameters query, AtmosphereParameters atmosphere, boolean durable) {
		String session = query.get("session");
		if (session != null && !session.isEmpty()) {
			return session;
		}
		if (atmosphere.token() != null) {
			return atmosphere.token();
		}
		boolean identified = durable && !atmosphere.trackingId().equals(AtmosphereParameters.UNKNOWN);
		return identified ? atmosphere.trackingId() : null;
	}

	private static @Nullable Position position(@Nullable String since) {
		return (since == null || since.isEmpty()) ? null : PositionText.parse(since);
	}

	/**
	 * Return whether the client waits for a frame of its own protocol before anything
	 * else. One that polls gets it in another way.
	 */
	boolean greeted() {
		return this.atmosphere.protocol() && this.atmosphere.transport() != Transport.POLLING;
	}

	/**
	 * Return whether the client is not told of its durable session and of the begin of
	 * subscriptions in frames, which its application would take for messages.
	 */
	boolean quiet() {
		return this.atmosphere.protocol() || this.atmosphere.transport() != Transport.WEBSOCKET;
	}

	/**
	 * Return whether the connection puts a length before each message. The transports
	 * over HTTP do that themselves.
	 */
	boolean lengths() {
		return this.atmosphere.lengths() && this.atmosphere.transport() == Transport.WEBSOCKET;
	}

	RawDoorRequest after(Position position) {
		return new RawDoorRequest(this.channel, this.ack, this.tokenFollows, this.presence, this.positions, position,
				this.durable, this.session, this.atmosphere);
	}

}
