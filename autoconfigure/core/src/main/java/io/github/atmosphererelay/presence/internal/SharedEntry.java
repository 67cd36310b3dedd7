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

import org.jspecify.annotations.Nullable;

/**
 * An entry of a session that all nodes know. There is at most one for each name of a
 * session.
 *
 * @param session the session's id
 * @param name the name of the entry within the session
 * @param user the name of the session's user, or {@code null} if it is anonymous
 * @param attributes what else the nodes know of it
 */
public record SharedEntry(String session, String name, @Nullable String user, Map<String, String> attributes) {

	public SharedEntry {
		attributes = attributes.isEmpty() ? Map.of() : Map.copyOf(attributes);
	}

}
