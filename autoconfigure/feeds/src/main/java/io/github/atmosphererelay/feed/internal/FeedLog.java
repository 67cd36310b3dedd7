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

import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import org.jspecify.annotations.Nullable;

/**
 * The logs of a feed's channels, which are the partitions of its topic. A position is the
 * topic's epoch, and the offset after the record. Recent messages are read from memory,
 * older ones from the topic. For any thread; does not block.
 */
final class FeedLog implements ChannelLog {

	private final FeedRun run;

	private final FeedInput input;

	private final ChannelPartitions partitions;

	private final PartitionScans scans;

	FeedLog(FeedRun run, FeedInput input, ChannelPartitions partitions, PartitionScans scans) {
		this.run = run;
		this.input = input;
		this.partitions = partitions;
		this.scans = scans;
	}

	@Override
	public boolean reportsNewEpochs() {
		return true;
	}

	@Override
	public CompletableFuture<Position> position(String channel) {
		Integer partition = this.partitions.of(channel);
		PartitionPlace place = (partition != null) ? this.input.place(partition) : null;
		return (place != null) ? CompletableFuture.completedFuture(place.position())
				: CompletableFuture.failedFuture(this.run.unavailable());
	}

	@Override
	public CompletableFuture<LogPage> read(String channel, @Nullable Position since, PageLimit limit,
			ReadDirection direction) {
		Integer partition = this.partitions.of(channel);
		PartitionPlace place = (partition != null) ? this.input.place(partition) : null;
		if (partition == null || place == null) {
			return CompletableFuture.failedFuture(this.run.unavailable());
		}
		Position end = place.position();
		if (since != null && !since.epoch().equals(place.epoch())) {
			return CompletableFuture.completedFuture(new LogPage(List.of(), end, false));
		}
		RecoveryMemory memory = this.input.memory(partition, place);
		if (direction == ReadDirection.BACKWARD) {
			return CompletableFuture.completedFuture(backward(memory, partition, channel, since, end, limit));
		}
		long from = (since != null) ? since.offset()
				: (memory != null) ? Math.min(memory.from(partition), place.offset()) : place.offset();
		if (memory != null && from <= place.offset()) {
			FeedPage page = new FeedPage();
			Boolean more = memory.read(partition, channel, from, place.offset(), page, limit);
			if (more != null) {
				return CompletableFuture
					.completedFuture(new LogPage(publications(page.records(), place.epoch()), end, true, more));
			}
		}
		if (memory == null && from == place.offset()) {
			return CompletableFuture.completedFuture(new LogPage(List.of(), end, true));
		}
		return this.scans.read(new ChannelScan.Key(partition, channel, place.epoch(), from), limit)
			.thenApply((found) -> page(found, end));
	}

	@Override
	public @Nullable CompletableFuture<LogPage> snapshot(String channel) {
		FeedState state = this.run.state();
		if (state == null) {
			return null;
		}
		Integer partition = this.partitions.of(channel);
		PartitionPlace place = (partition != null) ? this.input.place(partition) : null;
		if (place == null) {
			return CompletableFuture.failedFuture(this.run.unavailable());
		}
		// After the place, so that nothing lies between them that the value lacks
		return state.current(this.input.topic(), channel).whenComplete((value, ex) -> {
			if (ex != null) {
				this.run.statistics().countSnapshot(true);
			}
		}).thenApply((value) -> {
			this.run.statistics().countSnapshot(state.isFull());
			long offset = (value != null) ? Math.max(place.offset(), value.offset() + 1) : place.offset();
			Position end = new Position(place.epoch(), offset);
			// With the position from which the client goes on, not that of the record,
			// which may be older than the topic's retention
			return new LogPage((value != null) ? List.of(publication(value, place.epoch(), end)) : List.of(), end,
					true);
		});
	}

	private LogPage page(ChannelScan.Result found, Position end) {
		if (!found.complete()) {
			return new LogPage(List.of(), end, false);
		}
		return new LogPage(publications(found.records(), end.epoch()),
				new Position(end.epoch(), Math.max(found.end(), lastOf(found))), true, found.more());
	}

	private static long lastOf(ChannelScan.Result found) {
		List<MappedRecord> records = found.records();
		return records.isEmpty() ? 0 : records.get(records.size() - 1).offset() + 1;
	}

	/**
	 * Read the newest messages that are in memory.
	 */
	private LogPage backward(@Nullable RecoveryMemory memory, int partition, String channel, @Nullable Position since,
			Position end, PageLimit limit) {
		FeedPage page = new FeedPage();
		boolean more = false;
		if (memory != null) {
			// Before the message whose position that is
			long to = (since != null) ? since.offset() - 1 : end.offset();
			for (MappedRecord record : memory.newest(partition, channel, to)) {
				more = !page.add(record, limit);
				if (more) {
					break;
				}
			}
		}
		return new LogPage(publications(page.records(), end.epoch()), end, true, more);
	}

	private List<Publication> publications(List<MappedRecord> records, String epoch) {
		return records.stream().map((record) -> publication(record, epoch)).toList();
	}

	private Publication publication(MappedRecord record, String epoch) {
		return publication(record, epoch, new Position(epoch, record.offset() + 1));
	}

	private Publication publication(MappedRecord record, String epoch, Position position) {
		return new Publication(MessageIds.of(epoch, record), this.run.node(), record.channel(), record.time(),
				record.headers(), record.payload(), position);
	}

}
