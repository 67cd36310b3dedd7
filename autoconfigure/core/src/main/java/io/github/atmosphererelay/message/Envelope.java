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
import java.util.Objects;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * The unit that relays transport between nodes: a message with its audience. Immutable.
 *
 * @param id identifies the message, unique over all nodes; a UUID of version 7
 * @param origin the id of the node that published it
 * @param kind whether it is a message for clients or one between nodes
 * @param time when it was published, in milliseconds since 1970 by the origin's clock;
 * used for display and for measuring lag, never for ordering
 * @param audience the receivers
 * @param headers the message's headers
 * @param payload the message itself
 * @param sequence the envelope's number among the origin's envelopes to this address, or
 * {@code null} if it is not numbered
 * @param log how to record it if its channel is recorded, or {@code null} if it is
 * ephemeral
 */
public record Envelope(UUID id, UUID origin, Kind kind, long time, Audience audience, Map<String, String> headers,
		Payload payload, @Nullable Sequence sequence, @Nullable LogOptions log) {

	public Envelope {
		Objects.requireNonNull(id, "'id' must not be null");
		Objects.requireNonNull(origin, "'origin' must not be null");
		Objects.requireNonNull(kind, "'kind' must not be null");
		Objects.requireNonNull(audience, "'audience' must not be null");
		Objects.requireNonNull(payload, "'payload' must not be null");
		headers = Map.copyOf(headers);
	}

	/**
	 * Return the relay address that the envelope goes to.
	 * @return the audience's address
	 */
	public Address address() {
		return this.audience.address();
	}

	/**
	 * Return this envelope with another sequence.
	 * @param sequence the sequence
	 * @return a copy
	 */
	public Envelope withSequence(Sequence sequence) {
		return new Envelope(this.id, this.origin, this.kind, this.time, this.audience, this.headers, this.payload,
				sequence, this.log);
	}

	/**
	 * The kind of an envelope.
	 */
	public enum Kind {

		/**
		 * A message for clients.
		 */
		MESSAGE,

		/**
		 * A probe that a node sends through the broker to itself, to find out whether the
		 * relay works.
		 */
		PROBE,

		/**
		 * A message between nodes, about themselves and their sessions.
		 */
		CONTROL

	}

}
