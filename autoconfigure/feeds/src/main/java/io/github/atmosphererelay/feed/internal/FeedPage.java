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

import io.github.atmosphererelay.relay.PageLimit;

/**
 * A page of a channel that is being read. For one thread at a time.
 */
final class FeedPage {

	private final List<MappedRecord> records = new ArrayList<>();

	private long bytes;

	/**
	 * Add a message.
	 * @return {@code false} if the limit leaves no room for it, and it was not added
	 */
	boolean add(MappedRecord record, PageLimit limit) {
		int size = record.payload().size();
		if (!this.records.isEmpty()
				&& (this.records.size() >= limit.publications() || this.bytes + size > limit.bytes())) {
			return false;
		}
		this.records.add(record);
		this.bytes += size;
		return true;
	}

	/**
	 * Return the size of the payloads.
	 */
	long bytes() {
		return this.bytes;
	}

	/**
	 * Return the last message, if there is one.
	 */
	MappedRecord last() {
		return this.records.get(this.records.size() - 1);
	}

	List<MappedRecord> records() {
		return this.records;
	}

}
