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

import io.github.atmosphererelay.relay.PageLimit;

/**
 * A read of the older messages of a channel. Reads of several clients that want the same
 * are one. The result is complete at most once.
 */
final class ChannelScan {

	/**
	 * How many bytes a read collects at most. The pages of a recovery are smaller; if
	 * each of them was a scan of its own, the recovery would take longer than its client
	 * waits.
	 */
	static final long AHEAD = 8L * 1024 * 1024;

	private final CompletableFuture<Result> result = new CompletableFuture<>();

	private final FeedPage page = new FeedPage();

	private final Key key;

	private final PageLimit limit;

	private final long deadline;

	/**
	 * Create a read.
	 * @param limit ends it, except that it reads ahead for the next pages of the client
	 * up to {@link #AHEAD}
	 */
	ChannelScan(Key key, PageLimit limit, long deadline) {
		this.key = key;
		this.limit = new PageLimit(limit.publications(), Math.max(limit.bytes(), AHEAD));
		this.deadline = deadline;
	}

	Key key() {
		return this.key;
	}

	String channel() {
		return this.key.channel();
	}

	String epoch() {
		return this.key.epoch();
	}

	long from() {
		return this.key.from();
	}

	FeedPage page() {
		return this.page;
	}

	PageLimit limit() {
		return this.limit;
	}

	CompletableFuture<Result> result() {
		return this.result;
	}

	boolean isOverdue(long now) {
		return now - this.deadline > 0;
	}

	/**
	 * Take the next message of the channel.
	 * @return whether the read has ended, because its page is full
	 */
	boolean take(MappedRecord record) {
		if (record.offset() < from() || this.page.add(record, limit())) {
			return false;
		}
		complete(record.offset(), true);
		return true;
	}

	void complete(long end) {
		this.page.records().removeIf((record) -> record.offset() >= end);
		complete(end, false);
	}

	void complete(long end, boolean more) {
		this.result.complete(new Result(this.page.records(), end, true, more));
	}

	void found(Result result) {
		this.result.complete(result);
	}

	/**
	 * There is something missing.
	 */
	void incomplete() {
		this.result.complete(new Result(List.of(), 0, false, false));
	}

	void fail(Throwable failure) {
		this.result.completeExceptionally(failure);
	}

	/**
	 * What is read.
	 *
	 * @param partition the channel's partition
	 * @param channel the channel's name
	 * @param epoch the topic's epoch
	 * @param from the least offset
	 */
	record Key(int partition, String channel, String epoch, long from) {

		Key from(long offset) {
			return new Key(this.partition, this.channel, this.epoch, offset);
		}

	}

	/**
	 * What was found.
	 *
	 * @param records the messages, in the order of their offsets
	 * @param end the offset up to which was looked
	 * @param complete whether nothing is missing before that
	 * @param more whether the limit has ended it before
	 */
	record Result(List<MappedRecord> records, long end, boolean complete, boolean more) {

		/**
		 * Return the first page of this.
		 * @param limit the limit of the page
		 */
		Result page(PageLimit limit) {
			FeedPage page = new FeedPage();
			for (MappedRecord record : this.records) {
				if (!page.add(record, limit)) {
					return new Result(page.records(), page.last().offset() + 1, true, true);
				}
			}
			return this;
		}

		/**
		 * Return what is left of this behind a page.
		 */
		Result behind(Result page) {
			return new Result(List.copyOf(this.records.subList(page.records.size(), this.records.size())), this.end,
					true, this.more);
		}

		long bytes() {
			return this.records.stream().mapToLong((record) -> record.payload().size()).sum();
		}

	}

}
