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

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

import io.github.atmosphererelay.feed.BackChannel;
import io.github.atmosphererelay.feed.InterestChange;

/**
 * Which nodes want which channels, as a redistributor has learnt it from the back
 * channel. For any thread.
 */
final class InterestTable implements BackChannel.Listener {

	private final Map<String, FeedInterest> feeds = new ConcurrentHashMap<>();

	/**
	 * Return what nodes want of a feed.
	 * @return always the same object for a feed
	 */
	FeedInterest feed(String name) {
		return this.feeds.computeIfAbsent(name, (key) -> new FeedInterest());
	}

	@Override
	public void changed(InterestChange change) {
		feed(change.feed()).changed(change);
	}

	@Override
	public void replaced(String feed, UUID node, long version, Set<String> channels) {
		feed(feed).replaced(node, version, channels);
	}

	@Override
	public void forgotten(UUID node) {
		this.feeds.values().forEach((feed) -> feed.forgotten(node));
	}

	/**
	 * Return all nodes that have published something.
	 */
	Set<UUID> nodes() {
		Set<UUID> nodes = new HashSet<>();
		this.feeds.values().forEach((feed) -> nodes.addAll(feed.nodes().keySet()));
		return nodes;
	}

}
