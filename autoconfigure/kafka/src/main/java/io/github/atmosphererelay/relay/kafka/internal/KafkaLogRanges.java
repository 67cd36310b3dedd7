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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

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
 * Asks the broker for the first and the last offset of the log's partitions. All calls
 * that come while a request is open share the next one, so thousands of simultaneous
 * reads cost the broker only a few requests. A partition that got no answer while others
 * did, for example because it has no leader, gets requests of its own until it is
 * answered, so that the others do not wait for it. Safe for use by many threads, never
 * blocks.
 */
final class KafkaLogRanges {

	private final String topic;

	private final Duration timeout;

	private final KafkaAdmin clientHolder;

	private @Nullable Admin admin;

	/** The partitions that share requests. */
	private Queue shared = new Queue();

	/** The partitions that got no answer last time. */
	private final Map<Integer, Queue> alone = new HashMap<>();

	/**
	 * Create an instance without a client.
	 * @param topic the log's topic
	 * @param timeout the maximum time for an answer
	 * @param clientHolder is told whether the client gets answers
	 */
	KafkaLogRanges(String topic, Duration timeout, KafkaAdmin clientHolder) {
		this.topic = topic;
		this.timeout = timeout;
		this.clientHolder = clientHolder;
	}

	/**
	 * Use another client from now on, also for calls that are already waiting: their
	 * request may never end.
	 * @param admin the client that asks the broker
	 */
	void connect(Admin admin) {
		Queue queue = new Queue();
		synchronized (this) {
			this.admin = admin;
			List<Queue> former = new ArrayList<>(this.alone.values());
			former.add(this.shared);
			for (Queue each : former) {
				queue.waiting.putAll(each.waiting);
				each.waiting = new HashMap<>();
			}
			this.alone.clear();
			this.shared = queue;
			queue.asking = true;
		}
		askBroker(queue);
	}

	/**
	 * Send no more requests. Open ones fail when the client is closed.
	 */
	synchronized void disconnect() {
		this.admin = null;
	}

	/**
	 * Ask for the offsets of a partition.
	 * @param partition its number
	 * @return completes on the client's thread, with an answer that the broker gave after
	 * this call
	 */
	CompletableFuture<KafkaOffsets.Range> ask(int partition) {
		CompletableFuture<KafkaOffsets.Range> result;
		Queue queue;
		synchronized (this) {
			queue = this.alone.getOrDefault(partition, this.shared);
			result = queue.waiting.computeIfAbsent(partition, (number) -> new CompletableFuture<>());
			if (queue.asking) {
				return result;
			}
			queue.asking = true;
		}
		askBroker(queue);
		return result;
	}

	/**
	 * Send a request for the waiting calls of a queue, if there are any. Throws nothing,
	 * because an error must not prevent the next request.
	 */
	private void askBroker(Queue queue) {
		Map<Integer, CompletableFuture<KafkaOffsets.Range>> current = Map.of();
		try {
			Admin admin;
			synchronized (this) {
				admin = this.admin;
				if (queue.waiting.isEmpty()) {
					queue.asking = false;
					return;
				}
				Map<Integer, CompletableFuture<KafkaOffsets.Range>> next = new HashMap<>();
				current = queue.waiting;
				queue.waiting = next;
				queue.asking = admin != null;
			}
			if (admin != null) {
				new Question(queue, current, admin).ask();
			}
			else {
				fail(current, null);
			}
		}
		catch (Throwable ex) {
			synchronized (this) {
				queue.asking = false;
			}
			fail(current, ex);
		}
	}

	private static void fail(Map<Integer, CompletableFuture<KafkaOffsets.Range>> futures, @Nullable Throwable cause) {
		for (CompletableFuture<KafkaOffsets.Range> future : futures.values()) {
			fail(future, cause);
		}
	}

	private static void fail(CompletableFuture<KafkaOffsets.Range> future, @Nullable Throwable cause) {
		try {
			future.completeExceptionally(new RelayUnavailableException(KafkaRelay.NAME, cause));
		}
		catch (Error ex) {
			// There is not enough memory for a better exception
			future.cancel(false);
		}
	}

	/**
	 * Continue after a request.
	 * @param queue the queue of the request
	 * @param failed the partitions that got no answer
	 * @param answered whether other partitions got one
	 */
	private void ended(Queue queue, Set<Integer> failed, boolean answered) {
		List<Queue> others = new ArrayList<>();
		synchronized (this) {
			// If all have failed together, the partitions are not the reason
			if (queue == this.shared && (answered || failed.size() == 1)) {
				for (Integer partition : failed) {
					others.add(separate(partition));
				}
			}
			else if (answered) {
				this.alone.values().remove(queue);
			}
		}
		others.forEach(this::askBroker);
	}

	private Queue separate(Integer partition) {
		Queue queue = new Queue();
		queue.asking = true;
		CompletableFuture<KafkaOffsets.Range> waiting = this.shared.waiting.remove(partition);
		if (waiting != null) {
			queue.waiting.put(partition, waiting);
		}
		this.alone.put(partition, queue);
		return queue;
	}

	/**
	 * The calls that wait for the next request. Guarded by the enclosing object.
	 */
	private static final class Queue {

		private Map<Integer, CompletableFuture<KafkaOffsets.Range>> waiting = new HashMap<>();

		/** Whether a request is open. */
		private boolean asking;

	}

	/**
	 * An open request. Guarded by its own monitor.
	 */
	private final class Question {

		private final Queue queue;

		private final Map<Integer, CompletableFuture<KafkaOffsets.Range>> futures;

		private final Map<Integer, Throwable> failures = new HashMap<>();

		private final long start = System.nanoTime();

		private int open;

		private final Admin admin;

		Question(Queue queue, Map<Integer, CompletableFuture<KafkaOffsets.Range>> futures, Admin admin) {
			this.admin = admin;
			this.queue = queue;
			this.futures = futures;
			this.open = futures.size();
		}

		void ask() {
			ListOffsetsResult earliest = list(OffsetSpec.earliest());
			ListOffsetsResult latest = list(OffsetSpec.latest());
			for (Integer partition : this.futures.keySet()) {
				TopicPartition key = new TopicPartition(KafkaLogRanges.this.topic, partition);
				KafkaFuture<ListOffsetsResultInfo> begin = earliest.partitionResult(key);
				KafkaFuture<ListOffsetsResultInfo> end = latest.partitionResult(key);
				KafkaFuture.allOf(begin, end).whenComplete((done, failure) -> answered(partition, begin, end, failure));
			}
		}

		private ListOffsetsResult list(OffsetSpec spec) {
			Map<TopicPartition, OffsetSpec> request = new HashMap<>();
			for (Integer partition : this.futures.keySet()) {
				request.put(new TopicPartition(KafkaLogRanges.this.topic, partition), spec);
			}
			ListOffsetsOptions options = new ListOffsetsOptions();
			options.timeoutMs((int) Math.min(Integer.MAX_VALUE, KafkaLogRanges.this.timeout.toMillis()));
			return this.admin.listOffsets(request, options);
		}

		private void answered(Integer partition, KafkaFuture<ListOffsetsResultInfo> begin,
				KafkaFuture<ListOffsetsResultInfo> end, @Nullable Throwable failure) {
			CompletableFuture<KafkaOffsets.Range> future = this.futures.get(partition);
			Throwable cause = failure;
			try {
				if (cause == null && future != null) {
					ListOffsetsResultInfo info = end.getNow(null);
					future.complete(new KafkaOffsets.Range(begin.getNow(null).offset(), info.offset(),
							info.leaderEpoch().orElse(-1)));
				}
			}
			catch (Throwable ex) {
				cause = ex;
			}
			finally {
				ended(partition, cause);
			}
			if (cause != null && future != null) {
				fail(future, cause);
			}
		}

		private void ended(Integer partition, @Nullable Throwable failure) {
			boolean last;
			synchronized (this) {
				last = --this.open == 0;
				if (failure != null) {
					this.failures.put(partition, failure);
				}
			}
			if (!last) {
				return;
			}
			try {
				boolean answered = this.failures.size() < this.futures.size();
				KafkaLogRanges.this.ended(this.queue, this.failures.keySet(), answered);
				if (answered) {
					KafkaLogRanges.this.clientHolder.answered();
				}
				else if (failure != null) {
					KafkaLogRanges.this.clientHolder.failed(this.admin, failure,
							Duration.ofNanos(System.nanoTime() - this.start), KafkaLogRanges.this.timeout);
				}
			}
			finally {
				// In any case, or no request would ever be sent again
				askBroker(this.queue);
			}
		}

	}

}
