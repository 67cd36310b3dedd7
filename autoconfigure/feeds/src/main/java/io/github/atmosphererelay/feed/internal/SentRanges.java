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

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * What was sent and not confirmed yet, so that an offset is committed after the nodes
 * have what is before it, if they answer in time. For one thread.
 */
final class SentRanges {

	/** A node that does not answer holds up no offset for longer. */
	private static final Duration PATIENCE = Duration.ofSeconds(1);

	private static final int MAX_ROUNDS = 64;

	private final Deque<Round> rounds = new ArrayDeque<>();

	private final Map<TopicPartition, OffsetAndMetadata> due = new HashMap<>();

	/**
	 * Note where the partitions are after a round.
	 * @param sent what was sent in this round
	 */
	void add(Map<TopicPartition, OffsetAndMetadata> offsets, List<CompletableFuture<@Nullable Void>> sent) {
		this.rounds.add(
				new Round(offsets, CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new)), System.nanoTime()));
	}

	/**
	 * Wait for a moment if much was sent and nothing of it is confirmed.
	 */
	void hold() throws InterruptedException {
		if (this.rounds.size() > MAX_ROUNDS) {
			await(this.rounds.peek(), Duration.ofMillis(100));
			settle();
		}
	}

	/**
	 * Wait until nodes have what was sent.
	 */
	void drain(Duration limit) throws InterruptedException {
		long end = System.nanoTime() + limit.toNanos();
		for (Round round : this.rounds) {
			await(round, Duration.ofNanos(Math.max(0, end - System.nanoTime())));
		}
		this.rounds.forEach((round) -> this.due.putAll(round.offsets));
		this.rounds.clear();
	}

	private static void await(@Nullable Round round, Duration limit) throws InterruptedException {
		if (round == null) {
			return;
		}
		try {
			round.sent.get(limit.toNanos(), TimeUnit.NANOSECONDS);
		}
		catch (ExecutionException | TimeoutException ex) {
			// Counted where it was sent
		}
	}

	private void settle() {
		long overdue = System.nanoTime() - PATIENCE.toNanos();
		Round round = this.rounds.peek();
		while (round != null && (round.sent.isDone() || round.at - overdue < 0)) {
			this.due.putAll(round.offsets);
			this.rounds.remove();
			round = this.rounds.peek();
		}
	}

	/**
	 * Return the offsets that can be committed and were not yet.
	 */
	Map<TopicPartition, OffsetAndMetadata> take() {
		settle();
		Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>(this.due);
		this.due.clear();
		return offsets;
	}

	/**
	 * Forget partitions that others read now.
	 */
	void forget(Collection<TopicPartition> partitions) {
		this.due.keySet().removeAll(partitions);
		this.rounds.forEach((round) -> round.offsets.keySet().removeAll(partitions));
	}

	/**
	 * What was sent at once.
	 */
	private record Round(Map<TopicPartition, OffsetAndMetadata> offsets, CompletableFuture<Void> sent, long at) {
	}

}
