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

package io.github.atmosphererelay.feed;

import java.util.Objects;
import java.util.Set;
import java.util.UUID;

/**
 * A change of the channels of a feed that a node wants.
 *
 * @param feed the feed's name
 * @param node the id of the node, which a restarted node does not keep
 * @param version numbers the changes of the node for this feed: each is greater by 1 than
 * the one before it, and the first after a start is greater than all before that start
 * @param added the channels that the node wants from now on
 * @param removed the channels that it does not want any more
 */
public record InterestChange(String feed, UUID node, long version, Set<String> added, Set<String> removed) {

	public InterestChange {
		Objects.requireNonNull(feed, "'feed' must not be null");
		Objects.requireNonNull(node, "'node' must not be null");
		added = Set.copyOf(added);
		removed = Set.copyOf(removed);
	}

}
