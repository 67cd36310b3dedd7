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
 * The answers of the nodes to one request.
 *
 * @param <T> the type of an answer
 * @param answers the answers by node
 * @param failed the nodes that answered with an error, and the error
 * @param unanswered the nodes that did not answer in time. It is not known whether they
 * have performed the request.
 */
public record ClusterAnswers<T>(Map<UUID, T> answers, Map<UUID, String> failed, Set<UUID> unanswered) {

	public ClusterAnswers {
		answers = Map.copyOf(answers);
		failed = Map.copyOf(failed);
		unanswered = Set.copyOf(unanswered);
	}

	/**
	 * Return whether every node has answered, and none with an error.
	 * @return {@code true} if there is an answer of every node
	 */
	public boolean isComplete() {
		return this.failed.isEmpty() && this.unanswered.isEmpty();
	}

}
