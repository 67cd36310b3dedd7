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

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.feed.BackChannel;
import io.github.atmosphererelay.feed.InterestChange;
import org.jspecify.annotations.Nullable;

/**
 * Learns of the interest of all nodes, as a redistributor does, and notes what
 * contradicts the promises that are made to it.
 */
public final class InterestRecorder implements BackChannel.Listener {

	private final Map<Key, Interest> interests = new HashMap<>();

	private final List<String> violations = new CopyOnWriteArrayList<>();

	private final AtomicInteger inside = new AtomicInteger();

	private final AtomicInteger calls = new AtomicInteger();

	private volatile boolean failing;

	private volatile boolean closed;

	/**
	 * Return what is known of a node, or {@code null} if nothing is.
	 */
	@Nullable Interest of(String feed, UUID node) {
		synchronized (this.interests) {
			return this.interests.get(new Key(feed, node));
		}
	}

	int calls() {
		return this.calls.get();
	}

	List<String> violations() {
		return this.violations;
	}

	/**
	 * Throw an exception from the next calls, which still count.
	 */
	void fail(boolean failing) {
		this.failing = failing;
	}

	/**
	 * From now on, a call is a violation.
	 */
	void close() {
		this.closed = true;
	}

	@Override
	public void changed(InterestChange change) {
		call("changed " + change, () -> {
			Key key = new Key(change.feed(), change.node());
			Interest before = this.interests.getOrDefault(key, Interest.NONE);
			if (change.version() != before.version() + 1) {
				this.violations.add("version " + change.version() + " after " + before.version() + " of " + key);
			}
			Set<String> channels = new HashSet<>(before.channels());
			channels.removeAll(change.removed());
			channels.addAll(change.added());
			this.interests.put(key, new Interest(change.version(), channels));
		});
	}

	@Override
	public void replaced(String feed, UUID node, long version, Set<String> channels) {
		call("replaced " + feed, () -> {
			Key key = new Key(feed, node);
			Interest before = this.interests.getOrDefault(key, Interest.NONE);
			if (version < before.version()) {
				this.violations.add("replaced by version " + version + " after " + before.version() + " of " + key);
			}
			this.interests.put(key, new Interest(version, Set.copyOf(channels)));
		});
	}

	@Override
	public void forgotten(UUID node) {
		call("forgotten " + node, () -> this.interests.keySet().removeIf((key) -> key.node().equals(node)));
	}

	private void call(String description, Runnable action) {
		if (this.inside.incrementAndGet() > 1) {
			this.violations.add("two calls at once: " + description);
		}
		if (this.closed) {
			this.violations.add("called after the stop: " + description);
		}
		try {
			synchronized (this.interests) {
				action.run();
			}
		}
		finally {
			this.calls.incrementAndGet();
			this.inside.decrementAndGet();
		}
		if (this.failing) {
			throw new IllegalStateException("This listener fails on purpose");
		}
	}

	/**
	 * What a node wants.
	 */
	record Interest(long version, Set<String> channels) {

		private static final Interest NONE = new Interest(0, Set.of());

	}

	private record Key(String feed, UUID node) {
	}

}
