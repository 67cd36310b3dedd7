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
import java.util.function.Predicate;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

/**
 * Frees streams that nobody is subscribed to for a time: those that this node holds, and
 * those of nodes that are gone. A stream may have subscribers on several nodes: before a
 * node frees it, it offers the others to hold it. {@link #look} is for one thread.
 */
final class StreamReaper {

	/** In which a node that has subscribers takes a stream that nobody holds. */
	private static final Duration OFFER = Duration.ofSeconds(5);

	private final StreamTable table;

	private final String node;

	private final Duration grace;

	private final Predicate<String> subscribed;

	private final Supplier<Set<String>> alive;

	private final Steps steps;

	/** When the streams that this node holds were left by their last subscriber. */
	private final Map<String, Long> left = new ConcurrentHashMap<>();

	/** Since when streams are held by nobody. */
	private final Map<String, Long> offered = new HashMap<>();

	/** Since when nodes that hold streams are missing. */
	private final Map<String, Long> missing = new HashMap<>();

	/**
	 * Create a reaper.
	 * @param subscribed returns whether this node has a subscriber of a stream
	 * @param alive returns the ids of the nodes of the cluster, or an empty set if they
	 * are not known at present
	 * @param steps changes and frees streams
	 */
	StreamReaper(StreamTable table, String node, Duration grace, Predicate<String> subscribed,
			Supplier<Set<String>> alive, Steps steps) {
		this.table = table;
		this.node = node;
		this.grace = grace;
		this.subscribed = subscribed;
		this.alive = alive;
		this.steps = steps;
	}

	/**
	 * Look for streams to free. Called every second.
	 * @param now the time in nanoseconds
	 */
	void look(long now) {
		Set<String> alive = this.alive.get();
		Map<String, Set<String>> abandoned = new HashMap<>();
		Set<String> unsubscribed = new HashSet<>();
		Set<String> unheld = new HashSet<>();
		this.table.forEach((id, stream) -> {
			String holder = stream.holder();
			boolean subscribed = this.subscribed.test(id);
			if (this.node.equals(holder)) {
				if (!subscribed) {
					unsubscribed.add(id);
				}
			}
			else if (holder == null || (!alive.isEmpty() && !alive.contains(holder))) {
				if (subscribed) {
					this.steps.take(id);
				}
				else if (holder == null) {
					unheld.add(id);
				}
				else {
					abandoned.computeIfAbsent(holder, (key) -> new HashSet<>()).add(id);
				}
			}
		});
		this.left.keySet().retainAll(unsubscribed);
		unsubscribed.forEach((id) -> {
			if (isOver(this.left.computeIfAbsent(id, (key) -> now), now, this.grace)) {
				leave(id, alive);
			}
		});
		this.offered.keySet().retainAll(unheld);
		unheld.forEach((id) -> {
			if (isOver(this.offered.computeIfAbsent(id, (key) -> now), now, OFFER)) {
				free(id, null);
			}
		});
		this.missing.keySet().retainAll(abandoned.keySet());
		abandoned.forEach((holder, ids) -> {
			if (isOver(this.missing.computeIfAbsent(holder, (key) -> now), now, this.grace)) {
				ids.forEach((id) -> free(id, holder));
			}
		});
	}

	private void leave(String id, Set<String> alive) {
		StreamDefinition stream = this.table.get(id);
		if (stream == null || !this.node.equals(stream.holder())) {
			// Another node has taken it
			return;
		}
		if (alive.size() > 1) {
			// Another node may have subscribers
			this.steps.offer(id);
		}
		else {
			this.steps.free(id);
		}
	}

	private static boolean isOver(long since, long now, Duration time) {
		return now - since >= time.toNanos();
	}

	private void free(String id, @Nullable String holder) {
		StreamDefinition stream = this.table.get(id);
		if (stream != null && Objects.equals(stream.holder(), holder)) {
			this.steps.free(id);
		}
	}

	/**
	 * What the reaper does with streams. Does not block; may be repeated.
	 */
	interface Steps {

		/**
		 * Let this node hold a stream.
		 */
		void take(String id);

		/**
		 * Let nobody hold a stream, so that a node with subscribers takes it.
		 */
		void offer(String id);

		/**
		 * Free a stream.
		 */
		void free(String id);

	}

}
