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
 * Tells which node serves which user, by the latest ring that was published. Messages do
 * not depend on it: they reach their receivers wherever these are connected. For any
 * thread; no method blocks.
 */
public interface Routes {

	/**
	 * Return the latest published ring that this node knows. Changes are announced by the
	 * event {@link RingChanged}.
	 * @return the ring, or {@code null} if none was published yet
	 */
	@Nullable PublishedRing ring();

	/**
	 * Return the node that serves a user.
	 * @param user the name of the user's principal
	 * @return where the user belongs, or {@code null} if any node may serve the user
	 */
	@Nullable Route find(String user);

	/**
	 * Return the node that serves the subscribers of a channel.
	 * @param channel the channel's name
	 * @return where they belong, or {@code null} if any node may serve them, as it is
	 * unless a {@link Placement} places channels
	 */
	@Nullable Route findByChannel(String channel);

	/**
	 * Return the name under which this node stands in rings.
	 * @return the name
	 */
	String self();

	/**
	 * Return whether this node agrees with the published ring: it hears itself, and the
	 * members that it knows make up the same ring. Only then does it move sessions.
	 * @return whether it agrees
	 */
	boolean isAgreed();

}
