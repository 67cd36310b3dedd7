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

package io.github.atmosphererelay.relay.kafka.internal;

import java.util.Map;
import java.util.TreeMap;

/**
 * Remembers the leader epochs of a partition's records. Epochs never decrease from one
 * record to the next, so all records between two records of the same epoch have that
 * epoch too. Not safe for use by several threads.
 */
final class KafkaLogEpochs {

	/** Returned by {@link #at} for records whose epoch is not known. */
	static final int UNKNOWN = -1;

	private static final int MAX_SPANS = 1000;

	/** Sorted by epoch, and therefore by offset. */
	private final TreeMap<Integer, Span> spans = new TreeMap<>();

	/**
	 * Add a record.
	 * @param offset the record's offset
	 * @param epoch the record's leader epoch
	 * @return whether the record agrees with the known ones; if not, nothing has changed,
	 * and the records belong to different logs
	 */
	boolean add(long offset, int epoch) {
		Map.Entry<Integer, Span> lower = this.spans.lowerEntry(epoch);
		Map.Entry<Integer, Span> higher = this.spans.higherEntry(epoch);
		if ((lower != null && lower.getValue().last() >= offset)
				|| (higher != null && higher.getValue().first() <= offset)) {
			return false;
		}
		this.spans.merge(epoch, new Span(offset, offset),
				(known, added) -> new Span(Math.min(known.first(), offset), Math.max(known.last(), offset)));
		if (this.spans.size() > MAX_SPANS) {
			this.spans.pollFirstEntry();
		}
		return true;
	}

	/**
	 * Return the leader epoch of a record.
	 * @param offset the record's offset
	 * @return its epoch, or {@link #UNKNOWN}
	 */
	int at(long offset) {
		for (Map.Entry<Integer, Span> entry : this.spans.descendingMap().entrySet()) {
			if (entry.getValue().last() < offset) {
				return UNKNOWN;
			}
			if (entry.getValue().first() <= offset) {
				return entry.getKey();
			}
		}
		return UNKNOWN;
	}

	/**
	 * Forget records that are no longer in the log.
	 * @param offset the offset of the first of them
	 */
	void removeFrom(long offset) {
		this.spans.values().removeIf((span) -> span.first() >= offset);
		this.spans.replaceAll((epoch, span) -> (span.last() < offset) ? span : new Span(span.first(), offset - 1));
	}

	void clear() {
		this.spans.clear();
	}

	/**
	 * The offsets of the first and the last record that are known to have an epoch.
	 */
	private record Span(long first, long last) {
	}

}
