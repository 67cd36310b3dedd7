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
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

import io.github.atmosphererelay.channel.ReadOnlyChannelException;
import io.github.atmosphererelay.channel.internal.ChannelSource;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.node.internal.SourceDelivery;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.state.StateStore;
import org.jspecify.annotations.Nullable;

/**
 * A feed on this node: the source of its channels. It is there from the beginning of the
 * application, because channels name it, and works from its start to its stop. For any
 * thread.
 */
public final class Feed implements ChannelSource {

	private final FeedSettings settings;

	private final FeedStatistics statistics = new FeedStatistics();

	private final FeedHealth health;

	private final InputFactory inputs;

	private final ChannelLog log = new StartedLog();

	/** The channels that are subscribed to, also while the feed is stopped. */
	private final Set<String> followed = ConcurrentHashMap.newKeySet();

	private volatile @Nullable Running running;

	/**
	 * Create a feed.
	 * @param settings its settings
	 * @param inputs makes what brings its records
	 */
	Feed(FeedSettings settings, InputFactory inputs) {
		this.settings = settings;
		this.health = new FeedHealth(settings);
		this.inputs = inputs;
	}

	@Override
	public String name() {
		return this.settings.name();
	}

	/**
	 * Return the settings.
	 * @return the settings
	 */
	public FeedSettings settings() {
		return this.settings;
	}

	/**
	 * Return the counters.
	 * @return the counters
	 */
	public FeedStatistics statistics() {
		return this.statistics;
	}

	/**
	 * Return the log of the feed's channels, for the options of recorded channels.
	 * @return the log, always the same; it cannot be read while the feed is stopped
	 */
	public ChannelLog log() {
		return this.log;
	}

	/**
	 * Return what is wrong.
	 * @return the problem, or {@code null} if the feed works
	 */
	public @Nullable String problem() {
		return this.health.problem();
	}

	/**
	 * Return how many records of the topic this node has not read yet.
	 * @return the number of records
	 */
	public long lag() {
		Running running = this.running;
		return (running != null) ? running.input.lag() : 0;
	}

	/**
	 * Return the number of bytes of the messages that are kept in memory.
	 * @return the number of bytes
	 */
	public long memoryBytes() {
		Running running = this.running;
		RecoveryMemory memory = (running != null) ? running.run.memory() : null;
		return (memory != null) ? memory.bytes() : 0;
	}

	/**
	 * Return the number of bytes of the current values of all channels.
	 * @return the number of bytes
	 */
	public long snapshotBytes() {
		Running running = this.running;
		FeedState state = (running != null) ? running.run.state() : null;
		return (state != null) ? state.bytes() : 0;
	}

	/**
	 * Return the number of partitions.
	 * @return the number, 0 if it is not known yet
	 */
	public int partitions() {
		Running running = this.running;
		TopicInfo topic = (running != null) ? running.input.topic() : null;
		return (topic != null) ? topic.partitions() : 0;
	}

	/**
	 * Return the partitions that this process reads for all nodes, as a redistributor.
	 * @return their numbers
	 */
	public Set<Integer> redistributed() {
		Running running = this.running;
		return (running != null) ? running.input.redistributed() : Set.of();
	}

	/**
	 * Return the node that reads a partition for this one, as a redistributor.
	 * @param partition the partition
	 * @return the node's id, or {@code null} if that is not known, or there is none
	 */
	public @Nullable UUID owner(int partition) {
		Running running = this.running;
		return (running != null) ? running.input.owner(partition) : null;
	}

	/**
	 * Return which node serves which channel at present.
	 * @return the places, equal to those before as long as nothing has changed; or
	 * {@code null} if the feed is not routed, or its topic is not known yet
	 */
	public @Nullable FeedPlaces places() {
		Running running = this.running;
		TopicInfo topic = (running != null) ? running.input.topic() : null;
		if (running == null || topic == null || running.routes == null) {
			return null;
		}
		List<@Nullable UUID> owners = new ArrayList<>();
		for (int i = 0; i < topic.partitions(); i++) {
			owners.add(running.input.owner(i));
		}
		return new FeedPlaces(running.routes, topic, owners);
	}

	/**
	 * Return up to which offset this node has the records of a partition.
	 * @param partition the partition
	 * @return the offset of the next record, or {@code null} if it is not known yet
	 */
	public @Nullable Long next(int partition) {
		Running running = this.running;
		PartitionPlace place = (running != null) ? running.input.place(partition) : null;
		return (place != null) ? place.offset() : null;
	}

	void start(UUID node, SourceDelivery delivery, FeedExtensions extensions, FeedClients clients, Guard guard) {
		RecoveryMemory memory = (this.settings.isRecorded() && this.inputs.remembers())
				? new RecoveryMemory(this.settings.recovery(), this.settings.recoveryBytes(), System::nanoTime) : null;
		FeedState state = this.settings.hasSnapshots() ? state(extensions.states(), guard) : null;
		FeedRun run = new FeedRun(node, this.settings, new FeedMapper(this.settings, extensions),
				CheckedPartitioner.of(extensions.partitioner()), memory, state, this.statistics, this.health, clients,
				guard);
		FeedInput input = this.inputs.create(run);
		Running running = new Running(run, input, delivery);
		this.running = running;
		this.health.begins();
		if (state != null) {
			state.start();
		}
		input.start(running);
	}

	private FeedState state(@Nullable StateStore states, Guard guard) {
		long bytes = this.settings.snapshotBytes();
		// As many values as were in memory may wait for the store
		return new FeedState(bytes, (states != null)
				? new StoredState(states, this.settings.name(), 2 * bytes, this.statistics, guard) : null);
	}

	void stop() {
		Running running = this.running;
		this.running = null;
		if (running != null) {
			running.input.stop();
			if (running.run.state() != null) {
				running.run.state().stop();
			}
			if (running.scans != null) {
				running.scans.stop();
			}
			if (running.publisher != null) {
				running.publisher.stop();
			}
		}
	}

	@Override
	public CompletableFuture<@Nullable Void> subscribe(String channel) {
		this.followed.add(channel);
		Running running = this.running;
		return (running != null) ? running.input.subscribe(channel)
				: CompletableFuture.failedFuture(new RelayUnavailableException(name(), null));
	}

	@Override
	public void unsubscribe(String channel) {
		this.followed.remove(channel);
		Running running = this.running;
		if (running != null) {
			running.input.unsubscribe(channel);
		}
	}

	@Override
	public boolean isUp() {
		Running running = this.running;
		return running != null && running.input.isUp();
	}

	@Override
	public boolean hasSnapshots() {
		return this.settings.hasSnapshots();
	}

	@Override
	public void requirePublishing(String channel) {
		if (this.settings.publishTimeout() == null) {
			throw new ReadOnlyChannelException(channel);
		}
	}

	@Override
	public CompletableFuture<Receipt> publish(UUID id, String channel, Payload payload, Map<String, String> headers) {
		requirePublishing(channel);
		Running running = this.running;
		FeedPublisher publisher = (running != null) ? running.publisher : null;
		return (running != null && publisher != null)
				? publisher.publish(id, channel, payload, headers, running.input.topic())
				: CompletableFuture.failedFuture(new RelayUnavailableException(name(), null));
	}

	/**
	 * Makes what brings the records of a feed to this node, for one mode.
	 */
	interface InputFactory {

		/**
		 * Create an input.
		 */
		FeedInput create(FeedRun run);

		/**
		 * Return whether all records of partitions come to this node, so that it can keep
		 * them for clients that recover.
		 */
		boolean remembers();

	}

	/**
	 * A feed between its start and its stop.
	 */
	private final class Running implements FeedSink {

		private final FeedRun run;

		private final FeedInput input;

		private final SourceDelivery delivery;

		private final @Nullable ChannelPartitions partitions;

		/** Tells which partition a client is led to. */
		private final @Nullable ChannelPartitions routes;

		private final @Nullable PartitionScans scans;

		private final @Nullable FeedLog log;

		private final @Nullable FeedPublisher publisher;

		Running(FeedRun run, FeedInput input, SourceDelivery delivery) {
			this.run = run;
			this.input = input;
			this.delivery = delivery;
			ChannelTemplate template = run.settings().template();
			boolean recorded = run.settings().isRecorded() && template != null;
			ChannelPartitions places = (template != null && template.isByKey())
					? new ChannelPartitions(template, run.partitioner(), input::topic) : null;
			this.partitions = recorded ? places : null;
			this.routes = run.settings().isRouted() ? places : null;
			this.scans = recorded ? new PartitionScans(run, input) : null;
			this.log = (this.partitions != null && this.scans != null)
					? new FeedLog(run, input, this.partitions, this.scans) : null;
			Duration publishTimeout = run.settings().publishTimeout();
			this.publisher = (publishTimeout != null && template != null)
					? new FeedPublisher(run, template, publishTimeout) : null;
		}

		@Override
		public void record(String epoch, int partition, MappedRecord record) {
			String channel = record.channel();
			Envelope envelope = new Envelope(MessageIds.of(epoch, record), this.run.node(), Envelope.Kind.MESSAGE,
					record.time(), SourceDelivery.audience(channel), record.headers(), record.payload(), null, null);
			Position position = (this.log != null) ? new Position(epoch, record.offset() + 1) : null;
			Feed.this.statistics.countDelivered(this.delivery.deliver(channel, envelope, position));
		}

		@Override
		public void gap(int partition) {
			ChannelPartitions partitions = this.partitions;
			for (String channel : Feed.this.followed) {
				Integer own = (partitions != null) ? partitions.of(channel) : null;
				if (own != null && own == partition) {
					gap(channel);
				}
			}
		}

		@Override
		public void gap(String channel) {
			this.run.guard().run(() -> this.delivery.gap(channel));
		}

		@Override
		public void changed() {
			Feed.this.followed.forEach(this::gap);
		}

	}

	/**
	 * The log of the feed as it runs now.
	 */
	private final class StartedLog implements ChannelLog {

		@Override
		public CompletableFuture<LogPage> read(String channel, @Nullable Position since, PageLimit limit,
				ReadDirection direction) {
			FeedLog log = log();
			return (log != null) ? log.read(channel, since, limit, direction)
					: CompletableFuture.failedFuture(new RelayUnavailableException(name(), null));
		}

		@Override
		public CompletableFuture<Position> position(String channel) {
			FeedLog log = log();
			return (log != null) ? log.position(channel)
					: CompletableFuture.failedFuture(new RelayUnavailableException(name(), null));
		}

		@Override
		public @Nullable CompletableFuture<LogPage> snapshot(String channel) {
			FeedLog log = log();
			return (log != null) ? log.snapshot(channel) : Feed.this.settings.hasSnapshots()
					? CompletableFuture.failedFuture(new RelayUnavailableException(name(), null)) : null;
		}

		@Override
		public boolean reportsNewEpochs() {
			return true;
		}

		private @Nullable FeedLog log() {
			Running running = Feed.this.running;
			return (running != null) ? running.log : null;
		}

	}

}
