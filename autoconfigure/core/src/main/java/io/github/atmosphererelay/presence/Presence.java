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
 * Who is in a channel, over all nodes. A member is a user with all sessions in the
 * channel, or an anonymous session. Channels have presence if their pattern says so.
 * <p>
 * What is asked is answered from this node's own memory, without asking others: of its
 * own sessions at once, of those of other nodes as soon as they have said so, which takes
 * a fraction of a second. Members of a node that has died stay until the cluster notices
 * that. No method blocks; all may be called by many threads.
 */
public interface Presence {

	/**
	 * Count the members of a channel. Takes no longer however many they are.
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
	 * List members of a channel, users by name and then anonymous sessions. Whoever is in
	 * the channel all the time is listed once, also when others come and go meanwhile.
	 * @param channel the channel's name
	 * @param after what the page before gave as {@link PresencePage#next()}, or
	 * {@code null} to begin
	 * @param limit the greatest number of members to list, at least 1
	 * @return the page
	 * @throws io.github.atmosphererelay.channel.UnknownChannelException if no pattern
	 * covers the name
	 * @throws IllegalStateException if the channel has no presence
	 */
	PresencePage members(String channel, @Nullable String after, int limit);

	/**
	 * Return whether a user has a session in a channel, on whatever node.
	 * @param channel the channel's name
	 * @param user the name of the user's principal
	 * @return whether the user is there
	 * @throws io.github.atmosphererelay.channel.UnknownChannelException if no pattern
	 * covers the name
	 * @throws IllegalStateException if the channel has no presence
	 */
	boolean isPresent(String channel, String user);

}
