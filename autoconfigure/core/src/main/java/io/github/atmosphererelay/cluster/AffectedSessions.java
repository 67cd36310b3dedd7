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

import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * How many sessions an operation affected, on each node.
 *
 * @param byNode the number of sessions by node; 0 for a node that had none
 * @param failed the nodes that answered with an error, and the error
 * @param unanswered the nodes that did not answer in time. It is not known whether they
 * have performed the operation.
 */
public record AffectedSessions(Map<UUID, Integer> byNode, Map<UUID, String> failed, Set<UUID> unanswered) {

	public AffectedSessions {
		byNode = Map.copyOf(byNode);
		failed = Map.copyOf(failed);
		unanswered = Set.copyOf(unanswered);
	}

	/**
	 * Create a count from the nodes' answers.
	 * @param answers the number of sessions by node
	 * @return the count
	 */
	public static AffectedSessions of(ClusterAnswers<Integer> answers) {
		return new AffectedSessions(answers.answers(), answers.failed(), answers.unanswered());
	}

	/**
	 * Return the number of affected sessions on all nodes that have answered.
	 * @return the number of sessions
	 */
	public int sessions() {
		return this.byNode.values().stream().mapToInt(Integer::intValue).sum();
	}

	/**
	 * Return the number of nodes with affected sessions.
	 * @return the number of nodes
	 */
	public int nodes() {
		return (int) this.byNode.values().stream().filter((sessions) -> sessions > 0).count();
	}

	/**
	 * Return whether every node has answered, and none with an error.
	 * @return {@code true} if the count covers all nodes
	 */
	public boolean isComplete() {
		return this.failed.isEmpty() && this.unanswered.isEmpty();
	}

}
