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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.jspecify.annotations.Nullable;

/**
 * Asks the broker for a feed's topic now and then: a consumer does not tell that the
 * topic was made again or has got partitions, and not that the broker is away. For one
 * thread.
 */
final class TopicWatch implements AutoCloseable {

	private static final Duration TIMEOUT = Duration.ofSeconds(4);

	private static final Duration INTERVAL = Duration.ofSeconds(5);

	private static final Duration SOON = Duration.ofSeconds(1);

	private final String topic;

	private final Admin admin;

	private @Nullable KafkaFuture<TopicDescription> question;

	private long askAt;

	private long suspectedAt;

	TopicWatch(String topic, Admin admin) {
		this.topic = topic;
		this.admin = admin;
	}

	/**
	 * Ask, and wait for the answer.
	 * @return what is known of the topic
	 * @throws KafkaException if there is no answer, or no such topic, or it may not be
	 * read
	 */
	TopicInfo ask() throws InterruptedException {
		this.question = null;
		try {
			return answer(describe());
		}
		finally {
			this.askAt = System.nanoTime() + INTERVAL.toNanos();
		}
	}

	/**
	 * Ask and wait, if that was not done within the last second, because the topic seems
	 * to have changed.
	 * @return what is known, or {@code null} if it was not asked for
	 */
	@Nullable TopicInfo askIfDue() throws InterruptedException {
		if (this.suspectedAt != 0 && System.nanoTime() - this.suspectedAt < SOON.toNanos()) {
			return null;
		}
		this.suspectedAt = System.nanoTime();
		return ask();
	}

	/**
	 * Look for an answer, without waiting, and ask again if it is time to.
	 * @return what is known, or {@code null} if there is no new answer
	 * @throws KafkaException if the question has failed
	 */
	@Nullable TopicInfo look() throws InterruptedException {
		KafkaFuture<TopicDescription> question = this.question;
		long now = System.nanoTime();
		if (question == null) {
			if (now - this.askAt >= 0) {
				this.question = describe();
			}
			return null;
		}
		if (!question.isDone()) {
			return null;
		}
		this.question = null;
		this.askAt = now + SOON.toNanos();
		TopicInfo info = answer(question);
		this.askAt = now + INTERVAL.toNanos();
		return info;
	}

	private KafkaFuture<TopicDescription> describe() {
		DescribeTopicsOptions options = new DescribeTopicsOptions().timeoutMs((int) TIMEOUT.toMillis())
			.includeAuthorizedOperations(true);
		return Objects
			.requireNonNull(this.admin.describeTopics(List.of(this.topic), options).topicNameValues().get(this.topic));
	}

	private static TopicInfo answer(KafkaFuture<TopicDescription> question) throws InterruptedException {
		try {
			TopicDescription found = question.get();
			Set<AclOperation> allowed = found.authorizedOperations();
			// Otherwise that would show only with the first record. Brokers that do not
			// know the rights name none
			if (allowed != null && allowed.contains(AclOperation.DESCRIBE) && !allowed.contains(AclOperation.READ)) {
				throw new TopicAuthorizationException(Set.of(found.name()));
			}
			return TopicInfo.of(found.topicId(), found.partitions().size());
		}
		catch (ExecutionException ex) {
			throw (ex.getCause() instanceof RuntimeException cause) ? cause : new KafkaException(ex.getCause());
		}
	}

	/**
	 * Ask where partitions end, and wait for the answer.
	 * @param partitions the partitions' numbers
	 * @return the offset after the last record of each
	 * @throws KafkaException if there is no answer
	 */
	Map<Integer, Long> ends(Set<Integer> partitions) throws InterruptedException {
		Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
		partitions.forEach((number) -> asked.put(new TopicPartition(this.topic, number), OffsetSpec.latest()));
		try {
			Map<Integer, Long> ends = new HashMap<>();
			this.admin.listOffsets(asked, new ListOffsetsOptions().timeoutMs((int) TIMEOUT.toMillis()))
				.all()
				.get()
				.forEach((partition, found) -> ends.put(partition.partition(), found.offset()));
			return ends;
		}
		catch (ExecutionException ex) {
			throw (ex.getCause() instanceof RuntimeException cause) ? cause : new KafkaException(ex.getCause());
		}
	}

	/**
	 * Ask whether the topic keeps the newest record of each key, and wait for the answer.
	 * @return whether it is compacted and nothing else, or that is not known because this
	 * application may not ask
	 */
	boolean isCompacted() throws InterruptedException {
		ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, this.topic);
		try {
			DescribeConfigsOptions options = new DescribeConfigsOptions().timeoutMs((int) TIMEOUT.toMillis());
			Config found = Objects
				.requireNonNull(this.admin.describeConfigs(List.of(topic), options).values().get(topic))
				.get();
			ConfigEntry policy = found.get(TopicConfig.CLEANUP_POLICY_CONFIG);
			return policy == null || TopicConfig.CLEANUP_POLICY_COMPACT.equals(policy.value());
		}
		catch (ExecutionException ex) {
			if (ex.getCause() instanceof AuthorizationException) {
				return true;
			}
			throw (ex.getCause() instanceof RuntimeException cause) ? cause : new KafkaException(ex.getCause());
		}
	}

	@Override
	public void close() {
		this.admin.close(Duration.ZERO);
	}

}
