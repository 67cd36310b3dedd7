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

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Some members of a channel.
 *
 * @param members the members: users by name, then anonymous sessions
 * @param next what to give to {@link Presence#members} to get those that follow, or
 * {@code null} if none follow
 * @param count how many members the channel has in all
 */
public record PresencePage(List<PresenceMember> members, @Nullable String next, int count) {

	public PresencePage {
		members = List.copyOf(members);
	}

}
