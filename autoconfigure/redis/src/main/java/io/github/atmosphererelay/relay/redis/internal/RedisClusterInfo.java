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

package io.github.atmosphererelay.relay.redis.internal;

/**
 * A node's view of its Redis Cluster. A node that is only being added, has just been
 * started, was removed or is cut off also answers PUBLISH and SUBSCRIBE, and even returns
 * probes. But what is published there does not reach the other nodes, and their messages
 * do not reach it.
 *
 * @param whole whether the node reports the cluster as healthy
 * @param reachableSlots the number of slots whose node is known and reachable
 * @param member whether the node knows the owner of any slot
 */
record RedisClusterInfo(boolean whole, int reachableSlots, boolean member) {

	/** The view of a node that does not permit this account to ask. */
	static final RedisClusterInfo UNKNOWN = new RedisClusterInfo(true, 0, true);

	/**
	 * Parse Redis's answer to CLUSTER INFO.
	 * @param info the answer
	 * @return the node's view
	 */
	static RedisClusterInfo parse(String info) {
		String state = RedisServerInfo.value(info, "cluster_state");
		if (state.isEmpty()) {
			return UNKNOWN;
		}
		return new RedisClusterInfo(state.equals("ok"), number(RedisServerInfo.value(info, "cluster_slots_ok")),
				!RedisServerInfo.value(info, "cluster_slots_assigned").equals("0"));
	}

	private static int number(String text) {
		try {
			return Integer.parseInt(text);
		}
		catch (NumberFormatException ex) {
			return 0;
		}
	}

}
