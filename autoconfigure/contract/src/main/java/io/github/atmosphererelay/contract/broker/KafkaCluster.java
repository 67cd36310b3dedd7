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

package io.github.atmosphererelay.contract.broker;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.Uuid;

import static org.awaitility.Awaitility.await;

/**
 * A real Kafka cluster of three brokers, each in a process of its own. The first one is
 * also the controller and keeps running. The other two can be killed and started again
 * with their data, which causes clean and unclean leader elections.
 */
public final class KafkaCluster implements AutoCloseable {

	private static final int BROKERS = 3;

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	private final KafkaProcess[] processes = new KafkaProcess[BROKERS];

	private final List<Integer> ports;

	private final Admin admin;

	private KafkaCluster() throws Exception {
		this.ports = Ports.free(BROKERS + 1);
		String clusterId = Uuid.randomUuid().toString();
		int controller = this.ports.get(BROKERS);
		for (int i = 0; i < BROKERS; i++) {
			Map<String, String> properties = new HashMap<>(
					Map.of("controller.quorum.voters", "1@127.0.0.1:" + controller, "inter.broker.listener.name",
							"PLAINTEXT", "listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
							"advertised.listeners", "PLAINTEXT://127.0.0.1:" + this.ports.get(i),
							// A former leader that is started again does not become the
							// leader by itself
							"auto.leader.rebalance.enable", "false", "unclean.leader.election.interval.ms", "1000"));
			String listener = "PLAINTEXT://127.0.0.1:" + this.ports.get(i);
			properties.put("process.roles", (i == 0) ? "broker,controller" : "broker");
			properties.put("listeners", (i == 0) ? listener + ",CONTROLLER://127.0.0.1:" + controller : listener);
			this.processes[i] = new KafkaProcess(i + 1, clusterId, properties);
			this.processes[i].launch();
		}
		this.admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, servers()));
		await().atMost(TIMEOUT)
			.ignoreExceptions()
			.until(() -> this.admin.describeCluster().nodes().get().size() == BROKERS);
	}

	/**
	 * Create a cluster and start it.
	 * @return a running cluster
	 */
	public static KafkaCluster create() {
		try {
			return new KafkaCluster();
		}
		catch (Exception ex) {
			throw new IllegalStateException("The Kafka cluster could not be set up", ex);
		}
	}

	/**
	 * Return the addresses of all brokers.
	 * @return bootstrap servers
	 */
	public String servers() {
		return this.ports.subList(0, BROKERS)
			.stream()
			.map((port) -> "127.0.0.1:" + port)
			.collect(Collectors.joining(","));
	}

	/**
	 * Create a topic whose partitions are all on the same brokers.
	 * @param name the topic's name
	 * @param partitions how many partitions it has
	 * @param config the topic's configuration
	 * @param brokers the ids of its brokers, of which the first one is the leader
	 */
	public void createTopic(String name, int partitions, Map<String, String> config, Integer... brokers) {
		Map<Integer, List<Integer>> replicas = IntStream.range(0, partitions)
			.boxed()
			.collect(Collectors.toMap((partition) -> partition, (partition) -> Arrays.asList(brokers)));
		try {
			this.admin.createTopics(List.of(new NewTopic(name, replicas).configs(config))).all().get();
		}
		catch (InterruptedException | ExecutionException ex) {
			throw new IllegalStateException(ex);
		}
		awaitInSync(name, brokers);
	}

	/**
	 * Create a topic with one replica of each partition.
	 * @param name the topic's name
	 * @param config the topic's configuration
	 * @param brokers the ids of the brokers of its partitions
	 */
	public void createUnreplicatedTopic(String name, Map<String, String> config, List<Integer> brokers) {
		Map<Integer, List<Integer>> replicas = IntStream.range(0, brokers.size())
			.boxed()
			.collect(Collectors.toMap((partition) -> partition, (partition) -> List.of(brokers.get(partition))));
		try {
			this.admin.createTopics(List.of(new NewTopic(name, replicas).configs(config))).all().get();
		}
		catch (InterruptedException | ExecutionException ex) {
			throw new IllegalStateException(ex);
		}
		await().atMost(TIMEOUT)
			.ignoreExceptions()
			.until(() -> partitions(name).stream().allMatch((partition) -> partition.leader() != null));
	}

	/**
	 * Wait until at least one partition of a topic has no leader.
	 * @param topic the topic's name
	 */
	public void awaitLeaderless(String topic) {
		await().atMost(TIMEOUT)
			.ignoreExceptions()
			.until(() -> partitions(topic).stream().anyMatch((partition) -> partition.leader() == null));
	}

	/**
	 * Kill a broker.
	 * @param id its id, 2 or 3
	 */
	public void kill(int id) {
		this.processes[id - 1].kill();
	}

	/**
	 * Start a broker again.
	 * @param id its id, 2 or 3
	 */
	public void start(int id) {
		this.processes[id - 1].launch();
	}

	/**
	 * Start all brokers that were killed.
	 */
	public void startAll() {
		for (KafkaProcess process : this.processes) {
			if (!process.isLaunched()) {
				process.launch();
			}
		}
	}

	/**
	 * Wait until one broker leads all partitions of a topic.
	 * @param topic the topic's name
	 * @param id the broker's id
	 */
	public void awaitLeader(String topic, int id) {
		await().atMost(TIMEOUT).ignoreExceptions().until(() -> partitions(topic).stream().allMatch((partition) -> {
			Node leader = partition.leader();
			return leader != null && leader.id() == id;
		}));
	}

	/**
	 * Wait until the in-sync replicas of all partitions of a topic are those of certain
	 * brokers.
	 * @param topic the topic's name
	 * @param ids the ids of these brokers
	 */
	public void awaitInSync(String topic, Integer... ids) {
		await().atMost(TIMEOUT)
			.ignoreExceptions()
			.until(() -> partitions(topic).stream()
				.allMatch((partition) -> partition.isr()
					.stream()
					.map(Node::id)
					.collect(Collectors.toSet())
					.equals(Arrays.stream(ids).collect(Collectors.toSet()))));
	}

	private Collection<TopicPartitionInfo> partitions(String topic) throws Exception {
		return Objects.requireNonNull(this.admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic))
			.partitions();
	}

	@Override
	public void close() {
		this.admin.close(Duration.ZERO);
		for (KafkaProcess process : this.processes) {
			process.close();
		}
	}

}
