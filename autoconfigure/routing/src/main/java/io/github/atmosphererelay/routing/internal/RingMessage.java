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

package io.github.atmosphererelay.routing.internal;

import java.util.List;
import java.util.Map;
import java.util.UUID;

import io.github.atmosphererelay.routing.RingMember;
import io.github.atmosphererelay.routing.RingVersion;

/**
 * A message between the routing of nodes. {@link RingMessageCodec} has its binary form.
 */
sealed interface RingMessage {

	/**
	 * The ring of the publisher.
	 *
	 * @param version its version
	 * @param publisher the id of the node that publishes it
	 * @param ageMillis how long its digest has been published, in milliseconds
	 * @param members its members
	 * @param spread users who are spread over all members
	 * @param held nodes that are members of the cluster and stand outside the ring, by
	 * name
	 * @param answers the number of the {@link Hello} or {@link Fence} that this answers,
	 * or 0
	 */
	record Publication(RingVersion version, UUID publisher, long ageMillis, List<RingMember> members,
			List<String> spread, Map<String, Held> held, long answers) implements RingMessage {

		public Publication {
			members = List.copyOf(members);
			spread = List.copyOf(spread);
			held = Map.copyOf(held);
		}

	}

	/**
	 * Why a node stands outside the ring.
	 *
	 * @param remainingMillis how long it will, in milliseconds
	 * @param departures how often it has left lately
	 */
	record Held(long remainingMillis, int departures) {
	}

	/**
	 * Asks the publisher for its ring.
	 *
	 * @param number a number of the asking node's own
	 */
	record Hello(long number) implements RingMessage {
	}

	/**
	 * Asks the publisher for its ring before the sender acts on it.
	 *
	 * @param number a number of the sender's own
	 */
	record Fence(long number) implements RingMessage {
	}

	/**
	 * The sender is about to stop, and has weight 0 from now on.
	 */
	record Drain() implements RingMessage {
	}

	/**
	 * How many sessions of busy users the sender has.
	 *
	 * @param sessions the number of sessions by user
	 */
	record BusyUsers(Map<String, Integer> sessions) implements RingMessage {

		public BusyUsers {
			sessions = Map.copyOf(sessions);
		}

	}

}
