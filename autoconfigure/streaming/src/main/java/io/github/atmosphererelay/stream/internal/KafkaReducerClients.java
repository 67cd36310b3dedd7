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

import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import io.github.atmosphererelay.feed.internal.FeedClients;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * Creates the consumers of reducers with the application's connection.
 */
final class KafkaReducerClients implements ReducerClients {

	private static final int ANSWER_SECONDS = 4;

	private final FeedClients clients;

	private final @Nullable String instance;

	/** Asked for topics every few seconds; guarded by this. */
	private @Nullable Admin admin;

	/**
	 * Create a factory.
	 * @param clients the application's connection
	 * @param instance the name of this process among those that reduce, or {@code null}
	 */
	KafkaReducerClients(FeedClients clients, @Nullable String instance) {
		this.clients = clients;
		this.instance = instance;
	}

	@Override
	public Consumer<byte[], byte[]> member(String group, int number) {
		return this.clients.groupMember(group, (this.instance != null) ? this.instance + "-" + number : null);
	}

	@Override
	public Consumer<byte[], byte[]> reader() {
		return this.clients.topicReader();
	}

	@Override
	public TopicLayout topic(String topic) {
		try {
			TopicDescription description = Objects.requireNonNull(admin().describeTopics(List.of(topic))
				.allTopicNames()
				.get(ANSWER_SECONDS, TimeUnit.SECONDS)
				.get(topic));
			return new TopicLayout(description.topicId().toString(), description.partitions().size());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new KafkaException(ex);
		}
		catch (ExecutionException ex) {
			throw new KafkaException("The topic '" + topic + "' of a reducer cannot be described: " + ex.getCause(),
					ex.getCause());
		}
		catch (TimeoutException ex) {
			throw new KafkaException("The broker does not answer", ex);
		}
	}

	private synchronized Admin admin() {
		Admin present = this.admin;
		if (present == null) {
			present = this.clients.admin();
			this.admin = present;
		}
		return present;
	}

	synchronized void close() {
		Admin present = this.admin;
		this.admin = null;
		if (present != null) {
			present.close();
		}
	}

}
