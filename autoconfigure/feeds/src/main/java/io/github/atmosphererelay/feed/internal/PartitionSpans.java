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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;

import io.github.atmosphererelay.feed.ForwardedRange;
import io.github.atmosphererelay.feed.ForwardedRecord;
import org.jspecify.annotations.Nullable;

/**
 * Makes the ranges of one partition that a redistributor reads. For each node it knows
 * from where on nothing was said yet, and by which version of the node's interest records
 * were chosen since. For one thread.
 */
final class PartitionSpans {

	/** A node hears of each partition at least that often. */
	static final long INTERVAL_NANOS = 500_000_000;

	private final String feed;

	private final UUID sender;

	private final String epoch;

	private final int partition;

	private final Map<UUID, Span> spans = new HashMap<>();

	/** The offset of the next record. */
	private long position;

	PartitionSpans(String feed, UUID sender, String epoch, int partition, long position) {
		this.feed = feed;
		this.sender = sender;
		this.epoch = epoch;
		this.partition = partition;
		this.position = position;
	}

	/**
	 * Return the offset of the next record.
	 */
	long position() {
		return this.position;
	}

	int partition() {
		return this.partition;
	}

	String epoch() {
		return this.epoch;
	}

	/**
	 * Take the next records, if there are any.
	 * @param candidates the records that have a channel, in the order of their offsets
	 * @param to the offset after the last record that was read
	 * @param interest who wants what
	 * @param now the present time in nanoseconds
	 * @param out receives the ranges for each node
	 * @return the number of records that nobody wants
	 */
	int take(List<Candidate> candidates, long to, FeedInterest interest, long now,
			Map<UUID, List<ForwardedRange>> out) {
		FeedInterest.Answer answer = interest.ask(candidates.stream().map(Candidate::channel).toList());
		Map<UUID, List<ForwardedRecord>> records = new HashMap<>();
		int unwanted = 0;
		for (int i = 0; i < candidates.size(); i++) {
			Set<UUID> wanting = answer.wanting().get(i);
			if (wanting.isEmpty()) {
				unwanted++;
				continue;
			}
			ForwardedRecord record = candidates.get(i).record().get();
			if (record != null) {
				wanting.forEach((node) -> records.computeIfAbsent(node, (key) -> new ArrayList<>()).add(record));
			}
		}
		this.spans.keySet().retainAll(answer.versions().keySet());
		answer.versions().forEach((node, version) -> {
			Span span = span(node, version, out);
			List<ForwardedRecord> wanted = records.getOrDefault(node, List.of());
			if (!wanted.isEmpty() || !span.announced || now - span.sentAt >= INTERVAL_NANOS) {
				send(node, span, to, wanted, out);
				span.announced = true;
				span.sentAt = now;
			}
		});
		this.position = to;
		return unwanted;
	}

	/**
	 * Return the span of a node. If its interest has another version now, what was said
	 * by the old one ends here.
	 */
	private Span span(UUID node, long version, Map<UUID, List<ForwardedRange>> out) {
		Span span = this.spans.get(node);
		if (span != null && span.version != version && span.from < this.position) {
			send(node, span, this.position, List.of(), out);
		}
		if (span == null || span.version != version) {
			span = new Span(this.position, version);
			this.spans.put(node, span);
		}
		return span;
	}

	private void send(UUID node, Span span, long to, List<ForwardedRecord> records,
			Map<UUID, List<ForwardedRange>> out) {
		out.computeIfAbsent(node, (key) -> new ArrayList<>())
			.add(new ForwardedRange(this.feed, this.sender, this.epoch, this.partition, span.from, to, span.version,
					records));
		span.from = to;
	}

	/**
	 * A record that has a channel.
	 *
	 * @param channel the channel's name
	 * @param record maps the record, if somebody wants it; returns {@code null} if that
	 * is not possible
	 */
	record Candidate(String channel, Supplier<@Nullable ForwardedRecord> record) {
	}

	/**
	 * What is to be said to a node next.
	 */
	private static final class Span {

		private final long version;

		private long from;

		private boolean announced;

		private long sentAt;

		Span(long from, long version) {
			this.from = from;
			this.version = version;
		}

	}

}
