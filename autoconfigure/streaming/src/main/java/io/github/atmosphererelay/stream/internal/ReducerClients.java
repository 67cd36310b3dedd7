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

import org.apache.kafka.clients.consumer.Consumer;

/**
 * Creates the Kafka consumers of reducers. For any thread.
 */
interface ReducerClients {

	/**
	 * Create a consumer that shares a topic with others.
	 * @param group the consumer group
	 * @param number the number of this consumer in its process
	 * @return a new consumer, which the caller closes: it commits nothing by itself,
	 * begins at the earliest record, and reads committed records
	 */
	Consumer<byte[], byte[]> member(String group, int number);

	/**
	 * Create a consumer of committed records that belongs to no group.
	 * @return a new consumer, which the caller closes
	 */
	Consumer<byte[], byte[]> reader();

	/**
	 * Ask the broker for a topic. Blocks for a few seconds at most.
	 * @param topic the topic's name
	 * @return how it is at present
	 * @throws RuntimeException if the broker does not answer, or has no such topic
	 */
	TopicLayout topic(String topic);

}
