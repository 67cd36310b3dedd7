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
 * Selects the sessions to list. Immutable: each method returns a changed copy.
 *
 * @param user list only sessions of this user; {@code null} for all
 * @param channel list only sessions that are subscribed to this channel; {@code null} for
 * all
 * @param after list only sessions whose id is greater than this one; {@code null} to
 * start with the first session
 * @param limit the maximum number of sessions to list, 1 to 1000
 */
public record SessionQuery(@Nullable String user, @Nullable String channel, @Nullable String after, int limit) {

	/**
	 * The first 100 of all sessions.
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
	 * @return a changed copy
	 */
	public SessionQuery ofUser(@Nullable String user) {
		return new SessionQuery(user, this.channel, this.after, this.limit);
	}

	/**
	 * List only the sessions that are subscribed to a channel.
	 * @param channel the channel's name
	 * @return a changed copy
	 */
	public SessionQuery inChannel(@Nullable String channel) {
		return new SessionQuery(this.user, channel, this.after, this.limit);
	}

	/**
	 * Continue after a page.
	 * @param after the value of {@link SessionPage#next()}
	 * @return a changed copy
	 */
	public SessionQuery after(@Nullable String after) {
		return new SessionQuery(this.user, this.channel, after, this.limit);
	}

	/**
	 * Set the size of a page.
	 * @param limit the maximum number of sessions to list, 1 to 1000
	 * @return a changed copy
	 */
	public SessionQuery limit(int limit) {
		return new SessionQuery(this.user, this.channel, this.after, limit);
	}

}
