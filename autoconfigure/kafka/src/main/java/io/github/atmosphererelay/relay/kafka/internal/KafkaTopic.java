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
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.utils.Utils;

/**
 * Looks up and creates one of the relay's topics, and computes the partition of an
 * address. Methods that take an {@link Admin} block for a few seconds at most, and throw
 * the exceptions of Kafka.
 */
final class KafkaTopic {

	private static final Log logger = LogFactory.getLog(KafkaTopic.class);

	/** The maximum time for an answer of the broker. */
	static final Duration TIMEOUT = Duration.ofSeconds(4);

	/**
	 * How long to wait for the leader of a partition that has none, for example just
	 * after its topic was created.
	 */
	private static final Duration LEADER_TIMEOUT = Duration.ofSeconds(1);

	private static final int TIMEOUT_MILLIS = (int) TIMEOUT.toMillis();

	private final KafkaRelaySettings settings;

	private final String name;

	private final Duration retention;

	KafkaTopic(KafkaRelaySettings settings) {
		this(settings, settings.topic(), settings.retention());
	}

	private KafkaTopic(KafkaRelaySettings settings, String name, Duration retention) {
		this.settings = settings;
		this.name = name;
		this.retention = retention;
	}

	/**
	 * Return the topic of the logs of recorded channels.
	 * @param settings the relay's settings
	 * @return the topic of the logs
	 */
	static KafkaTopic ofLogs(KafkaRelaySettings settings) {
		return new KafkaTopic(settings, settings.logTopic(), settings.logRetention());
	}

	/**
	 * Return the partition of a key. The rule is that of Kafka's default partitioner, but
	 * with a number of partitions that does not change when partitions are added.
	 * @param key the record's key
	 * @param partitions the number of partitions that keys are spread over
	 * @return the partition's number
	 */
	static int partition(byte[] key, int partitions) {
		return Utils.toPositive(Utils.murmur2(key)) % partitions;
	}

	/**
	 * Describe the topic. Creates it if it does not exist and may be created.
	 * @param admin the client that asks the broker
	 * @return the topic
	 * @throws InterruptedException if the wait for the broker is interrupted
	 */
	Description prepare(Admin admin) throws InterruptedException {
		try {
			return describe(admin);
		}
		catch (UnknownTopicOrPartitionException ex) {
			if (!this.settings.createTopic()) {
				throw new KafkaException("Topic '" + this.name + "' does not exist. Create it, or set"
						+ " 'atmosphere.relay.kafka.create-topic' to true", ex);
			}
			create(admin);
			return describe(admin);
		}
	}

	Description describe(Admin admin) throws InterruptedException {
		Map<String, TopicDescription> descriptions = await(
				admin.describeTopics(List.of(this.name), new DescribeTopicsOptions().timeoutMs(TIMEOUT_MILLIS))
					.allTopicNames());
		TopicDescription description = Objects.requireNonNull(descriptions.get(this.name));
		Set<Integer> leaderless = new TreeSet<>();
		for (TopicPartitionInfo partition : description.partitions()) {
			Node leader = partition.leader();
			if (leader == null || leader.isEmpty()) {
				leaderless.add(partition.partition());
			}
		}
		return new Description(description.topicId(), description.partitions().size(),
				description.partitions().get(0).replicas().size(), leaderless);
	}

	private void create(Admin admin) throws InterruptedException {
		Optional<Short> replication = Optional.of(this.settings.replication()).filter((factor) -> factor > 0);
		// LogAppendTime, the broker's clock: with the nodes' clocks, records of a node
		// whose clock is behind would be expired on arrival.
		NewTopic topic = new NewTopic(this.name, Optional.of(this.settings.partitions()), replication).configs(Map.of(
				TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE, TopicConfig.RETENTION_MS_CONFIG,
				Long.toString(this.retention.toMillis()), TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime"));
		try {
			await(admin.createTopics(List.of(topic), new CreateTopicsOptions().timeoutMs(TIMEOUT_MILLIS)).all());
			logger.info("Created topic '" + this.name + "' with " + this.settings.partitions() + " partitions");
		}
		catch (TopicExistsException ex) {
			logger.debug("Another node created topic '" + this.name + "' at the same time");
		}
	}

	/**
	 * Look up the offsets that the first partitions hold.
	 * @param admin the client that asks the broker
	 * @param found the topic
	 * @param count the number of partitions to look up
	 * @return the ranges by partition, without the partitions that have no leader at
	 * present
	 * @throws InterruptedException if the wait for the broker is interrupted
	 */
	Map<Integer, KafkaOffsets.Range> ranges(Admin admin, Description found, int count) throws InterruptedException {
		Set<Integer> led = new TreeSet<>();
		Set<Integer> leaderless = new TreeSet<>();
		for (int i = 0; i < count; i++) {
			(found.leaderless().contains(i) ? leaderless : led).add(i);
		}
		Map<Integer, KafkaOffsets.Range> ranges = new HashMap<>();
		if (!led.isEmpty()) {
			ranges.putAll(ranges(admin, led, TIMEOUT));
		}
		if (!leaderless.isEmpty()) {
			try {
				ranges.putAll(ranges(admin, leaderless, LEADER_TIMEOUT));
			}
			catch (TimeoutException ex) {
				logger.debug("Topic '" + this.name + "' has partitions without a leader: " + leaderless, ex);
			}
		}
		return ranges;
	}

	/**
	 * Look up the offsets that partitions hold.
	 * @param admin the client that asks the broker
	 * @param partitions the numbers of the partitions
	 * @param timeout the maximum time for an answer
	 * @return the ranges by partition, without the partitions that have no leader at
	 * present
	 * @throws TimeoutException if none of them has a leader
	 * @throws InterruptedException if the wait for the broker is interrupted
	 */
	Map<Integer, KafkaOffsets.Range> ranges(Admin admin, Collection<Integer> partitions, Duration timeout)
			throws InterruptedException {
		ListOffsetsResult begin = list(admin, partitions, OffsetSpec.earliest(), timeout);
		ListOffsetsResult end = list(admin, partitions, OffsetSpec.latest(), timeout);
		Map<Integer, ListOffsetsResultInfo> earliest = answers(begin, partitions);
		Map<Integer, KafkaOffsets.Range> ranges = new HashMap<>();
		answers(end, partitions).forEach((partition, latest) -> {
			ListOffsetsResultInfo first = earliest.get(partition);
			if (first != null) {
				ranges.put(partition,
						new KafkaOffsets.Range(first.offset(), latest.offset(), latest.leaderEpoch().orElse(-1)));
			}
		});
		return ranges;
	}

	/**
	 * Look up the offset of the first record at or after a time.
	 * @param admin the client that asks the broker
	 * @param partitions the numbers of the partitions
	 * @param timestamp the time in milliseconds since 1970
	 * @return the offset of the first such record by partition, empty if there is none;
	 * without the partitions that have no leader at present
	 * @throws InterruptedException if the wait for the broker is interrupted
	 */
	Map<Integer, OptionalLong> offsetsAt(Admin admin, Collection<Integer> partitions, long timestamp)
			throws InterruptedException {
		Map<Integer, OptionalLong> found = new HashMap<>();
		answers(list(admin, partitions, OffsetSpec.forTimestamp(timestamp), TIMEOUT), partitions)
			.forEach((partition, info) -> found.put(partition,
					(info.offset() >= 0) ? OptionalLong.of(info.offset()) : OptionalLong.empty()));
		return found;
	}

	private ListOffsetsResult list(Admin admin, Collection<Integer> partitions, OffsetSpec spec, Duration timeout) {
		Map<TopicPartition, OffsetSpec> request = new HashMap<>();
		for (Integer partition : partitions) {
			request.put(new TopicPartition(this.name, partition), spec);
		}
		ListOffsetsOptions options = new ListOffsetsOptions();
		options.timeoutMs((int) timeout.toMillis());
		return admin.listOffsets(request, options);
	}

	/**
	 * Wait for the answers. A partition without a leader gives none, and must not keep
	 * the node from using the others.
	 */
	private Map<Integer, ListOffsetsResultInfo> answers(ListOffsetsResult result, Collection<Integer> partitions)
			throws InterruptedException {
		Map<Integer, ListOffsetsResultInfo> answers = new HashMap<>();
		RuntimeException failure = null;
		for (Integer partition : partitions) {
			try {
				answers.put(partition, await(result.partitionResult(new TopicPartition(this.name, partition))));
			}
			catch (TimeoutException ex) {
				logger.debug("Partition " + partition + " of topic '" + this.name + "' has no leader that answers", ex);
				failure = ex;
			}
		}
		if (answers.isEmpty() && failure != null) {
			throw failure;
		}
		return answers;
	}

	private static <T> T await(KafkaFuture<T> future) throws InterruptedException {
		try {
			return future.get();
		}
		catch (ExecutionException ex) {
			if (ex.getCause() instanceof RuntimeException cause) {
				throw cause;
			}
			throw new KafkaException(ex.getCause());
		}
	}

	/**
	 * Describes a topic. The id distinguishes it from a later topic of the same name.
	 *
	 * @param id the topic's id
	 * @param partitions the number of partitions
	 * @param replication the number of replicas of the first partition
	 * @param leaderless the partitions that have no leader at present
	 */
	record Description(Uuid id, int partitions, int replication, Set<Integer> leaderless) {

		/**
		 * Return over how many partitions a node spreads its addresses.
		 * @param configured the configured number of partitions
		 * @return that number, but at most as many as there are
		 */
		int usable(int configured) {
			return Math.min(configured, this.partitions);
		}

	}

}
