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

import java.util.List;
import java.util.UUID;

import io.github.atmosphererelay.routing.PublishedRing;
import org.jspecify.annotations.Nullable;

/**
 * What a node knows of the ring, for health and operators.
 *
 * @param ring the latest published ring, or {@code null} if none was published
 * @param agreed whether this node agrees with it
 * @param frozen whether this node does not hear itself
 * @param upToDate whether this node knows the latest publication for certain
 * @param publisher the id of the node that has published it, or {@code null}
 * @param held nodes that are held outside the ring for a while, or have no room in it
 * @param outside the ids of nodes whose name belongs to an older node
 * @param selfOutside whether this node is one of these
 */
public record RingState(@Nullable PublishedRing ring, boolean agreed, boolean frozen, boolean upToDate,
		@Nullable UUID publisher, List<HeldNode> held, List<UUID> outside, boolean selfOutside) {

	/** Nothing is known yet. */
	static final RingState NONE = new RingState(null, false, true, false, null, List.of(), List.of(), false);

	public RingState {
		held = List.copyOf(held);
		outside = List.copyOf(outside);
	}

}
