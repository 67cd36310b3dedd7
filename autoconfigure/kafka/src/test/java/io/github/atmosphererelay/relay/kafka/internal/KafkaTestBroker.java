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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.contract.RelayBroker;
import io.github.atmosphererelay.contract.broker.KafkaServer;
import io.github.atmosphererelay.contract.broker.TcpProxy;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

import org.springframework.kafka.core.ConsumerPostProcessor;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.ProducerPostProcessor;

/**
 * A broker as the relay tests need it: with a listener for the tests themselves and two
 * for relays, each behind a proxy.
 *
 * @param adminServers where the tests' own clients connect
 * @param direct the proxy that is left alone and only counts
 * @param proxy the proxy that is disturbed
 * @param recorded whether the relays have recorded channels
 */
record KafkaTestBroker(String adminServers, TcpProxy direct, TcpProxy proxy, boolean recorded) implements RelayBroker {

	static final int PARTITIONS = 6;

	/**
	 * Four times what it is usually, for machines that are busy with more than this test.
	 */
	static final Duration LOG_TIMEOUT = Duration.ofSeconds(4);

	/** Longer than a busy machine now and then stands still. */
	private static final Duration PATIENT = Duration.ofSeconds(3);

	private static @Nullable KafkaTestBroker shared;

	KafkaTestBroker(String adminServers, TcpProxy direct, TcpProxy proxy) {
		this(adminServers, direct, proxy, false);
	}

	static KafkaTestBroker of(KafkaServer server) {
		return new KafkaTestBroker(server.adminServers(), server.direct(), server.proxy());
	}

	/**
	 * Return the broker that is shared by all tests that do not kill it.
	 */
	static synchronized KafkaTestBroker shared() {
		KafkaTestBroker result = shared;
		if (result == null) {
			KafkaServer server = KafkaServer.create();
			Runtime.getRuntime().addShutdownHook(new Thread(server::close));
			result = of(server);
			shared = result;
		}
		return result;
	}

	/**
	 * Return the same broker, for relays with recorded channels.
	 */
	KafkaTestBroker withLogs() {
		return new KafkaTestBroker(this.adminServers, this.direct, this.proxy, true);
	}

	@Override
	public KafkaRelay relay(String cluster, EnvelopeCodec codec) {
		return relay(clusterSettings(cluster, codec, PATIENT));
	}

	private KafkaRelaySettings clusterSettings(String cluster, EnvelopeCodec codec, Duration timeout) {
		return this.recorded ? logSettings(cluster, codec, Duration.ofMinutes(5))
				: settings(UUID.randomUUID(), cluster, PARTITIONS, codec, timeout);
	}

	static KafkaRelaySettings logSettings(String topic, EnvelopeCodec codec, Duration idempotencyWindow) {
		return KafkaRelaySettings.builder(UUID.randomUUID(), topic, codec)
			.partitions(PARTITIONS)
			.publishTimeout(LOG_TIMEOUT)
			.recorded(true)
			.idempotencyWindow(idempotencyWindow)
			.build();
	}

	KafkaRelay relay(KafkaRelaySettings settings) {
		return relay(this.direct, settings);
	}

	@Override
	public KafkaRelay proxiedRelay(String cluster, EnvelopeCodec codec) {
		return relay(this.proxy, clusterSettings(cluster, codec, Duration.ofSeconds(1)));
	}

	/**
	 * Make a relay whose producers fail to be made as told.
	 */
	KafkaRelay relay(KafkaRelaySettings settings, ProducerPostProcessor<byte[], byte[]> postProcessor) {
		Map<String, Object> properties = Map.of("bootstrap.servers", this.direct.host() + ":" + this.direct.port());
		DefaultKafkaProducerFactory<byte[], byte[]> producers = new DefaultKafkaProducerFactory<>(properties);
		producers.addPostProcessor(postProcessor);
		return new KafkaRelay(producers, new DefaultKafkaConsumerFactory<>(properties), properties, settings);
	}

	/**
	 * Make a relay whose consumers are wrapped.
	 */
	KafkaRelay relayWithConsumers(KafkaRelaySettings settings, ConsumerPostProcessor<byte[], byte[]> postProcessor) {
		return relay(this.direct.host() + ":" + this.direct.port(), settings, postProcessor);
	}

	static KafkaRelay relay(String servers, KafkaRelaySettings settings,
			ConsumerPostProcessor<byte[], byte[]> postProcessor) {
		Map<String, Object> properties = Map.of("bootstrap.servers", servers);
		DefaultKafkaConsumerFactory<byte[], byte[]> consumers = new DefaultKafkaConsumerFactory<>(properties);
		consumers.addPostProcessor(postProcessor);
		return new KafkaRelay(new DefaultKafkaProducerFactory<>(properties), consumers, properties, settings);
	}

	private static KafkaRelay relay(TcpProxy proxy, KafkaRelaySettings settings) {
		return relay(proxy.host() + ":" + proxy.port(), settings);
	}

	static KafkaRelay relay(String servers, KafkaRelaySettings settings) {
		Map<String, Object> properties = Map.of("bootstrap.servers", servers);
		return new KafkaRelay(new DefaultKafkaProducerFactory<>(properties),
				new DefaultKafkaConsumerFactory<>(properties), properties, settings);
	}

	static KafkaRelaySettings settings(UUID node, String topic, int partitions, EnvelopeCodec codec) {
		return settings(node, topic, partitions, codec, PATIENT);
	}

	private static KafkaRelaySettings settings(UUID node, String topic, int partitions, EnvelopeCodec codec,
			Duration timeout) {
		return KafkaRelaySettings.builder(node, topic, codec).partitions(partitions).publishTimeout(timeout).build();
	}

	@Override
	public void publishRaw(String cluster, Address address, byte[] bytes) {
		publishRecord(cluster, address.value().getBytes(StandardCharsets.UTF_8), bytes);
	}

	void publishRecord(String topic, byte @Nullable [] key, byte @Nullable [] value) {
		Map<String, Object> properties = Map.of("bootstrap.servers", this.adminServers);
		try (Producer<byte[], byte[]> producer = new KafkaProducer<>(properties, new ByteArraySerializer(),
				new ByteArraySerializer())) {
			int partition = KafkaTopic.partition((key != null) ? key : new byte[0], PARTITIONS);
			producer.send(new ProducerRecord<>(topic, partition, key, value)).get(10, TimeUnit.SECONDS);
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Override
	public long connections() {
		return this.direct.connections() + this.proxy.connections();
	}

}
