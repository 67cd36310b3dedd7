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

import java.time.Instant;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * A member of a channel: a user with all its sessions in the channel, on any nodes, or a
 * single anonymous session.
 *
 * @param user the name of the user's principal, or {@code null} if the session is
 * anonymous
 * @param session the session's id if it is anonymous, otherwise {@code null}
 * @param sessions the number of sessions that the member has in the channel
 * @param attributes the attributes from {@link PresenceAttributes}; for a user with
 * several sessions, those of one of the sessions
 * @param joinedAt when the first of these sessions subscribed, by the clock of its node
 */
public record PresenceMember(@Nullable String user, @Nullable String session, int sessions,
		Map<String, String> attributes, Instant joinedAt) {

	public PresenceMember {
		Objects.requireNonNull(joinedAt, "'joinedAt' must not be null");
		attributes = Map.copyOf(attributes);
	}

}
