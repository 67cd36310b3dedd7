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
 * Somebody who is in a channel: a user with all sessions there, on whatever nodes, or an
 * anonymous session.
 *
 * @param user the name of the user's principal, or {@code null} if the session is
 * anonymous
 * @param session the session's id if it is anonymous, otherwise {@code null}
 * @param sessions how many sessions the member has in the channel
 * @param attributes what {@link PresenceAttributes} says about it; of a user with several
 * sessions, about one of them
 * @param joinedAt when the oldest of the sessions subscribed, by the clock of its node
 */
public record PresenceMember(@Nullable String user, @Nullable String session, int sessions,
		Map<String, String> attributes, Instant joinedAt) {

	public PresenceMember {
		Objects.requireNonNull(joinedAt, "'joinedAt' must not be null");
		attributes = Map.copyOf(attributes);
	}

}
