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

package io.github.atmosphererelay.relay.kafka.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.RelayException;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.SetAsideMessage;
import io.github.atmosphererelay.relay.SetAsideMessages;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

import org.springframework.kafka.core.DefaultKafkaProducerFactory;

/**
 * Keeps what groups have set aside, and when groups were made, in a topic of one
 * partition that Kafka compacts: the last record of each key stays. This node keeps the
 * offsets of these records in memory, and reads what was written since before each
 * answer, so that all nodes answer alike.
 * <p>
 * Threads: one thread does everything that waits for the broker, one call after the
 * other. The methods return futures, except {@link #birth}, which blocks.
 */
final class KafkaGroupStore implements SetAsideMessages {

	static final int MAX_SET_ASIDE = 10_000;

	private static final long MAX_SET_ASIDE_BYTES = 64L * 1024 * 1024;

	private static final int MAX_CALLS = 1000;

	private static final Log logger = LogFactory.getLog(KafkaGroupStore.class);

	private static final Duration ANSWER = KafkaGroupTopic.ANSWER;

	/** What an operator has to change is not asked for at each call. */
	private static final Duration REFUSED_PAUSE = Duration.ofSeconds(10);

	private static final Duration LOG_INTERVAL = Duration.ofSeconds(30);

	private static final Duration POLL = Duration.ofMillis(100);

	private final RateLimitedLog log = new RateLimitedLog(logger, LOG_INTERVAL);

	private final KafkaClientFactory clients;

	private final KafkaSetAsideCodec codec;

	private final TopicPartition partition;

	private final KafkaGroupTopic topic;

	private final ThreadPoolExecutor executor;

	private final KafkaGroupRecords records = new KafkaGroupRecords();

	private @Nullable Consumer<byte[], byte[]> consumer;

	private @Nullable DefaultKafkaProducerFactory<byte[], byte[]> producers;

	/** Why the topic could not be used last time, if only an operator can change it. */
	private @Nullable KafkaException refused;

	private long refusedAt;

	/** The offset before which all records are known. */
	private long read;

	KafkaGroupStore(KafkaRelaySettings settings, KafkaClientFactory clients) {
		this.clients = clients;
		this.codec = new KafkaSetAsideCodec(settings.codec());
		this.partition = new TopicPartition(settings.groupTopic(), 0);
		this.topic = new KafkaGroupTopic(settings, clients);
		this.executor = Threads.pool("kafka-groups", 1, new ArrayBlockingQueue<>(MAX_CALLS));
	}

	void close() {
		try {
			this.executor.execute(this::disconnect);
		}
		catch (RejectedExecutionException ex) {
			logger.debug("The clients of the group store are not closed", ex);
		}
		this.executor.shutdown();
	}

	/**
	 * Return when a group was made and where it began. Makes it if it does not exist.
	 * Blocks for some seconds at most.
	 * @param topic distinguishes the topic of the logs from a later one
	 */
	Birth birth(String group, GroupOptions.Start start, long topic) {
		CompletableFuture<Birth> future = call(() -> {
			refresh();
			Birth known = this.records.birth(group);
			if (known != null) {
				return known;
			}
			long offset = put(KafkaSetAsideCodec.groupKey(group), KafkaSetAsideCodec.encode(start, 0, topic));
			refresh();
			Birth made = this.records.birth(group);
			if (made == null) {
				throw new RelayUnavailableException(KafkaRelay.NAME, null);
			}
			if (!this.records.isBirth(group, offset)) {
				// Another node has made it at the same time. Kafka keeps the last record
				put(KafkaSetAsideCodec.groupKey(group),
						KafkaSetAsideCodec.encode(made.start(), made.time(), made.topic()));
			}
			return new Birth(made.time(), made.start(), made.topic(), true);
		});
		try {
			return future.get(3 * ANSWER.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (ExecutionException ex) {
			throw (ex.getCause() instanceof RelayException cause) ? cause
					: new RelayUnavailableException(KafkaRelay.NAME, ex.getCause());
		}
		catch (TimeoutException ex) {
			throw new RelayUnavailableException(KafkaRelay.NAME, ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new RelayUnavailableException(KafkaRelay.NAME, ex);
		}
	}

	/**
	 * Store a message.
	 */
	CompletableFuture<@Nullable Void> setAside(SetAsideMessage message) {
		return call(() -> {
			refresh();
			UUID id = message.publication().id();
			Map<UUID, KafkaGroupRecords.Place> known = this.records.setAside(message.group());
			if (!known.containsKey(id) && (known.size() >= MAX_SET_ASIDE || known.values()
				.stream()
				.mapToLong(KafkaGroupRecords.Place::bytes)
				.sum() >= MAX_SET_ASIDE_BYTES)) {
				throw RelayOverloadedException.forSetAside(message.group(), known.size());
			}
			put(KafkaSetAsideCodec.key(message.group(), id), this.codec.encode(message));
			return null;
		});
	}

	@Override
	public CompletableFuture<Long> count(String group) {
		return call(() -> {
			refresh();
			return (long) this.records.setAside(group).size();
		});
	}

	@Override
	public CompletableFuture<List<SetAsideMessage>> list(String group, long offset, int limit) {
		return call(() -> {
			refresh();
			return read(group, this.records.setAside(group).values().stream().skip(offset).limit(limit).toList());
		});
	}

	@Override
	public CompletableFuture<@Nullable SetAsideMessage> find(String group, UUID id) {
		return call(() -> {
			refresh();
			KafkaGroupRecords.Place place = this.records.setAside(group).get(id);
			List<SetAsideMessage> found = (place != null) ? read(group, List.of(place)) : List.of();
			return found.isEmpty() ? null : found.get(0);
		});
	}

	@Override
	public CompletableFuture<Boolean> remove(String group, UUID id) {
		return call(() -> {
			refresh();
			if (!this.records.setAside(group).containsKey(id)) {
				return false;
			}
			put(KafkaSetAsideCodec.key(group, id), null);
			refresh();
			return true;
		});
	}

	private <T extends @Nullable Object> CompletableFuture<T> call(Supplier<T> task) {
		CompletableFuture<T> future = new CompletableFuture<>();
		try {
			this.executor.execute(() -> run(task, future));
		}
		catch (RejectedExecutionException ex) {
			future
				.completeExceptionally(this.executor.isShutdown() ? new RelayUnavailableException(KafkaRelay.NAME, null)
						: RelayOverloadedException.forReads(KafkaRelay.NAME, MAX_CALLS));
		}
		catch (Throwable ex) {
			future.completeExceptionally(new RelayUnavailableException(KafkaRelay.NAME, ex));
		}
		return future;
	}

	private <T extends @Nullable Object> void run(Supplier<T> task, CompletableFuture<T> future) {
		T result;
		try {
			result = task.get();
		}
		catch (RelayException ex) {
			future.completeExceptionally(ex);
			return;
		}
		catch (Throwable ex) {
			// The clients' state is not known
			logger.debug("The topic of the groups could not be used", ex);
			try {
				disconnect();
			}
			catch (Throwable closing) {
				logger.debug("A client of the topic of the groups could not be closed", closing);
			}
			finally {
				future.completeExceptionally(new RelayUnavailableException(KafkaRelay.NAME, ex));
			}
			return;
		}
		future.complete(result);
	}

	private void disconnect() {
		Consumer<byte[], byte[]> consumer = this.consumer;
		DefaultKafkaProducerFactory<byte[], byte[]> producers = this.producers;
		this.consumer = null;
		this.producers = null;
		try {
			if (consumer != null) {
				consumer.close();
			}
		}
		finally {
			if (producers != null) {
				producers.setPhysicalCloseTimeout(1);
				producers.destroy();
			}
		}
	}

	private Consumer<byte[], byte[]> connect() {
		Consumer<byte[], byte[]> consumer = this.consumer;
		if (consumer != null) {
			return consumer;
		}
		KafkaException refused = this.refused;
		if (refused != null && System.nanoTime() - this.refusedAt < REFUSED_PAUSE.toNanos()) {
			throw refused;
		}
		try {
			this.refused = null;
			return open();
		}
		catch (AuthorizationException | UnknownTopicOrPartitionException ex) {
			this.refused = ex;
			this.refusedAt = System.nanoTime();
			this.log.warn(() -> "Topic '" + this.partition.topic() + "' cannot be used, so groups set nothing aside and"
					+ " new groups do not begin: " + ex);
			throw ex;
		}
	}

	private Consumer<byte[], byte[]> open() {
		Consumer<byte[], byte[]> consumer = this.consumer;
		if (consumer == null) {
			this.topic.prepare();
			consumer = this.clients.groupReader();
			this.consumer = consumer;
			consumer.assign(List.of(this.partition));
			// From the beginning: the topic may be another one than before
			this.records.clear();
			this.read = beginning(consumer);
			consumer.seek(this.partition, this.read);
		}
		return consumer;
	}

	private long beginning(Consumer<byte[], byte[]> consumer) {
		Long begin = consumer.beginningOffsets(List.of(this.partition), ANSWER).get(this.partition);
		return (begin != null) ? begin : 0;
	}

	/**
	 * Read everything that the topic has by now.
	 */
	private void refresh() {
		Consumer<byte[], byte[]> consumer = connect();
		Long found = consumer.endOffsets(List.of(this.partition), ANSWER).get(this.partition);
		long end = (found != null) ? found : 0;
		if (end < this.read) {
			// The topic was deleted and created again, or has lost records
			logger.warn("Topic '" + this.partition.topic() + "' has fewer records than before, so groups may have lost"
					+ " what they had set aside");
			disconnect();
			consumer = connect();
		}
		long heard = System.nanoTime();
		while (this.read < end) {
			for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL).records(this.partition)) {
				this.records.take(record);
			}
			long position = KafkaLogReader.position(consumer, this.partition, this.read);
			if (position > this.read) {
				// The first time this may take long, if Kafka has not compacted for a
				// while
				this.read = position;
				heard = System.nanoTime();
			}
			else if (System.nanoTime() - heard > ANSWER.toNanos()) {
				throw new KafkaException("The broker did not answer in time");
			}
		}
	}

	/**
	 * Read messages. The consumer goes back to where it was.
	 */
	private List<SetAsideMessage> read(String group, List<KafkaGroupRecords.Place> places) {
		Consumer<byte[], byte[]> consumer = connect();
		Map<Long, SetAsideMessage> found = new HashMap<>();
		List<KafkaGroupRecords.Place> sorted = new ArrayList<>(places);
		sorted.sort(Comparator.comparingLong(KafkaGroupRecords.Place::offset));
		try {
			for (KafkaGroupRecords.Place place : sorted) {
				if (!found.containsKey(place.offset())) {
					read(consumer, group, place, sorted, found);
				}
			}
		}
		finally {
			consumer.seek(this.partition, this.read);
		}
		return places.stream().map((place) -> found.get(place.offset())).filter(Objects::nonNull).toList();
	}

	private void read(Consumer<byte[], byte[]> consumer, String group, KafkaGroupRecords.Place wanted,
			List<KafkaGroupRecords.Place> all, Map<Long, SetAsideMessage> found) {
		consumer.seek(this.partition, wanted.offset());
		long deadline = System.nanoTime() + ANSWER.toNanos();
		List<ConsumerRecord<byte[], byte[]>> records = List.of();
		while (records.isEmpty()) {
			records = consumer.poll(POLL).records(this.partition);
			if (records.isEmpty() && System.nanoTime() - deadline > 0) {
				throw new KafkaException("The broker did not answer in time");
			}
		}
		Set<Long> offsets = all.stream().map(KafkaGroupRecords.Place::offset).collect(Collectors.toSet());
		for (ConsumerRecord<byte[], byte[]> record : records) {
			byte @Nullable [] value = record.value();
			if (offsets.contains(record.offset()) && value != null) {
				try {
					found.put(record.offset(), this.codec.decode(group, value));
				}
				catch (WireFormatException ex) {
					logger.warn("A message that the group '" + group + "' has set aside cannot be read: "
							+ ex.getMessage());
				}
			}
		}
	}

	private long put(byte[] key, byte @Nullable [] value) {
		DefaultKafkaProducerFactory<byte[], byte[]> producers = this.producers;
		if (producers == null) {
			producers = this.clients.producers();
			this.producers = producers;
		}
		// The factory keeps one producer
		Producer<byte[], byte[]> producer = producers.createProducer();
		CompletableFuture<Long> sent = new CompletableFuture<>();
		producer.send(new ProducerRecord<>(this.partition.topic(), 0, key, value), (metadata, failure) -> {
			if (failure != null) {
				sent.completeExceptionally(failure);
			}
			else {
				sent.complete(metadata.offset());
			}
		});
		try {
			return KafkaGroupTopic.await(sent);
		}
		catch (RecordTooLargeException | TopicAuthorizationException ex) {
			// The clients work
			this.log.warn(() -> "A record was refused by topic '" + this.partition.topic() + "', and what failed in a"
					+ " group is not set aside. Raise 'max.message.bytes' of this topic and 'max.request.size' of the"
					+ " producer if it is too large, or grant 'Write' on the topic: " + ex);
			throw new RelayUnavailableException(KafkaRelay.NAME, ex);
		}
	}

	/**
	 * When a group was made, in milliseconds since 1970 by the broker's clock, and where
	 * it began.
	 *
	 * @param topic distinguishes the topic of the logs in which it was made from a later
	 * one; 0 if it is not known
	 * @param made whether this call has made it
	 */
	record Birth(long time, GroupOptions.Start start, long topic, boolean made) {
	}

}
