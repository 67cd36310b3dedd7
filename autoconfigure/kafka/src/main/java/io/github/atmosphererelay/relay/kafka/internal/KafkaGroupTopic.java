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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/**
 * The topic of the {@link KafkaGroupStore}, which creates it. Blocks for some seconds at
 * most.
 */
final class KafkaGroupTopic {

	static final Duration ANSWER = Duration.ofSeconds(4);

	/** Kafka does not compact the last segment, which each node reads at its start. */
	private static final int SEGMENT_BYTES = 32 * 1024 * 1024;

	/** The default of Kafka. */
	private static final int DEFAULT_MAX_BYTES = 1024 * 1024 + 12;

	/** A message that is set aside has some headers more than in the log. */
	private static final int OVERHEAD = 16 * 1024;

	private static final String LOG_APPEND_TIME = "LogAppendTime";

	private static final Log logger = LogFactory.getLog(KafkaGroupTopic.class);

	private final KafkaRelaySettings settings;

	private final KafkaClientFactory clients;

	KafkaGroupTopic(KafkaRelaySettings settings, KafkaClientFactory clients) {
		this.settings = settings;
		this.clients = clients;
	}

	/**
	 * Create the topic if it does not exist and may be created.
	 */
	void prepare() {
		String topic = this.settings.groupTopic();
		try (Admin admin = this.clients.admin()) {
			try {
				await(admin.describeTopics(List.of(topic)).allTopicNames().toCompletionStage().toCompletableFuture());
				check(admin, topic);
				return;
			}
			catch (UnknownTopicOrPartitionException ex) {
				if (!this.settings.createTopic()) {
					throw new UnknownTopicOrPartitionException(
							"Topic '" + topic + "' does not exist. Create it with one partition and"
									+ " cleanup.policy=compact, or set 'atmosphere.relay.kafka.create-topic' to true");
				}
			}
			int maxBytes = maxLogBytes(admin) + OVERHEAD;
			Optional<Short> replication = Optional.of(this.settings.replication()).filter((factor) -> factor > 0);
			NewTopic created = new NewTopic(topic, Optional.of(1), replication).configs(Map.of(
					TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT,
					TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, LOG_APPEND_TIME, TopicConfig.SEGMENT_BYTES_CONFIG,
					Integer.toString(SEGMENT_BYTES), TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Integer.toString(maxBytes)));
			try {
				await(admin.createTopics(List.of(created)).all().toCompletionStage().toCompletableFuture());
				logger.info("Created topic '" + topic + "' for consumer groups");
			}
			catch (TopicExistsException ex) {
				logger.debug("Another node created topic '" + topic + "' at the same time");
			}
		}
	}

	/**
	 * Return the size of the largest record that the topic of the logs takes.
	 */
	private int maxLogBytes(Admin admin) {
		String value = value(config(admin, this.settings.logTopic()), TopicConfig.MAX_MESSAGE_BYTES_CONFIG);
		return (value != null) ? Integer.parseInt(value) : DEFAULT_MAX_BYTES;
	}

	private static @Nullable Config config(Admin admin, String topic) {
		ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
		try {
			return await(admin.describeConfigs(List.of(resource)).all().toCompletionStage().toCompletableFuture())
				.get(resource);
		}
		catch (KafkaException ex) {
			logger.debug("The application may not see the settings of topic '" + topic + "'", ex);
			return null;
		}
	}

	private static @Nullable String value(@Nullable Config config, String name) {
		ConfigEntry entry = (config != null) ? config.get(name) : null;
		return (entry != null) ? entry.value() : null;
	}

	/**
	 * Warn of settings of a topic that others have created.
	 */
	private static void check(Admin admin, String topic) {
		Config config = config(admin, topic);
		String policy = value(config, TopicConfig.CLEANUP_POLICY_CONFIG);
		if (policy != null && !policy.equals(TopicConfig.CLEANUP_POLICY_COMPACT)) {
			logger.warn("Topic '" + topic + "' has cleanup.policy '" + policy
					+ "', so the broker removes messages that groups have set aside; set it to 'compact'");
		}
		String times = value(config, TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG);
		if (times != null && !times.equals(LOG_APPEND_TIME)) {
			logger.warn("Topic '" + topic + "' has message.timestamp.type '" + times
					+ "', so a node's clock decides where a new group begins; set it to '" + LOG_APPEND_TIME + "'");
		}
	}

	static <T> T await(CompletableFuture<T> future) {
		try {
			return future.get(ANSWER.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (ExecutionException ex) {
			throw (ex.getCause() instanceof RuntimeException cause) ? cause : new KafkaException(ex.getCause());
		}
		catch (TimeoutException ex) {
			throw new KafkaException("The broker did not answer in time", ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new KafkaException(ex);
		}
	}

}
