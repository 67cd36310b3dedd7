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
 * What a node of Redis Cluster says of the cluster. A node that is only being added, that
 * has just been started, that was removed or that is cut off answers PUBLISH and
 * SUBSCRIBE like every other, and even carries a relay's own probes, though what is
 * published there does not come to the other nodes, nor theirs to it.
 *
 * @param whole whether the node finds the cluster in order
 * @param reachableSlots how many slots have a node that this one knows and can reach
 * @param member whether the node knows the owner of any slot
 */
record RedisClusterInfo(boolean whole, int reachableSlots, boolean member) {

	/** Of a node that does not let this account look. */
	static final RedisClusterInfo UNKNOWN = new RedisClusterInfo(true, 0, true);

	/**
	 * Read Redis's answer to CLUSTER INFO.
	 * @param info the answer
	 * @return what it says
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
