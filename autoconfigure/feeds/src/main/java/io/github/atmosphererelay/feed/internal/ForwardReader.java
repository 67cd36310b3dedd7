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

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;

import io.github.atmosphererelay.feed.ForwardedRange;
import io.github.atmosphererelay.feed.Forwarding;
import io.github.atmosphererelay.guard.Guard;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * Reads the forwarding topic: in partition 0 which partition each node reads, and in this
 * node's own partition what is sent to it. One thread does all of it.
 */
final class ForwardReader {

	private static final Log logger = LogFactory.getLog(ForwardReader.class);

	private static final Duration POLL = Duration.ofMillis(100);

	private static final Duration ANSWER = Duration.ofSeconds(4);

	/** How often a node says which partition it reads. */
	private static final Duration INTERVAL = Duration.ofSeconds(10);

	/** A claim that is not read back by then is made again. */
	private static final Duration CLAIM = Duration.ofSeconds(2);

	private static final int MAX_CLAIMS = 20;

	private final InternalTopic topic;

	private final FeedClients clients;

	private final ForwardPlaces places;

	private final KafkaWriter writer;

	private final Guard guard;

	private final Runnable placed;

	private final RetryLoop loop;

	private final CompletableFuture<@Nullable Void> receiving = new CompletableFuture<>();

	private final LongAdder foreign = new LongAdder();

	/** Where the reader is in the partitions that it reads. */
	private final Map<TopicPartition, Long> positions = new HashMap<>();

	private volatile @Nullable Consumer<byte[], byte[]> consumer;

	private volatile @Nullable Receiving node;

	/** The partition that this node has claimed, 0 for none. */
	private int own;

	private long claimedAt;

	private int claims;

	private boolean confirmed;

	/** The time of the newest claim, by the broker's clock. */
	private long time;

	/**
	 * Create a reader.
	 * @param placed is called when it may have become known where nodes read, and now and
	 * then
	 */
	ForwardReader(InternalTopic topic, FeedClients clients, ForwardPlaces places, KafkaWriter writer, Guard guard,
			Runnable placed) {
		this.topic = topic;
		this.clients = clients;
		this.places = places;
		this.writer = writer;
		this.guard = guard;
		this.placed = placed;
		this.loop = new RetryLoop("feed-forward-reader", this::read, this::failed);
	}

	void start() {
		this.loop.start();
	}

	CompletableFuture<@Nullable Void> receive(UUID id, Forwarding.Receiver receiver) {
		this.node = new Receiving(id, receiver);
		this.loop.start();
		return this.receiving.copy();
	}

	void stop() {
		this.loop.stop(() -> {
			Consumer<byte[], byte[]> consumer = this.consumer;
			if (consumer != null) {
				consumer.wakeup();
			}
		});
		this.node = null;
		this.receiving.completeExceptionally(new IllegalStateException("The forwarding has been stopped"));
	}

	long foreignBytes() {
		return this.foreign.sum();
	}

	private void failed(Throwable failure) {
		this.placed.run();
		logger.warn("What redistributors send cannot be read from the topic '" + this.topic.name() + "': "
				+ failure.getMessage());
		if (!(failure instanceof KafkaException)) {
			this.guard.failed(failure);
		}
	}

	private void read() throws InterruptedException {
		if (!this.clients.isReachable()) {
			throw new KafkaException("no broker accepts a connection");
		}
		int count = this.topic.ensure(this.clients, 2);
		try (Consumer<byte[], byte[]> connection = this.clients.topicReader()) {
			this.consumer = connection;
			TopicPartition control = partition(0);
			connection.assign(List.of(control));
			this.positions.putIfAbsent(control, beginOfClaims(connection, control));
			assign(connection);
			long end = connection.endOffsets(List.of(control), ANSWER).getOrDefault(control, 0L);
			while (!this.loop.isStopping()) {
				for (ConsumerRecord<byte[], byte[]> record : connection.poll(POLL)) {
					take(record);
				}
				connection.assignment()
					.forEach((partition) -> this.positions.put(partition, connection.position(partition, ANSWER)));
				if (this.positions.getOrDefault(control, 0L) >= end) {
					claim(connection, count);
				}
				this.placed.run();
			}
		}
		catch (OffsetOutOfRangeException ex) {
			// Retention has passed this node, or the topic was made again. What is
			// missing
			// shows as holes
			this.positions.clear();
			this.own = 0;
			this.confirmed = false;
			throw ex;
		}
		finally {
			this.consumer = null;
		}
	}

	private TopicPartition partition(int number) {
		return new TopicPartition(this.topic.name(), number);
	}

	private static long beginOfClaims(Consumer<byte[], byte[]> consumer, TopicPartition control) {
		long since = System.currentTimeMillis() - 2 * ForwardPlaces.LIFE.toMillis();
		OffsetAndTimestamp found = consumer.offsetsForTimes(Map.of(control, since), ANSWER).get(control);
		return (found != null) ? found.offset()
				: consumer.endOffsets(List.of(control), ANSWER).getOrDefault(control, 0L);
	}

	private void assign(Consumer<byte[], byte[]> consumer) {
		consumer.assign(this.positions.keySet());
		this.positions.forEach(consumer::seek);
	}

	/**
	 * Say which partition this node reads, and choose another one if a node has said the
	 * same before.
	 */
	private void claim(Consumer<byte[], byte[]> consumer, int count) {
		Receiving node = this.node;
		if (node == null) {
			return;
		}
		long now = System.nanoTime();
		boolean shared = this.own > 0 && this.confirmed && !this.receiving.isDone()
				&& this.places.isShared(node.id, this.own, this.time) && this.claims < MAX_CLAIMS;
		if (this.own == 0 || shared) {
			this.own = this.places.choose(node.id, count, this.time, ThreadLocalRandom.current());
			TopicPartition own = partition(this.own);
			// Before it is said, so that nothing is missed
			this.positions.put(own, consumer.endOffsets(List.of(own), ANSWER).getOrDefault(own, 0L));
			assign(consumer);
			this.claims++;
			write(node, now);
			return;
		}
		if (this.confirmed) {
			this.receiving.complete(null);
		}
		if (now - this.claimedAt > (this.confirmed ? INTERVAL : CLAIM).toNanos()) {
			write(node, now);
		}
	}

	private void write(Receiving node, long now) {
		this.claimedAt = now;
		this.confirmed = this.receiving.isDone();
		byte[] value = ByteBuffer.allocate(4).putInt(this.own).array();
		this.writer
			.write(() -> List.of(new ProducerRecord<>(this.topic.name(), 0, KafkaForwarding.bytes(node.id), value)));
	}

	private void take(ConsumerRecord<byte[], byte[]> record) {
		if (record.partition() == 0) {
			takeClaim(record);
			return;
		}
		Receiving node = this.node;
		Header header = record.headers().lastHeader(KafkaForwarding.NODE);
		if (node == null || header == null || record.value() == null) {
			return;
		}
		if (!Arrays.equals(header.value(), node.bytes)) {
			this.foreign.add(record.value().length);
			return;
		}
		List<ForwardedRange> ranges;
		try {
			ranges = RangeCodec.decode(record.value());
		}
		catch (IllegalArgumentException ex) {
			// The hole has the topic read
			this.guard.failed("What a redistributor has sent cannot be read", ex);
			return;
		}
		this.guard.run(() -> node.receiver.received(ranges));
	}

	private void takeClaim(ConsumerRecord<byte[], byte[]> record) {
		if (record.key() == null || record.key().length != 16 || record.value() == null || record.value().length < 4) {
			return;
		}
		ByteBuffer key = ByteBuffer.wrap(record.key());
		UUID id = new UUID(key.getLong(), key.getLong());
		int partition = ByteBuffer.wrap(record.value()).getInt();
		this.time = Math.max(this.time, record.timestamp());
		this.places.put(id, partition, record.timestamp());
		this.places.expire(this.time);
		Receiving node = this.node;
		if (node != null && node.id.equals(id) && partition == this.own) {
			this.confirmed = true;
		}
	}

	/**
	 * This node, as a receiver.
	 */
	private static final class Receiving {

		private final UUID id;

		private final byte[] bytes;

		private final Forwarding.Receiver receiver;

		Receiving(UUID id, Forwarding.Receiver receiver) {
			this.id = id;
			this.bytes = KafkaForwarding.bytes(id);
			this.receiver = receiver;
		}

	}

}
