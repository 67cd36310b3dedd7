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

package io.github.atmosphererelay.feed;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

import io.github.atmosphererelay.contract.broker.KafkaServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * A topic of an application, with a producer of its own that knows nothing of this
 * library.
 */
final class FeedTopic implements AutoCloseable {

	/**
	 * A broker must not make a topic again as soon as its producer asks for it.
	 */
	static final Map<String, String> NOT_BY_ITSELF = Map.of("auto.create.topics.enable", "false");

	private final String name;

	private final KafkaServer server;

	private final Map<String, String> config;

	private KafkaProducer<byte[], byte[]> producer;

	private FeedTopic(KafkaServer server, String name, Map<String, String> config) {
		this.name = name;
		this.server = server;
		this.config = config;
		this.producer = newProducer();
	}

	static FeedTopic create(KafkaServer server, int partitions) {
		return create(server, partitions, Map.of());
	}

	static FeedTopic create(KafkaServer server, int partitions, Map<String, String> config) {
		FeedTopic topic = new FeedTopic(server, "prices-" + UUID.randomUUID(), config);
		topic.make(partitions);
		return topic;
	}

	KafkaProducer<byte[], byte[]> producer() {
		return this.producer;
	}

	static FeedTopic named(KafkaServer server, String name, int partitions) {
		FeedTopic topic = new FeedTopic(server, name, Map.of());
		topic.make(partitions);
		return topic;
	}

	private KafkaProducer<byte[], byte[]> newProducer() {
		return new KafkaProducer<>(
				Map.of("bootstrap.servers", this.server.adminServers(), "linger.ms", 0, "max.request.size",
						4 * 1024 * 1024, "metadata.max.age.ms", 1000, "delivery.timeout.ms", 60_000,
						"request.timeout.ms", 5000, "reconnect.backoff.max.ms", 500),
				new ByteArraySerializer(), new ByteArraySerializer());
	}

	String name() {
		return this.name;
	}

	void make(int partitions) {
		run((admin) -> admin
			.createTopics(
					List.of(new NewTopic(this.name, Optional.of(partitions), Optional.empty()).configs(this.config)))
			.all()
			.get());
	}

	void delete() {
		run((admin) -> admin.deleteTopics(List.of(this.name)).all().get());
	}

	void addPartitions(int total) {
		run((admin) -> admin.createPartitions(Map.of(this.name, NewPartitions.increaseTo(total))).all().get());
		// One that knows of them
		this.producer.close();
		this.producer = newProducer();
	}

	String id() {
		List<String> ids = new ArrayList<>();
		run((admin) -> ids
			.add(admin.describeTopics(List.of(this.name)).topicNameValues().get(this.name).get().topicId().toString()));
		return ids.get(0);
	}

	private void run(Action action) {
		try (Admin admin = this.server.admin()) {
			action.run(admin);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	Future<RecordMetadata> send(@Nullable String key, @Nullable String value) {
		return send(new ProducerRecord<>(this.name, bytes(key), bytes(value)));
	}

	Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record) {
		return this.producer.send(record);
	}

	/**
	 * Write a record, and wait until the broker has it.
	 */
	RecordMetadata put(@Nullable String key, @Nullable String value) {
		return await(send(key, value));
	}

	/**
	 * Write a record in a transaction.
	 */
	void inTransaction(boolean commit, String key, String value) {
		try (KafkaProducer<byte[], byte[]> transactional = new KafkaProducer<>(
				Map.of("bootstrap.servers", this.server.adminServers(), "transactional.id", this.name),
				new ByteArraySerializer(), new ByteArraySerializer())) {
			transactional.initTransactions();
			transactional.beginTransaction();
			await(transactional.send(new ProducerRecord<>(this.name, bytes(key), bytes(value))));
			if (commit) {
				transactional.commitTransaction();
			}
			else {
				transactional.abortTransaction();
			}
		}
	}

	static RecordMetadata await(Future<RecordMetadata> sent) {
		try {
			return sent.get();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
		catch (ExecutionException ex) {
			throw new IllegalStateException(ex);
		}
	}

	static byte @Nullable [] bytes(@Nullable String text) {
		return (text != null) ? text.getBytes(StandardCharsets.UTF_8) : null;
	}

	@Override
	public void close() {
		this.producer.close();
	}

	private interface Action {

		void run(Admin admin) throws Exception;

	}

}
