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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;

/**
 * Reads records of a feed that are no longer in memory, for clients that recover. Clients
 * come back together, so one scan of a partition serves all reads that wait for it, and
 * further reads join it on its way; all partitions that are asked for are scanned at the
 * same time. A client that has not got its answer within {@link #PATIENCE} is asked to
 * try again, and then finds how far its read has come. One thread with one consumer does
 * all of it, and both end when they have nothing to do.
 */
final class PartitionScans {

	/**
	 * How long a client waits: less than its SDK does.
	 */
	private static final Duration PATIENCE = Duration.ofSeconds(3);

	/** How long a result waits for a client that tries again. */
	private static final Duration KEPT = Duration.ofSeconds(10);

	private static final int MAX_READS = 10_000;

	private static final long MAX_KEPT_BYTES = 32L * 1024 * 1024;

	private static final Duration IDLE = Duration.ofSeconds(15);

	private final FeedRun run;

	private final FeedInput input;

	/** The reads that are under way, or whose result nobody has got yet. */
	private final Map<ChannelScan.Key, ChannelScan> reads = new ConcurrentHashMap<>();

	private final LinkedBlockingDeque<ChannelScan> waiting = new LinkedBlockingDeque<>();

	private volatile boolean stopped;

	private @Nullable Thread thread;

	private volatile @Nullable Consumer<byte[], byte[]> consumer;

	PartitionScans(FeedRun run, FeedInput input) {
		this.run = run;
		this.input = input;
	}

	/**
	 * Read the messages of a channel.
	 * @param key what to read, of the present epoch
	 * @param limit the limit of the page
	 * @return completes on the scanning thread; fails with
	 * {@link RelayUnavailableException} if that takes too long, and with
	 * {@link RelayOverloadedException} if too many reads are open
	 */
	CompletableFuture<ChannelScan.Result> read(ChannelScan.Key key, PageLimit limit) {
		String name = this.run.settings().name();
		if (this.reads.size() >= MAX_READS) {
			return CompletableFuture.failedFuture(RelayOverloadedException.forReads(name, MAX_READS));
		}
		ChannelScan scan = this.reads.compute(key, (same, present) -> {
			if (present != null && !present.result().isCompletedExceptionally()) {
				return present;
			}
			ChannelScan created = new ChannelScan(key, limit,
					System.nanoTime() + this.run.settings().scanTimeout().toNanos());
			this.waiting.add(created);
			return created;
		});
		begin();
		CompletableFuture<ChannelScan.Result> answer = scan.result().thenApply((found) -> page(key, found, limit));
		// A result that a client has got is not kept for others
		answer.thenRun(() -> this.reads.remove(key, scan));
		return answer.orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS).exceptionallyCompose((ex) -> {
			Throwable cause = Failures.unwrap(ex);
			return CompletableFuture.failedFuture((cause instanceof TimeoutException)
					? RelayUnavailableException.forSlowRead(name, PATIENCE) : cause);
		});
	}

	/**
	 * Return the first page of what was found, and keep the rest for the next one.
	 */
	private ChannelScan.Result page(ChannelScan.Key key, ChannelScan.Result found, PageLimit limit) {
		ChannelScan.Result page = found.page(limit);
		if (page != found) {
			ChannelScan rest = new ChannelScan(key.from(page.end()), limit, System.nanoTime());
			rest.found(found.behind(page));
			this.reads.putIfAbsent(rest.key(), rest);
		}
		return page;
	}

	private synchronized void begin() {
		if (this.stopped) {
			failAll(this.run.unavailable());
		}
		else if (this.thread == null && !this.waiting.isEmpty()) {
			Thread thread = Threads.factory("feed-scan-" + this.run.settings().name()).newThread(this::work);
			this.thread = thread;
			thread.start();
		}
	}

	void stop() {
		Thread thread;
		synchronized (this) {
			this.stopped = true;
			thread = this.thread;
		}
		Consumer<byte[], byte[]> consumer = this.consumer;
		if (consumer != null) {
			consumer.wakeup();
		}
		if (thread != null) {
			thread.interrupt();
		}
		failAll(this.run.unavailable());
	}

	private void failAll(Throwable cause) {
		this.waiting.clear();
		for (ChannelScan scan : List.copyOf(this.reads.values())) {
			this.reads.remove(scan.key(), scan);
			scan.fail(cause);
		}
	}

	private void work() {
		boolean more = true;
		while (more) {
			try (Consumer<byte[], byte[]> reader = this.run.clients().topicReader()) {
				this.consumer = reader;
				scan(reader);
			}
			catch (InterruptedException | InterruptException | WakeupException ex) {
				failAll(this.run.unavailable());
			}
			catch (Throwable ex) {
				this.run.guard().failed("A scan of the feed '" + this.run.settings().name() + "' has failed", ex);
				failAll(new RelayUnavailableException(this.run.settings().name(), ex));
			}
			finally {
				this.consumer = null;
			}
			synchronized (this) {
				more = !this.stopped && !this.waiting.isEmpty();
				if (!more) {
					this.thread = null;
				}
			}
		}
	}

	/**
	 * Scan until nothing has been asked for, for a while.
	 */
	private void scan(Consumer<byte[], byte[]> consumer) throws InterruptedException {
		PartitionLanes lanes = new PartitionLanes(this.run, this.input, consumer);
		while (!this.stopped) {
			if (lanes.isEmpty()) {
				ChannelScan first = this.waiting.poll(IDLE.toMillis(), TimeUnit.MILLISECONDS);
				sweep();
				if (first == null) {
					if (this.reads.isEmpty()) {
						return;
					}
					continue;
				}
				this.waiting.addFirst(first);
			}
			try {
				List<ChannelScan> asked = new ArrayList<>();
				this.waiting.drainTo(asked);
				this.waiting.addAll(lanes.join(asked));
				lanes.read();
			}
			catch (RuntimeException | Error ex) {
				lanes.failAll(new RelayUnavailableException(this.run.settings().name(), ex));
				throw ex;
			}
			sweep();
		}
	}

	/**
	 * Forget the results for which no client has come back.
	 */
	private void sweep() {
		long overdue = System.nanoTime() - KEPT.toNanos();
		long bytes = 0;
		for (ChannelScan scan : this.reads.values()) {
			CompletableFuture<ChannelScan.Result> result = scan.result();
			if (!result.isDone()) {
				continue;
			}
			bytes += result.isCompletedExceptionally() ? 0 : result.join().bytes();
			if (result.isCompletedExceptionally() || scan.isOverdue(overdue) || bytes > MAX_KEPT_BYTES) {
				this.reads.remove(scan.key(), scan);
			}
		}
	}

}
