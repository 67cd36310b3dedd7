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

package io.github.atmosphererelay.relay.kafka;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.EnvelopeCodec;
import io.github.atmosphererelay.relay.RelayBroker;
import io.github.atmosphererelay.test.KafkaServer;
import io.github.atmosphererelay.test.TcpProxy;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;

/**
 * A {@link KafkaServer} as the relay tests need it. One is shared by all tests that do
 * not kill it.
 */
final class KafkaTestBroker implements RelayBroker {

	static final int PARTITIONS = 6;

	private static @Nullable KafkaTestBroker shared;

	private final KafkaServer server;

	KafkaTestBroker(KafkaServer server) {
		this.server = server;
	}

	static synchronized KafkaTestBroker shared() {
		KafkaTestBroker result = shared;
		if (result == null) {
			KafkaServer server = KafkaServer.create();
			Runtime.getRuntime().addShutdownHook(new Thread(server::close));
			result = new KafkaTestBroker(server);
			shared = result;
		}
		return result;
	}

	KafkaServer server() {
		return this.server;
	}

	@Override
	public KafkaRelay relay(String cluster, EnvelopeCodec codec) {
		return relay(this.server.directServers(), settings(cluster, codec));
	}

	@Override
	public KafkaRelay proxiedRelay(String cluster, EnvelopeCodec codec) {
		return relay(this.server.proxiedServers(), settings(cluster, codec));
	}

	static KafkaRelay relay(String servers, KafkaRelaySettings settings) {
		Map<String, Object> properties = Map.of("bootstrap.servers", servers);
		return new KafkaRelay(new DefaultKafkaProducerFactory<>(properties),
				new DefaultKafkaConsumerFactory<>(properties), properties, settings);
	}

	static KafkaRelaySettings settings(String topic, EnvelopeCodec codec) {
		return settings(UUID.randomUUID(), topic, PARTITIONS, codec);
	}

	static KafkaRelaySettings settings(UUID node, String topic, int partitions, EnvelopeCodec codec) {
		return new KafkaRelaySettings(node, topic, partitions, (short) -1, Duration.ofMinutes(10), true, codec, 10_000,
				Duration.ofSeconds(1));
	}

	@Override
	public TcpProxy proxy() {
		return this.server.proxy();
	}

	@Override
	public void publishRaw(String cluster, Address address, byte[] bytes) {
		publishRaw(cluster, address.value().getBytes(StandardCharsets.UTF_8), bytes);
	}

	void publishRaw(String topic, byte @Nullable [] key, byte @Nullable [] value) {
		Map<String, Object> properties = Map.of("bootstrap.servers", this.server.adminServers());
		try (Producer<byte[], byte[]> producer = new KafkaProducer<>(properties, new ByteArraySerializer(),
				new ByteArraySerializer())) {
			Integer partition = (key != null) ? KafkaTopic.partition(key, PARTITIONS) : null;
			producer.send(new ProducerRecord<>(topic, partition, key, value)).get(10, TimeUnit.SECONDS);
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Override
	public long connections() {
		return this.server.connections();
	}

}
