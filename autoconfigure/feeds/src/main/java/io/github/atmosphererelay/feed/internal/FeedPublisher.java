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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jspecify.annotations.Nullable;

import org.springframework.kafka.core.DefaultKafkaProducerFactory;

/**
 * Writes messages to a feed's topic, for feeds that allow it. One thread hands them to
 * the producer, which may block. What it has not taken by the deadline is never sent. For
 * any thread; does not block.
 */
final class FeedPublisher {

	private static final int MAX_PENDING = 10_000;

	private static final long MAX_PENDING_BYTES = 32L * 1024 * 1024;

	private final FeedRun run;

	private final ChannelTemplate template;

	private final Duration timeout;

	private final @Nullable JsonValues json;

	private final ThreadPoolExecutor executor;

	private final DefaultKafkaProducerFactory<byte[], byte[]> producers;

	private final AtomicLong bytes = new AtomicLong();

	FeedPublisher(FeedRun run, ChannelTemplate template, Duration timeout) {
		this.run = run;
		this.template = template;
		this.timeout = timeout;
		this.json = (run.settings().format() == ValueFormat.JSON) ? new JsonValues() : null;
		this.executor = Threads.single("feed-sender-" + run.settings().name(), new ArrayBlockingQueue<>(MAX_PENDING));
		this.producers = run.clients().producers();
	}

	/**
	 * Write a message.
	 * @return completes with the receipt when the broker has the message
	 */
	CompletableFuture<Receipt> publish(UUID id, String channel, Payload payload, Map<String, String> headers,
			@Nullable TopicInfo topic) {
		String key = this.template.value(channel);
		String fault = findFault(payload);
		if (key == null) {
			return CompletableFuture
				.failedFuture(new RequestRefusedException(ErrorCode.BAD_REQUEST, "no key names the channel"));
		}
		if (fault != null) {
			return CompletableFuture
				.failedFuture(new RequestRefusedException(ErrorCode.BAD_REQUEST, "the message " + fault));
		}
		if (topic == null) {
			return CompletableFuture.failedFuture(this.run.unavailable());
		}
		byte[] keyBytes = key.getBytes(StandardCharsets.UTF_8);
		int partition;
		try {
			partition = this.run.partitioner().partition(keyBytes, topic.partitions());
		}
		catch (RuntimeException ex) {
			return CompletableFuture.failedFuture(ex);
		}
		ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(this.run.settings().topic(), partition, keyBytes,
				payload.bytes());
		headers.forEach((name, value) -> record.headers().add(name, value.getBytes(StandardCharsets.UTF_8)));
		Pending pending = new Pending(id, record, topic);
		if (this.bytes.addAndGet(payload.size()) > MAX_PENDING_BYTES) {
			this.bytes.addAndGet(-payload.size());
			return CompletableFuture
				.failedFuture(RelayOverloadedException.forBytes(this.run.settings().name(), MAX_PENDING_BYTES));
		}
		pending.result.whenComplete((receipt, ex) -> this.bytes.addAndGet(-payload.size()));
		try {
			this.executor.execute(pending);
		}
		catch (RejectedExecutionException ex) {
			pending.result.completeExceptionally(this.executor.isShutdown() ? this.run.unavailable()
					: new RelayOverloadedException(this.run.settings().name(), MAX_PENDING));
			return pending.result;
		}
		CompletableFuture.delayedExecutor(this.timeout.toMillis(), TimeUnit.MILLISECONDS, Runnable::run)
			.execute(this.run.guard().guarded(pending::expire));
		return pending.result;
	}

	/**
	 * Return what is wrong with a message. What nobody could map would be skipped by all
	 * who read the topic.
	 */
	private @Nullable String findFault(Payload payload) {
		if (this.run.settings().format() == ValueFormat.BYTES) {
			return null;
		}
		if (payload.isBinary()) {
			return "is binary, and the feed takes text";
		}
		String fault = (this.json != null) ? this.json.findFault(payload.bytes()) : null;
		return (fault != null) ? "is not JSON: " + fault : null;
	}

	/**
	 * Stop. What waits fails; what the producer has is given half a second.
	 */
	void stop() {
		for (Runnable waiting : this.executor.shutdownNow()) {
			if (waiting instanceof Pending pending) {
				pending.expire();
			}
		}
		this.producers.setPhysicalCloseTimeout(1);
		this.producers.destroy();
	}

	/**
	 * A message on its way.
	 */
	private final class Pending implements Runnable {

		private final CompletableFuture<Receipt> result = new CompletableFuture<>();

		private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);

		private final UUID id;

		private final ProducerRecord<byte[], byte[]> record;

		private final TopicInfo topic;

		Pending(UUID id, ProducerRecord<byte[], byte[]> record, TopicInfo topic) {
			this.id = id;
			this.record = record;
			this.topic = topic;
		}

		@Override
		public void run() {
			if (!this.state.compareAndSet(State.WAITING, State.SENT)) {
				return;
			}
			try {
				FeedPublisher.this.producers.createNonTransactionalProducer().send(this.record, this::answered);
			}
			catch (Throwable ex) {
				answered(null, (ex instanceof Exception exception) ? exception : new IllegalStateException(ex));
			}
		}

		private void answered(@Nullable RecordMetadata metadata, @Nullable Exception failure) {
			String name = FeedPublisher.this.run.settings().name();
			if (failure instanceof RecordTooLargeException) {
				this.result.completeExceptionally(new IllegalArgumentException(failure.getMessage(), failure));
			}
			else if (failure instanceof AuthorizationException) {
				this.result.completeExceptionally(RelayUnavailableException.forRefusal(name, failure));
			}
			else if (failure != null || metadata == null) {
				// It may have been written although the answer did not come
				this.result.complete(Receipt.of(this.id, Outcome.UNCONFIRMED));
			}
			else {
				Position position = FeedPublisher.this.run.settings().isRecorded()
						? new Position(this.topic.epoch(), metadata.offset() + 1) : null;
				this.result.complete(new Receipt(this.id, Outcome.RELAYED, position));
			}
		}

		/**
		 * The deadline has passed.
		 */
		void expire() {
			if (this.state.compareAndSet(State.WAITING, State.ENDED)) {
				this.result.completeExceptionally(FeedPublisher.this.run.unavailable());
			}
			else {
				this.result.complete(Receipt.of(this.id, Outcome.UNCONFIRMED));
			}
		}

	}

	private enum State {

		WAITING, SENT, ENDED

	}

}
