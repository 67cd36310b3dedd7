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

import java.util.List;
import java.util.UUID;
import java.util.function.Function;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.node.internal.SourceDelivery;

/**
 * The feeds of this node.
 */
public final class Feeds {

	private final List<Feed> feeds;

	private final FeedClients clients;

	/**
	 * Create feeds that each node reads as a whole.
	 * @param settings the settings of each feed
	 * @param clients creates Kafka clients
	 */
	public Feeds(List<FeedSettings> settings, FeedClients clients) {
		this.clients = clients;
		this.feeds = settings.stream().map((each) -> new Feed(each, new Feed.InputFactory() {

			@Override
			public FeedInput create(FeedRun run) {
				return new EveryoneInput(run);
			}

			@Override
			public boolean remembers() {
				return true;
			}

		})).toList();
	}

	/**
	 * Return all feeds, in the order of the properties.
	 * @return the feeds
	 */
	public List<Feed> all() {
		return this.feeds;
	}

	/**
	 * Begin to read. Returns at once, also while the broker is away.
	 * @param node the id of this node
	 * @param delivery delivers what is read
	 * @param extensions returns what the application contributes to a feed
	 * @param guard keeps loops alive
	 */
	public void start(UUID node, SourceDelivery delivery, Function<FeedSettings, FeedExtensions> extensions,
			Guard guard) {
		if (!this.feeds.isEmpty()) {
			// If the application has no connection to Kafka, this is the place to fail
			this.clients.servers();
		}
		for (Feed feed : this.feeds) {
			feed.start(node, delivery, extensions.apply(feed.settings()), this.clients, guard);
		}
	}

	/**
	 * Stop to read. May block for a few seconds. The feeds can be started again.
	 */
	public void stop() {
		this.feeds.forEach(Feed::stop);
	}

}
