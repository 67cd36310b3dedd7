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
import java.util.List;
import java.util.Map;
import java.util.UUID;

import io.github.atmosphererelay.feed.ForwardedRange;
import io.github.atmosphererelay.feed.ForwardedRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Makes ranges of the records that a redistributor has read, and keeps them for clients
 * that recover, if this node serves the partition's channels. Without that, a record that
 * no node wants is mapped to its channel only, unless the application maps records. For
 * one thread.
 */
final class RangeRouter {

	private final FeedRun run;

	private final PlacedMapper mapper;

	private final FeedInterest interest;

	RangeRouter(FeedRun run, FeedInterest interest) {
		this.run = run;
		this.mapper = new PlacedMapper(run);
		this.interest = interest;
	}

	/**
	 * Take what was read of a partition.
	 * @param topic the topic as this process knows it
	 * @param records the records, in their order
	 * @param to the offset of the next record
	 * @param spans the partition, which goes on at that offset
	 * @param suspicion is asked when a record is not where it belongs
	 * @param out receives the ranges for each node
	 * @return {@code false} if the topic has changed, so that nothing was taken
	 */
	boolean route(TopicInfo topic, List<ConsumerRecord<byte[], byte[]>> records, long to, PartitionSpans spans,
			Suspicion suspicion, Map<UUID, List<ForwardedRange>> out) throws InterruptedException {
		List<PartitionSpans.Candidate> candidates = new ArrayList<>(records.size());
		List<MappedRecord> kept = new ArrayList<>();
		List<Runnable> skipped = new ArrayList<>(0);
		FeedStatistics statistics = this.run.statistics();
		for (ConsumerRecord<byte[], byte[]> record : records) {
			PartitionSpans.Candidate candidate = candidate(record, kept, skipped);
			Mapped.Skipped misplaced = (candidate != null) ? this.mapper.misplaced(topic, record) : null;
			if (misplaced != null && misplaced.reason() == SkipReason.MISPLACED && suspicion.topicHasChanged()) {
				return false;
			}
			if (misplaced != null) {
				kept.removeIf((each) -> each.offset() == record.offset());
				skipped.add(() -> skipped(record, misplaced));
			}
			else if (candidate != null) {
				candidates.add(candidate);
			}
		}
		for (ConsumerRecord<byte[], byte[]> record : records) {
			statistics.countRecord(Math.max(0, record.serializedKeySize()) + Math.max(0, record.serializedValueSize()));
		}
		skipped.forEach(Runnable::run);
		keep(spans.partition(), kept, to);
		statistics.forwarding().countUnwanted(spans.take(candidates, to, this.interest, System.nanoTime(), out));
		return true;
	}

	/**
	 * Keep messages, before the nodes get them: a client that begins behind one of them
	 * finds those before it.
	 */
	private void keep(int partition, List<MappedRecord> records, long to) {
		RecoveryMemory memory = this.run.memory();
		if (memory != null) {
			records.forEach((record) -> memory.add(partition, record));
			memory.reached(partition, to);
		}
	}

	private PartitionSpans.@Nullable Candidate candidate(ConsumerRecord<byte[], byte[]> record, List<MappedRecord> kept,
			List<Runnable> skipped) {
		boolean whole = this.run.memory() != null || this.run.mapper().isOfApplication();
		String channel = whole ? null : this.run.mapper().findChannel(record);
		if (channel != null) {
			return new PartitionSpans.Candidate(channel, () -> forwarded(record, this.run.mapper().map(record)));
		}
		Mapped mapped = this.run.mapper().map(record);
		if (mapped instanceof Mapped.Message message) {
			kept.add(message.record());
			return new PartitionSpans.Candidate(message.record().channel(), () -> forwarded(record, mapped));
		}
		skipped.add(() -> skipped(record, (Mapped.Skipped) mapped));
		return null;
	}

	private @Nullable ForwardedRecord forwarded(ConsumerRecord<byte[], byte[]> record, Mapped mapped) {
		if (mapped instanceof Mapped.Message message) {
			this.run.statistics().countMapped();
			MappedRecord found = message.record();
			return new ForwardedRecord(found.offset(), found.time(), found.channel(), found.payload(), found.headers());
		}
		skipped(record, (Mapped.Skipped) mapped);
		return null;
	}

	private void skipped(ConsumerRecord<byte[], byte[]> record, Mapped.Skipped reason) {
		this.run.statistics().countSkipped(reason.reason());
		this.run.health().skipped(record, reason);
	}

	/**
	 * A record is in another partition than its key belongs to.
	 */
	@FunctionalInterface
	interface Suspicion {

		/**
		 * Find out whether the topic has got partitions, or was made again.
		 */
		boolean topicHasChanged() throws InterruptedException;

	}

}
