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

package io.github.atmosphererelay.listening.internal;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Flow;
import java.util.function.Supplier;

import io.github.atmosphererelay.channel.ChannelNotRecordedException;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.channel.internal.ChannelPattern;
import io.github.atmosphererelay.channel.internal.ChannelScope;
import io.github.atmosphererelay.listening.ChannelSubscriber;
import io.github.atmosphererelay.listening.ListenOptions;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.internal.ChannelNames;

/**
 * The application's subscribers on this node. Those that subscribe before the node starts
 * for the first time begin when it does. The streams of those that subscribe after a stop
 * complete at once, until the node starts again: a subscriber that subscribes again when
 * its stream ends would otherwise hold up the end of the application.
 */
public final class DefaultChannelSubscriber implements ChannelSubscriber {

	private static final long POLL_MILLIS = 10;

	private final ChannelCatalog catalog;

	private final ListeningContext context;

	private final Set<ItemStream> streams = ConcurrentHashMap.newKeySet();

	private volatile State state = State.NEW;

	/**
	 * Create a subscriber.
	 * @param catalog the channels that exist
	 * @param context what streams need of the node
	 */
	public DefaultChannelSubscriber(ChannelCatalog catalog, ListeningContext context) {
		this.catalog = catalog;
		this.context = context;
	}

	@Override
	public Flow.Publisher<ChannelItem> publisher(String channel, ListenOptions options) {
		ChannelOptions channelOptions = this.catalog.get(ChannelNames.check(channel));
		if (!channelOptions.isRecorded() && !options.isFromNow()) {
			throw new ChannelNotRecordedException(channel);
		}
		return (subscriber) -> subscribe(channel, () -> source(channel, channelOptions, options),
				Objects.requireNonNull(subscriber, "'subscriber' must not be null"));
	}

	private ItemSource source(String channel, ChannelOptions channelOptions, ListenOptions options) {
		return channelOptions.isRecorded() ? new RecordedSource(channel, options, this.context)
				: new EphemeralSource(channel,
						new FollowedChannel(channel, channelOptions.scope() == ChannelScope.CLUSTER, this.context),
						options, this.context);
	}

	@Override
	public Flow.Publisher<ChannelItem> matching(String pattern, ListenOptions options) {
		ChannelPattern parsed = ChannelPattern.parse(pattern);
		if (!options.isFromNow()) {
			throw new IllegalArgumentException("A subscriber of the pattern '" + pattern
					+ "' begins with what is published from now on: use ListenOptions.fromNow()");
		}
		List<Address> buckets = PatternBuckets.of(parsed, this.catalog);
		return (subscriber) -> subscribe(pattern, () -> new PatternSource(parsed, buckets, options, this.context),
				Objects.requireNonNull(subscriber, "'subscriber' must not be null"));
	}

	private void subscribe(String channel, Supplier<ItemSource> sources,
			Flow.Subscriber<? super ChannelItem> subscriber) {
		ItemSource source = sources.get();
		ItemStream stream = new ItemStream(channel, source, subscriber, this.context, this::ended);
		this.streams.add(stream);
		this.context.statistics().begun();
		// Before the subscriber knows of it, so that it gets all that it publishes from
		// then on
		if (this.state == State.STARTED) {
			stream.begin();
		}
		stream.open();
		if (this.state == State.STOPPED) {
			stream.complete();
		}
	}

	private void ended(ItemStream stream) {
		if (this.streams.remove(stream)) {
			this.context.statistics().ended();
		}
	}

	/**
	 * Begin to listen, because the node has started.
	 */
	public void start() {
		this.state = State.STARTED;
		this.streams.forEach(ItemStream::begin);
	}

	/**
	 * Complete all streams, and wait for calls of subscribers that are under way and for
	 * what listeners' methods have returned. Does nothing more if it is called again.
	 * @param timeout how long to wait
	 */
	public synchronized void stop(Duration timeout) {
		this.state = State.STOPPED;
		Set<ItemStream> ending = Set.copyOf(this.streams);
		ending.forEach(ItemStream::complete);
		long deadline = System.nanoTime() + timeout.toNanos();
		try {
			while (ending.stream().anyMatch(ItemStream::isBusy) && System.nanoTime() - deadline < 0) {
				wait(POLL_MILLIS);
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		ending.forEach(ItemStream::cancel);
	}

	/**
	 * Return the counters.
	 * @return the counters
	 */
	public ListeningStatistics statistics() {
		return this.context.statistics();
	}

	private enum State {

		NEW, STARTED, STOPPED

	}

}
