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

package io.github.atmosphererelay.listening.internal;

import java.util.Set;
import java.util.UUID;

import io.github.atmosphererelay.broadcast.internal.RecentChannels;

/**
 * The answers of the nodes to the question in which recorded channels they have published
 * recently.
 *
 * @param channels the channels of all nodes that have answered; complete if every node
 * that was known has answered completely
 * @param nodes the nodes that have answered. A node that was not known when the question
 * was asked, for example because it is joining again, is not among them, although the
 * channels may be complete.
 */
public record RecentAnswers(RecentChannels channels, Set<UUID> nodes) {

	public RecentAnswers {
		nodes = Set.copyOf(nodes);
	}

}
