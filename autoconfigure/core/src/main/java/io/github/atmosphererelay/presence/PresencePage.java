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
 * A page of the members of a channel.
 *
 * @param members the members: users by name, then anonymous sessions
 * @param next pass this to {@link Presence#members} to get the next page; {@code null} if
 * this is the last page
 * @param count the number of members of the channel, on all pages
 */
public record PresencePage(List<PresenceMember> members, @Nullable String next, int count) {

	public PresencePage {
		members = List.copyOf(members);
	}

}
