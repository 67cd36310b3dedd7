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

package io.github.atmosphererelay.stream.internal;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

/**
 * Frees streams that nobody is subscribed to for a time: those that this node holds, and
 * those of nodes that are gone. {@link #look} is for one thread.
 */
final class StreamReaper {

	private final StreamTable table;

	private final String node;

	private final Duration grace;

	private final Predicate<String> subscribed;

	private final Supplier<Set<String>> alive;

	private final Consumer<String> free;

	/** When the streams that this node holds were left by their last subscriber. */
	private final Map<String, Long> left = new ConcurrentHashMap<>();

	/** Since when nodes that hold streams are missing. */
	private final Map<String, Long> missing = new HashMap<>();

	/**
	 * Create a reaper.
	 * @param subscribed returns whether this node has a subscriber of a stream
	 * @param alive returns the ids of the nodes of the cluster, or an empty set if they
	 * are not known at present
	 * @param free frees a stream; does not block
	 */
	StreamReaper(StreamTable table, String node, Duration grace, Predicate<String> subscribed,
			Supplier<Set<String>> alive, Consumer<String> free) {
		this.table = table;
		this.node = node;
		this.grace = grace;
		this.subscribed = subscribed;
		this.alive = alive;
		this.free = free;
	}

	/**
	 * Look for streams to free. Called every second.
	 * @param now the time in nanoseconds
	 */
	void look(long now) {
		Set<String> alive = this.alive.get();
		Map<String, Set<String>> abandoned = new HashMap<>();
		Set<String> unsubscribed = new HashSet<>();
		this.table.forEach((id, stream) -> {
			String holder = stream.holder();
			if (this.node.equals(holder)) {
				if (!this.subscribed.test(id)) {
					unsubscribed.add(id);
				}
			}
			else if (!alive.isEmpty() && (holder == null || !alive.contains(holder))) {
				abandoned.computeIfAbsent((holder != null) ? holder : "", (key) -> new HashSet<>()).add(id);
			}
		});
		this.left.keySet().retainAll(unsubscribed);
		unsubscribed.forEach((id) -> {
			if (isOver(this.left.computeIfAbsent(id, (key) -> now), now)) {
				// Looked at again: another node may have taken it
				free(id, this.node);
			}
		});
		if (alive.isEmpty()) {
			this.missing.clear();
			return;
		}
		this.missing.keySet().retainAll(abandoned.keySet());
		abandoned.forEach((holder, ids) -> {
			if (isOver(this.missing.computeIfAbsent(holder, (key) -> now), now)) {
				ids.forEach((id) -> free(id, holder.isEmpty() ? null : holder));
			}
		});
	}

	private boolean isOver(long since, long now) {
		return now - since >= this.grace.toNanos();
	}

	private void free(String id, @Nullable String holder) {
		StreamDefinition stream = this.table.get(id);
		if (stream != null && Objects.equals(stream.holder(), holder)) {
			this.free.accept(id);
		}
	}

}
