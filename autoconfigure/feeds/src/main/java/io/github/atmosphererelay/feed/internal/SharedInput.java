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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

import io.github.atmosphererelay.feed.ForwardedRange;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * Receives from redistributors what this node wants of a feed, and tells them what that
 * is. A thread looks after the topic and after what is silent; ranges are taken on the
 * threads that bring them.
 */
final class SharedInput implements FeedInput {

	private static final Duration STEP = Duration.ofMillis(250);

	/** Redistributors speak twice a second. */
	static final Duration MAX_SILENCE = Duration.ofSeconds(3);

	/** How often the ends of partitions are asked for at most. */
	private static final Duration ENDS = Duration.ofSeconds(1);

	private static final Duration RENEWAL = Duration.ofSeconds(5);

	/** As long as that, a feed is not reported that has just begun. */
	private static final Duration PATIENCE = Duration.ofSeconds(10);

	private final FeedRun run;

	private final FeedSettings settings;

	private final InterestPublisher publisher;

	private final CompletableFuture<@Nullable Void> receiving;

	private final RetryLoop loop;

	private final Map<String, SharedChannel> channels = new ConcurrentHashMap<>();

	private volatile @Nullable Topic topic;

	private volatile boolean suspected;

	private volatile boolean up;

	private volatile boolean stopped;

	private long renewedAt = System.nanoTime();

	private long endsAskedAt = System.nanoTime();

	private final long startedAt = System.nanoTime();

	/**
	 * Create an input.
	 * @param run what it works with
	 * @param publisher tells redistributors what this node wants
	 * @param receiving completes when what is sent to this node arrives
	 */
	SharedInput(FeedRun run, InterestPublisher publisher, CompletableFuture<@Nullable Void> receiving) {
		this.run = run;
		this.settings = run.settings();
		this.publisher = publisher;
		this.receiving = receiving;
		this.loop = new RetryLoop("feed-" + this.settings.name(), this::look, this::failed);
	}

	private volatile @Nullable FeedSink sink;

	@Override
	public void start(FeedSink sink) {
		this.sink = sink;
		this.loop.start();
		this.receiving.thenRun(this.publisher::start);
	}

	@Override
	public void stop() {
		this.stopped = true;
		this.publisher.stop();
		this.loop.stop(() -> {
		});
		this.up = false;
		Topic topic = this.topic;
		if (topic != null) {
			topic.partitions.forEach(SharedPartition::close);
		}
		this.channels.values().forEach((channel) -> channel.arrives().completeExceptionally(this.run.unavailable()));
	}

	@Override
	public CompletableFuture<@Nullable Void> subscribe(String name) {
		if (this.stopped) {
			return CompletableFuture.failedFuture(this.run.unavailable());
		}
		SharedChannel channel = new SharedChannel(name);
		SharedChannel before = this.channels.put(name, channel);
		if (before != null) {
			end(before);
		}
		Topic topic = this.topic;
		if (topic != null) {
			topic.add(channel);
		}
		this.publisher.add(channel);
		return channel.arrives().copy();
	}

	@Override
	public void unsubscribe(String name) {
		SharedChannel channel = this.channels.remove(name);
		if (channel != null) {
			end(channel);
			this.publisher.remove(channel);
		}
	}

	private void end(SharedChannel channel) {
		channel.arrives().cancel(false);
		Topic topic = this.topic;
		if (topic != null) {
			topic.partitions.forEach((partition) -> partition.remove(channel));
		}
	}

	/**
	 * Take a range, from whatever redistributor. The ranges of one sender come in their
	 * order, by one thread at a time.
	 */
	void take(ForwardedRange range) {
		Topic topic = this.topic;
		if (topic == null || !topic.info.epoch().equals(range.epoch())
				|| range.partition() >= topic.partitions.size()) {
			// The topic will tell which of them is right. What is missing then is read
			this.suspected = true;
			this.run.statistics().forwarding().countStrangeRange();
			return;
		}
		this.run.statistics().forwarding().countReceived(range);
		topic.partitions.get(range.partition()).take(range);
	}

	/**
	 * Note that a node has left the cluster.
	 */
	void left(UUID node) {
		this.run.statistics().forwarding().forget(node);
	}

	@Override
	public boolean isUp() {
		return this.up;
	}

	@Override
	public @Nullable TopicInfo topic() {
		Topic topic = this.topic;
		return (topic != null) ? topic.info : null;
	}

	@Override
	public @Nullable PartitionPlace place(int partition) {
		Topic topic = this.topic;
		return (topic != null && partition < topic.partitions.size()) ? topic.partitions.get(partition).place() : null;
	}

	@Override
	public @Nullable UUID owner(int partition) {
		Topic topic = this.topic;
		return (topic != null && partition < topic.partitions.size()) ? topic.partitions.get(partition).owner() : null;
	}

	/**
	 * Look after the topic and the silence of redistributors.
	 */
	private void look() throws InterruptedException {
		FeedClients clients = this.run.clients();
		if (!clients.isReachable()) {
			throw new KafkaException("no broker accepts a connection");
		}
		try (TopicWatch watch = new TopicWatch(this.settings.topic(), clients.admin())) {
			adopt(watch.ask());
			while (this.loop.pause(STEP)) {
				step();
				TopicInfo found = this.suspected ? watch.askIfDue() : watch.look();
				if (found != null) {
					this.suspected = false;
					adopt(found);
				}
				compareEnds(watch);
			}
		}
	}

	/**
	 * Compare what this node has with the ends of partitions of which a range has ended
	 * before that: after an unclean election of a leader, a partition ends earlier.
	 */
	private void compareEnds(TopicWatch watch) throws InterruptedException {
		Topic topic = this.topic;
		long now = System.nanoTime();
		if (topic == null || now - this.endsAskedAt < ENDS.toNanos()) {
			return;
		}
		Map<Integer, SharedPartition> behind = new HashMap<>();
		for (int i = 0; i < topic.partitions.size(); i++) {
			if (topic.partitions.get(i).takeBehind()) {
				behind.put(i, topic.partitions.get(i));
			}
		}
		if (behind.isEmpty()) {
			return;
		}
		this.endsAskedAt = now;
		watch.ends(behind.keySet()).forEach((number, end) -> {
			SharedPartition partition = behind.get(number);
			if (partition != null && partition.endsAt(end)) {
				this.run.health().shortened(number, end);
			}
		});
	}

	private void failed(Throwable failure) {
		this.run.health().failed(failure, this.run.clients().servers());
		this.up = false;
		if (!(failure instanceof KafkaException)) {
			this.run.guard().failed(failure);
		}
	}

	private void step() {
		this.publisher.tick();
		long now = System.nanoTime();
		List<Integer> silent = silent(now);
		boolean receives = this.receiving.isDone() && !this.receiving.isCompletedExceptionally();
		this.up = receives && silent.isEmpty();
		if (this.up) {
			this.run.health().works("gets what it wants of the topic '" + this.settings.topic() + "'");
		}
		else if (now - this.startedAt > PATIENCE.toNanos()) {
			this.run.health().silent(receives, silent);
		}
		if ((!silent.isEmpty() || isStale(now)) && now - this.renewedAt > RENEWAL.toNanos()) {
			// Redistributors may have taken this node for dead, be new, or have read an
			// older interest from a back channel that has lost the newest one
			this.renewedAt = now;
			this.publisher.renew();
		}
	}

	private boolean isStale(long now) {
		Topic topic = this.topic;
		return topic != null
				&& topic.partitions.stream().anyMatch((partition) -> partition.isStale(now, RENEWAL.toNanos()));
	}

	private List<Integer> silent(long now) {
		List<Integer> silent = new ArrayList<>();
		Topic topic = this.topic;
		if (topic != null) {
			for (int i = 0; i < topic.partitions.size(); i++) {
				if (topic.partitions.get(i).isSilent(now, MAX_SILENCE.toNanos())) {
					silent.add(i);
				}
			}
		}
		return silent;
	}

	private void adopt(TopicInfo found) {
		FeedSink sink = this.sink;
		Topic known = this.topic;
		if (sink == null || (known != null && (known.info.equals(found)
				|| (known.info.id().equals(found.id()) && found.partitions() < known.info.partitions())))) {
			return;
		}
		List<SharedPartition> partitions = new ArrayList<>();
		for (int i = 0; i < found.partitions(); i++) {
			partitions
				.add(new SharedPartition(this.run, sink, found.epoch(), i, begin(known, found, i), this::arrived));
		}
		Topic topic = new Topic(found, partitions);
		this.channels.values().forEach(topic::add);
		this.topic = topic;
		// Those that were subscribed meanwhile
		this.channels.values().forEach(topic::add);
		if (known != null) {
			this.run.health().changed(found);
			partitions.forEach(SharedPartition::gap);
		}
	}

	/**
	 * Return the offset from which this node gets what it wants of a partition. All of a
	 * topic that was made again, and of a partition that was added, was written while
	 * this node was following the feed.
	 */
	private static long begin(@Nullable Topic known, TopicInfo found, int partition) {
		if (known == null) {
			return -1;
		}
		long reached = (partition < known.partitions.size()) ? known.partitions.get(partition).close() : 0;
		return known.info.id().equals(found.id()) ? reached : 0;
	}

	/**
	 * A partition has begun to bring a channel.
	 */
	private void arrived(SharedChannel channel) {
		Topic topic = this.topic;
		if (topic != null && topic.of(channel).stream().allMatch((each) -> each.isPresent(channel))) {
			channel.arrives().complete(null);
		}
	}

	/**
	 * The topic in one epoch.
	 */
	private final class Topic {

		private final TopicInfo info;

		private final List<SharedPartition> partitions;

		private final @Nullable ChannelPartitions places;

		Topic(TopicInfo info, List<SharedPartition> partitions) {
			this.info = info;
			this.partitions = partitions;
			ChannelTemplate template = SharedInput.this.settings.template();
			this.places = (SharedInput.this.settings.isRecorded() && template != null)
					? new ChannelPartitions(template, SharedInput.this.run.partitioner(), () -> info) : null;
		}

		/**
		 * Return the partitions that have a channel's records.
		 */
		List<SharedPartition> of(SharedChannel channel) {
			if (this.places == null) {
				return this.partitions;
			}
			Integer own = this.places.of(channel.name());
			return (own != null) ? List.of(this.partitions.get(own)) : List.of();
		}

		void add(SharedChannel channel) {
			of(channel).forEach((partition) -> partition.add(channel));
			if (SharedInput.this.channels.get(channel.name()) != channel) {
				// Its subscription has ended meanwhile
				this.partitions.forEach((partition) -> partition.remove(channel));
			}
		}

	}

}
