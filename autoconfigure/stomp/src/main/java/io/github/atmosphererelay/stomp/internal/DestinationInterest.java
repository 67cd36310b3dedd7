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

package io.github.atmosphererelay.stomp.internal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.springframework.util.PathMatcher;

/**
 * The destinations to which sessions of this node are subscribed. It is asked before
 * Spring's subscription registry, which looks at all subscriptions for each destination
 * that it does not have in its cache. For any thread; does not block.
 */
final class DestinationInterest {

	private final PathMatcher matcher;

	private final Map<String, Integer> destinations = new ConcurrentHashMap<>();

	private final Map<String, Integer> patterns = new ConcurrentHashMap<>();

	/**
	 * The destinations of each subscription of each session. A client may use an id
	 * twice; Spring then keeps the first destination, and this index both.
	 */
	private final Map<String, Map<String, List<String>>> sessions = new ConcurrentHashMap<>();

	/**
	 * Create an empty index.
	 * @param matcher the broker's, which tells patterns from destinations
	 */
	DestinationInterest(PathMatcher matcher) {
		this.matcher = matcher;
	}

	void add(String session, String subscription, String destination) {
		this.sessions.compute(session, (same, present) -> {
			Map<String, List<String>> subscriptions = (present != null) ? present : new HashMap<>(4);
			subscriptions.computeIfAbsent(subscription, (id) -> new ArrayList<>(1)).add(destination);
			count(destination);
			return subscriptions;
		});
	}

	private void count(String destination) {
		countsOf(destination).merge(destination, 1, Integer::sum);
	}

	private void discount(String destination) {
		countsOf(destination).computeIfPresent(destination, (same, count) -> (count > 1) ? count - 1 : null);
	}

	private Map<String, Integer> countsOf(String destination) {
		return this.matcher.isPattern(destination) ? this.patterns : this.destinations;
	}

	void remove(String session, String subscription) {
		this.sessions.computeIfPresent(session, (same, subscriptions) -> {
			List<String> removed = subscriptions.remove(subscription);
			if (removed != null) {
				removed.forEach(this::discount);
			}
			return subscriptions.isEmpty() ? null : subscriptions;
		});
	}

	void removeAll(String session) {
		this.sessions.computeIfPresent(session, (same, subscriptions) -> {
			subscriptions.values().forEach((removed) -> removed.forEach(this::discount));
			return null;
		});
	}

	/**
	 * Return whether anyone may be subscribed to a destination. Never takes long.
	 */
	boolean mayWant(String destination) {
		return !this.patterns.isEmpty() || this.destinations.containsKey(destination);
	}

	/**
	 * Return whether anyone is subscribed to a destination. Takes as long as there are
	 * different patterns.
	 */
	boolean wants(String destination) {
		return this.destinations.containsKey(destination)
				|| this.patterns.keySet().stream().anyMatch((pattern) -> this.matcher.match(pattern, destination));
	}

	/**
	 * Return the number of different destinations and patterns.
	 */
	int size() {
		return this.destinations.size() + this.patterns.size();
	}

}
