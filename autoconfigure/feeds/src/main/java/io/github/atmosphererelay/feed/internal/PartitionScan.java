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

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * A scan of one partition, with the reads that it serves. Used by one thread.
 */
final class PartitionScan {

	private final FeedRun run;

	private final FeedInput input;

	private final int partition;

	private final Map<String, List<ChannelScan>> scans = new HashMap<>();

	/** The offset up to which the partition was scanned. */
	private long offset;

	PartitionScan(FeedRun run, FeedInput input, int partition) {
		this.run = run;
		this.input = input;
		this.partition = partition;
	}

	int partition() {
		return this.partition;
	}

	/**
	 * Add a read that begins here or behind.
	 */
	void add(ChannelScan scan) {
		if (this.scans.isEmpty()) {
			this.offset = scan.from();
		}
		this.scans.computeIfAbsent(scan.channel(), (channel) -> new ArrayList<>(1)).add(scan);
	}

	boolean isEmpty() {
		return this.scans.isEmpty();
	}

	long offset() {
		return this.offset;
	}

	/**
	 * Find out where to begin, and end the reads that begin before the topic does, or
	 * after its end. A read that begins at its end, or comes from a node that is ahead of
	 * this one, has nothing to get.
	 * @param begin the offset of the first record of the partition
	 * @param end the offset after its last record
	 */
	void begin(long begin, long end) {
		endIf((scan) -> {
			if (scan.from() < begin || scan.from() > end) {
				scan.incomplete();
				return true;
			}
			return false;
		});
		this.offset = this.scans.values()
			.stream()
			.flatMap(Collection::stream)
			.mapToLong(ChannelScan::from)
			.min()
			.orElse(end);
	}

	void take(ConsumerRecord<byte[], byte[]> record) {
		String channel = this.run.mapper().findChannel(record);
		List<ChannelScan> wanting = (channel != null) ? this.scans.get(channel) : null;
		if (wanting == null || !(this.run.mapper().map(record) instanceof Mapped.Message message)) {
			return;
		}
		wanting.removeIf((scan) -> scan.take(message.record()));
		if (wanting.isEmpty()) {
			this.scans.remove(channel);
		}
	}

	/**
	 * Note that the partition was scanned up to an offset. Where the memory begins, the
	 * reads get the rest from there, unless it has been forgotten meanwhile.
	 */
	void passed(long offset) {
		this.offset = offset;
		PartitionPlace place = this.input.place(this.partition);
		if (place == null) {
			return;
		}
		RecoveryMemory memory = this.input.memory(this.partition, place);
		long reach = (memory != null) ? memory.from(this.partition) : place.offset();
		if (offset < Math.min(reach, place.offset())) {
			return;
		}
		endIf((scan) -> finish(scan, memory, place));
	}

	private boolean finish(ChannelScan scan, @Nullable RecoveryMemory memory, PartitionPlace place) {
		if (!place.epoch().equals(scan.epoch())) {
			scan.incomplete();
			return true;
		}
		long from = Math.max(this.offset, scan.from());
		if (memory == null || from >= place.offset()) {
			scan.complete(Math.max(place.offset(), scan.from()));
			return true;
		}
		Boolean more = memory.read(this.partition, scan.channel(), from, place.offset(), scan.page(), scan.limit());
		if (more == null) {
			return false;
		}
		scan.complete(place.offset(), more);
		return true;
	}

	/**
	 * Give up the reads that take too long.
	 */
	void expire(long now) {
		endIf((scan) -> {
			if (!scan.isOverdue(now)) {
				return false;
			}
			this.run.statistics().countScanTimeout();
			scan.incomplete();
			return true;
		});
	}

	/**
	 * Return the size of what the reads hold that have not ended yet.
	 */
	long bytes() {
		return this.scans.values().stream().flatMap(Collection::stream).mapToLong((scan) -> scan.page().bytes()).sum();
	}

	/**
	 * End the reads that have found something: their clients get it as a page, and read
	 * on behind it.
	 */
	void handOver() {
		endIf((scan) -> {
			if (scan.page().records().isEmpty()) {
				return false;
			}
			scan.complete(this.offset, true);
			return true;
		});
	}

	void failAll(Throwable cause) {
		endIf((scan) -> {
			scan.fail(cause);
			return true;
		});
	}

	private void endIf(Predicate<ChannelScan> ended) {
		this.scans.values().removeIf((scans) -> {
			scans.removeIf(ended);
			return scans.isEmpty();
		});
	}

}
