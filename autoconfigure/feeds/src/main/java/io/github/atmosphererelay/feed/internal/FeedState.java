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

import java.util.HashMap;
import java.util.Map;

import io.github.atmosphererelay.feed.FeedMessage;
import org.jspecify.annotations.Nullable;

/**
 * The current value of each channel of a feed. Written by the thread that reads the feed,
 * read by any. If the values need more bytes than they may have, there are none: a
 * subscriber must not take a value that is not there for one that does not exist.
 */
final class FeedState {

	/** What a value takes beside its payload and headers, in bytes. */
	private static final int OVERHEAD = 200;

	private final long maxBytes;

	private final Map<String, MappedRecord> values = new HashMap<>();

	private long bytes;

	private boolean full;

	FeedState(long maxBytes) {
		this.maxBytes = maxBytes;
	}

	/**
	 * Take the next record.
	 * @return whether there is room for all values
	 */
	synchronized boolean put(MappedRecord record) {
		if (this.full) {
			return false;
		}
		boolean tombstone = FeedMessage.TOMBSTONE.equals(record.headers().get(FeedMessage.EVENT));
		MappedRecord before = tombstone ? this.values.remove(record.channel())
				: this.values.put(record.channel(), record);
		this.bytes += (tombstone ? 0 : cost(record)) - ((before != null) ? cost(before) : 0);
		if (this.bytes > this.maxBytes) {
			this.full = true;
			this.values.clear();
			this.bytes = 0;
		}
		return !this.full;
	}

	private static long cost(MappedRecord record) {
		long cost = OVERHEAD + record.payload().size() + 2L * record.channel().length();
		for (Map.Entry<String, String> header : record.headers().entrySet()) {
			cost += 2L * (header.getKey().length() + header.getValue().length());
		}
		return cost;
	}

	synchronized @Nullable MappedRecord find(String channel) {
		return this.values.get(channel);
	}

	/**
	 * Forget everything, because the topic is another one.
	 */
	synchronized void clear() {
		this.values.clear();
		this.bytes = 0;
		this.full = false;
	}

	synchronized long bytes() {
		return this.bytes;
	}

	synchronized boolean isFull() {
		return this.full;
	}

}
