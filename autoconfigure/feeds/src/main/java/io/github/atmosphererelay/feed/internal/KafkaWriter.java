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
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.guard.internal.Threads;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

import org.springframework.kafka.core.DefaultKafkaProducerFactory;

/**
 * Writes records to a topic of this library in the order in which it gets them, on a
 * thread of its own, because a producer may block. A producer that has failed is
 * replaced.
 */
final class KafkaWriter {

	private static final Duration END = Duration.ofSeconds(1);

	/** The maximum size of a request, in bytes. */
	static final int MAX_REQUEST = 64 * 1024 * 1024;

	/** What has not arrived by then is not worth much, and is read or written again. */
	private static final int DELIVERY_MILLIS = 4000;

	private static final int REQUEST_MILLIS = 3000;

	private final FeedClients clients;

	private final Topic topic;

	private final ExecutorService thread;

	private final Set<CompletableFuture<@Nullable Void>> open = ConcurrentHashMap.newKeySet();

	private @Nullable DefaultKafkaProducerFactory<byte[], byte[]> producers;

	private @Nullable Producer<byte[], byte[]> producer;

	private volatile boolean failed;

	private volatile boolean stopped;

	/**
	 * Create a writer.
	 * @param name the thread's name
	 * @param topic finds the topic, or creates it, before the first record is written
	 */
	KafkaWriter(String name, FeedClients clients, Topic topic) {
		this.clients = clients;
		this.topic = topic;
		this.thread = Executors.newSingleThreadExecutor(Threads.factory(name));
	}

	/**
	 * Write records. Does not block.
	 * @param records makes the records, on the writer's thread
	 * @return completes when the broker has all of them
	 */
	CompletableFuture<@Nullable Void> write(Records records) {
		CompletableFuture<@Nullable Void> written = new CompletableFuture<>();
		this.open.add(written);
		written.whenComplete((nothing, ex) -> this.open.remove(written));
		try {
			this.thread.execute(() -> writeNow(records, written));
		}
		catch (RejectedExecutionException ex) {
			written.completeExceptionally(ex);
		}
		if (this.stopped) {
			written.completeExceptionally(new IllegalStateException("It has been stopped"));
		}
		return written;
	}

	private void writeNow(Records records, CompletableFuture<@Nullable Void> written) {
		if (written.isDone()) {
			return;
		}
		try {
			Producer<byte[], byte[]> producer = producer();
			List<CompletableFuture<@Nullable Void>> sent = records.make()
				.stream()
				.map((record) -> send(producer, record))
				.toList();
			CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new)).whenComplete((nothing, ex) -> {
				if (ex != null) {
					this.failed = true;
					written.completeExceptionally(ex);
				}
				else {
					written.complete(null);
				}
			});
		}
		catch (Throwable ex) {
			this.failed = true;
			written.completeExceptionally(ex);
		}
	}

	private static CompletableFuture<@Nullable Void> send(Producer<byte[], byte[]> producer,
			ProducerRecord<byte[], byte[]> record) {
		CompletableFuture<@Nullable Void> sent = new CompletableFuture<>();
		producer.send(record, (metadata, ex) -> {
			if (ex != null) {
				sent.completeExceptionally(ex);
			}
			else {
				sent.complete(null);
			}
		});
		return sent;
	}

	private Producer<byte[], byte[]> producer() throws InterruptedException {
		Producer<byte[], byte[]> present = this.producer;
		if (present != null && !this.failed) {
			return present;
		}
		this.failed = false;
		close();
		this.topic.find();
		DefaultKafkaProducerFactory<byte[], byte[]> producers = this.clients.producers();
		producers.updateConfigs(Map.of(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, MAX_REQUEST,
				ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, DELIVERY_MILLIS, ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
				REQUEST_MILLIS, ProducerConfig.LINGER_MS_CONFIG, 0));
		producers.setPhysicalCloseTimeout(0);
		Producer<byte[], byte[]> created = producers.createProducer();
		this.producers = producers;
		this.producer = created;
		return created;
	}

	private void close() {
		DefaultKafkaProducerFactory<byte[], byte[]> producers = this.producers;
		this.producers = null;
		this.producer = null;
		if (producers != null) {
			producers.destroy();
		}
	}

	/**
	 * Stop. What is open fails.
	 */
	void stop() {
		this.stopped = true;
		List.copyOf(this.open)
			.forEach((each) -> each.completeExceptionally(new IllegalStateException("It has been stopped")));
		try {
			this.thread.execute(this::close);
			this.thread.shutdown();
			if (!this.thread.awaitTermination(END.toMillis(), TimeUnit.MILLISECONDS)) {
				this.thread.shutdownNow();
			}
		}
		catch (RejectedExecutionException ex) {
			// It was stopped before
		}
		catch (InterruptedException ex) {
			this.thread.shutdownNow();
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Finds a topic, or creates it.
	 */
	@FunctionalInterface
	interface Topic {

		/**
		 * Find the topic. May block.
		 */
		void find() throws InterruptedException;

	}

	/**
	 * Makes records.
	 */
	@FunctionalInterface
	interface Records {

		/**
		 * Make the records.
		 */
		List<ProducerRecord<byte[], byte[]>> make();

	}

}
