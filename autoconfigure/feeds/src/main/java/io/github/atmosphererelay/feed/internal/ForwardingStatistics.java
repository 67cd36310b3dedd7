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
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

import io.github.atmosphererelay.feed.ForwardedRange;

/**
 * The counters of what redistributors forward to nodes, in both roles of this process.
 * Thread-safe; nothing blocks.
 */
public final class ForwardingStatistics {

	private final LongAdder unwanted = new LongAdder();

	private final LongAdder records = new LongAdder();

	private final LongAdder ranges = new LongAdder();

	private final Map<UUID, LongAdder> bytes = new ConcurrentHashMap<>();

	private final LongAdder goneBytes = new LongAdder();

	private final LongAdder failures = new LongAdder();

	private final LongAdder receivedRecords = new LongAdder();

	private final LongAdder receivedBytes = new LongAdder();

	private final LongAdder repeatedRanges = new LongAdder();

	private final LongAdder strangeRanges = new LongAdder();

	private final LongAdder lost = new LongAdder();

	private final LongAdder publications = new LongAdder();

	private final LongAdder publicationFailures = new LongAdder();

	ForwardingStatistics() {
	}

	void countUnwanted(long records) {
		this.unwanted.add(records);
	}

	void countSent(UUID node, List<ForwardedRange> ranges) {
		LongAdder bytes = this.bytes.computeIfAbsent(node, (key) -> new LongAdder());
		for (ForwardedRange range : ranges) {
			this.ranges.increment();
			this.records.add(range.records().size());
			bytes.add(range.payloadBytes());
		}
	}

	void countFailure() {
		this.failures.increment();
	}

	/**
	 * Forget a node that has left. What was sent to it still counts.
	 */
	void forget(UUID node) {
		LongAdder bytes = this.bytes.remove(node);
		if (bytes != null) {
			this.goneBytes.add(bytes.sum());
		}
	}

	void countReceived(ForwardedRange range) {
		this.receivedRecords.add(range.records().size());
		this.receivedBytes.add(range.payloadBytes());
	}

	void countRepeatedRange() {
		this.repeatedRanges.increment();
	}

	void countStrangeRange() {
		this.strangeRanges.increment();
	}

	void countLost(long offsets) {
		this.lost.add(offsets);
	}

	void countPublication() {
		this.publications.increment();
	}

	void countPublicationFailure() {
		this.publicationFailures.increment();
	}

	/**
	 * Return the number of records that this process has read, and that no node wants.
	 * @return the number of records
	 */
	public long unwanted() {
		return this.unwanted.sum();
	}

	/**
	 * Return how many times this process has forwarded a record to a node, or handed it
	 * over to itself.
	 * @return the number of records
	 */
	public long records() {
		return this.records.sum();
	}

	/**
	 * Return the number of ranges in which these records were forwarded, with those that
	 * have none and only say so.
	 * @return the number of ranges
	 */
	public long ranges() {
		return this.ranges.sum();
	}

	/**
	 * Return the size of the payloads that this process has forwarded.
	 * @return the number of bytes
	 */
	public long bytes() {
		return this.goneBytes.sum() + this.bytes.values().stream().mapToLong(LongAdder::sum).sum();
	}

	/**
	 * Return the size of the payloads that this process has forwarded to each node that
	 * has not left.
	 * @return the number of bytes by the node's id
	 */
	public Map<UUID, Long> bytesByNode() {
		Map<UUID, Long> result = new HashMap<>();
		this.bytes.forEach((node, bytes) -> result.put(node, bytes.sum()));
		return result;
	}

	/**
	 * Return how many times something could not be forwarded, so that nodes have to read
	 * the topic themselves.
	 * @return the number of failures
	 */
	public long failures() {
		return this.failures.sum();
	}

	/**
	 * Return the number of records that were forwarded to this node.
	 * @return the number of records
	 */
	public long receivedRecords() {
		return this.receivedRecords.sum();
	}

	/**
	 * Return the size of the payloads that were forwarded to this node.
	 * @return the number of bytes
	 */
	public long receivedBytes() {
		return this.receivedBytes.sum();
	}

	/**
	 * Return the number of ranges that this node had already had when they came.
	 * @return the number of ranges
	 */
	public long repeatedRanges() {
		return this.repeatedRanges.sum();
	}

	/**
	 * Return the number of ranges that this node has dropped because they belong to
	 * another epoch of the topic than it knows.
	 * @return the number of ranges
	 */
	public long strangeRanges() {
		return this.strangeRanges.sum();
	}

	/**
	 * Return how many records ephemeral channels may have lost at most: the offsets that
	 * no range has covered.
	 * @return the number of offsets
	 */
	public long lost() {
		return this.lost.sum();
	}

	/**
	 * Return how often this node has told redistributors what it wants.
	 * @return the number of publications
	 */
	public long publications() {
		return this.publications.sum();
	}

	/**
	 * Return how often that has failed and was tried again.
	 * @return the number of failures
	 */
	public long publicationFailures() {
		return this.publicationFailures.sum();
	}

}
