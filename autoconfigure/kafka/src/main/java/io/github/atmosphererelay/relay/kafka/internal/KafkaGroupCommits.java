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

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.OffsetMetadataTooLarge;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.jspecify.annotations.Nullable;

/**
 * Sends what lanes have to commit, through a member's consumer. Used by the member's
 * thread.
 */
final class KafkaGroupCommits {

	private final String group;

	private final String topic;

	private final KafkaGroupLanes lanes;

	private final RateLimitedLog log;

	KafkaGroupCommits(String group, String topic, KafkaGroupLanes lanes, RateLimitedLog log) {
		this.group = group;
		this.topic = topic;
		this.lanes = lanes;
		this.log = log;
	}

	/**
	 * Send what has to be committed.
	 * @param pulse learns of answers
	 * @param ask whether something has to be committed in any case, to hear the
	 * coordinator
	 */
	void send(Consumer<byte[], byte[]> consumer, KafkaGroupPulse pulse, boolean ask) {
		Map<TopicPartition, KafkaLane> sent = new HashMap<>();
		Map<TopicPartition, OffsetAndMetadata> offsets = take(sent, ask);
		if (offsets.isEmpty()) {
			return;
		}
		long at = System.nanoTime();
		try {
			consumer.commitAsync(offsets, (committed, failure) -> answered(pulse, at, sent.values(), failure));
		}
		catch (RuntimeException | Error ex) {
			answered(pulse, at, sent.values(), ex);
			throw ex;
		}
	}

	/**
	 * Commit at once, while the consumer must not poll.
	 * @param pulse learns of answers
	 * @param ask whether something has to be committed in any case, to hear the
	 * coordinator
	 */
	void sendNow(Consumer<byte[], byte[]> consumer, KafkaGroupPulse pulse, boolean ask, Duration timeout) {
		Map<TopicPartition, KafkaLane> sent = new HashMap<>();
		Map<TopicPartition, OffsetAndMetadata> offsets = take(sent, ask);
		long at = System.nanoTime();
		try {
			// Also if it is empty: then Kafka passes on the answers to commits that were
			// sent before, for which lanes wait
			consumer.commitSync(offsets, timeout);
			if (offsets.isEmpty()) {
				return;
			}
			answered(pulse, at, sent.values(), null);
		}
		catch (RuntimeException | Error ex) {
			answered(pulse, at, sent.values(), ex);
		}
	}

	private Map<TopicPartition, OffsetAndMetadata> take(Map<TopicPartition, KafkaLane> sent, boolean ask) {
		Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
		long now = System.nanoTime();
		for (KafkaLane lane : this.lanes.all()) {
			if (lane.hasCommit(now) || ask && sent.isEmpty() && lane.canCommit()) {
				TopicPartition partition = new TopicPartition(this.topic, lane.number());
				offsets.put(partition, lane.takeCommit());
				sent.put(partition, lane);
			}
		}
		return offsets;
	}

	private void answered(KafkaGroupPulse pulse, long askedAt, Collection<KafkaLane> committed,
			@Nullable Throwable failure) {
		if (failure == null || failure instanceof OffsetMetadataTooLarge) {
			pulse.heard(askedAt);
		}
		if (failure instanceof RebalanceInProgressException) {
			pulse.joining();
		}
		if (failure instanceof CommitFailedException || failure instanceof FencedInstanceIdException) {
			// The group has gone on without this member
			this.lanes.lose(committed);
			return;
		}
		if (failure instanceof OffsetMetadataTooLarge) {
			committed.forEach((lane) -> {
				int max = lane.commitLess();
				this.log.warn(() -> "The broker's 'offset.metadata.max.bytes' is too small for what the group '"
						+ this.group + "' has handled in a partition. Commits name " + max
						+ " channels from now on, and after a change of owners more messages are handled again. Set it"
						+ " to 4096 or more");
			});
		}
		RelayUnavailableException thrown = (failure != null) ? new RelayUnavailableException(KafkaRelay.NAME, failure)
				: null;
		committed.forEach((lane) -> lane.commitEnded(thrown));
	}

}
