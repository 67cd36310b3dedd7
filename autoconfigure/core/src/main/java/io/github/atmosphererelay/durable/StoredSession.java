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

package io.github.atmosphererelay.durable;

import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import io.github.atmosphererelay.message.Position;
import org.jspecify.annotations.Nullable;

/**
 * A durable session as it is kept in the store. A session has one entry, whose size does
 * not depend on the messages that the session is sent.
 *
 * @param key identifies the session: a hash of its token. The token itself is not stored
 * @param user the name of the principal that the session belongs to, or {@code null} if
 * it is anonymous
 * @param owner the id of the connection that the session belongs to, or last belonged to
 * @param generation the number of the session's connection: 1 for the first one, and one
 * more each time another connection takes over
 * @param connected whether the connection is open, as last reported by its node
 * @param channels the names of the channels that the session is subscribed to
 * @param positions for each recorded channel, the position up to which the client has
 * received every message
 * @param attributes the session's attributes whose values are strings, booleans,
 * integers, longs or doubles
 * @param createdAt when the session began
 * @param expiresAt when the store forgets the session unless it is saved again
 */
public record StoredSession(String key, @Nullable String user, String owner, long generation, boolean connected,
		Set<String> channels, Map<String, Position> positions, Map<String, Object> attributes, Instant createdAt,
		Instant expiresAt) {

	public StoredSession {
		Objects.requireNonNull(key, "'key' must not be null");
		Objects.requireNonNull(owner, "'owner' must not be null");
		Objects.requireNonNull(createdAt, "'createdAt' must not be null");
		Objects.requireNonNull(expiresAt, "'expiresAt' must not be null");
		channels = Set.copyOf(channels);
		positions = Map.copyOf(positions);
		attributes = Map.copyOf(attributes);
	}

	/**
	 * Return whether the session belongs to a client.
	 * @param name the name of a principal, or {@code null} for an anonymous client
	 * @return whether the session is that client's
	 */
	public boolean belongsTo(@Nullable String name) {
		return Objects.equals(this.user, name);
	}

	/**
	 * Return whether this entry may replace another one with the same key. It may if it
	 * comes from a later connection than the other one, or from the same connection.
	 * @param other the entry that is in the store
	 * @return whether to store this entry
	 */
	public boolean supersedes(StoredSession other) {
		return other.generation < this.generation
				|| (other.generation == this.generation && other.owner.equals(this.owner));
	}

}
