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

package io.github.atmosphererelay.presence.internal;

import java.util.Map;

import io.github.atmosphererelay.presence.PresenceAttributes;
import org.jspecify.annotations.Nullable;

/**
 * A session that is in a channel, on any node.
 *
 * @param session the session's id
 * @param user the name of the user's principal, or {@code null} if the session is
 * anonymous
 * @param attributes the attributes that {@link PresenceAttributes} has supplied
 */
public record PresentSession(String session, @Nullable String user, Map<String, String> attributes) {

	static PresentSession of(PresenceEntry entry) {
		return new PresentSession(entry.session(), entry.user(), entry.attributes());
	}

}
