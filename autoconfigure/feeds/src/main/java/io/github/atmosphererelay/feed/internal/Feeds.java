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
import org.jspecify.annotations.Nullable;

/**
 * The feeds of this node.
 */
public final class Feeds {

	private final List<Feed> feeds;

	private final FeedClients clients;

	/** {@code null} if each node reads all feeds as a whole. */
	private final @Nullable Redistribution redistribution;

	/**
	 * Create feeds.
	 * @param settings the settings of each feed
	 * @param clients creates Kafka clients
	 * @param redistribution brings the records of feeds that are redistributed;
	 * {@code null} if there are none
	 */
	public Feeds(List<FeedSettings> settings, FeedClients clients, @Nullable Redistribution redistribution) {
		this.clients = clients;
		this.redistribution = redistribution;
		this.feeds = settings.stream().map((each) -> new Feed(each, inputs(each))).toList();
	}

	private Feed.InputFactory inputs(FeedSettings settings) {
		Redistribution redistribution = this.redistribution;
		boolean everyone = settings.isForEveryone();
		if (!everyone && redistribution == null) {
			throw new IllegalArgumentException("The feed '" + settings.name() + "' needs redistribution");
		}
		return new Feed.InputFactory() {

			@Override
			public FeedInput create(FeedRun run) {
				return (redistribution != null && !everyone) ? redistribution.input(run) : new EveryoneInput(run);
			}

			@Override
			public boolean remembers() {
				return everyone || settings.isRouted();
			}

		};
	}

	/**
	 * Return what feeds that are redistributed have in common.
	 * @return the redistribution, or {@code null} if there are no such feeds
	 */
	public @Nullable Redistribution redistribution() {
		return this.redistribution;
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
		if (this.redistribution != null) {
			this.redistribution.start(node, guard);
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
		if (this.redistribution != null) {
			this.redistribution.stop();
		}
	}

}
