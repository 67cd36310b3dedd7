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

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;

import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * A partition that a consumer has. For the consumer's thread.
 *
 * @param <S> the type of the states
 */
final class PartitionSlot<S> {

	private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

	private static final Duration MAX_PAUSE = Duration.ofSeconds(5);

	/** A partition that pauses for longer has failed several times in a row. */
	private static final Duration SHORT_PAUSE = Duration.ofSeconds(1);

	final TopicPartition partition;

	/** The streams that wait for their current states. */
	final Set<String> waiting = new LinkedHashSet<>();

	/** Up to where all records have had their effects. */
	long next;

	/** What the states are complete under, as it was committed. */
	@Nullable String attested;

	/** The id of the topic that the offset is of; none if nothing was committed. */
	@Nullable String topicId;

	/** None until the store has told whether it has the states. */
	@Nullable PartitionEngine<S> engine;

	private long committed = -1;

	private @Nullable Duration pause;

	private long retryAt;

	private String failure = "";

	private PartitionSlot(TopicPartition partition, long next, @Nullable String topicId, @Nullable String attested) {
		this.partition = partition;
		this.next = next;
		this.topicId = topicId;
		this.attested = attested;
	}

	/**
	 * Create a slot.
	 * @param committed what was committed, or {@code null} if nothing was
	 */
	static <S> PartitionSlot<S> of(TopicPartition partition, @Nullable OffsetAndMetadata committed) {
		if (committed == null) {
			return new PartitionSlot<>(partition, -1, null, null);
		}
		String metadata = committed.metadata();
		int slash = metadata.lastIndexOf('/');
		return (slash < 0) ? new PartitionSlot<>(partition, committed.offset(), null, null) : new PartitionSlot<>(
				partition, committed.offset(), metadata.substring(0, slash), metadata.substring(slash + 1));
	}

	/**
	 * Note the present topic. An offset of another one means nothing.
	 */
	void topic(String id) {
		if (this.topicId != null && !this.topicId.equals(id)) {
			this.next = -1;
			this.attested = null;
			this.committed = -1;
		}
		this.topicId = id;
	}

	/**
	 * Note a failure: the partition pauses, and longer with each one in a row.
	 * @param failure what was not possible
	 */
	void failed(String failure) {
		this.failure = failure;
		Duration pause = this.pause;
		Duration longer = (pause != null) ? pause.multipliedBy(2) : FIRST_PAUSE;
		longer = (longer.compareTo(MAX_PAUSE) < 0) ? longer : MAX_PAUSE;
		this.pause = longer;
		this.retryAt = System.nanoTime() + longer.toNanos();
	}

	void worked() {
		this.pause = null;
	}

	/**
	 * Return why the partition does not work, once it has failed several times in a row.
	 * @return what was not possible, or {@code null} if the partition works
	 */
	@Nullable String problem() {
		Duration pause = this.pause;
		return (pause != null && pause.compareTo(SHORT_PAUSE) > 0) ? this.failure : null;
	}

	boolean isPaused() {
		return this.pause != null && this.retryAt - System.nanoTime() > 0;
	}

	/**
	 * Return what is to be committed.
	 * @return the offset, or {@code null} if there is nothing new, or states are rebuilt
	 */
	@Nullable OffsetAndMetadata toCommit() {
		PartitionEngine<S> engine = this.engine;
		String attestation = (engine != null) ? engine.attestation() : null;
		return (attestation != null && this.next > this.committed)
				? new OffsetAndMetadata(this.next, this.topicId + "/" + attestation) : null;
	}

	void committed(long offset) {
		this.committed = offset;
	}

}
