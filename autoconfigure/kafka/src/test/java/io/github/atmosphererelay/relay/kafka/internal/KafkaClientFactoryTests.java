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

import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.support.serializer.ErrorHandlingDeserializer;
import org.springframework.kafka.support.serializer.JacksonJsonDeserializer;
import org.springframework.kafka.support.serializer.JacksonJsonSerializer;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link KafkaClientFactory}. Clients are really made, without a broker: Kafka
 * checks its configuration when it makes one.
 */
class KafkaClientFactoryTests {

	private static final String SERVERS = "127.0.0.1:9";

	private static final UUID NODE = UUID.randomUUID();

	private final Map<String, Object> producer = new HashMap<>(Map.of("bootstrap.servers", SERVERS));

	private final Map<String, Object> consumer = new HashMap<>(Map.of("bootstrap.servers", SERVERS));

	private final Map<String, Object> admin = new HashMap<>(Map.of("bootstrap.servers", SERVERS));

	@Test
	void propertiesThatTheGuaranteesDependOnAreOverridden() {
		this.producer.putAll(Map.of("acks", "1", "enable.idempotence", "false", "retries", "0",
				"max.in.flight.requests.per.connection", "20", "max.block.ms", "60000", "linger.ms", "3"));
		this.consumer.putAll(Map.of("enable.auto.commit", "true", "auto.offset.reset", "earliest", "group.id", "orders",
				"group.instance.id", "one", "group.protocol", "consumer", "group.remote.assignor", "uniform",
				"isolation.level", "read_committed", "fetch.min.bytes", "100000"));
		KafkaClientFactory clients = clients();
		assertThat(clients.producerProperties()).containsEntry("acks", "all")
			.containsEntry("enable.idempotence", true)
			.containsEntry("retries", Integer.MAX_VALUE)
			.containsEntry("max.in.flight.requests.per.connection", 5)
			.containsEntry("max.block.ms", 500L)
			.containsEntry("linger.ms", "3");
		assertThat(clients.consumerProperties()).containsEntry("enable.auto.commit", false)
			.containsEntry("auto.offset.reset", "none")
			.containsEntry("group.id", "atmosphere-" + NODE)
			.containsEntry("isolation.level", "read_uncommitted")
			.containsEntry("allow.auto.create.topics", false)
			.containsEntry("fetch.min.bytes", 1)
			.doesNotContainKeys("group.instance.id", "group.protocol", "group.remote.assignor");
		makeAll(clients);
	}

	@Test
	void serializersInterceptorsAndPartitionersOfTheApplicationAreLeftOut() {
		this.producer.putAll(Map.of("key.serializer", JacksonJsonSerializer.class, "value.serializer",
				JacksonJsonSerializer.class.getName(), "spring.json.add.type.headers", "false", "interceptor.classes",
				"com.example.NoSuchInterceptor", "partitioner.class", "com.example.NoSuchPartitioner"));
		this.consumer.putAll(Map.of("key.deserializer", ErrorHandlingDeserializer.class, "value.deserializer",
				ErrorHandlingDeserializer.class, "spring.deserializer.value.delegate.class",
				JacksonJsonDeserializer.class, "spring.json.trusted.packages", "com.example", "interceptor.classes",
				List.of("com.example.NoSuchInterceptor"), "partition.assignment.strategy",
				"com.example.NoSuchAssignor"));
		makeAll(clients());
	}

	@Test
	void aTransactionPrefixDoesNotMakeTheProducerTransactional() {
		this.producer.put("transactional.id", "tx");
		DefaultKafkaProducerFactory<Object, Object> producers = new DefaultKafkaProducerFactory<>(this.producer);
		producers.setTransactionIdPrefix("orders-");
		KafkaClientFactory clients = new KafkaClientFactory(producers, new DefaultKafkaConsumerFactory<>(this.consumer),
				this.admin, settings());
		DefaultKafkaProducerFactory<byte[], byte[]> own = clients.producers();
		assertThat(own.transactionCapable()).isFalse();
		assertThat(clients.producerProperties()).doesNotContainKey("transactional.id");
		makeAll(clients);
	}

	@Test
	void listenersAndPostProcessorsOfTheApplicationAreKept() {
		Map<String, Object> seen = new HashMap<>();
		DefaultKafkaProducerFactory<Object, Object> producers = new DefaultKafkaProducerFactory<>(this.producer);
		producers.addPostProcessor((client) -> {
			seen.put("producer", client);
			return client;
		});
		producers.addListener(new DefaultKafkaProducerFactory.Listener<>() {

			@Override
			public void producerAdded(String id, Producer<Object, Object> client) {
				seen.put(id.substring(0, ("atmosphere.atmosphere-" + NODE).length()), client);
			}

		});
		DefaultKafkaConsumerFactory<Object, Object> consumers = new DefaultKafkaConsumerFactory<>(this.consumer);
		consumers.addPostProcessor((client) -> {
			seen.put("consumer", client);
			return client;
		});
		makeAll(new KafkaClientFactory(producers, consumers, this.admin, settings()));
		assertThat(seen).containsOnlyKeys("producer", "consumer", "atmosphere.atmosphere-" + NODE);
	}

	@Test
	void connectionAndSecurityOfTheApplicationAreKept() {
		Map<String, Object> security = Map.of("security.protocol", "SASL_PLAINTEXT", "sasl.mechanism", "PLAIN",
				"sasl.jaas.config",
				"org.apache.kafka.common.security.plain.PlainLoginModule required username=\"a\" password=\"b\";");
		List.of(this.producer, this.consumer, this.admin).forEach((properties) -> properties.putAll(security));
		this.producer.put("compression.type", "lz4");
		this.consumer.put("client.rack", "rack-1");
		KafkaClientFactory clients = clients();
		assertThat(clients.producerProperties()).containsAllEntriesOf(security)
			.containsEntry("bootstrap.servers", SERVERS)
			.containsEntry("compression.type", "lz4");
		assertThat(clients.consumerProperties()).containsAllEntriesOf(security).containsEntry("client.rack", "rack-1");
		assertThat(clients.adminProperties()).containsAllEntriesOf(security);
		makeAll(clients);
	}

	@Test
	void timeLimitsSuitRealTimeMessagingUnlessTheApplicationHasSetItsOwn() {
		KafkaClientFactory clients = clients();
		assertThat(clients.producerProperties()).containsEntry("delivery.timeout.ms", 10_000)
			.containsEntry("request.timeout.ms", 5000)
			.containsEntry("linger.ms", 0)
			.containsEntry("reconnect.backoff.max.ms", 1000);
		assertThat(clients.consumerProperties()).containsEntry("request.timeout.ms", 5000);
		this.producer.putAll(Map.of("delivery.timeout.ms", "90000", "request.timeout.ms", 20_000,
				"reconnect.backoff.max.ms", "30000", "socket.connection.setup.timeout.ms", "7000"));
		this.consumer.put("default.api.timeout.ms", "2000");
		this.consumer.put("request.timeout.ms", "1500");
		this.admin.put("default.api.timeout.ms", "2000");
		this.admin.put("request.timeout.ms", "1500");
		assertThat(clients().producerProperties()).containsEntry("delivery.timeout.ms", "90000")
			.containsEntry("request.timeout.ms", 20_000)
			.containsEntry("reconnect.backoff.max.ms", 1000)
			.containsEntry("socket.connection.setup.timeout.ms", "7000")
			.doesNotContainKey("socket.connection.setup.timeout.max.ms");
		makeAll(clients());
	}

	@Test
	void clientsDoNotRebootstrapUnlessTheApplicationConfiguresIt() {
		assertThat(clients().consumerProperties()).containsEntry("metadata.recovery.strategy", "none");
		this.consumer.put("metadata.recovery.strategy", "rebootstrap");
		assertThat(clients().consumerProperties()).containsEntry("metadata.recovery.strategy", "rebootstrap");
		makeAll(clients());
	}

	@Test
	void reachabilityOfTheBootstrapServersIsDetected() throws Exception {
		try (ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
			String listening = "127.0.0.1:" + socket.getLocalPort();
			for (Object servers : List.of(listening, SERVERS + " , " + listening, List.of(SERVERS, listening))) {
				this.admin.put("bootstrap.servers", servers);
				assertThat(clients().isReachable()).as(servers.toString()).isTrue();
			}
		}
		this.admin.put("bootstrap.servers", SERVERS);
		assertThat(clients().isReachable()).isFalse();
		this.admin.put("bootstrap.servers", "no.such.host.invalid:9092");
		assertThat(clients().isReachable()).isFalse();
		this.admin.put("bootstrap.servers", "not an address");
		assertThat(clients().isReachable()).as("Kafka says what is wrong").isTrue();
		this.admin.remove("bootstrap.servers");
		assertThat(clients().isReachable()).isTrue();
	}

	@ParameterizedTest
	@CsvSource({ "request.timeout.ms,30000", "delivery.timeout.ms,3000", "linger.ms,8000", "linger.ms,60000",
			"request.timeout.ms,100" })
	void anySingleTimeLimitOfTheApplicationMakesAValidProducer(String name, String value) {
		this.producer.put(name, value);
		Map<String, Object> properties = clients().producerProperties();
		assertThat(properties).containsEntry(name, value);
		assertThat(number(properties, ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG))
			.isGreaterThanOrEqualTo(number(properties, ProducerConfig.LINGER_MS_CONFIG)
					+ number(properties, ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG))
			.isGreaterThan(1000);
		makeAll(clients());
	}

	@Test
	void eachClientHasItsOwnId() {
		KafkaClientFactory clients = clients();
		assertThat(List.of(clients.producerProperties(), clients.producerProperties(), clients.consumerProperties(),
				clients.adminProperties()))
			.extracting((properties) -> properties.get("client.id"))
			.doesNotHaveDuplicates();
	}

	@Test
	void propertiesAreReadForEachNewClient() {
		DefaultKafkaProducerFactory<Object, Object> producers = new DefaultKafkaProducerFactory<>(this.producer);
		KafkaClientFactory clients = new KafkaClientFactory(producers, new DefaultKafkaConsumerFactory<>(this.consumer),
				this.admin, settings());
		producers.updateConfigs(Map.of("ssl.key.password", "rotated"));
		assertThat(clients.producerProperties()).containsEntry("ssl.key.password", "rotated");
	}

	private static int number(Map<String, Object> properties, String name) {
		return Integer.parseInt(String.valueOf(properties.get(name)));
	}

	private KafkaClientFactory clients() {
		return new KafkaClientFactory(new DefaultKafkaProducerFactory<>(this.producer),
				new DefaultKafkaConsumerFactory<>(this.consumer), this.admin, settings());
	}

	private static KafkaRelaySettings settings() {
		return KafkaTestBroker.settings(NODE, "topic", 3, new EnvelopeCodec(1024));
	}

	private static void makeAll(KafkaClientFactory clients) {
		DefaultKafkaProducerFactory<byte[], byte[]> producers = clients.producers();
		producers.setPhysicalCloseTimeout(0);
		producers.createNonTransactionalProducer();
		producers.destroy();
		try (Consumer<byte[], byte[]> consumer = clients.consumers().createConsumer()) {
			assertThat(consumer.groupMetadata().groupId()).isEqualTo("atmosphere-" + NODE);
		}
		clients.admin().close(Duration.ZERO);
	}

}
