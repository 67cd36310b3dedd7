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

package io.github.atmosphererelay.feed;

import java.util.List;
import java.util.Objects;
import java.util.UUID;

/**
 * A statement of a redistributor to one node about a part of a partition: of the records
 * with offsets from {@code from}, up to but without {@code to}, these are all that are in
 * a channel which the node wants by its interest up to the version {@code interest}.
 * <p>
 * The statement stays true whoever sends it, and whenever it arrives. So a node needs no
 * fence against redistributors that were replaced: it puts the ranges of a partition next
 * to each other, ignores what it has had, and reads the topic itself where one is
 * missing.
 *
 * @param feed the feed's name
 * @param sender the id of the redistributor's node
 * @param epoch the epoch of the topic: its id, a hyphen, and its number of partitions
 * @param partition the partition
 * @param from the first offset that was looked at
 * @param to the offset after the last one that was looked at; not less than {@code from}.
 * A range without records may have {@code from == to}
 * @param interest the version of the receiving node's interest by which was chosen
 * @param records the records, in the order of their offsets
 */
public record ForwardedRange(String feed, UUID sender, String epoch, int partition, long from, long to, long interest,
		List<ForwardedRecord> records) {

	public ForwardedRange {
		Objects.requireNonNull(feed, "'feed' must not be null");
		Objects.requireNonNull(sender, "'sender' must not be null");
		Objects.requireNonNull(epoch, "'epoch' must not be null");
		records = List.copyOf(records);
		if (from < 0 || to < from) {
			throw new IllegalArgumentException("A range ends where it begins, or later");
		}
	}

	/**
	 * Return the size of the payloads, for bounds and meters.
	 * @return the number of bytes
	 */
	public long payloadBytes() {
		return this.records.stream().mapToLong((each) -> each.payload().size()).sum();
	}

}
