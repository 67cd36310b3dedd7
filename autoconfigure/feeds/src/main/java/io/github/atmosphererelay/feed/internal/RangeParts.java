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

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.feed.ForwardedRange;
import io.github.atmosphererelay.feed.ForwardedRecord;

/**
 * Splits ranges into parts that are not larger than a message may be, and that together
 * say the same. A range is split after a record. A record that is larger alone stays
 * alone.
 */
final class RangeParts {

	/** Of a range and its numbers, beside its texts. */
	private static final int RANGE_OVERHEAD = 80;

	/** Of a record and its numbers, beside its texts. */
	private static final int RECORD_OVERHEAD = 40;

	private final int maxBytes;

	/**
	 * Create parts.
	 * @param maxBytes the maximum size of a message in bytes
	 */
	RangeParts(int maxBytes) {
		this.maxBytes = maxBytes - 64;
	}

	List<List<ForwardedRange>> of(List<ForwardedRange> ranges) {
		List<List<ForwardedRange>> parts = new ArrayList<>();
		List<ForwardedRange> part = new ArrayList<>();
		long bytes = 0;
		for (ForwardedRange range : ranges) {
			for (ForwardedRange piece : pieces(range)) {
				long size = size(piece);
				if (!part.isEmpty() && bytes + size > this.maxBytes) {
					parts.add(part);
					part = new ArrayList<>();
					bytes = 0;
				}
				part.add(piece);
				bytes += size;
			}
		}
		if (!part.isEmpty()) {
			parts.add(part);
		}
		return parts;
	}

	private List<ForwardedRange> pieces(ForwardedRange range) {
		if (size(range) <= this.maxBytes) {
			return List.of(range);
		}
		List<ForwardedRange> pieces = new ArrayList<>();
		List<ForwardedRecord> records = new ArrayList<>();
		long from = range.from();
		long bytes = head(range);
		for (ForwardedRecord record : range.records()) {
			long size = size(record);
			if (!records.isEmpty() && bytes + size > this.maxBytes) {
				long to = records.get(records.size() - 1).offset() + 1;
				pieces.add(piece(range, from, to, records));
				records = new ArrayList<>();
				from = to;
				bytes = head(range);
			}
			records.add(record);
			bytes += size;
		}
		pieces.add(piece(range, from, range.to(), records));
		return pieces;
	}

	private static ForwardedRange piece(ForwardedRange range, long from, long to, List<ForwardedRecord> records) {
		return new ForwardedRange(range.feed(), range.sender(), range.epoch(), range.partition(), from, to,
				range.interest(), records);
	}

	private static long size(ForwardedRange range) {
		long size = head(range);
		for (ForwardedRecord record : range.records()) {
			size += size(record);
		}
		return size;
	}

	private static long head(ForwardedRange range) {
		return RANGE_OVERHEAD + bytes(range.feed()) + bytes(range.epoch());
	}

	private static long size(ForwardedRecord record) {
		long size = RECORD_OVERHEAD + bytes(record.channel()) + record.payload().size();
		for (Map.Entry<String, String> header : record.headers().entrySet()) {
			size += 8 + bytes(header.getKey()) + bytes(header.getValue());
		}
		return size;
	}

	private static int bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8).length;
	}

}
