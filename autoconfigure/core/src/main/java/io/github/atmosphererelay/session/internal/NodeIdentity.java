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

package io.github.atmosphererelay.session.internal;

import java.util.HexFormat;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

import org.jspecify.annotations.Nullable;

/**
 * The id and the name of this node.
 *
 * @param id the id, a new one at each start
 * @param name a name for display, not necessarily unique
 */
public record NodeIdentity(UUID id, String name) {

	public NodeIdentity {
		Objects.requireNonNull(id, "'id' must not be null");
		Objects.requireNonNull(name, "'name' must not be null");
	}

	/**
	 * Create the id of a new session of this node. It contains the node's id, so that
	 * other nodes know where to send messages for the session.
	 * @return the id
	 */
	public String newSessionId() {
		return this.id + "." + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
	}

	/**
	 * Return the node of a session.
	 * @param sessionId the session's id
	 * @return the node's id, or {@code null} if the string is not an id of a session
	 */
	public static @Nullable UUID nodeOf(String sessionId) {
		int dot = sessionId.indexOf('.');
		if (dot < 0) {
			return null;
		}
		try {
			return UUID.fromString(sessionId.substring(0, dot));
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

}
