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
 * What the nodes that were there when they were asked have answered.
 *
 * @param <T> what a node answers
 * @param answers the answers by node
 * @param failed the nodes that have answered that they could not, and why
 * @param unanswered the nodes of which no answer came in time. Whether they have done
 * what they were asked to do is not known.
 */
public record ClusterAnswers<T>(Map<UUID, T> answers, Map<UUID, String> failed, Set<UUID> unanswered) {

	public ClusterAnswers {
		answers = Map.copyOf(answers);
		failed = Map.copyOf(failed);
		unanswered = Set.copyOf(unanswered);
	}

	/**
	 * Return whether every node has answered, and none that it could not.
	 * @return whether the answers are all that there are
	 */
	public boolean isComplete() {
		return this.failed.isEmpty() && this.unanswered.isEmpty();
	}

}
