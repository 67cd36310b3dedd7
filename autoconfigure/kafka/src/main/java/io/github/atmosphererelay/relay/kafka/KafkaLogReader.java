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

package io.github.atmosphererelay.relay.kafka;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.message.EnvelopeCodec;
import io.github.atmosphererelay.message.EnvelopeFormatException;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Reads parts of the log that are no longer at hand, with one consumer on one thread. A
 * channel's records lie among those of others, so a part is looked through from its
 * beginning. {@link #scan}, {@link #marks} and {@link #offsetAt} are for tasks on that
 * thread; they block, but not beyond their deadline.
 */
final class KafkaLogReader {

	/** How many records are looked at: the one before a place, and the one after it. */
	private static final int MARKS = 2;

	private static final Log logger = LogFactory.getLog(KafkaLogReader.class);

	/** How many reads may wait for the thread. */
	static final int MAX_QUEUED = 256;

	private final KafkaRelaySettings settings;

	private final Supplier<Consumer<byte[], byte[]>> consumers;

	private final Guard guard;

	private final ThreadPoolExecutor executor;

	/** What waits for the thread, by what it reads. */
	private final Map<Object, CompletableFuture<?>> shared = new ConcurrentHashMap<>();

	private volatile boolean outdated;

	private @Nullable Consumer<byte[], byte[]> consumer;

	/**
	 * Create a reader. Its thread and its consumer are made with the first task.
	 * @param settings the relay's settings
	 * @param consumers makes consumers
	 * @param guard counts Errors
	 * @param name names the thread
	 */
	KafkaLogReader(KafkaRelaySettings settings, Supplier<Consumer<byte[], byte[]>> consumers, Guard guard,
			String name) {
		this.settings = settings;
		this.consumers = consumers;
		this.guard = guard;
		this.executor = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MAX_QUEUED),
				(task) -> KafkaWorker.newThread(task, name)) {

			@Override
			protected void terminated() {
				dropConsumer();
			}

		};
	}

	/**
	 * Run a task on the thread.
	 * @param <T> the type of its result
	 * @param task the task
	 * @return completes on the thread
	 */
	<T> CompletableFuture<T> submit(Supplier<T> task) {
		try {
			return CompletableFuture.supplyAsync(() -> run(task), this.executor);
		}
		catch (RejectedExecutionException ex) {
			return CompletableFuture
				.failedFuture(this.executor.isShutdown() ? new RelayUnavailableException(KafkaRelay.NAME, null)
						: RelayOverloadedException.forReads(KafkaRelay.NAME, MAX_QUEUED));
		}
	}

	/**
	 * Run a task on the thread, unless an equal one still waits for it: then both share
	 * the result. One that is already running may have missed what is looked for.
	 * @param <T> the type of its result
	 * @param key equal for tasks that read the same
	 * @param task the task
	 * @return completes on the thread
	 */
	@SuppressWarnings("unchecked")
	<T> CompletableFuture<T> submitShared(Object key, Supplier<T> task) {
		CompletableFuture<T> result = new CompletableFuture<>();
		CompletableFuture<?> waiting = this.shared.putIfAbsent(key, result);
		if (waiting != null) {
			return ((CompletableFuture<T>) waiting).copy();
		}
		submit(() -> {
			this.shared.remove(key, result);
			return task.get();
		}).whenComplete((value, failure) -> {
			this.shared.remove(key, result);
			if (failure != null) {
				result.completeExceptionally(failure);
			}
			else {
				result.complete(value);
			}
		});
		return result.copy();
	}

	/**
	 * Take a new consumer for the next task, because the present one may not work.
	 */
	void disconnect() {
		this.outdated = true;
	}

	void close() {
		this.executor.shutdownNow();
	}

	void awaitEnd(Duration timeout) throws InterruptedException {
		if (!this.executor.awaitTermination(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
			logger.debug("The reader of the log takes longer than " + timeout + " to end");
		}
	}

	private <T> T run(Supplier<T> task) {
		try {
			return task.get();
		}
		catch (KafkaException ex) {
			dropConsumer();
			throw new RelayUnavailableException(KafkaRelay.NAME, ex);
		}
		catch (Error ex) {
			// Nobody knows in what state it has left the consumer
			this.guard.failed(ex);
			dropConsumer();
			throw ex;
		}
		finally {
			Consumer<byte[], byte[]> consumer = this.consumer;
			if (consumer != null) {
				// Or it would keep what it has fetched ahead.
				consumer.unsubscribe();
			}
		}
	}

	private void dropConsumer() {
		Consumer<byte[], byte[]> consumer = this.consumer;
		this.consumer = null;
		if (consumer == null) {
			return;
		}
		boolean interrupted = Thread.interrupted();
		try {
			consumer.close();
		}
		catch (RuntimeException ex) {
			logger.debug("The reader of the log did not end well", ex);
		}
		if (interrupted) {
			Thread.currentThread().interrupt();
		}
	}

	private Consumer<byte[], byte[]> consumer(TopicPartition partition) {
		if (this.outdated) {
			this.outdated = false;
			dropConsumer();
		}
		Consumer<byte[], byte[]> consumer = this.consumer;
		if (consumer == null) {
			consumer = this.consumers.get();
			this.consumer = consumer;
		}
		consumer.assign(List.of(partition));
		return consumer;
	}

	/**
	 * Return where a time begins.
	 * @param number the partition
	 * @param timestamp the time in milliseconds since 1970
	 * @param otherwise what to return if there is no record of that time or later
	 * @param deadline when to give up
	 * @return an offset
	 */
	long offsetAt(int number, long timestamp, long otherwise, long deadline) {
		TopicPartition partition = new TopicPartition(this.settings.logTopic(), number);
		return offsetAt(consumer(partition), partition, timestamp, otherwise, deadline);
	}

	private long offsetAt(Consumer<byte[], byte[]> consumer, TopicPartition partition, long timestamp, long otherwise,
			long deadline) {
		OffsetAndTimestamp found = consumer
			.offsetsForTimes(Map.of(partition, Math.max(0, timestamp)), remaining(deadline))
			.get(partition);
		return (found != null) ? found.offset() : otherwise;
	}

	/**
	 * Look which records there are at an offset, or after it.
	 * @param number the partition
	 * @param offset the offset; there has to be a record at it or after it
	 * @param deadline when to give up
	 * @return the first record and perhaps more; none if the broker has removed records
	 * up to there
	 */
	List<Mark> marks(int number, long offset, long deadline) {
		TopicPartition partition = new TopicPartition(this.settings.logTopic(), number);
		return marks(consumer(partition), partition, offset, () -> remaining(deadline));
	}

	static List<Mark> marks(Consumer<byte[], byte[]> consumer, TopicPartition partition, long offset,
			Supplier<Duration> remaining) {
		consumer.seek(partition, offset);
		try {
			while (true) {
				List<ConsumerRecord<byte[], byte[]>> records = consumer.poll(remaining.get()).records(partition);
				if (!records.isEmpty()) {
					return records.stream()
						.limit(MARKS)
						.map((record) -> new Mark(record.offset(), KafkaLogEntry.leaderEpoch(record)))
						.toList();
				}
			}
		}
		catch (OffsetOutOfRangeException ex) {
			return List.of();
		}
	}

	/**
	 * Look for a channel's records that have not expired and are no doubles.
	 * @param number the partition
	 * @param request what is looked for
	 * @param from the first offset
	 * @param until returns the offset after the last one; may grow meanwhile
	 * @param look takes all records, also those of other channels
	 * @return what was found
	 */
	Scan scan(int number, Request request, long from, LongSupplier until, KafkaLogIndex.Look look) {
		TopicPartition partition = new TopicPartition(this.settings.logTopic(), number);
		Consumer<byte[], byte[]> consumer = consumer(partition);
		consumer.seek(partition, from);
		Deque<KafkaLogEntry> entries = new ArrayDeque<>();
		long bytes = 0;
		boolean cut = false;
		boolean expired = false;
		KafkaKeys keys = null;
		long next = from;
		while (next < until.getAsLong() && (request.newest() || (entries.size() < request.limit() && !cut))) {
			List<ConsumerRecord<byte[], byte[]>> records = consumer.poll(remaining(request.deadline()))
				.records(partition);
			boolean moved = false;
			for (ConsumerRecord<byte[], byte[]> record : records) {
				if (record.offset() >= until.getAsLong()) {
					next = record.offset();
					break;
				}
				if (!request.newest() && entries.size() >= request.limit()) {
					break;
				}
				next = record.offset() + 1;
				look.add(record.key(), record.offset());
				KafkaLogEntry entry = entry(record, request.address());
				if (entry == null) {
					continue;
				}
				String key = entry.options().idempotencyKey();
				if (key != null) {
					if (keys == null) {
						keys = keysBefore(consumer, partition, request, from, entry);
						moved = true;
					}
					if (keys.add(entry, key).offset() != entry.offset()) {
						continue;
					}
				}
				if (entry.isExpired(request.now())) {
					// What is older counts as expired, too: a log has no holes.
					expired = true;
					entries.clear();
					bytes = 0;
					cut = false;
					continue;
				}
				if (!request.newest() && !entries.isEmpty() && bytes + entry.bytes() > request.bytes()) {
					cut = true;
					next = record.offset();
					break;
				}
				entries.add(entry);
				bytes += entry.bytes();
				if (entries.size() > request.limit()) {
					bytes -= entries.remove().bytes();
				}
				while (entries.size() > 1 && bytes > request.bytes()) {
					bytes -= entries.remove().bytes();
					cut = true;
				}
			}
			if (moved) {
				consumer.seek(partition, records.get(records.size() - 1).offset() + 1);
			}
		}
		return new Scan(new ArrayList<>(entries), bytes, next, expired, cut);
	}

	/**
	 * Read which keys were in use when a part begins.
	 */
	private KafkaKeys keysBefore(Consumer<byte[], byte[]> consumer, TopicPartition partition, Request request,
			long from, KafkaLogEntry first) {
		KafkaKeys keys = new KafkaKeys(KafkaLog.MAX_KEYS, () -> {
		});
		long window = Math.max(this.settings.idempotencyWindow().toMillis(),
				first.options().idempotencyWindow().toMillis());
		long next = offsetAt(consumer, partition, first.timestamp() - window, from, request.deadline());
		if (next < from) {
			consumer.seek(partition, next);
		}
		while (next < from) {
			for (ConsumerRecord<byte[], byte[]> record : consumer.poll(remaining(request.deadline()))
				.records(partition)) {
				next = record.offset() + 1;
				KafkaLogEntry entry = (record.offset() < from) ? entry(record, request.address()) : null;
				String key = (entry != null) ? entry.options().idempotencyKey() : null;
				if (entry != null && key != null) {
					keys.add(entry, key);
				}
			}
		}
		return keys;
	}

	private @Nullable KafkaLogEntry entry(ConsumerRecord<byte[], byte[]> record, String address) {
		if (!KafkaLogEntry.isOf(record, address)) {
			return null;
		}
		EnvelopeCodec codec = this.settings.codec();
		try {
			return KafkaLogEntry.of(record, codec.decode(record.value()));
		}
		catch (EnvelopeFormatException ex) {
			// Counted by the receiver.
			logger.debug("Passed over a record of the log", ex);
			return null;
		}
	}

	private Duration remaining(long deadline) {
		long nanos = deadline - System.nanoTime();
		if (nanos <= 0 || this.executor.isShutdown()) {
			throw RelayUnavailableException.forSlowRead(KafkaRelay.NAME, this.settings.publishTimeout());
		}
		return Duration.ofNanos(nanos);
	}

	/**
	 * What is looked for.
	 *
	 * @param address the channel's address
	 * @param limit the greatest number of records to return
	 * @param bytes the greatest size of all of them, unless a single one is larger
	 * @param newest whether to return the last ones of the part rather than the first
	 * @param now the time that decides whether a record has expired
	 * @param deadline when to give up
	 */
	record Request(String address, int limit, long bytes, boolean newest, long now, long deadline) {
	}

	/**
	 * A record of any channel.
	 *
	 * @param offset its offset
	 * @param leaderEpoch the epoch of the leader that appended it
	 */
	record Mark(long offset, int leaderEpoch) {
	}

	/**
	 * What was found.
	 *
	 * @param entries the records in the order of the log
	 * @param bytes the size of all of them
	 * @param next the offset before which everything was looked at
	 * @param expired whether there was a record that has expired
	 * @param cut whether the limit in bytes left no room for a record that was found
	 */
	record Scan(List<KafkaLogEntry> entries, long bytes, long next, boolean expired, boolean cut) {
	}

}
