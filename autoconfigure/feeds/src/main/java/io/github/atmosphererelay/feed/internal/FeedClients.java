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

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.jspecify.annotations.Nullable;

import org.springframework.kafka.core.DefaultKafkaProducerFactory;

/**
 * Creates the Kafka clients of feeds. For any thread.
 */
public interface FeedClients {

	/**
	 * Return whether a broker can be reached. May block for a few seconds.
	 * @return whether one of the bootstrap servers accepts a connection
	 */
	boolean isReachable();

	/**
	 * Return the addresses of the brokers, for the application log.
	 * @return the bootstrap servers
	 */
	String servers();

	/**
	 * Create an administrative client.
	 * @return a new client, which the caller closes
	 */
	Admin admin();

	/**
	 * Create a factory of one producer.
	 * @return a new factory, which the caller destroys
	 */
	DefaultKafkaProducerFactory<byte[], byte[]> producers();

	/**
	 * Create a consumer of committed records that belongs to no group.
	 * @return a new consumer, which the caller closes
	 */
	Consumer<byte[], byte[]> topicReader();

	/**
	 * Create a consumer of committed records that is a member of a consumer group. It
	 * notices within seconds that partitions were added.
	 * @param group the group's id at the broker
	 * @param instance the name of the member, which keeps its partitions if it comes back
	 * before the broker takes it for dead, or {@code null} if others are to take them at
	 * once
	 * @return a new consumer without a subscription, which the caller closes
	 */
	Consumer<byte[], byte[]> groupMember(String group, @Nullable String instance);

}
