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

package io.github.atmosphererelay.relay.kafka;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Asks the broker what the partitions of the log hold at present. All who ask while a
 * question is under way share the next one, so that thousands of reads at once cost the
 * broker a few requests. Safe for use by many threads, never blocks.
 */
final class KafkaLogRanges {

	private final String topic;

	private final Duration timeout;

	private @Nullable Admin admin;

	private int partitions;

	private boolean asking;

	private @Nullable CompletableFuture<Map<Integer, KafkaOffsets.Range>> waiting;

	KafkaLogRanges(String topic, Duration timeout) {
		this.topic = topic;
		this.timeout = timeout;
	}

	synchronized void connect(Admin admin, int partitions) {
		this.admin = admin;
		this.partitions = partitions;
	}

	/**
	 * Ask no more. What is open fails when the client is closed.
	 */
	synchronized void disconnect() {
		this.admin = null;
	}

	/**
	 * Ask what each partition holds.
	 * @return completes, on the client's thread, with an answer that was given after this
	 * call
	 */
	CompletableFuture<Map<Integer, KafkaOffsets.Range>> ask() {
		CompletableFuture<Map<Integer, KafkaOffsets.Range>> result;
		synchronized (this) {
			if (this.waiting == null) {
				this.waiting = new CompletableFuture<>();
			}
			result = this.waiting;
			if (this.asking) {
				return result;
			}
			this.asking = true;
		}
		askBroker();
		return result;
	}

	private void askBroker() {
		CompletableFuture<Map<Integer, KafkaOffsets.Range>> current;
		Admin admin;
		int partitions;
		synchronized (this) {
			if (this.waiting == null) {
				this.asking = false;
				return;
			}
			current = this.waiting;
			this.waiting = null;
			admin = this.admin;
			partitions = this.partitions;
			if (admin == null) {
				this.asking = false;
			}
		}
		if (admin == null) {
			current.completeExceptionally(new RelayUnavailableException(KafkaRelay.NAME, null));
			return;
		}
		try {
			ListOffsetsResult earliest = list(admin, partitions, OffsetSpec.earliest());
			ListOffsetsResult latest = list(admin, partitions, OffsetSpec.latest());
			KafkaFuture.allOf(earliest.all(), latest.all()).whenComplete((done, failure) -> {
				try {
					if (failure != null) {
						current.completeExceptionally(new RelayUnavailableException(KafkaRelay.NAME, failure));
					}
					else {
						complete(current, earliest, latest, partitions);
					}
				}
				finally {
					// Or nobody would ever ask again
					askBroker();
				}
			});
		}
		catch (Throwable ex) {
			current.completeExceptionally(new RelayUnavailableException(KafkaRelay.NAME, ex));
			askBroker();
		}
	}

	private ListOffsetsResult list(Admin admin, int partitions, OffsetSpec spec) {
		Map<TopicPartition, OffsetSpec> request = new HashMap<>();
		for (int partition = 0; partition < partitions; partition++) {
			request.put(new TopicPartition(this.topic, partition), spec);
		}
		ListOffsetsOptions options = new ListOffsetsOptions();
		options.timeoutMs((int) Math.min(Integer.MAX_VALUE, this.timeout.toMillis()));
		return admin.listOffsets(request, options);
	}

	private void complete(CompletableFuture<Map<Integer, KafkaOffsets.Range>> future, ListOffsetsResult earliest,
			ListOffsetsResult latest, int partitions) {
		Map<Integer, KafkaOffsets.Range> ranges = new HashMap<>();
		try {
			for (int partition = 0; partition < partitions; partition++) {
				TopicPartition key = new TopicPartition(this.topic, partition);
				ListOffsetsResultInfo end = latest.partitionResult(key).get();
				ranges.put(partition, new KafkaOffsets.Range(earliest.partitionResult(key).get().offset(), end.offset(),
						end.leaderEpoch().orElse(-1)));
			}
			future.complete(ranges);
		}
		catch (ExecutionException | Error ex) {
			future.completeExceptionally(new RelayUnavailableException(KafkaRelay.NAME, ex));
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			future.completeExceptionally(new RelayUnavailableException(KafkaRelay.NAME, ex));
		}
	}

}
