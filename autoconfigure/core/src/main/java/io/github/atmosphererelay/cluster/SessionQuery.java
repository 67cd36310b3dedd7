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

package io.github.atmosphererelay.cluster;

import org.jspecify.annotations.Nullable;

/**
 * Which sessions to list. Immutable: each method returns a changed copy.
 *
 * @param user the user that they are of, or {@code null} for all
 * @param channel the channel that they are in, or {@code null} for all
 * @param after list only those behind this session's id, or {@code null} to begin with
 * the first
 * @param limit how many to list at most, 1 to 1000
 */
public record SessionQuery(@Nullable String user, @Nullable String channel, @Nullable String after, int limit) {

	/**
	 * The first hundred of all sessions.
	 */
	public static final SessionQuery ALL = new SessionQuery(null, null, null, 100);

	private static final int MAX_LIMIT = 1_000;

	public SessionQuery {
		if (limit < 1 || limit > MAX_LIMIT) {
			throw new IllegalArgumentException("'limit' must be between 1 and " + MAX_LIMIT);
		}
	}

	/**
	 * List only the sessions of a user.
	 * @param user the name of the user's principal
	 * @return a copy with that choice
	 */
	public SessionQuery ofUser(@Nullable String user) {
		return new SessionQuery(user, this.channel, this.after, this.limit);
	}

	/**
	 * List only the sessions in a channel.
	 * @param channel the channel's name
	 * @return a copy with that choice
	 */
	public SessionQuery inChannel(@Nullable String channel) {
		return new SessionQuery(this.user, channel, this.after, this.limit);
	}

	/**
	 * Go on where a page has ended.
	 * @param after what {@link SessionPage#next()} says
	 * @return a copy with that choice
	 */
	public SessionQuery after(@Nullable String after) {
		return new SessionQuery(this.user, this.channel, after, this.limit);
	}

	/**
	 * Set the size of a page.
	 * @param limit how many to list at most
	 * @return a copy with that choice
	 */
	public SessionQuery limit(int limit) {
		return new SessionQuery(this.user, this.channel, this.after, limit);
	}

}
