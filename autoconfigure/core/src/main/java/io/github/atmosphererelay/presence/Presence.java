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

import org.jspecify.annotations.Nullable;

/**
 * Tells who is in a channel, on all nodes. A member is a user with all its sessions in
 * the channel, or a single anonymous session. A channel has presence if its pattern has
 * {@code presence: true}, or if it is a room.
 * <p>
 * The answers come from this node's memory; other nodes are not asked. Changes of this
 * node's sessions are visible at once, changes on other nodes a fraction of a second
 * later. Members of a node that has died stay until the cluster notices its death. A
 * session that routing has asked to move to another node counts until its user has
 * connected again, or until {@code atmosphere.presence.move-timeout}.
 * <p>
 * Threads: no method blocks, and all may be called by many threads.
 */
public interface Presence {

	/**
	 * Count the members of a channel, in a time that does not depend on their number.
	 * @param channel the channel's name
	 * @return the number of members
	 * @throws io.github.atmosphererelay.channel.UnknownChannelException if no pattern
	 * covers the name
	 * @throws IllegalStateException if the channel has no presence
	 */
	int count(String channel);

	/**
	 * Count the sessions in a channel, on all nodes.
	 * @param channel the channel's name
	 * @return the number of sessions
	 * @throws io.github.atmosphererelay.channel.UnknownChannelException if no pattern
	 * covers the name
	 * @throws IllegalStateException if the channel has no presence
	 */
	int sessions(String channel);

	/**
	 * List members of a channel page by page: first the users by name, then the anonymous
	 * sessions. A member that stays in the channel while the pages are read is listed
	 * exactly once, even if others join and leave meanwhile.
	 * @param channel the channel's name
	 * @param after the {@link PresencePage#next()} of the previous page, or {@code null}
	 * for the first page
	 * @param limit the maximum number of members to list, at least 1
	 * @return the page
	 * @throws io.github.atmosphererelay.channel.UnknownChannelException if no pattern
	 * covers the name
	 * @throws IllegalStateException if the channel has no presence
	 */
	PresencePage members(String channel, @Nullable String after, int limit);

	/**
	 * Return whether a user has a session in a channel, on any node.
	 * @param channel the channel's name
	 * @param user the name of the user's principal
	 * @return whether the user is in the channel
	 * @throws io.github.atmosphererelay.channel.UnknownChannelException if no pattern
	 * covers the name
	 * @throws IllegalStateException if the channel has no presence
	 */
	boolean isPresent(String channel, String user);

}
