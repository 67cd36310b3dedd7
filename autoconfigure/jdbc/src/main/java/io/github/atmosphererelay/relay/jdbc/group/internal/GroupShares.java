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

package io.github.atmosphererelay.relay.jdbc.group.internal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which members of a group live, and how many lanes each should have. A member lives
 * until this node has seen the same generation of it for the lease time, by its own
 * monotonic clock: nodes do not compare clocks. Only used by the thread of
 * {@link LaneBalancer}.
 */
final class GroupShares {

	private final long leaseNanos;

	private final Map<String, Sighting> sightings = new HashMap<>();

	GroupShares(long leaseNanos) {
		this.leaseNanos = leaseNanos;
	}

	/**
	 * Look at the members of all groups.
	 * @param views what the tables say
	 * @param now the present time in nanoseconds
	 */
	void look(Collection<GroupView> views, long now) {
		Set<String> present = new HashSet<>();
		for (GroupView view : views) {
			view.members().forEach((id, member) -> {
				present.add(id);
				Sighting last = this.sightings.get(id);
				if (last == null || last.generation() != member.generation()) {
					this.sightings.put(id, new Sighting(member.generation(), now));
				}
			});
		}
		this.sightings.keySet().retainAll(present);
	}

	/**
	 * Return whether a member that is in the tables reports in time.
	 */
	boolean lives(String id, long now) {
		Sighting last = this.sightings.get(id);
		return last != null && now - last.since() < this.leaseNanos;
	}

	/**
	 * Return how many lanes a member should have: all have the same number, or one more.
	 */
	int quota(GroupView view, String id, int lanes, long now) {
		List<String> members = new ArrayList<>();
		view.members().forEach((member, row) -> {
			if (!row.withdrawn() && (member.equals(id) || lives(member, now))) {
				members.add(member);
			}
		});
		Collections.sort(members);
		int rank = members.indexOf(id);
		if (rank < 0) {
			return 0;
		}
		return lanes / members.size() + ((rank < lanes % members.size()) ? 1 : 0);
	}

	/**
	 * A generation that this node has seen, and since when.
	 */
	private record Sighting(long generation, long since) {
	}

}
