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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
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
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Reads records of the log that are no longer in memory, with a few threads, each with
 * its own consumer. A partition contains the records of many channels, so a range is
 * scanned from its beginning. {@link #scan}, {@link #marks} and {@link #offsetAt} are for
 * tasks on these threads. They block, but not beyond their deadline.
 */
final class KafkaLogReader {

	/** How many records are compared: the one before a place, and the one after it. */
	private static final int MARKS = 2;

	/**
	 * A consumer is replaced after this number of reads in a row without an answer: the
	 * brokers that it knows may all be gone.
	 */
	static final int MAX_SILENT_READS = 3;

	private static final Log logger = LogFactory.getLog(KafkaLogReader.class);

	/** The maximum number of reads that wait for a thread. */
	static final int MAX_QUEUED = 256;

	private final KafkaRelaySettings settings;

	private final Supplier<Consumer<byte[], byte[]>> consumers;

	private final Guard guard;

	private final ThreadPoolExecutor executor;

	/** The reads that wait for a thread, by their key. */
	private final Map<Object, CompletableFuture<?>> shared = new ConcurrentHashMap<>();

	private final Set<Connection> connections = ConcurrentHashMap.newKeySet();

	private final ThreadLocal<Connection> connection = ThreadLocal.withInitial(this::newConnection);

	/** Incremented when consumers have to be replaced. */
	private final AtomicInteger generation = new AtomicInteger();

	/**
	 * Create a reader. Threads and consumers are created with the first tasks.
	 * @param settings the relay's settings
	 * @param consumers creates consumers
	 * @param guard counts failures that are an {@code Error}
	 * @param threads the number of threads
	 * @param factory creates the threads
	 */
	KafkaLogReader(KafkaRelaySettings settings, Supplier<Consumer<byte[], byte[]>> consumers, Guard guard, int threads,
			ThreadFactory factory) {
		this.settings = settings;
		this.consumers = consumers;
		this.guard = guard;
		this.executor = new ThreadPoolExecutor(threads, threads, 0, TimeUnit.SECONDS,
				new ArrayBlockingQueue<>(MAX_QUEUED), factory) {

			@Override
			protected void terminated() {
				// All threads have ended, so no thread uses its consumer any more.
				KafkaLogReader.this.connections.forEach(Connection::drop);
			}

		};
	}

	private Connection newConnection() {
		Connection connection = new Connection();
		this.connections.add(connection);
		return connection;
	}

	/**
	 * Run a task on one of the threads.
	 * @param <T> the type of its result
	 * @param task the task
	 * @return completes on that thread
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
		catch (Throwable ex) {
			// No thread can be created at present, and the caller has to be told.
			return CompletableFuture.failedFuture(new RelayUnavailableException(KafkaRelay.NAME, ex));
		}
	}

	/**
	 * Run a task on one of the threads, unless an equal task is still waiting for a
	 * thread: then both share the result. A task that is already running is not shared,
	 * because it may have passed the newest records.
	 * @param <T> the type of its result
	 * @param key equal for tasks with the same result
	 * @param task the task
	 * @return completes on that thread
	 */
	@SuppressWarnings("unchecked")
	<T> CompletableFuture<T> submitShared(Object key, Supplier<T> task) {
		CompletableFuture<T> result = new CompletableFuture<>();
		CompletableFuture<?> waiting = this.shared.putIfAbsent(key, result);
		if (waiting != null) {
			return ((CompletableFuture<T>) waiting).copy();
		}
		try {
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
		}
		catch (Throwable ex) {
			// Otherwise all later reads with this key would wait for this one.
			this.shared.remove(key, result);
			result.completeExceptionally(ex);
		}
		return result.copy();
	}

	/**
	 * Create new consumers for the next tasks, because the present ones may not work.
	 */
	void disconnect() {
		this.generation.incrementAndGet();
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
		Connection connection = this.connection.get();
		connection.begin();
		try {
			return task.get();
		}
		catch (KafkaException ex) {
			connection.drop();
			throw new RelayUnavailableException(KafkaRelay.NAME, ex);
		}
		catch (Error ex) {
			// The consumer's state is not known after an Error
			this.guard.failed(ex);
			connection.drop();
			throw ex;
		}
		finally {
			connection.end();
		}
	}

	/**
	 * Return the offset of the first record at or after a time.
	 * @param number the partition's number
	 * @param timestamp the time in milliseconds since 1970
	 * @param otherwise the offset to return if there is no such record
	 * @param deadline when to give up, in {@code System.nanoTime()}
	 * @return an offset
	 */
	long offsetAt(int number, long timestamp, long otherwise, long deadline) {
		TopicPartition partition = new TopicPartition(this.settings.logTopic(), number);
		return offsetAt(this.connection.get().assign(partition), partition, timestamp, otherwise, deadline);
	}

	private long offsetAt(Consumer<byte[], byte[]> consumer, TopicPartition partition, long timestamp, long otherwise,
			long deadline) {
		OffsetAndTimestamp found = consumer
			.offsetsForTimes(Map.of(partition, Math.max(0, timestamp)), remaining(deadline))
			.get(partition);
		this.connection.get().heard();
		return (found != null) ? found.offset() : otherwise;
	}

	/**
	 * Look up the records at an offset or after it.
	 * @param number the partition's number
	 * @param offset the offset
	 * @param end the offset after the last record
	 * @param deadline when to give up, in {@code System.nanoTime()}
	 * @return the first record and at most one more; empty if the broker has removed the
	 * records up to {@code end}, or hands none out
	 */
	List<Mark> marks(int number, long offset, long end, long deadline) {
		TopicPartition partition = new TopicPartition(this.settings.logTopic(), number);
		Consumer<byte[], byte[]> consumer = this.connection.get().assign(partition);
		return marks(consumer, partition, offset, end, () -> {
			List<ConsumerRecord<byte[], byte[]>> records = poll(consumer, partition, deadline);
			if (records == null) {
				throw slow();
			}
			return records;
		});
	}

	static List<Mark> marks(Consumer<byte[], byte[]> consumer, TopicPartition partition, long offset, long end,
			Supplier<List<ConsumerRecord<byte[], byte[]>>> poll) {
		consumer.seek(partition, offset);
		try {
			while (true) {
				List<ConsumerRecord<byte[], byte[]>> records = poll.get();
				if (!records.isEmpty()) {
					return records.stream()
						.limit(MARKS)
						.map((record) -> new Mark(record.offset(), KafkaLogEntry.leaderEpoch(record)))
						.toList();
				}
				if (position(consumer, partition, offset) >= end) {
					return List.of();
				}
			}
		}
		catch (OffsetOutOfRangeException ex) {
			return List.of();
		}
	}

	/**
	 * Return how far a consumer has come. That may be past entries that Kafka never hands
	 * out, such as the markers of transactions.
	 * @param consumer the consumer
	 * @param partition a partition that is assigned to the consumer
	 * @param otherwise the offset to return if the consumer does not know its position at
	 * present
	 * @return the consumer's position
	 */
	static long position(Consumer<?, ?> consumer, TopicPartition partition, long otherwise) {
		try {
			return consumer.position(partition, Duration.ZERO);
		}
		catch (TimeoutException ex) {
			// The consumer has to ask the leader first whether its position is still
			// valid.
			return otherwise;
		}
	}

	/**
	 * Scan a range for a channel's records that have not expired and are not duplicates.
	 * @param number the partition's number
	 * @param request the records that are needed
	 * @param from the first offset
	 * @param until returns the offset after the last one, which may grow during the scan
	 * @param look collects each scanned record, of whichever channel
	 * @param keys the channel's idempotency keys: the same object for consecutive scans
	 * of one read, otherwise a new one
	 * @return the records that were found, which are not all if the time was over
	 */
	Scan scan(int number, Request request, long from, LongSupplier until, KafkaLogIndex.Look look, Keys keys) {
		TopicPartition partition = new TopicPartition(this.settings.logTopic(), number);
		Connection connection = this.connection.get();
		Consumer<byte[], byte[]> consumer = connection.assign(partition);
		consumer.seek(partition, from);
		long begun = System.nanoTime();
		Found found = new Found(request);
		boolean outOfTime = false;
		long next = from;
		while (!found.isFull() && !outOfTime) {
			// One end for the whole batch: if it grew while the batch is processed, the
			// rest of the batch would be skipped.
			long end = until.getAsLong();
			if (next >= end) {
				break;
			}
			List<ConsumerRecord<byte[], byte[]>> records = poll(consumer, partition,
					connection.hasAnswered() ? request.pause() : request.deadline());
			if (records == null) {
				outOfTime = true;
				break;
			}
			long after = position(consumer, partition, next);
			boolean whole = true;
			boolean moved = false;
			for (ConsumerRecord<byte[], byte[]> record : records) {
				if (found.isFull() || record.offset() >= end) {
					next = found.isFull() ? next : record.offset();
					whole = false;
					break;
				}
				KafkaLogEntry entry = entry(record, request.address());
				String key = (entry != null) ? entry.options().idempotencyKey() : null;
				if (entry != null && key != null && !keys.complete) {
					moved = true;
					if (!readKeysBefore(consumer, partition, request, from, entry, keys)) {
						next = record.offset();
						outOfTime = true;
						whole = false;
						break;
					}
				}
				boolean once = entry != null && (key == null || keys.known.add(entry, key).offset() == entry.offset());
				if (entry != null && once && !found.add(entry)) {
					next = record.offset();
					whole = false;
					break;
				}
				next = record.offset() + 1;
				look.add(record.key(), record.offset());
			}
			if (whole) {
				next = Math.max(next, after);
			}
			if (moved || !whole) {
				consumer.seek(partition, next);
			}
		}
		if (outOfTime && !connection.hasJustAnswered()) {
			throw slow();
		}
		return new Scan(new ArrayList<>(found.entries), found.bytes, next, found.expired, found.cut, outOfTime,
				connection.lookedNanos(begun));
	}

	/**
	 * Read the idempotency keys that were in use before the range.
	 * @return whether that is complete; if not, the time was over
	 */
	private boolean readKeysBefore(Consumer<byte[], byte[]> consumer, TopicPartition partition, Request request,
			long from, KafkaLogEntry first, Keys keys) {
		if (!keys.begun) {
			if (isOver(request.pause())) {
				return false;
			}
			long window = Math.max(this.settings.idempotencyWindow().toMillis(),
					first.options().idempotencyWindow().toMillis());
			keys.next = offsetAt(consumer, partition, first.timestamp() - window, from, request.deadline());
			keys.end = from;
			keys.begun = true;
		}
		if (keys.next < keys.end) {
			consumer.seek(partition, keys.next);
		}
		while (keys.next < keys.end) {
			List<ConsumerRecord<byte[], byte[]>> records = poll(consumer, partition, request.pause());
			if (records == null) {
				return false;
			}
			for (ConsumerRecord<byte[], byte[]> record : records) {
				KafkaLogEntry entry = (record.offset() < keys.end) ? entry(record, request.address()) : null;
				String key = (entry != null) ? entry.options().idempotencyKey() : null;
				if (entry != null && key != null) {
					keys.known.add(entry, key);
				}
			}
			keys.next = position(consumer, partition,
					records.isEmpty() ? keys.next : records.get(records.size() - 1).offset() + 1);
		}
		keys.complete = true;
		return true;
	}

	private @Nullable KafkaLogEntry entry(ConsumerRecord<byte[], byte[]> record, String address) {
		if (!KafkaLogEntry.isOf(record, address)) {
			return null;
		}
		EnvelopeCodec codec = this.settings.codec();
		try {
			return KafkaLogEntry.of(record, codec.decode(record.value()));
		}
		catch (WireFormatException ex) {
			// The receiver counts such records.
			logger.debug("Passed over a record of the log", ex);
			return null;
		}
	}

	/**
	 * Fetch the next records.
	 * @return the records, which may be none, or {@code null} if the time is over
	 */
	private @Nullable List<ConsumerRecord<byte[], byte[]>> poll(Consumer<byte[], byte[]> consumer,
			TopicPartition partition, long until) {
		if (this.executor.isShutdown()) {
			throw slow();
		}
		long start = System.nanoTime();
		if (isOver(until)) {
			return null;
		}
		List<ConsumerRecord<byte[], byte[]>> records = consumer.poll(Duration.ofNanos(until - start))
			.records(partition);
		if (records.isEmpty()) {
			this.connection.get().waited(System.nanoTime() - start);
		}
		else {
			this.connection.get().heard();
		}
		return records;
	}

	private Duration remaining(long deadline) {
		if (isOver(deadline) || this.executor.isShutdown()) {
			throw slow();
		}
		return Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
	}

	private static boolean isOver(long time) {
		return time - System.nanoTime() <= 0;
	}

	private RelayUnavailableException slow() {
		return RelayUnavailableException.forSlowRead(KafkaRelay.NAME, this.settings.publishTimeout());
	}

	/**
	 * The records that a scan has to find.
	 *
	 * @param address the channel's address
	 * @param limit the maximum number of records
	 * @param bytes the maximum total size of the records, unless there is only one
	 * @param newest whether to return the last records of the range instead of the first
	 * @param now the time that decides whether a record has expired, in milliseconds
	 * since 1970
	 * @param pause when to return what was found, once the broker has answered, in {@code
	 * System.nanoTime()}
	 * @param deadline when to give up if the broker does not answer, in {@code
	 * System.nanoTime()}
	 */
	record Request(String address, int limit, long bytes, boolean newest, long now, long pause, long deadline) {
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
	 * The result of a scan.
	 *
	 * @param entries the records in the order of the log
	 * @param bytes the total size of the records
	 * @param next the offset before which everything was scanned
	 * @param expired whether an expired record was found
	 * @param cut whether a record that was found did not fit into the limit in bytes
	 * @param outOfTime whether the scan stopped before the end of the range because the
	 * time was over, although the broker answered
	 * @param lookedNanos the time spent on scanning, in nanoseconds, without the time to
	 * connect
	 */
	record Scan(List<KafkaLogEntry> entries, long bytes, long next, boolean expired, boolean cut, boolean outOfTime,
			long lookedNanos) {
	}

	/**
	 * The idempotency keys of a channel within a range. The keys that were in use before
	 * the range are read when the first record with a key is found, if necessary over
	 * several scans.
	 */
	static final class Keys {

		private final KafkaKeys known = new KafkaKeys(KafkaLog.MAX_KEYS, () -> {
		});

		private boolean begun;

		private boolean complete;

		private long next;

		private long end;

	}

	/**
	 * Collects the records that a scan has found so far.
	 */
	private static final class Found {

		private final Request request;

		private final Deque<KafkaLogEntry> entries = new ArrayDeque<>();

		private long bytes;

		private boolean cut;

		private boolean expired;

		Found(Request request) {
			this.request = request;
		}

		boolean isFull() {
			return !this.request.newest() && (this.cut || this.entries.size() >= this.request.limit());
		}

		/**
		 * Add a record.
		 * @return whether there was room for it
		 */
		boolean add(KafkaLogEntry entry) {
			Request request = this.request;
			if (entry.isExpired(request.now())) {
				// Older records count as expired too, because a history has no gaps.
				this.expired = true;
				this.entries.clear();
				this.bytes = 0;
				this.cut = false;
				return true;
			}
			if (!request.newest() && !this.entries.isEmpty() && this.bytes + entry.bytes() > request.bytes()) {
				this.cut = true;
				return false;
			}
			this.entries.add(entry);
			this.bytes += entry.bytes();
			if (this.entries.size() > request.limit()) {
				this.bytes -= this.entries.remove().bytes();
			}
			while (this.entries.size() > 1 && this.bytes > request.bytes()) {
				this.bytes -= this.entries.remove().bytes();
				this.cut = true;
			}
			return true;
		}

	}

	/**
	 * The consumer of a thread, used by tasks on that thread.
	 */
	private final class Connection {

		private volatile @Nullable Consumer<byte[], byte[]> consumer;

		private int made;

		/** Whether the broker has answered during the present task. */
		private boolean answered;

		private long firstAnsweredAt;

		private long answeredAt;

		/**
		 * How long the present task and those before it have waited without an answer, in
		 * nanoseconds.
		 */
		private long silentNanos;

		private boolean waited;

		private int silentReads;

		void begin() {
			this.answered = false;
			this.waited = false;
		}

		Consumer<byte[], byte[]> assign(TopicPartition partition) {
			int generation = KafkaLogReader.this.generation.get();
			if (this.made != generation) {
				drop();
			}
			Consumer<byte[], byte[]> consumer = this.consumer;
			if (consumer == null) {
				this.made = generation;
				consumer = KafkaLogReader.this.consumers.get();
				this.consumer = consumer;
			}
			consumer.assign(List.of(partition));
			return consumer;
		}

		void heard() {
			this.answeredAt = System.nanoTime();
			if (!this.answered) {
				this.answered = true;
				this.firstAnsweredAt = this.answeredAt;
			}
			this.silentReads = 0;
			this.silentNanos = 0;
		}

		void waited(long nanos) {
			this.waited = true;
			this.silentNanos += nanos;
		}

		/**
		 * Return how long the present task has scanned records, without the time to
		 * connect, in nanoseconds.
		 */
		long lookedNanos(long since) {
			return this.answered ? System.nanoTime() - Math.max(since, this.firstAnsweredAt) : 0;
		}

		boolean hasAnswered() {
			return this.answered;
		}

		/**
		 * Return whether records were still arriving when the time was over. If not, the
		 * broker is away, and there may be little to read.
		 */
		boolean hasJustAnswered() {
			return this.answered && System.nanoTime()
					- this.answeredAt < KafkaLogReader.this.settings.publishTimeout().toNanos() / 4;
		}

		void end() {
			if (this.waited && !this.answered) {
				this.silentReads++;
			}
			// Reads with little time left say nothing about the consumer.
			if (this.silentReads >= MAX_SILENT_READS
					&& this.silentNanos >= KafkaLogReader.this.settings.publishTimeout().toNanos()) {
				logger.debug("The broker did not answer " + this.silentReads
						+ " reads of the log in a row, so their consumer is replaced");
				this.silentReads = 0;
				this.silentNanos = 0;
				drop();
			}
			Consumer<byte[], byte[]> consumer = this.consumer;
			if (consumer != null) {
				try {
					// Otherwise the consumer would keep the records that it has
					// prefetched.
					consumer.unsubscribe();
				}
				catch (KafkaException ex) {
					logger.debug("A consumer of the log could not be unassigned and is replaced", ex);
					drop();
				}
			}
		}

		void drop() {
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
				logger.debug("A consumer of the log could not be closed", ex);
			}
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}

	}

}
