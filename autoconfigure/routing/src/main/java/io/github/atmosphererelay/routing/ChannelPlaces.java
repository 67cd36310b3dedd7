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
 * Knows which node serves which channel at present, for example because it reads the
 * partition of a topic in which the channel's messages are. A bean of this type is asked
 * before the {@link Placement}, and need not say the same on all nodes at every moment.
 * After a change, clients are asked to move. Called by many threads; must not block.
 */
@FunctionalInterface
public interface ChannelPlaces {

	/**
	 * Places no channel.
	 */
	ChannelPlaces NONE = () -> Snapshot.EMPTY;

	/**
	 * Return the places at this moment.
	 * @return the places, which do not change, and are equal to those before as long as
	 * nothing has changed
	 */
	Snapshot snapshot();

	/**
	 * Return the member that serves a channel at present.
	 * @param channel the channel's name
	 * @param ring the ring
	 * @return the member, or {@code null} if the channel is not placed, or its node is
	 * not in the ring, or about to stop
	 */
	default @Nullable RingMember find(String channel, Ring ring) {
		String node = snapshot().node(channel);
		RingMember member = (node != null) ? ring.member(node) : null;
		return (member != null && member.weight() > 0) ? member : null;
	}

	/**
	 * The places of channels at one moment. Has to implement {@code equals}.
	 */
	@FunctionalInterface
	interface Snapshot {

		/**
		 * Has no channel.
		 */
		Snapshot EMPTY = (channel) -> null;

		/**
		 * Return the node that serves a channel.
		 * @param channel the channel's name
		 * @return the name of the node, or {@code null} if it is not known, or any node
		 * may serve the channel
		 */
		@Nullable String node(String channel);

	}

}
