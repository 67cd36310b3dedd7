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

import java.util.HashMap;
import java.util.Map;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

import org.springframework.kafka.core.DefaultKafkaProducerFactory;

/**
 * Kafka clients without an application.
 */
record TestKafkaClients(String servers) implements FeedClients {

	private Map<String, Object> properties(Map<String, Object> own) {
		Map<String, Object> properties = new HashMap<>(own);
		properties.put("bootstrap.servers", this.servers);
		properties.put("reconnect.backoff.max.ms", 500);
		properties.put("request.timeout.ms", 5000);
		return properties;
	}

	@Override
	public boolean isReachable() {
		return true;
	}

	@Override
	public Admin admin() {
		return Admin.create(properties(Map.of("default.api.timeout.ms", 10_000)));
	}

	@Override
	public DefaultKafkaProducerFactory<byte[], byte[]> producers() {
		return new DefaultKafkaProducerFactory<>(
				properties(Map.of("linger.ms", 0, "delivery.timeout.ms", 10_000, "max.block.ms", 2000)),
				new ByteArraySerializer(), new ByteArraySerializer());
	}

	@Override
	public Consumer<byte[], byte[]> topicReader() {
		return new KafkaConsumer<>(properties(
				Map.of("enable.auto.commit", false, "auto.offset.reset", "none", "isolation.level", "read_committed")),
				new ByteArrayDeserializer(), new ByteArrayDeserializer());
	}

	@Override
	public Consumer<byte[], byte[]> groupMember(String group, @Nullable String instance) {
		throw new UnsupportedOperationException();
	}

}
