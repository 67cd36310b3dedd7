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

package io.github.atmosphererelay.feed.internal;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Finds nodes that have published what they want, and that are no members of the cluster:
 * they died while there was no redistributor. For one thread.
 */
final class GoneNodes {

	private static final Duration PATIENCE = Duration.ofMinutes(1);

	private final Supplier<Set<UUID>> interested;

	private final Supplier<Set<UUID>> alive;

	private final Consumer<UUID> gone;

	private final Map<UUID, Long> missing = new HashMap<>();

	/**
	 * Create a finder.
	 * @param interested returns the nodes that have published something
	 * @param alive returns the members of the cluster, or an empty set if they are not
	 * known
	 * @param gone is called with each node that is gone
	 */
	GoneNodes(Supplier<Set<UUID>> interested, Supplier<Set<UUID>> alive, Consumer<UUID> gone) {
		this.interested = interested;
		this.alive = alive;
		this.gone = gone;
	}

	void look(long now) {
		Set<UUID> alive = this.alive.get();
		if (alive.isEmpty()) {
			this.missing.clear();
			return;
		}
		Set<UUID> absent = new HashSet<>(this.interested.get());
		absent.removeAll(alive);
		this.missing.keySet().retainAll(absent);
		for (UUID node : absent) {
			if (now - this.missing.computeIfAbsent(node, (key) -> now) > PATIENCE.toNanos()) {
				this.missing.put(node, now);
				this.gone.accept(node);
			}
		}
	}

}
