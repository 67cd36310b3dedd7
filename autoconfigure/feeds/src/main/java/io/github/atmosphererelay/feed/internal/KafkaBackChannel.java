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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

import io.github.atmosphererelay.feed.BackChannel;
import io.github.atmosphererelay.feed.InterestChange;
import io.github.atmosphererelay.guard.Guard;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what nodes want in a compacted topic of one partition: a record for each channel
 * that a node wants, and after them one that says up to which version that is. A node
 * that is forgotten gets a record that makes all before it void; redistributors then
 * remove its other records.
 */
public final class KafkaBackChannel implements BackChannel {

	private static final Log logger = LogFactory.getLog(KafkaBackChannel.class);

	private static final Duration POLL = Duration.ofMillis(100);

	private static final Duration ANSWER = Duration.ofSeconds(4);

	private final FeedClients clients;

	private final InternalTopic topic;

	private final TopicPartition partition;

	private final Guard guard;

	private final KafkaWriter writer;

	private final RetryLoop reader;

	private final CompletableFuture<@Nullable Void> listening = new CompletableFuture<>();

	/** What this process has published, by feed and node. */
	private final Map<List<Object>, Published> published = new HashMap<>();

	/** Nodes that this process has had forgotten, and whose records it removes. */
	private final Set<UUID> forgotten = ConcurrentHashMap.newKeySet();

	private volatile @Nullable Consumer<byte[], byte[]> consumer;

	private volatile @Nullable InterestLog log;

	/** The offset of the next record, or -1 to begin at the first. */
	private long next = -1;

	private volatile boolean stopped;

	/**
	 * Create a back channel.
	 * @param topic the name of its topic, which is created if it does not exist
	 * @param clients creates Kafka clients
	 * @param guard keeps loops alive
	 */
	public KafkaBackChannel(String topic, FeedClients clients, Guard guard) {
		this.clients = clients;
		this.guard = guard;
		this.topic = new InternalTopic(topic, 1,
				Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT,
						TopicConfig.MIN_CLEANABLE_DIRTY_RATIO_CONFIG, "0.2", TopicConfig.SEGMENT_MS_CONFIG, "3600000"));
		this.partition = new TopicPartition(topic, 0);
		this.writer = new KafkaWriter("feed-interest-writer", clients, () -> this.topic.ensure(clients));
		this.reader = new RetryLoop("feed-interest-reader", this::read, this::failed);
	}

	@Override
	public String name() {
		return "kafka";
	}

	@Override
	public CompletableFuture<@Nullable Void> publish(InterestChange change) {
		CompletableFuture<@Nullable Void> written = this.writer.write(() -> {
			Published published = published(change.feed(), change.node());
			List<InterestRecord> records = new ArrayList<>();
			change.removed().forEach((channel) -> records.add(published.remove(channel)));
			change.added().forEach((channel) -> records.add(published.add(channel)));
			records.add(published.version(change.version()));
			return toProducer(records);
		});
		return written.thenRun(() -> published(change.feed(), change.node()).removed(change.removed()));
	}

	@Override
	public CompletableFuture<@Nullable Void> replace(String feed, UUID node, long version, Set<String> channels) {
		CompletableFuture<@Nullable Void> written = this.writer.write(() -> {
			Published published = published(feed, node);
			List<InterestRecord> records = new ArrayList<>();
			// Also what may be there, because its removal has failed
			for (String channel : published.possible) {
				if (!channels.contains(channel)) {
					records.add(new InterestRecord.Channel(node, feed, channel, false));
				}
			}
			published.channels.clear();
			channels.forEach((channel) -> records.add(published.add(channel)));
			records.add(published.version(version));
			return toProducer(records);
		});
		return written.thenRun(() -> published(feed, node).replaced());
	}

	private Published published(String feed, UUID node) {
		synchronized (this.published) {
			return this.published.computeIfAbsent(List.of(feed, node), (key) -> new Published(feed, node));
		}
	}

	@Override
	public CompletableFuture<@Nullable Void> forget(UUID node) {
		if (!this.stopped && this.log != null) {
			this.forgotten.add(node);
		}
		return this.writer.write(() -> toProducer(List.of(new InterestRecord.Forgotten(node))));
	}

	private List<ProducerRecord<byte[], byte[]>> toProducer(List<InterestRecord> records) {
		return records.stream()
			.map((record) -> new ProducerRecord<>(this.topic.name(), 0, record.key(), record.value()))
			.toList();
	}

	@Override
	public CompletableFuture<@Nullable Void> listen(Listener listener) {
		if (this.stopped) {
			return CompletableFuture.failedFuture(new IllegalStateException("The back channel has been stopped"));
		}
		this.log = new InterestLog(listener, this.guard);
		this.reader.start();
		return this.listening.copy();
	}

	@Override
	public void stop() {
		this.stopped = true;
		this.reader.stop(() -> {
			Consumer<byte[], byte[]> consumer = this.consumer;
			if (consumer != null) {
				consumer.wakeup();
			}
		});
		this.writer.stop();
		this.listening.completeExceptionally(new IllegalStateException("The back channel has been stopped"));
	}

	private void failed(Throwable failure) {
		logger.warn("What nodes want of feeds cannot be read from the topic '" + this.topic.name() + "': "
				+ failure.getMessage());
		if (!(failure instanceof KafkaException)) {
			this.guard.failed(failure);
		}
	}

	private void read() throws InterruptedException {
		InterestLog log = this.log;
		if (log == null) {
			return;
		}
		if (!this.clients.isReachable()) {
			throw new KafkaException("no broker accepts a connection");
		}
		this.topic.ensure(this.clients);
		try (Consumer<byte[], byte[]> connection = this.clients.topicReader()) {
			this.consumer = connection;
			List<TopicPartition> all = List.of(this.partition);
			connection.assign(all);
			if (this.next < 0) {
				connection.seekToBeginning(all);
			}
			else {
				connection.seek(this.partition, this.next);
			}
			long end = connection.endOffsets(all, ANSWER).getOrDefault(this.partition, 0L);
			while (!this.reader.isStopping()) {
				if (connection.position(this.partition, ANSWER) >= end) {
					log.live();
					this.listening.complete(null);
				}
				for (ConsumerRecord<byte[], byte[]> record : connection.poll(POLL)) {
					take(log, record);
				}
				this.next = connection.position(this.partition, ANSWER);
			}
		}
		catch (OffsetOutOfRangeException ex) {
			// The topic was made again
			this.next = -1;
			log.clear();
			throw ex;
		}
		finally {
			this.consumer = null;
		}
	}

	private void take(InterestLog log, ConsumerRecord<byte[], byte[]> record) {
		InterestRecord interest = InterestRecord.decode(record.key(), record.value());
		if (interest == null) {
			return;
		}
		if (interest instanceof InterestRecord.Forgotten gone && this.forgotten.remove(gone.node())) {
			clean(gone.node(), log);
		}
		log.take(interest);
	}

	/**
	 * Remove the records of a node that was forgotten, for the next reader and for the
	 * broker's disk. If the node is alive nevertheless, it hears nothing, and publishes
	 * everything again.
	 */
	private void clean(UUID node, InterestLog log) {
		List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>(toProducer(log.channels(node)));
		for (String feed : log.feeds(node)) {
			records.add(new ProducerRecord<>(this.topic.name(), 0, new InterestRecord.Version(node, feed, 0, 0).key(),
					null));
		}
		// Last, so that the broker removes it together with those before it
		records.add(new ProducerRecord<>(this.topic.name(), 0, new InterestRecord.Forgotten(node).key(), null));
		this.writer.write(() -> records);
	}

	/**
	 * What this process has published of a node and feed. Used by the writer's thread.
	 */
	private static final class Published {

		private final String feed;

		private final UUID node;

		private final Set<String> channels = new HashSet<>();

		/** The channels of which the topic may have a record. */
		private final Set<String> possible = ConcurrentHashMap.newKeySet();

		Published(String feed, UUID node) {
			this.feed = feed;
			this.node = node;
		}

		InterestRecord add(String channel) {
			this.channels.add(channel);
			this.possible.add(channel);
			return new InterestRecord.Channel(this.node, this.feed, channel, true);
		}

		InterestRecord remove(String channel) {
			this.channels.remove(channel);
			return new InterestRecord.Channel(this.node, this.feed, channel, false);
		}

		InterestRecord version(long version) {
			return new InterestRecord.Version(this.node, this.feed, version, this.channels.size());
		}

		/**
		 * Channels were removed, with success.
		 */
		void removed(Set<String> channels) {
			channels.stream().filter((channel) -> !this.channels.contains(channel)).forEach(this.possible::remove);
		}

		/**
		 * Everything was written again, with success, and nothing after it yet.
		 */
		void replaced() {
			this.possible.retainAll(this.channels);
		}

	}

}
