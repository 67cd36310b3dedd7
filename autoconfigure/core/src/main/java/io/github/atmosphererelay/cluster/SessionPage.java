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
 * A page of the sessions of all nodes, ordered by id. It may have fewer sessions than the
 * query's limit although more follow, because the answer of a node has to fit into one
 * message. Use {@link #next()} to find out whether more follow.
 *
 * @param sessions the sessions
 * @param next pass this to {@link SessionQuery#after(String)} to get the next page;
 * {@code null} if this is the last page
 * @param totals the number of sessions that match the query, on all pages, for each node
 * @param failed the nodes that answered with an error, and the error
 * @param unanswered the nodes that did not answer in time; their sessions are missing
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
	 * Return the number of sessions that match the query on all nodes that have answered.
	 * @return the number of sessions on all pages
	 */
	public int total() {
		return this.totals.values().stream().mapToInt(Integer::intValue).sum();
	}

	/**
	 * Return whether every node has answered, and none with an error.
	 * @return {@code true} if no sessions are missing
	 */
	public boolean isComplete() {
		return this.failed.isEmpty() && this.unanswered.isEmpty();
	}

}
