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
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

import io.github.atmosphererelay.feed.ForwardedRecord;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;

/**
 * Reads records of a feed that are no longer in memory, for clients that recover. Clients
 * come back together, so a scan of a partition serves all reads that wait for it: it
 * begins at the least of their offsets, and further reads join it on its way. It ends
 * where the memory begins. One thread with one consumer does all of it, and both end when
 * they have nothing to do.
 */
final class PartitionScans {

	private static final int MAX_WAITING = 10_000;

	private static final Duration POLL = Duration.ofMillis(100);

	private static final Duration ANSWER = Duration.ofSeconds(2);

	private static final Duration IDLE = Duration.ofSeconds(15);

	private final FeedRun run;

	private final FeedInput input;

	private final LinkedBlockingDeque<Scan> waiting = new LinkedBlockingDeque<>();

	private volatile boolean stopped;

	private @Nullable Thread thread;

	private volatile @Nullable Consumer<byte[], byte[]> consumer;

	PartitionScans(FeedRun run, FeedInput input) {
		this.run = run;
		this.input = input;
	}

	/**
	 * Read the messages of a channel.
	 * @param partition the channel's partition
	 * @param channel the channel's name
	 * @param place the least offset, with the present epoch
	 * @param limit ends the reading
	 * @return completes on the scanning thread; fails with
	 * {@link RelayUnavailableException} if the broker does not answer in time, and with
	 * {@link RelayOverloadedException} if too many reads wait
	 */
	CompletableFuture<ScanResult> read(int partition, String channel, PartitionPlace place, PageLimit limit) {
		Scan scan = new Scan(partition, channel, place, limit,
				System.nanoTime() + this.run.settings().scanTimeout().toNanos());
		if (this.waiting.size() >= MAX_WAITING) {
			return CompletableFuture
				.failedFuture(RelayOverloadedException.forReads(this.run.settings().name(), MAX_WAITING));
		}
		this.waiting.add(scan);
		synchronized (this) {
			if (this.stopped) {
				scan.fail(unavailable(null));
			}
			else if (this.thread == null) {
				Thread thread = Threads.factory("feed-scan-" + this.run.settings().name()).newThread(this::work);
				this.thread = thread;
				thread.start();
			}
		}
		return scan.result;
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
		failAll(null);
	}

	private RelayUnavailableException unavailable(@Nullable Throwable cause) {
		return new RelayUnavailableException(this.run.settings().name(), cause);
	}

	private void failAll(@Nullable Throwable cause) {
		Scan scan;
		while ((scan = this.waiting.poll()) != null) {
			scan.fail(unavailable(cause));
		}
	}

	private void work() {
		while (!this.stopped) {
			try (Consumer<byte[], byte[]> consumer = this.run.clients().topicReader()) {
				this.consumer = consumer;
				if (scanAll(consumer)) {
					return;
				}
			}
			catch (InterruptedException | InterruptException | WakeupException ex) {
				break;
			}
			catch (Throwable ex) {
				this.run.guard().failed("A scan of the feed '" + this.run.settings().name() + "' has failed", ex);
				failAll(ex);
			}
			finally {
				this.consumer = null;
			}
		}
		synchronized (this) {
			this.thread = null;
		}
		failAll(null);
	}

	/**
	 * Scan until nothing more is asked for.
	 * @return whether the thread ends
	 */
	private boolean scanAll(Consumer<byte[], byte[]> consumer) throws InterruptedException {
		while (!this.stopped) {
			Scan first = this.waiting.poll(IDLE.toMillis(), TimeUnit.MILLISECONDS);
			if (first == null) {
				synchronized (this) {
					if (this.waiting.isEmpty()) {
						this.thread = null;
						return true;
					}
				}
				continue;
			}
			Group group = new Group(first.partition);
			group.add(first);
			try {
				scan(group, consumer);
			}
			finally {
				group.failAll();
			}
		}
		return false;
	}

	private void scan(Group group, Consumer<byte[], byte[]> consumer) {
		TopicPartition partition = new TopicPartition(this.run.settings().topic(), group.partition);
		group.join(this.waiting, 0);
		long offset = group.least();
		consumer.assign(List.of(partition));
		Long begin = consumer.beginningOffsets(List.of(partition), ANSWER).get(partition);
		Long end = consumer.endOffsets(List.of(partition), ANSWER).get(partition);
		if (begin == null || end == null) {
			return;
		}
		group.finishOutside(begin, end);
		offset = Math.max(offset, begin);
		if (group.isEmpty()) {
			return;
		}
		this.run.statistics().countScan();
		consumer.seek(partition, offset);
		while (!this.stopped && !group.isEmpty()) {
			if (offset >= reach(group.partition)) {
				group.finish(offset);
			}
			if (group.isEmpty()) {
				return;
			}
			ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
			for (ConsumerRecord<byte[], byte[]> record : records.records(partition)) {
				this.run.statistics()
					.countScanned(Math.max(0, record.serializedKeySize()) + Math.max(0, record.serializedValueSize()));
				group.take(record);
			}
			offset = consumer.position(partition);
			group.expire(!records.isEmpty());
			group.join(this.waiting, offset);
		}
	}

	/**
	 * Return up to which offset to scan.
	 */
	private long reach(int partition) {
		RecoveryMemory memory = this.run.memory();
		if (memory != null) {
			return memory.from(partition);
		}
		PartitionPlace place = this.input.place(partition);
		return (place != null) ? place.offset() : Long.MAX_VALUE;
	}

	/**
	 * What a scan has found.
	 *
	 * @param records the messages, in the order of their offsets
	 * @param end the offset up to which it has looked
	 * @param complete whether nothing is missing before that
	 * @param more whether the limit has ended it before
	 */
	record ScanResult(List<ForwardedRecord> records, long end, boolean complete, boolean more) {

		static ScanResult incomplete() {
			return new ScanResult(List.of(), 0, false, false);
		}

	}

	/**
	 * A read of a channel.
	 */
	private static final class Scan {

		private final CompletableFuture<ScanResult> result = new CompletableFuture<>();

		private final FeedPage page = new FeedPage();

		private final int partition;

		private final String channel;

		private final PartitionPlace place;

		private final PageLimit limit;

		private final long deadline;

		private boolean progressed;

		Scan(int partition, String channel, PartitionPlace place, PageLimit limit, long deadline) {
			this.partition = partition;
			this.channel = channel;
			this.place = place;
			this.limit = limit;
			this.deadline = deadline;
		}

		void complete(long end, boolean more) {
			this.result.complete(new ScanResult(this.page.records(), end, true, more));
		}

		void incomplete() {
			this.result.complete(ScanResult.incomplete());
		}

		void fail(RuntimeException failure) {
			this.result.completeExceptionally(failure);
		}

	}

	/**
	 * The reads that one scan serves.
	 */
	private final class Group {

		private final int partition;

		private final Map<String, List<Scan>> scans = new HashMap<>();

		Group(int partition) {
			this.partition = partition;
		}

		void add(Scan scan) {
			this.scans.computeIfAbsent(scan.channel, (channel) -> new ArrayList<>(1)).add(scan);
		}

		/**
		 * Add the waiting reads of this partition that begin at an offset or later.
		 */
		void join(Collection<Scan> waiting, long offset) {
			for (Iterator<Scan> each = waiting.iterator(); each.hasNext();) {
				Scan scan = each.next();
				if (scan.partition == this.partition && scan.place.offset() >= offset) {
					each.remove();
					add(scan);
				}
			}
		}

		boolean isEmpty() {
			return this.scans.isEmpty();
		}

		long least() {
			return this.scans.values()
				.stream()
				.flatMap(Collection::stream)
				.mapToLong((scan) -> scan.place.offset())
				.min()
				.orElse(0);
		}

		/**
		 * End the reads that begin before the topic does, or after its end. A read that
		 * begins at its end, or has come from a node that is ahead of this one, has
		 * nothing to get.
		 */
		void finishOutside(long begin, long end) {
			endIf((scan) -> {
				long from = scan.place.offset();
				if (from < begin || from > end) {
					scan.incomplete();
					return true;
				}
				return false;
			});
		}

		void take(ConsumerRecord<byte[], byte[]> record) {
			String channel = PartitionScans.this.run.mapper().findChannel(record);
			List<Scan> wanting = (channel != null) ? this.scans.get(channel) : null;
			if (wanting == null || !(PartitionScans.this.run.mapper().map(record) instanceof Mapped.Message message)) {
				return;
			}
			wanting.removeIf((scan) -> {
				if (record.offset() < scan.place.offset() || scan.page.add(message.record(), scan.limit)) {
					return false;
				}
				scan.complete(record.offset(), true);
				return true;
			});
			if (wanting.isEmpty()) {
				this.scans.remove(message.record().channel());
			}
		}

		/**
		 * End all reads, as the scan has come to where the memory begins. They read the
		 * rest there, unless it has been forgotten meanwhile.
		 */
		void finish(long offset) {
			RecoveryMemory memory = PartitionScans.this.run.memory();
			PartitionPlace place = PartitionScans.this.input.place(this.partition);
			endIf((scan) -> {
				if (place == null || !place.epoch().equals(scan.place.epoch())) {
					scan.incomplete();
					return true;
				}
				long from = Math.max(offset, scan.place.offset());
				if (memory == null || from >= place.offset()) {
					scan.page.records().removeIf((record) -> record.offset() >= Math.max(place.offset(), from));
					scan.complete(Math.max(place.offset(), scan.place.offset()), false);
					return true;
				}
				Boolean more = memory.read(this.partition, scan.channel, from, place.offset(), scan.page, scan.limit);
				if (more == null) {
					return false;
				}
				scan.complete(place.offset(), more);
				return true;
			});
		}

		/**
		 * Give up the reads that take too long.
		 */
		void expire(boolean progressed) {
			long now = System.nanoTime();
			endIf((scan) -> {
				scan.progressed |= progressed;
				if (now - scan.deadline < 0) {
					return false;
				}
				if (scan.progressed) {
					PartitionScans.this.run.statistics().countScanTimeout();
					scan.incomplete();
				}
				else {
					scan.fail(unavailable(null));
				}
				return true;
			});
		}

		void failAll() {
			endIf((scan) -> {
				scan.fail(unavailable(null));
				return true;
			});
		}

		private void endIf(Predicate<Scan> ended) {
			this.scans.values().removeIf((scans) -> {
				scans.removeIf(ended);
				return scans.isEmpty();
			});
		}

	}

}
