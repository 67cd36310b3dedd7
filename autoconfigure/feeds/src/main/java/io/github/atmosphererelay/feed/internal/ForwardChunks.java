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

import io.github.atmosphererelay.feed.ForwardedRange;
import io.github.atmosphererelay.feed.ForwardedRecord;

/**
 * Divides ranges into messages of a limited size. A range is divided between two records;
 * the parts say the same as the whole. Only a message with a single record may be larger.
 */
final class ForwardChunks {

	private final long maxBytes;

	private final List<List<ForwardedRange>> chunks = new ArrayList<>();

	private List<ForwardedRange> chunk = new ArrayList<>();

	private long bytes;

	private ForwardChunks(long maxBytes) {
		this.maxBytes = maxBytes;
	}

	static List<List<ForwardedRange>> of(List<ForwardedRange> ranges, long maxBytes) {
		ForwardChunks chunks = new ForwardChunks(maxBytes);
		ranges.forEach(chunks::add);
		chunks.end();
		return chunks.chunks;
	}

	private void add(ForwardedRange range) {
		long from = range.from();
		List<ForwardedRecord> part = new ArrayList<>();
		for (ForwardedRecord record : range.records()) {
			if (this.bytes > 0 && this.bytes + record.payload().size() > this.maxBytes) {
				if (!part.isEmpty()) {
					put(range, from, record.offset(), part);
					from = record.offset();
					part = new ArrayList<>();
				}
				end();
			}
			part.add(record);
			this.bytes += record.payload().size();
		}
		put(range, from, range.to(), part);
	}

	private void put(ForwardedRange range, long from, long to, List<ForwardedRecord> records) {
		this.chunk.add(new ForwardedRange(range.feed(), range.sender(), range.epoch(), range.partition(), from, to,
				range.interest(), records));
	}

	private void end() {
		if (!this.chunk.isEmpty()) {
			this.chunks.add(this.chunk);
			this.chunk = new ArrayList<>();
		}
		this.bytes = 0;
	}

}
