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

import io.github.atmosphererelay.message.internal.QueryParameters;
import org.jspecify.annotations.Nullable;

/**
 * What an {@code atmosphere.js} says of itself in the query of each of its requests.
 *
 * @param transport how it receives messages
 * @param protocol whether it waits for a frame of its own protocol before anything else
 * @param lengths whether each message begins with its length in UTF-16 code units
 * @param trackingId the id that such a frame has given it, or {@code 0}
 * @param token the token that it was given by an earlier answer, or {@code null}
 */
public record AtmosphereParameters(Transport transport, boolean protocol, boolean lengths, String trackingId,
		@Nullable String token) {

	/** What another client says. */
	public static final AtmosphereParameters NONE = new AtmosphereParameters(Transport.WEBSOCKET, false, false,
			AtmosphereParameters.UNKNOWN, null);

	/** The id of a client that has none. */
	public static final String UNKNOWN = "0";

	/** The name of the transport. */
	public static final String TRANSPORT = "X-Atmosphere-Transport";

	/** The name of the token, as a parameter and as a header of answers. */
	public static final String TOKEN = "X-Atmosphere-Session-Token";

	/** What such a client sends to keep a connection busy. */
	public static final String PADDING = "X";

	/**
	 * Read a query.
	 * @param query the query
	 * @return what the client says
	 */
	public static AtmosphereParameters of(QueryParameters query) {
		String trackingId = query.get("X-Atmosphere-tracking-id");
		String token = query.get(TOKEN);
		return new AtmosphereParameters(Transport.of(query.get(TRANSPORT)), "true".equals(query.get("X-atmo-protocol")),
				"true".equals(query.get("X-Atmosphere-TrackMessageSize")),
				(trackingId == null || trackingId.isEmpty()) ? UNKNOWN : trackingId,
				(token == null || token.isEmpty()) ? null : token);
	}

	/**
	 * Return the frame of the client's protocol that tells it that it is connected: its
	 * id, that it need not send heartbeats, and what they would be.
	 * @param id the client's id
	 * @return the frame, without a length
	 */
	public static String greeting(String id) {
		return id + "|0|" + PADDING + "|";
	}

	/**
	 * Put its length before a text.
	 * @param text the text
	 * @return the length in UTF-16 code units, a delimiter and the text
	 */
	public static String withLength(String text) {
		return text.length() + "|" + text;
	}

	/**
	 * The transports of the client.
	 */
	public enum Transport {

		/** A WebSocket. */
		WEBSOCKET("websocket"),

		/** Server-sent events. */
		EVENTS("sse"),

		/** A response that does not end. */
		STREAMING("streaming"),

		/** A response for each batch of messages. */
		POLLING("long-polling");

		private final String name;

		Transport(String name) {
			this.name = name;
		}

		private static Transport of(@Nullable String name) {
			for (Transport transport : values()) {
				if (transport.name.equals(name)) {
					return transport;
				}
			}
			return WEBSOCKET;
		}

	}

}
