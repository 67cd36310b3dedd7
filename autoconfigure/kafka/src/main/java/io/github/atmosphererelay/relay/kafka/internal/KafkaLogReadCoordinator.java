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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.RelayException;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.kafka.internal.KafkaLogReader.Mark;
import io.github.atmosphererelay.relay.kafka.internal.KafkaLogReader.Request;
import io.github.atmosphererelay.relay.kafka.internal.KafkaLogReader.Scan;
import org.jspecify.annotations.Nullable;

/**
 * Answers reads of the log, and requests for the position at its end.
 * <p>
 * Each request first asks the broker for the end of the partition, and waits until this
 * node has read up to there and has delivered everything to its listener. So an answer
 * includes every publication that had a receipt before the request. A <em>position</em>
 * is a place that the listener has reached: later publications are delivered live, or are
 * found when the log is read from that position. State that is read after the position
 * includes everything before it.
 * <p>
 * Requests for records in memory are answered by the executor, others by a
 * {@link KafkaLogReader}. The number of open requests is bounded, and each has a timeout.
 */
final class KafkaLogReadCoordinator {

	static final int MAX_OPEN = 20_000;

	private static final int FIRST_STEP_BACK = 2000;

	private static final int GREATEST_STEP_BACK = 100_000;

	/**
	 * The share of the timeout, as a divisor, that is reserved for the answer when a read
	 * stops early.
	 */
	private static final int RESERVE = 5;

	/**
	 * The share of the timeout, as a divisor, after which a recovery continues on the
	 * threads for long recoveries.
	 */
	private static final int SLICE = 20;

	private final KafkaRelaySettings settings;

	private final KafkaLogRanges ranges;

	private final KafkaLogReaderPool readers;

	private final Runnable whenDiverged;

	private final ScheduledExecutorService scheduler;

	private final Executor executor;

	private final Guard guard;

	private final AtomicInteger count = new AtomicInteger();

	private final Set<CompletableFuture<?>> open = ConcurrentHashMap.newKeySet();

	private volatile boolean closed;

	/**
	 * Whether the relay is connected. If it is not, failures are expected and not
	 * counted.
	 */
	private volatile boolean connected;

	/**
	 * Create a coordinator.
	 * @param settings the relay's settings
	 * @param ranges asks the broker for the ends of partitions
	 * @param readers read records that are no longer in memory
	 * @param scheduler runs the timeouts
	 * @param executor completes answers
	 * @param whenDiverged called when a partition is found to contain other records than
	 * this node has read
	 * @param guard counts unexpected failures
	 */
	KafkaLogReadCoordinator(KafkaRelaySettings settings, KafkaLogRanges ranges, KafkaLogReaderPool readers,
			ScheduledExecutorService scheduler, Executor executor, Runnable whenDiverged, Guard guard) {
		this.guard = guard;
		this.settings = settings;
		this.ranges = ranges;
		this.readers = readers;
		this.whenDiverged = whenDiverged;
		this.scheduler = scheduler;
		this.executor = executor;
	}

	CompletableFuture<Position> position(KafkaLogPartition partition) {
		return open((deadline) -> upToDate(partition, deadline)
			.thenApplyAsync((range) -> partition.position(partition.next()), this.executor));
	}

	CompletableFuture<LogPage> read(KafkaLogPartition partition, String address, @Nullable Position since,
			PageLimit limit, ReadDirection direction) {
		return open((deadline) -> read(partition, address, since, limit, direction, deadline));
	}

	private CompletableFuture<LogPage> read(KafkaLogPartition partition, String address, @Nullable Position since,
			PageLimit limit, ReadDirection direction, long deadline) {
		return upToDate(partition, deadline).thenComposeAsync((range) -> {
			KafkaPlace place = (since != null) ? partition.positions().place(since) : null;
			Read read = new Read(partition, address, place, limit, range, partition.restarts(),
					System.currentTimeMillis(), deadline - timeoutNanos() / RESERVE);
			return verify(read).thenComposeAsync((verified) -> {
				if (since == null) {
					return CompletableFuture.completedFuture(true);
				}
				return (place != null) ? has(read, place) : CompletableFuture.completedFuture(false);
			}, this.executor).thenComposeAsync((valid) -> {
				if (!valid) {
					return CompletableFuture.completedFuture(incomplete(partition));
				}
				return (direction == ReadDirection.FORWARD) ? forward(read) : backward(read);
			}, this.executor)
				// Otherwise the page could combine records from before and after a change
				// of the log
				.thenCompose((page) -> (partition.restarts() == read.restarts) ? CompletableFuture.completedFuture(page)
						: read(partition, address, since, limit, direction, deadline));
		}, this.executor);
	}

	/**
	 * Check that the leader of the partition has what this node has read. After an
	 * election, one record is compared.
	 */
	private CompletableFuture<@Nullable Void> verify(Read read) {
		KafkaLogPartition partition = read.partition;
		long offset = partition.toVerify(read.range);
		if (offset == KafkaLogPartition.VERIFIED) {
			return CompletableFuture.completedFuture(null);
		}
		if (offset == KafkaLogPartition.DIVERGED) {
			return CompletableFuture.failedFuture(diverged());
		}
		return marks(read, offset).thenAccept((marks) -> {
			if (!partition.verify(offset, marks.isEmpty() ? null : marks.get(0), read.range.leaderEpoch())) {
				throw diverged();
			}
		});
	}

	private RelayUnavailableException diverged() {
		this.whenDiverged.run();
		return new RelayUnavailableException(KafkaRelay.NAME, null);
	}

	/**
	 * Return whether the log still contains everything before a place.
	 */
	private CompletableFuture<Boolean> has(Read read, KafkaPlace place) {
		KafkaLogPartition partition = read.partition;
		Boolean known = partition.has(place, read.range);
		if (known != null) {
			return CompletableFuture.completedFuture(known);
		}
		long offset = Math.max(place.offset() - 1, read.range.begin());
		return marks(read, offset).thenApply((marks) -> {
			partition.learn(marks);
			return Boolean.TRUE.equals(partition.has(place, read.range));
		});
	}

	private CompletableFuture<List<Mark>> marks(Read read, long offset) {
		int number = read.partition.number();
		long end = read.range.end();
		return this.readers.places()
			.submitShared(List.of(number, offset, end),
					() -> this.readers.places().marks(number, offset, end, read.deadline));
	}

	/**
	 * Note that there is a new connection.
	 */
	void connected() {
		// Earlier failures concern the former connection
		this.guard.succeeded();
		this.connected = true;
	}

	/**
	 * Note that there is no connection, which is reported elsewhere.
	 */
	void disconnected() {
		this.connected = false;
	}

	/**
	 * Count a failure of the broker, so that health shows reads that keep failing while
	 * the relay is up.
	 */
	private void count(Throwable failure) {
		if (this.connected) {
			this.guard.failed("The log of a recorded channel could not be read although the relay is connected",
					failure);
		}
	}

	/**
	 * Fail all open requests, and all later ones.
	 */
	void close() {
		this.closed = true;
		this.connected = false;
		this.open.forEach(KafkaLogReadCoordinator::fail);
	}

	private long timeoutNanos() {
		return this.settings.publishTimeout().toNanos();
	}

	private RelayUnavailableException slow() {
		return RelayUnavailableException.forSlowRead(KafkaRelay.NAME, this.settings.publishTimeout());
	}

	private static void fail(CompletableFuture<?> future) {
		future.completeExceptionally(new RelayUnavailableException(KafkaRelay.NAME, null));
	}

	private <T> CompletableFuture<T> open(Function<Long, CompletableFuture<T>> work) {
		if (this.count.incrementAndGet() > MAX_OPEN) {
			this.count.decrementAndGet();
			return CompletableFuture.failedFuture(RelayOverloadedException.forReads(KafkaRelay.NAME, MAX_OPEN));
		}
		CompletableFuture<T> result = new CompletableFuture<>();
		this.open.add(result);
		Duration timeout = this.settings.publishTimeout();
		ScheduledFuture<?> alarm = schedule(result, timeout);
		result.whenComplete((value, failure) -> {
			this.count.decrementAndGet();
			this.open.remove(result);
			if (alarm != null) {
				alarm.cancel(false);
			}
		});
		if (this.closed) {
			fail(result);
			return result;
		}
		work.apply(System.nanoTime() + timeout.toNanos()).whenComplete((value, failure) -> {
			if (failure == null) {
				result.complete(value);
				return;
			}
			Throwable cause = Failures.unwrap(failure);
			if (!(cause instanceof RelayException) || cause.getCause() != null) {
				// Not counted if there is too much to read, or there are too many
				// requests
				count(cause);
			}
			result.completeExceptionally(
					(cause instanceof RelayException) ? cause : new RelayUnavailableException(KafkaRelay.NAME, cause));
		});
		return result;
	}

	private @Nullable ScheduledFuture<?> schedule(CompletableFuture<?> result, Duration timeout) {
		try {
			return this.guard.later(this.scheduler,
					() -> result.completeExceptionally(RelayUnavailableException.forSlowRead(KafkaRelay.NAME, timeout)),
					timeout);
		}
		catch (RejectedExecutionException ex) {
			fail(result);
			return null;
		}
	}

	private CompletableFuture<KafkaOffsets.Range> upToDate(KafkaLogPartition partition, long deadline) {
		return this.ranges.ask(partition.number()).thenCompose((range) -> {
			partition.heard(range);
			CompletableFuture<@Nullable Void> reached = partition.reached(range.end(), deadline);
			if (!reached.isDone()) {
				this.guard.later(this.scheduler, () -> {
					partition.giveUp();
					if (!reached.isDone()) {
						count(RelayUnavailableException.forSlowRead(KafkaRelay.NAME, this.settings.publishTimeout()));
					}
				}, Duration.ofNanos(deadline - System.nanoTime()));
			}
			return reached.thenApply((done) -> range);
		});
	}

	private CompletableFuture<LogPage> forward(Read read) {
		KafkaLogPartition partition = read.partition;
		KafkaPlace since = read.since;
		long from = (since != null) ? since.offset() : read.range.begin();
		KafkaLogPartition.Slice slice = partition.slice(read.address, from, Long.MAX_VALUE);
		if (partition.index().narrow(read.hash(), from, slice.begin()).isEmpty()
				|| since == null && (slice.reachesSize() || slice.reachesRetention(read.now))) {
			return CompletableFuture.completedFuture(page(read, slice.entries(), slice.end(), true));
		}
		Forward forward = new Forward(read);
		if (since == null) {
			return this.readers.histories()
				.submitShared(read.key(ReadDirection.FORWARD), () -> forward.finish(this.readers.histories()));
		}
		return this.readers.recoveries()
			.submitShared(read.key(ReadDirection.FORWARD), () -> forward.begin(this.readers.recoveries()))
			.thenCompose(Forward::rest);
	}

	/**
	 * Create a page from a channel's records.
	 * @param read the request
	 * @param entries the records after the requested position
	 * @param end the offset up to which the log was searched
	 * @param all whether the channel has no newer records than these
	 */
	private LogPage page(Read read, List<KafkaLogEntry> entries, long end, boolean all) {
		int first = 0;
		for (int i = 0; i < entries.size(); i++) {
			if (entries.get(i).isExpired(read.now)) {
				first = i + 1;
			}
		}
		if (first > 0 && read.since != null) {
			return incomplete(read.partition);
		}
		if (read.since == null && all && first < entries.size()) {
			first = Math.max(first, entries.size() - entries.get(entries.size() - 1).options().size());
		}
		int last = first;
		long bytes = 0;
		while (last < entries.size() && last - first < read.limit.publications()) {
			bytes += entries.get(last).bytes();
			if (last > first && bytes > read.limit.bytes()) {
				break;
			}
			last++;
		}
		boolean more = last > first && (!all || last < entries.size());
		return page(read.partition, entries.subList(first, last), end, more);
	}

	private LogPage page(KafkaLogPartition partition, List<KafkaLogEntry> entries, long end, boolean more) {
		List<Publication> publications = entries.stream()
			.map((entry) -> entry.publication(this.settings.codec(), partition.positions()))
			.toList();
		return new LogPage(publications, partition.position(end), true, more);
	}

	private static LogPage incomplete(KafkaLogPartition partition) {
		return new LogPage(List.of(), partition.position(partition.next()), false);
	}

	private CompletableFuture<LogPage> backward(Read read) {
		KafkaLogPartition partition = read.partition;
		// A position is the place after its record.
		long before = (read.since != null) ? read.since.offset() - 1 : Long.MAX_VALUE;
		KafkaLogPartition.Slice slice = partition.slice(read.address, read.range.begin(), before);
		Backward result = new Backward(read);
		boolean finished = result.add(slice.entries()) || slice.reachesRetention(read.now)
				|| partition.index().narrow(read.hash(), read.range.begin(), Math.min(slice.begin(), before)).isEmpty();
		if (finished) {
			return CompletableFuture.completedFuture(page(partition, result.entries, slice.end(), result.hasMore()));
		}
		KafkaLogReader reader = this.readers.histories();
		return reader.submitShared(read.key(ReadDirection.BACKWARD), () -> {
			backwardFromBroker(read, result, Math.min(slice.begin(), before), reader);
			return page(partition, result.entries, slice.end(), result.hasMore());
		});
	}

	private void backwardFromBroker(Read read, Backward result, long end, KafkaLogReader reader) {
		KafkaLogIndex index = read.partition.index();
		KafkaLogIndex.Part part = index.narrow(read.hash(), oldest(read, reader), end);
		long oldest = part.from();
		long to = part.to();
		long step = FIRST_STEP_BACK;
		boolean finished = false;
		while (to > oldest && !finished) {
			long from = Math.max(oldest, to - step);
			long until = to;
			KafkaLogIndex.Look look = index.look(from);
			Scan scan = reader.scan(read.partition.number(),
					read.request(read.limit.publications() - result.missing(), result.bytes, true, read.deadline), from,
					() -> until, look, new KafkaLogReader.Keys());
			index.looked(look, scan.next());
			if (scan.outOfTime()) {
				// The newest records of this range are missing, so the page cannot
				// contain any of it.
				if (result.entries.isEmpty()) {
					throw slow();
				}
				result.cut = true;
				return;
			}
			finished = result.add(scan.entries()) || scan.expired();
			if (scan.cut() && result.missing() > 0) {
				// The page must not contain records that are older than those that did
				// not fit.
				result.cut = true;
				finished = true;
			}
			to = from;
			step = Math.min(4 * step, GREATEST_STEP_BACK);
		}
	}

	/**
	 * Return the offset of the first record that may not have expired.
	 */
	private long oldest(Read read, KafkaLogReader reader) {
		long time = read.now - this.settings.logRetention().toMillis();
		return Math.max(read.range.begin(),
				reader.offsetAt(read.partition.number(), time, read.range.end(), read.deadline));
	}

	/**
	 * A request, and the offsets that the broker holds.
	 */
	private record Read(KafkaLogPartition partition, String address, @Nullable KafkaPlace since, PageLimit limit,
			KafkaOffsets.Range range, long restarts, long now, long deadline) {

		long hash() {
			return KafkaLogIndex.hash(this.address.getBytes(StandardCharsets.UTF_8));
		}

		/**
		 * Return a key that is equal for requests with the same result.
		 */
		Object key(ReadDirection direction) {
			return Arrays.asList(this.partition, this.address, this.since, this.limit, this.restarts, direction);
		}

		/**
		 * Create the request for the rest of the page.
		 */
		Request request(int publications, long bytes, boolean newest, long pause) {
			return new Request(this.address, this.limit.publications() - publications,
					Math.max(1, this.limit.bytes() - bytes), newest, this.now, pause, this.deadline);
		}

	}

	/**
	 * Collects the records after a position, or from the log's beginning. Used by one
	 * thread at a time.
	 */
	private final class Forward {

		private final Read read;

		private final List<KafkaLogEntry> entries = new ArrayList<>();

		private final KafkaLogReader.Keys keys = new KafkaLogReader.Keys();

		private long bytes;

		private long from = -1;

		/** The time spent on scanning the log, in nanoseconds. */
		private long spent;

		private @Nullable LogPage page;

		private @Nullable CompletableFuture<LogPage> rest;

		Forward(Read read) {
			this.read = read;
			if (read.since != null) {
				this.from = read.since.offset();
			}
		}

		/**
		 * Read for a short time.
		 */
		Forward begin(KafkaLogReader reader) {
			long pause = System.nanoTime() + timeoutNanos() / SLICE;
			this.page = readOn(reader, (pause - this.read.deadline < 0) ? pause : this.read.deadline);
			return this;
		}

		/**
		 * Return the page. If it is not complete, continue to read, once for all requests
		 * that share it.
		 */
		synchronized CompletableFuture<LogPage> rest() {
			if (this.rest == null) {
				KafkaLogReader reader = KafkaLogReadCoordinator.this.readers.searches();
				this.rest = (this.page != null) ? CompletableFuture.completedFuture(this.page)
						: reader.submitShared(this.read.key(ReadDirection.FORWARD), () -> finish(reader));
			}
			return this.rest.copy();
		}

		LogPage finish(KafkaLogReader reader) {
			return Objects.requireNonNull(readOn(reader, this.read.deadline));
		}

		/**
		 * Continue to read.
		 * @param reader reads from the broker
		 * @param pause when to stop, in {@code System.nanoTime()}
		 * @return the page, or {@code null} if reading stopped before the deadline
		 */
		private @Nullable LogPage readOn(KafkaLogReader reader, long pause) {
			KafkaLogPartition partition = this.read.partition;
			KafkaLogIndex index = partition.index();
			long hash = this.read.hash();
			if (this.from < 0) {
				this.from = oldest(this.read, reader);
			}
			while (true) {
				this.from = index.narrow(hash, this.from, Long.MAX_VALUE).from();
				KafkaLogIndex.Look look = index.look(this.from);
				long start = this.from;
				Scan scan = reader.scan(partition.number(),
						this.read.request(this.entries.size(), this.bytes, false, pause), start,
						() -> index.narrow(hash, start, partition.begin()).to(), look, this.keys);
				this.spent += scan.lookedNanos();
				index.looked(look, scan.next());
				if (scan.expired()) {
					this.entries.clear();
					this.bytes = 0;
					if (this.read.since != null) {
						return incomplete(partition);
					}
				}
				this.entries.addAll(scan.entries());
				this.bytes += scan.bytes();
				this.from = scan.next();
				KafkaLogPartition.Slice slice = partition.slice(this.read.address, this.from, Long.MAX_VALUE);
				if (scan.cut() || this.entries.size() >= this.read.limit.publications()
						|| this.bytes >= this.read.limit.bytes()) {
					return KafkaLogReadCoordinator.this.page(this.read, this.entries, slice.end(), false);
				}
				if (index.narrow(hash, this.from, slice.begin()).isEmpty()) {
					this.entries.addAll(slice.entries());
					return KafkaLogReadCoordinator.this.page(this.read, this.entries, slice.end(), true);
				}
				if (scan.outOfTime()) {
					return (pause - this.read.deadline < 0) ? null : outOfTime(slice.end());
				}
			}
		}

		/**
		 * Return an answer although the log was not read to its end. For a recovery, "too
		 * long to be scanned" is an answer, because the same request would take as long
		 * again.
		 */
		private LogPage outOfTime(long end) {
			if (!this.entries.isEmpty()) {
				return KafkaLogReadCoordinator.this.page(this.read, this.entries, end, false);
			}
			// If the request has spent most of its time waiting for a thread, other
			// requests are the reason.
			if (this.read.since == null || this.spent < timeoutNanos() / 2) {
				throw slow();
			}
			return incomplete(this.read.partition);
		}

	}

	/**
	 * Collects records from newer to older ones.
	 */
	private static final class Backward {

		private final List<KafkaLogEntry> entries = new ArrayList<>();

		private final Read read;

		private int wanted;

		private long bytes;

		/** Whether an older record did not fit. */
		private boolean cut;

		Backward(Read read) {
			this.read = read;
			this.wanted = read.limit.publications();
		}

		/**
		 * Add records.
		 * @param older records in the order of the log, all older than those before
		 * @return whether no more records are needed
		 */
		boolean add(List<KafkaLogEntry> older) {
			List<KafkaLogEntry> reversed = new ArrayList<>(older);
			Collections.reverse(reversed);
			for (KafkaLogEntry entry : reversed) {
				if (this.entries.size() >= this.wanted || entry.isExpired(this.read.now)) {
					return true;
				}
				if (this.entries.isEmpty() && this.read.since == null) {
					this.wanted = Math.min(this.wanted, entry.options().size());
				}
				if (!this.entries.isEmpty() && this.bytes + entry.bytes() > this.read.limit.bytes()) {
					this.cut = true;
					return true;
				}
				this.entries.add(entry);
				this.bytes += entry.bytes();
			}
			return this.entries.size() >= this.wanted;
		}

		int missing() {
			return this.wanted - this.entries.size();
		}

		boolean hasMore() {
			return this.cut || this.entries.size() >= this.read.limit.publications();
		}

	}

}
