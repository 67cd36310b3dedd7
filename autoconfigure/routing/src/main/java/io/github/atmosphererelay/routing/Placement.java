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

package io.github.atmosphererelay.routing;

import org.jspecify.annotations.Nullable;

/**
 * Decides which member of a ring serves whom. A bean of this type replaces the default,
 * {@link #BY_RING}; all nodes and gateways of a cluster must have the same one. A
 * placement must be a pure function of its arguments, must not block, and is called by
 * many threads.
 */
@FunctionalInterface
public interface Placement {

	/**
	 * Places users by the ring, and channels nowhere.
	 */
	Placement BY_RING = (user, ring) -> ring.owner(user);

	/**
	 * Return the member that serves a user.
	 * @param user the name of the user's principal
	 * @param ring the ring
	 * @return the member, or {@code null} if any node may serve the user
	 */
	@Nullable RingMember ofUser(String user, Ring ring);

	/**
	 * Return the member that serves the subscribers of a channel.
	 * @param channel the channel's name
	 * @param ring the ring
	 * @return the member, or {@code null} if channels are not placed, which is the
	 * default
	 */
	default @Nullable RingMember ofChannel(String channel, Ring ring) {
		return null;
	}

}
