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

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.feed.internal.FeedClients;
import io.github.atmosphererelay.guard.internal.Threads;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.jspecify.annotations.Nullable;

import org.springframework.kafka.core.DefaultKafkaProducerFactory;

/**
 * Writes commands to their topic, which it creates if there is none, on a thread of its
 * own, because a producer may block.
 */
final class KafkaCommandWriter implements CommandWriter {

	private static final int MAX_WAITING = 10_000;

	private static final int ANSWER_SECONDS = 5;

	private final String topic;

	private final FeedClients clients;

	private final ThreadPoolExecutor thread = Threads.single("stream-writer", new ArrayBlockingQueue<>(MAX_WAITING));

	private @Nullable DefaultKafkaProducerFactory<byte[], byte[]> producers;

	private @Nullable Producer<byte[], byte[]> producer;

	private volatile boolean failed;

	KafkaCommandWriter(String topic, FeedClients clients) {
		this.topic = topic;
		this.clients = clients;
	}

	@Override
	public CompletableFuture<Long> write(String key, byte @Nullable [] value) {
		CompletableFuture<Long> written = new CompletableFuture<>();
		try {
			this.thread.execute(() -> write(key, value, written));
		}
		catch (RejectedExecutionException ex) {
			written.completeExceptionally(ex);
		}
		// The broker may not answer, and others may wait for this
		return written.orTimeout(2 * ANSWER_SECONDS, TimeUnit.SECONDS);
	}

	private void write(String key, byte @Nullable [] value, CompletableFuture<Long> written) {
		if (written.isDone()) {
			return;
		}
		try {
			producer().send(new ProducerRecord<>(this.topic, 0, key.getBytes(StandardCharsets.UTF_8), value),
					(metadata, ex) -> {
						if (ex != null) {
							this.failed = true;
							written.completeExceptionally(ex);
						}
						else {
							written.complete(metadata.offset());
						}
					});
		}
		catch (Throwable ex) {
			this.failed = true;
			written.completeExceptionally(ex);
		}
	}

	private Producer<byte[], byte[]> producer() throws Exception {
		Producer<byte[], byte[]> present = this.producer;
		if (present != null && !this.failed) {
			return present;
		}
		close();
		this.failed = false;
		ensureTopic();
		DefaultKafkaProducerFactory<byte[], byte[]> factory = this.clients.producers();
		factory.updateConfigs(
				Map.of(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 4000, ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 3000,
						ProducerConfig.LINGER_MS_CONFIG, 0, ProducerConfig.MAX_BLOCK_MS_CONFIG, 4000));
		factory.setPhysicalCloseTimeout(0);
		Producer<byte[], byte[]> created = factory.createProducer();
		this.producers = factory;
		this.producer = created;
		return created;
	}

	/**
	 * Create the topic if there is none. May block.
	 */
	void ensureTopic() throws Exception {
		NewTopic topic = new NewTopic(this.topic, Optional.of(1), Optional.empty())
			.configs(Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT));
		try (Admin admin = this.clients.admin()) {
			if (!admin.listTopics().names().get(ANSWER_SECONDS, TimeUnit.SECONDS).contains(this.topic)) {
				admin.createTopics(List.of(topic)).all().get(ANSWER_SECONDS, TimeUnit.SECONDS);
			}
		}
		catch (ExecutionException ex) {
			if (!(ex.getCause() instanceof TopicExistsException)) {
				throw new IllegalStateException(
						"The topic '" + this.topic + "' of the commands of streams cannot be created: " + ex.getCause(),
						ex.getCause());
			}
		}
	}

	private void close() {
		DefaultKafkaProducerFactory<byte[], byte[]> factory = this.producers;
		this.producers = null;
		this.producer = null;
		if (factory != null) {
			factory.destroy();
		}
	}

	/**
	 * Stop. Waits for up to one second.
	 */
	void stop() {
		try {
			this.thread.execute(this::close);
			this.thread.shutdown();
			if (!this.thread.awaitTermination(1, TimeUnit.SECONDS)) {
				this.thread.shutdownNow();
			}
		}
		catch (RejectedExecutionException ex) {
			this.thread.shutdownNow();
		}
		catch (InterruptedException ex) {
			this.thread.shutdownNow();
			Thread.currentThread().interrupt();
		}
	}

}
