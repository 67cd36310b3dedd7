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

package io.github.atmosphererelay.demo.odds;

import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;

/**
 * Knows from Kafka which reducer has which partitions: the members of the reducer's
 * consumer group have client ids with the process's id.
 */
final class Owners implements AutoCloseable {

	private static final String GROUP = "atmosphere.demo-odds.reducer.odds";

	private static final Pattern ID = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

	private static final long TTL = TimeUnit.MILLISECONDS.toNanos(500);

	private final Admin admin;

	private Map<String, SortedSet<Integer>> present = Map.of();

	private long asked = System.nanoTime() - TTL;

	Owners(String servers) {
		this.admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, servers));
	}

	void createTopic() throws InterruptedException {
		NewTopic topic = new NewTopic(Fixtures.TOPIC, Fixtures.PARTITIONS, (short) 1)
			.configs(Map.of("cleanup.policy", "compact", "segment.bytes", "4194304", "max.compaction.lag.ms", "60000"));
		try {
			this.admin.createTopics(List.of(topic)).all().get(30, TimeUnit.SECONDS);
		}
		catch (ExecutionException | TimeoutException ex) {
			throw new IllegalStateException("The topic cannot be created: " + ex.getMessage(), ex);
		}
	}

	/**
	 * Return who has which partitions, from at most half a second ago.
	 * @return the partitions by the ids of processes
	 */
	synchronized Map<String, SortedSet<Integer>> partitions() throws InterruptedException {
		if (System.nanoTime() - this.asked >= TTL) {
			try {
				ConsumerGroupDescription group = this.admin.describeConsumerGroups(List.of(GROUP))
					.all()
					.get(3, TimeUnit.SECONDS)
					.get(GROUP);
				this.present = (group != null) ? partitions(group) : Map.of();
			}
			catch (ExecutionException | TimeoutException | KafkaException ex) {
				// The group is not there yet
				this.present = Map.of();
			}
			this.asked = System.nanoTime();
		}
		return this.present;
	}

	private static Map<String, SortedSet<Integer>> partitions(ConsumerGroupDescription group) {
		Map<String, SortedSet<Integer>> partitions = new TreeMap<>();
		for (MemberDescription member : group.members()) {
			SortedSet<Integer> own = partitions.computeIfAbsent(process(member.clientId()), (id) -> new TreeSet<>());
			member.assignment().topicPartitions().forEach((partition) -> own.add(partition.partition()));
		}
		return partitions;
	}

	private static String process(String clientId) {
		Matcher id = ID.matcher(clientId);
		return id.find() ? id.group() : clientId;
	}

	@Override
	public void close() {
		this.admin.close();
	}

}
