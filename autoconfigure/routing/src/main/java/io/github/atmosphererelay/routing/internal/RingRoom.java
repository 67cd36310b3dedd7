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

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

import io.github.atmosphererelay.routing.Ring;
import io.github.atmosphererelay.routing.RingMember;

/**
 * Which nodes a ring has room for. Those that are in it stay, so that a newcomer cannot
 * push out another node.
 */
final class RingRoom {

	private RingRoom() {
	}

	/**
	 * Return the names of the nodes for which there is no room.
	 * @param members the nodes that could be members
	 * @param inRing the names of those that are members already
	 */
	static List<String> tooMany(Collection<RingMember> members, Set<String> inRing) {
		List<RingMember> ordered = new ArrayList<>(members);
		ordered.sort(Comparator.comparing((RingMember member) -> !inRing.contains(member.name()))
			.thenComparing(RingMember::name));
		List<String> tooMany = new ArrayList<>();
		int count = 0;
		int weight = 0;
		for (RingMember member : ordered) {
			if (count == Ring.MAX_MEMBERS || weight + member.weight() > Ring.MAX_TOTAL_WEIGHT) {
				tooMany.add(member.name());
			}
			else {
				count++;
				weight += member.weight();
			}
		}
		return tooMany;
	}

}
