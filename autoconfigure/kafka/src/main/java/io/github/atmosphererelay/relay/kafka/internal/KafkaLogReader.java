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
 * Reads parts of the log that are no longer at hand, with a few threads, each with a
 * consumer of its own. The records of all channels of a partition are mixed, so a part is
 * looked through from its beginning. {@link #scan}, {@link #marks} and {@link #offsetAt}
 * are for tasks on these threads; they block, but not beyond their deadline.
 */
final class KafkaLogReader {

	/** How many records are looked at: the one before a place, and the one after it. */
	private static final int MARKS = 2;

	/**
	 * After how many reads in a row without an answer a consumer is replaced: it may know
	 * none of the brokers that there are now.
	 */
	static final int MAX_SILENT_READS = 3;

	private static final Log logger = LogFactory.getLog(KafkaLogReader.class);

	/** How many reads may wait for the threads. */
	static final int MAX_QUEUED = 256;

	private final KafkaRelaySettings settings;

	private final Supplier<Consumer<byte[], byte[]>> consumers;

	private final Guard guard;

	private final ThreadPoolExecutor executor;

	/** What waits for a thread, by what it reads. */
	private final Map<Object, CompletableFuture<?>> shared = new ConcurrentHashMap<>();

	private final Set<Connection> connections = ConcurrentHashMap.newKeySet();

	private final ThreadLocal<Connection> connection = ThreadLocal.withInitial(this::newConnection);

	/** Grows when consumers have to be replaced. */
	private final AtomicInteger generation = new AtomicInteger();

	/**
	 * Create a reader. Its threads and their consumers are made with the first tasks.
	 * @param settings the relay's settings
	 * @param consumers makes consumers
	 * @param guard counts Errors
	 * @param threads how many threads read
	 * @param factory makes the threads
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
				// The threads have ended, and none of them uses its consumer any more.
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
		catch (Throwable ex) {
			// No thread can be made now. Who waits is to learn it.
			return CompletableFuture.failedFuture(new RelayUnavailableException(KafkaRelay.NAME, ex));
		}
	}

	/**
	 * Run a task on one of the threads, unless an equal one still waits for that: then
	 * both share the result. One that is already running may have missed what is looked
	 * for.
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
			// Or all later reads of the same would wait for this one.
			this.shared.remove(key, result);
			result.completeExceptionally(ex);
		}
		return result.copy();
	}

	/**
	 * Take new consumers for the next tasks, because the present ones may not work.
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
			// Nobody knows in what state it has left the consumer
			this.guard.failed(ex);
			connection.drop();
			throw ex;
		}
		finally {
			connection.end();
		}
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
	 * Look which records there are at an offset, or after it.
	 * @param number the partition
	 * @param offset the offset
	 * @param end the offset after the last record
	 * @param deadline when to give up
	 * @return the first record and perhaps more; none if the broker has removed records
	 * up to there, or has none that it hands out
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
	 * Return up to where a consumer has come. That may be after what no consumer is ever
	 * given, such as the markers of transactions.
	 * @param consumer the consumer
	 * @param partition a partition that is assigned to it
	 * @param otherwise what to return if it does not know now
	 * @return the offset after the last record that it has passed
	 */
	static long position(Consumer<?, ?> consumer, TopicPartition partition, long otherwise) {
		try {
			return consumer.position(partition, Duration.ZERO);
		}
		catch (TimeoutException ex) {
			// It has to ask the leader first whether it is at the right place.
			return otherwise;
		}
	}

	/**
	 * Look for a channel's records that have not expired and are no doubles.
	 * @param number the partition
	 * @param request what is looked for
	 * @param from the first offset
	 * @param until returns the offset after the last one; may grow meanwhile
	 * @param look takes note of each record, whichever channel it belongs to
	 * @param keys the channel's idempotency keys; to be given to each of several scans
	 * that follow one another, and else new
	 * @return what was found, which is not all if the time was over
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
			// One end for all of a batch: if it grew while the batch is looked at, what
			// follows in the batch would be passed over.
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
	 * Read which keys were in use when a part begins.
	 * @return whether that was done; if not, the time was over
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
			// Counted by the receiver.
			logger.debug("Passed over a record of the log", ex);
			return null;
		}
	}

	/**
	 * Fetch what comes next.
	 * @return the records, perhaps none, or {@code null} if the time is over
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
	 * What is looked for.
	 *
	 * @param address the channel's address
	 * @param limit the greatest number of records to return
	 * @param bytes the greatest size of all of them, unless a single one is larger
	 * @param newest whether to return the last ones of the part rather than the first
	 * @param now the time that decides whether a record has expired
	 * @param pause when to return what was found so far, once the broker has answered
	 * @param deadline when to give up if the broker does not answer
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
	 * What was found.
	 *
	 * @param entries the records in the order of the log
	 * @param bytes the size of all of them
	 * @param next the offset before which everything was looked at
	 * @param expired whether there was a record that has expired
	 * @param cut whether the limit in bytes left no room for a record that was found
	 * @param outOfTime whether the part was not looked through to its end because the
	 * time was over, though the broker answered
	 * @param lookedNanos how long records were looked through, without the time that it
	 * took to connect
	 */
	record Scan(List<KafkaLogEntry> entries, long bytes, long next, boolean expired, boolean cut, boolean outOfTime,
			long lookedNanos) {
	}

	/**
	 * The idempotency keys of a channel within a part. What was in use when the part
	 * begins is read, perhaps over several scans, when the first key is met.
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
	 * What a scan has found so far.
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
				// What is older counts as expired, too: a log has no holes.
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
	 * The consumer of a thread, for tasks on that thread.
	 */
	private final class Connection {

		private volatile @Nullable Consumer<byte[], byte[]> consumer;

		private int made;

		/** Whether the broker has answered in the present task. */
		private boolean answered;

		private long firstAnsweredAt;

		private long answeredAt;

		/** For how long the present task and others before it have waited in vain. */
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
		 * Return since when the present task has looked through records, for which it may
		 * first have had to connect.
		 */
		long lookedNanos(long since) {
			return this.answered ? System.nanoTime() - Math.max(since, this.firstAnsweredAt) : 0;
		}

		boolean hasAnswered() {
			return this.answered;
		}

		/**
		 * Return whether records were still coming when the time was over. If not, the
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
			// Reads that had little time left tell nothing of the consumer.
			if (this.silentReads >= MAX_SILENT_READS
					&& this.silentNanos >= KafkaLogReader.this.settings.publishTimeout().toNanos()) {
				logger.debug("A reader of the log got no answer " + this.silentReads
						+ " times in a row: its consumer is replaced");
				this.silentReads = 0;
				this.silentNanos = 0;
				drop();
			}
			Consumer<byte[], byte[]> consumer = this.consumer;
			if (consumer != null) {
				try {
					// Or it would keep what it has fetched ahead.
					consumer.unsubscribe();
				}
				catch (KafkaException ex) {
					logger.debug("A reader of the log could not let go of its partition", ex);
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
				logger.debug("The reader of the log did not end well", ex);
			}
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}

	}

}
