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

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * A topic of this library, which is created if it does not exist.
 *
 * @param name its name
 * @param partitions the number of partitions of a new topic
 * @param config the configuration of a new topic
 */
record InternalTopic(String name, int partitions, Map<String, String> config) {

	/**
	 * Find the topic, or create it. Blocks until the broker has answered.
	 * @param least how many partitions it has to have
	 * @return the number of its partitions
	 * @throws KafkaException if it has fewer, there is no answer, or it may not be
	 * created
	 */
	int ensure(FeedClients clients, int least) throws InterruptedException {
		int count = ensure(clients);
		if (count < least) {
			throw new KafkaException("The topic '" + this.name + "' has " + count + " partition, and needs " + least
					+ " at least; one more than there are nodes is best. Add partitions, or delete the topic and let"
					+ " this application create it");
		}
		return count;
	}

	/**
	 * Find the topic, or create it. Blocks until the broker has answered.
	 * @return the number of its partitions
	 * @throws KafkaException if there is no answer, or it may not be created
	 */
	int ensure(FeedClients clients) throws InterruptedException {
		try (Admin admin = clients.admin()) {
			try {
				return count(admin);
			}
			catch (UnknownTopicOrPartitionException ex) {
				create(admin);
				return this.partitions;
			}
		}
	}

	private int count(Admin admin) throws InterruptedException {
		try {
			return Objects.requireNonNull(admin.describeTopics(List.of(this.name)).allTopicNames().get().get(this.name))
				.partitions()
				.size();
		}
		catch (ExecutionException ex) {
			throw failure(ex);
		}
	}

	private void create(Admin admin) throws InterruptedException {
		try {
			admin
				.createTopics(List
					.of(new NewTopic(this.name, Optional.of(this.partitions), Optional.empty()).configs(this.config)))
				.all()
				.get();
		}
		catch (ExecutionException ex) {
			if (!(ex.getCause() instanceof TopicExistsException)) {
				throw failure(ex);
			}
		}
	}

	private KafkaException failure(ExecutionException failure) {
		Throwable cause = failure.getCause();
		return (cause instanceof UnknownTopicOrPartitionException unknown) ? unknown : new KafkaException(
				"The topic '" + this.name + "', which redistribution of feeds needs, cannot be used: " + cause, cause);
	}

}
