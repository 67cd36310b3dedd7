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

package io.github.atmosphererelay.cluster;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * Sessions of all nodes, a part of them, by id. May have fewer than were asked for
 * although more follow: what a node answers has to fit into one message.
 *
 * @param sessions the sessions
 * @param next where the next page begins, or {@code null} if this is the last
 * @param totals how many sessions each node has that are meant, on all pages
 * @param failed the nodes that have answered that they could not, and why
 * @param unanswered the nodes of which no answer came in time; their sessions are missing
 */
public record SessionPage(List<ClusterSession> sessions, @Nullable String next, Map<UUID, Integer> totals,
		Map<UUID, String> failed, Set<UUID> unanswered) {

	public SessionPage {
		sessions = List.copyOf(sessions);
		totals = Map.copyOf(totals);
		failed = Map.copyOf(failed);
		unanswered = Set.copyOf(unanswered);
	}

	/**
	 * Return how many sessions are meant on all nodes that have answered.
	 * @return the number of sessions on all pages
	 */
	public int total() {
		return this.totals.values().stream().mapToInt(Integer::intValue).sum();
	}

	/**
	 * Return whether every node has answered, and none that it could not.
	 * @return whether no sessions are missing
	 */
	public boolean isComplete() {
		return this.failed.isEmpty() && this.unanswered.isEmpty();
	}

}
