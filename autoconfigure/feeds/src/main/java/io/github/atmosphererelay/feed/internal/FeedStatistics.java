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

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * The counters of a feed on this node. Thread-safe; nothing blocks.
 */
public final class FeedStatistics {

	private final LongAdder records = new LongAdder();

	private final LongAdder bytes = new LongAdder();

	private final LongAdder mapped = new LongAdder();

	private final LongAdder unwanted = new LongAdder();

	private final LongAdder delivered = new LongAdder();

	private final LongAdder gaps = new LongAdder();

	private final Map<SkipReason, LongAdder> skipped = new EnumMap<>(SkipReason.class);

	private final LongAdder scans = new LongAdder();

	private final LongAdder scannedBytes = new LongAdder();

	private final LongAdder scanTimeouts = new LongAdder();

	private final LongAdder snapshots = new LongAdder();

	private final LongAdder missingSnapshots = new LongAdder();

	private final ForwardingStatistics forwarding = new ForwardingStatistics();

	public FeedStatistics() {
		for (SkipReason reason : SkipReason.values()) {
			this.skipped.put(reason, new LongAdder());
		}
	}

	void countRecord(long size) {
		this.records.increment();
		this.bytes.add(size);
	}

	void countMapped() {
		this.mapped.increment();
	}

	void countSkipped(SkipReason reason) {
		adder(reason).increment();
	}

	void countDelivered(boolean wanted) {
		(wanted ? this.delivered : this.unwanted).increment();
	}

	void countGap() {
		this.gaps.increment();
	}

	void countScan() {
		this.scans.increment();
	}

	void countScanned(long size) {
		this.scannedBytes.add(size);
	}

	void countScanTimeout() {
		this.scanTimeouts.increment();
	}

	void countSnapshot(boolean missing) {
		(missing ? this.missingSnapshots : this.snapshots).increment();
	}

	private LongAdder adder(SkipReason reason) {
		LongAdder adder = this.skipped.get(reason);
		if (adder == null) {
			throw new IllegalStateException("There is a counter for each reason");
		}
		return adder;
	}

	/**
	 * Return the counters of what redistributors and nodes send each other.
	 * @return the counters
	 */
	public ForwardingStatistics forwarding() {
		return this.forwarding;
	}

	/**
	 * Return the number of records that this process has read from the topic.
	 * @return the number of records
	 */
	public long records() {
		return this.records.sum();
	}

	/**
	 * Return the size of the keys and values of these records.
	 * @return the number of bytes
	 */
	public long bytes() {
		return this.bytes.sum();
	}

	/**
	 * Return the number of records that have become messages.
	 * @return the number of records
	 */
	public long mapped() {
		return this.mapped.sum();
	}

	/**
	 * Return the number of records that were skipped.
	 * @param reason why
	 * @return the number of records
	 */
	public long skipped(SkipReason reason) {
		return adder(reason).sum();
	}

	/**
	 * Return the number of messages in channels that have subscribers on this node.
	 * @return the number of messages
	 */
	public long delivered() {
		return this.delivered.sum();
	}

	/**
	 * Return the number of messages in channels without subscribers on this node.
	 * @return the number of messages
	 */
	public long unwanted() {
		return this.unwanted.sum();
	}

	/**
	 * Return how often records of a partition may have been missed, so that channels had
	 * to read their logs.
	 * @return the number of gaps
	 */
	public long gaps() {
		return this.gaps.sum();
	}

	/**
	 * Return the number of scans of the topic for clients that recover.
	 * @return the number of scans
	 */
	public long scans() {
		return this.scans.sum();
	}

	/**
	 * Return the size of the records that scans have read.
	 * @return the number of bytes
	 */
	public long scannedBytes() {
		return this.scannedBytes.sum();
	}

	/**
	 * Return the number of subscriptions for which the current value was looked up.
	 * @return the number of subscriptions
	 */
	public long snapshots() {
		return this.snapshots.sum();
	}

	/**
	 * Return the number of subscriptions that have begun without the current value,
	 * because there is no room for all values.
	 * @return the number of subscriptions
	 */
	public long missingSnapshots() {
		return this.missingSnapshots.sum();
	}

	/**
	 * Return the number of reads that were given up because the scan took too long.
	 * @return the number of reads
	 */
	public long scanTimeouts() {
		return this.scanTimeouts.sum();
	}

}
