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

package io.github.atmosphererelay.group.internal;

import java.util.List;

/**
 * Describes a node's part in a group to operators.
 *
 * @param group the group's name
 * @param channels the pattern of its channels
 * @param listener the method that handles their messages
 * @param lanes the lanes that belong to this node
 * @param lag how many messages of these lanes are not handled yet, as it was found some
 * seconds ago
 * @param parked how many channels of these lanes wait for a retry
 * @param buffered how many messages are in memory
 * @param setAside how many messages the group has set aside, on all nodes, as it was
 * found some seconds ago
 */
public record GroupDescription(String group, String channels, String listener, List<Lane> lanes, long lag, long parked,
		long buffered, long setAside) {

	/**
	 * A lane.
	 *
	 * @param number its number
	 * @param token the fencing token of its present owner
	 */
	public record Lane(int number, long token) implements Comparable<Lane> {

		@Override
		public int compareTo(Lane other) {
			return Integer.compare(this.number, other.number);
		}

	}

}
