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

package io.github.atmosphererelay.stream.internal;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/**
 * The counters of a reducer in this process. Thread-safe; nothing blocks.
 */
public final class ReducerStatistics {

	private final LongAdder records = new LongAdder();

	private final LongAdder repeated = new LongAdder();

	private final LongAdder loaded = new LongAdder();

	private final LongAdder published = new LongAdder();

	private final LongAdder unpublished = new LongAdder();

	private final LongAdder retries = new LongAdder();

	private final LongAdder rebuilds = new LongAdder();

	private final LongAdder unrecovered = new LongAdder();

	private final Map<SetAsideReason, LongAdder> setAside = new EnumMap<>(SetAsideReason.class);

	private final Map<WriteOutcome, LongAdder> written = new EnumMap<>(WriteOutcome.class);

	ReducerStatistics() {
		for (SetAsideReason reason : SetAsideReason.values()) {
			this.setAside.put(reason, new LongAdder());
		}
		for (WriteOutcome outcome : WriteOutcome.values()) {
			this.written.put(outcome, new LongAdder());
		}
	}

	void countRecord() {
		this.records.increment();
	}

	void countRepeated() {
		this.repeated.increment();
	}

	void countLoaded(int states) {
		this.loaded.add(states);
	}

	void countPublished(boolean success) {
		(success ? this.published : this.unpublished).increment();
	}

	void countRetry() {
		this.retries.increment();
	}

	void countRebuild() {
		this.rebuilds.increment();
	}

	void countUnrecovered() {
		this.unrecovered.increment();
	}

	void countSetAside(SetAsideReason reason) {
		Objects.requireNonNull(this.setAside.get(reason)).increment();
	}

	void countWritten(WriteOutcome outcome) {
		Objects.requireNonNull(this.written.get(outcome)).increment();
	}

	/**
	 * Return the number of records that were read, again after a fault too.
	 * @return the number of records
	 */
	public long records() {
		return this.records.sum();
	}

	/**
	 * Return the number of records that were in the state of their key already.
	 * @return the number of records
	 */
	public long repeated() {
		return this.repeated.sum();
	}

	/**
	 * Return the number of states that were read from the store.
	 * @return the number of states
	 */
	public long loaded() {
		return this.loaded.sum();
	}

	/**
	 * Return the number of messages that the relay has taken.
	 * @return the number of messages
	 */
	public long published() {
		return this.published.sum();
	}

	/**
	 * Return the number of messages that the relay has not taken; they are repeated.
	 * @return the number of messages
	 */
	public long unpublished() {
		return this.unpublished.sum();
	}

	/**
	 * Return the number of times that a partition was read again after a failure.
	 * @return the number of times
	 */
	public long retries() {
		return this.retries.sum();
	}

	/**
	 * Return the number of times that the states of a partition were rebuilt.
	 * @return the number of times
	 */
	public long rebuilds() {
		return this.rebuilds.sum();
	}

	/**
	 * Return how often lost states of a partition were rebuilt from a topic that does not
	 * have its first records any more.
	 * @return the number of times
	 */
	public long unrecovered() {
		return this.unrecovered.sum();
	}

	/**
	 * Return the number of records, or views of them, that were set aside.
	 * @param reason for this reason
	 * @return the number
	 */
	public long setAside(SetAsideReason reason) {
		return Objects.requireNonNull(this.setAside.get(reason)).sum();
	}

	/**
	 * Return the number of states that were written, or were to be.
	 * @param outcome with this outcome
	 * @return the number
	 */
	public long written(WriteOutcome outcome) {
		return Objects.requireNonNull(this.written.get(outcome)).sum();
	}

}
