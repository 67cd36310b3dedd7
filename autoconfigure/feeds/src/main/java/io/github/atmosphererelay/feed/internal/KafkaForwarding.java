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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

import io.github.atmosphererelay.feed.ForwardedRange;
import io.github.atmosphererelay.feed.Forwarding;
import io.github.atmosphererelay.feed.ForwardingOverloadedException;
import io.github.atmosphererelay.guard.Guard;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.TopicConfig;
import org.jspecify.annotations.Nullable;

/**
 * Forwards ranges through a topic. Each node reads one of its partitions, and says which
 * in partition 0. If there are fewer partitions than nodes, some nodes read what is sent
 * to others, and drop it.
 */
public final class KafkaForwarding implements Forwarding {

	/** The header of a record that names the node for which it is. */
	static final String NODE = "node";

	private static final int PARTITIONS = 33;

	private static final long MAX_IN_FLIGHT = 16L * 1024 * 1024;

	private static final long MAX_CHUNK = 512L * 1024;

	private static final int MAX_LEFT = 1000;

	/** How long ranges wait until it is known where a node reads. */
	private static final long PATIENCE_NANOS = 5_000_000_000L;

	private final KafkaWriter writer;

	private final ForwardReader reader;

	private final String topic;

	private final ForwardPlaces places = new ForwardPlaces();

	private final Map<UUID, AtomicLong> inFlight = new ConcurrentHashMap<>();

	/** What waits until it is known where its node reads. Guarded by itself. */
	private final Map<UUID, Deque<Waiting>> waiting = new ConcurrentHashMap<>();

	/** The nodes that have left last: what is sent to them does not wait. */
	private final Set<UUID> left = Collections.newSetFromMap(new LinkedHashMap<>() {

		@Override
		protected boolean removeEldestEntry(Map.Entry<UUID, Boolean> eldest) {
			return size() > MAX_LEFT;
		}

	});

	private volatile boolean stopped;

	/**
	 * Create a forwarding.
	 * @param topic the name of its topic, which is created if it does not exist
	 * @param clients creates Kafka clients
	 * @param guard keeps loops alive
	 */
	public KafkaForwarding(String topic, FeedClients clients, Guard guard) {
		this.topic = topic;
		InternalTopic internal = new InternalTopic(topic, PARTITIONS,
				Map.of(TopicConfig.RETENTION_MS_CONFIG, "600000", TopicConfig.SEGMENT_MS_CONFIG, "600000",
						TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime",
						TopicConfig.MAX_MESSAGE_BYTES_CONFIG, String.valueOf(KafkaWriter.MAX_REQUEST)));
		this.writer = new KafkaWriter("feed-forward-writer", clients, () -> internal.ensure(clients));
		this.reader = new ForwardReader(internal, clients, this.places, this.writer, guard, this::placed);
	}

	@Override
	public String name() {
		return "kafka";
	}

	@Override
	public CompletableFuture<@Nullable Void> receive(UUID node, Receiver receiver) {
		return this.stopped ? stoppedFuture() : this.reader.receive(node, receiver);
	}

	@Override
	public CompletableFuture<@Nullable Void> send(UUID node, List<ForwardedRange> ranges) {
		if (this.stopped) {
			return stoppedFuture();
		}
		long bytes = ranges.stream().mapToLong(ForwardedRange::payloadBytes).sum();
		AtomicLong inFlight = this.inFlight.computeIfAbsent(node, (key) -> new AtomicLong());
		if (inFlight.addAndGet(bytes) > MAX_IN_FLIGHT && inFlight.get() > bytes) {
			inFlight.addAndGet(-bytes);
			return CompletableFuture.failedFuture(new ForwardingOverloadedException(node, MAX_IN_FLIGHT));
		}
		CompletableFuture<@Nullable Void> sent = sendInOrder(node, ranges);
		sent.whenComplete((nothing, ex) -> inFlight.addAndGet(-bytes));
		return sent;
	}

	private CompletableFuture<@Nullable Void> sendInOrder(UUID node, List<ForwardedRange> ranges) {
		synchronized (this.waiting) {
			Deque<Waiting> before = this.waiting.get(node);
			Integer partition = this.places.of(node);
			if (before == null && partition != null) {
				return write(node, partition, ranges);
			}
			if (before == null && this.left.contains(node)) {
				return CompletableFuture.failedFuture(new IllegalStateException("The node has left"));
			}
			Waiting added = new Waiting(ranges, new CompletableFuture<>(), System.nanoTime() + PATIENCE_NANOS);
			this.waiting.computeIfAbsent(node, (key) -> new ArrayDeque<>()).add(added);
			this.reader.start();
			return added.sent;
		}
	}

	private CompletableFuture<@Nullable Void> write(UUID node, int partition, List<ForwardedRange> ranges) {
		return this.writer.write(() -> {
			List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
			for (List<ForwardedRange> chunk : ForwardChunks.of(ranges, MAX_CHUNK)) {
				ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(this.topic, partition, null,
						RangeCodec.encode(chunk));
				record.headers().add(NODE, bytes(node));
				records.add(record);
			}
			return records;
		});
	}

	static byte[] bytes(UUID node) {
		return ByteBuffer.allocate(16)
			.putLong(node.getMostSignificantBits())
			.putLong(node.getLeastSignificantBits())
			.array();
	}

	/**
	 * Send what has waited for nodes whose places are known now, and give up what has
	 * waited too long. Called by the reader.
	 */
	private void placed() {
		synchronized (this.waiting) {
			long now = System.nanoTime();
			this.waiting.entrySet().removeIf((each) -> {
				Integer partition = this.places.of(each.getKey());
				Deque<Waiting> queue = each.getValue();
				while (!queue.isEmpty() && (partition != null || now - queue.getFirst().until > 0)) {
					Waiting first = queue.remove();
					if (partition != null) {
						write(each.getKey(), partition, first.ranges).whenComplete(first::complete);
					}
					else {
						first.complete(null, new IllegalStateException(
								"It is not known where the node " + each.getKey() + " reads"));
					}
				}
				return queue.isEmpty();
			});
		}
	}

	@Override
	public void forget(UUID node) {
		this.places.forget(node);
		this.inFlight.remove(node);
		synchronized (this.waiting) {
			this.left.add(node);
			failWaiting(List.of(node));
		}
	}

	private void failWaiting(List<UUID> nodes) {
		synchronized (this.waiting) {
			for (UUID node : nodes) {
				Deque<Waiting> queue = this.waiting.remove(node);
				if (queue != null) {
					queue.forEach((each) -> each.complete(null, new IllegalStateException("The node has left")));
				}
			}
		}
	}

	@Override
	public long maxInFlight() {
		return MAX_IN_FLIGHT;
	}

	/**
	 * Return the number of bytes that this node has read and that were sent to others,
	 * because the topic has too few partitions.
	 * @return the number of bytes
	 */
	public long foreignBytes() {
		return this.reader.foreignBytes();
	}

	@Override
	public void stop() {
		this.stopped = true;
		this.reader.stop();
		this.writer.stop();
		failWaiting(List.copyOf(this.waiting.keySet()));
	}

	private static CompletableFuture<@Nullable Void> stoppedFuture() {
		return CompletableFuture.failedFuture(new IllegalStateException("The forwarding has been stopped"));
	}

	/**
	 * Ranges that wait.
	 */
	private record Waiting(List<ForwardedRange> ranges, CompletableFuture<@Nullable Void> sent, long until) {

		void complete(@Nullable Void nothing, @Nullable Throwable failure) {
			if (failure != null) {
				this.sent.completeExceptionally(failure);
			}
			else {
				this.sent.complete(null);
			}
		}

	}

}
