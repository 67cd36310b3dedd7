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

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.MetadataRecoveryStrategy;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.ProducerFactory;

/**
 * Creates Kafka clients of this library from the application's configuration. Servers,
 * security, buffers and metrics are those of the application. Settings that the relay's
 * guarantees depend on are overridden. Timeouts that the application has not set get
 * defaults that suit real-time messaging. The application's properties are read for each
 * new client, so that rotated credentials take effect.
 */
public final class KafkaClientFactory {

	private static final Log logger = LogFactory.getLog(KafkaClientFactory.class);

	private static final Duration REACH_TIMEOUT = Duration.ofSeconds(4);

	private static final int CONNECT_TIMEOUT_MILLIS = 2000;

	private static final String BEAN_NAME = "atmosphere";

	private static final int REQUEST_TIMEOUT_MILLIS = 5000;

	private static final int DELIVERY_TIMEOUT_MILLIS = 10_000;

	private static final int RECONNECT_BACKOFF_MAX_MILLIS = 1000;

	private static final int RECONNECT_BACKOFF_MILLIS = 250;

	private static final int MAX_BLOCK_MILLIS = 500;

	private static final int MAX_READ_RECORDS = 2000;

	private static final int MAX_GROUP_RECORDS = 500;

	private static final int IMPATIENT_MILLIS = 10;

	private static final int SESSION_TIMEOUT_MILLIS = 10_000;

	private static final int HEARTBEAT_MILLIS = 1000;

	private static final int METADATA_MAX_AGE_MILLIS = 5000;

	private static final Duration CONSUMER_CLOSE_TIMEOUT = Duration.ofMillis(100);

	private final ProducerFactory<?, ?> applicationProducers;

	private final ConsumerFactory<?, ?> applicationConsumers;

	private final Map<String, Object> adminProperties;

	private final KafkaRelaySettings settings;

	/**
	 * Numbers the clients of this node. A new client may start before its predecessor has
	 * ended, and two clients with the same id would share their metrics.
	 */
	private final AtomicInteger count = new AtomicInteger();

	/**
	 * Create a factory.
	 * @param applicationProducers the application's producers
	 * @param applicationConsumers the application's consumers
	 * @param adminProperties the properties of the application's administrative clients
	 * @param settings the node, whose id becomes part of the clients' ids, and timeouts
	 */
	public KafkaClientFactory(ProducerFactory<?, ?> applicationProducers, ConsumerFactory<?, ?> applicationConsumers,
			Map<String, Object> adminProperties, KafkaRelaySettings settings) {
		this.applicationProducers = applicationProducers;
		this.applicationConsumers = applicationConsumers;
		this.adminProperties = new HashMap<>(adminProperties);
		this.settings = settings;
	}

	/**
	 * Create an administrative client.
	 * @return a new client, which the caller closes
	 */
	public Admin admin() {
		return Admin.create(adminProperties());
	}

	/**
	 * Return whether at least one of the bootstrap servers accepts a TCP connection. If
	 * none does, the relay creates no clients: each of them would log its configuration
	 * and all its attempts to connect. Blocks for 4 s at most.
	 * @return {@code true} if a server accepts connections, or if that cannot be found
	 * out
	 */
	public boolean isReachable() {
		List<String> servers = servers(this.adminProperties.get(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG));
		boolean refused = false;
		long deadline = System.nanoTime() + REACH_TIMEOUT.toNanos();
		for (String server : servers) {
			String host = Utils.getHost(server);
			Integer port = Utils.getPort(server);
			if (host == null || port == null) {
				return true;
			}
			long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
			if (left <= 0) {
				break;
			}
			refused = true;
			try (Socket socket = new Socket()) {
				socket.connect(new InetSocketAddress(host, port), (int) Math.min(left, CONNECT_TIMEOUT_MILLIS));
				return true;
			}
			catch (IOException ex) {
				logger.trace("Nobody listens at " + server, ex);
			}
		}
		return !refused;
	}

	/**
	 * Return the addresses of the bootstrap servers.
	 * @return the value of {@code bootstrap.servers}
	 */
	public String servers() {
		return String.join(",", servers(this.adminProperties.get(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG)));
	}

	private static List<String> servers(@Nullable Object property) {
		if (property instanceof Collection<?> servers) {
			return servers.stream().map(String::valueOf).map(String::trim).toList();
		}
		return (property != null) ? List.of(property.toString().trim().split("\\s*,\\s*")) : List.of();
	}

	/**
	 * Create a factory for one producer. The producer is closed when the factory is
	 * destroyed.
	 * @return a new factory
	 */
	public DefaultKafkaProducerFactory<byte[], byte[]> producers() {
		DefaultKafkaProducerFactory<byte[], byte[]> factory = new DefaultKafkaProducerFactory<>(producerProperties(),
				new ByteArraySerializer(), new ByteArraySerializer());
		factory.setBeanName(BEAN_NAME);
		ProducerFactory<byte[], byte[]> application = ofBytes(this.applicationProducers);
		application.getListeners().forEach(factory::addListener);
		application.getPostProcessors().forEach(factory::addPostProcessor);
		return factory;
	}

	ConsumerFactory<byte[], byte[]> consumers() {
		return consumers(consumerProperties());
	}

	/**
	 * Create a consumer that reads older parts of the log.
	 * @return a new consumer without assigned partitions
	 */
	Consumer<byte[], byte[]> logReader() {
		Map<String, Object> properties = consumerProperties();
		// The application may have set a small number, which would make these reads slow.
		properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, MAX_READ_RECORDS);
		return consumers(properties).createConsumer();
	}

	/**
	 * Create a consumer that reads for a consumer group.
	 * @return a new consumer without assigned partitions
	 */
	Consumer<byte[], byte[]> groupReader() {
		Map<String, Object> properties = consumerProperties();
		properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, MAX_GROUP_RECORDS);
		return consumers(properties).createConsumer();
	}

	/**
	 * Create a consumer for which the broker waits for records for some milliseconds
	 * only.
	 */
	Consumer<byte[], byte[]> impatientGroupReader() {
		Map<String, Object> properties = consumerProperties();
		properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, MAX_GROUP_RECORDS);
		properties.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, IMPATIENT_MILLIS);
		return consumers(properties).createConsumer();
	}

	/**
	 * Create a consumer that is a member of a consumer group.
	 * @param group the group's id at the broker
	 * @return a new consumer without a subscription
	 */
	Consumer<byte[], byte[]> groupMember(String group) {
		Map<String, Object> properties = consumerProperties();
		properties.put(ConsumerConfig.GROUP_ID_CONFIG, group);
		properties.put(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, CooperativeStickyAssignor.class.getName());
		int session = (int) groupSessionTimeout().toMillis();
		properties.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, session);
		// Members learn with a heartbeat that others have come or gone
		properties.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, Math.min(HEARTBEAT_MILLIS, session / 3));
		// Messages are not handled on the thread that polls. It waits while it hands over
		// lanes
		properties.put(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG,
				(int) KafkaGroupMember.MAX_HAND_OVER.multipliedBy(2).toMillis());
		return consumers(properties).createConsumer();
	}

	/**
	 * Return after which time the broker gives the share of a member that does not answer
	 * to others.
	 * @return the application's {@code session.timeout.ms}, or 10 s
	 */
	Duration groupSessionTimeout() {
		return Duration.ofMillis(number(this.applicationConsumers.getConfigurationProperties(),
				ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, SESSION_TIMEOUT_MILLIS));
	}

	/**
	 * Create a consumer that reads a topic of the application. It belongs to no group, so
	 * it needs no right to one, and it does not see what a producer's transaction has
	 * aborted.
	 * @return a new consumer without assigned partitions
	 */
	public Consumer<byte[], byte[]> topicReader() {
		Map<String, Object> properties = consumerProperties();
		properties.remove(ConsumerConfig.GROUP_ID_CONFIG);
		properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
		properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, MAX_READ_RECORDS);
		return consumers(properties).createConsumer();
	}

	/**
	 * Create a consumer that reads a topic of the application as a member of a consumer
	 * group. It does not see what a producer's transaction has aborted, and looks for new
	 * partitions every few seconds.
	 * @param group the group's id at the broker
	 * @param instance the name of a static member, which keeps its partitions until it
	 * comes back or its session has timed out, or {@code null} for another member
	 * @return a new consumer without a subscription
	 */
	public Consumer<byte[], byte[]> topicGroupMember(String group, @Nullable String instance) {
		Map<String, Object> properties = consumerProperties();
		properties.put(ConsumerConfig.GROUP_ID_CONFIG, group);
		properties.put(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, CooperativeStickyAssignor.class.getName());
		int session = (int) groupSessionTimeout().toMillis();
		properties.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, session);
		properties.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, Math.min(HEARTBEAT_MILLIS, session / 3));
		properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
		properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, MAX_READ_RECORDS);
		properties.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, METADATA_MAX_AGE_MILLIS);
		if (instance != null) {
			properties.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, instance);
		}
		return consumers(properties).createConsumer();
	}

	private ConsumerFactory<byte[], byte[]> consumers(Map<String, Object> properties) {
		DefaultKafkaConsumerFactory<byte[], byte[]> factory = new PromptConsumerFactory(properties);
		factory.setBeanName(BEAN_NAME);
		ConsumerFactory<byte[], byte[]> application = ofBytes(this.applicationConsumers);
		application.getListeners().forEach(factory::addListener);
		application.getPostProcessors().forEach(factory::addPostProcessor);
		return factory;
	}

	Map<String, Object> adminProperties() {
		Map<String, Object> properties = new HashMap<>(this.adminProperties);
		connectionDefaults(properties);
		if (!properties.containsKey(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG)) {
			properties.putIfAbsent(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, REQUEST_TIMEOUT_MILLIS);
		}
		return properties;
	}

	Map<String, Object> producerProperties() {
		Map<String, Object> properties = new HashMap<>(this.applicationProducers.getConfigurationProperties());
		properties.keySet()
			.removeAll(List.of(ProducerConfig.TRANSACTIONAL_ID_CONFIG,
					ProducerConfig.TRANSACTION_TWO_PHASE_COMMIT_ENABLE_CONFIG,
					ProducerConfig.INTERCEPTOR_CLASSES_CONFIG, ProducerConfig.PARTITIONER_CLASS_CONFIG));
		properties.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
		properties.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
		connectionDefaults(properties);
		// Idempotence keeps the order of records when they are retried. It requires the
		// three settings below.
		properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
		properties.put(ProducerConfig.ACKS_CONFIG, "all");
		properties.put(ProducerConfig.RETRIES_CONFIG, Integer.MAX_VALUE);
		properties.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION,
				Math.min(5, number(properties, ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 5)));
		properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG,
				Math.max(1, Math.min(MAX_BLOCK_MILLIS, this.settings.publishTimeout().toMillis() / 2)));
		properties.putIfAbsent(ProducerConfig.LINGER_MS_CONFIG, 0);
		deliveryDefaults(properties);
		return properties;
	}

	Map<String, Object> consumerProperties() {
		Map<String, Object> properties = new HashMap<>(this.applicationConsumers.getConfigurationProperties());
		properties.keySet()
			.removeAll(List.of(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, ConsumerConfig.GROUP_PROTOCOL_CONFIG,
					ConsumerConfig.GROUP_REMOTE_ASSIGNOR_CONFIG, ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
					ConsumerConfig.INTERCEPTOR_CLASSES_CONFIG));
		properties.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
		properties.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
		connectionDefaults(properties);
		properties.put(ConsumerConfig.GROUP_ID_CONFIG, "atmosphere-" + this.settings.node());
		properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
		// Not "latest": then the consumer would skip an offset out of range without a
		// word. With "none" it fails, and the connector finds the offset to continue from
		// and reports the gap.
		properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
		properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_uncommitted");
		properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
		// The application may have tuned its consumers for batches, which would delay
		// each message.
		properties.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, 1);
		if (!properties.containsKey(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG)) {
			properties.putIfAbsent(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, REQUEST_TIMEOUT_MILLIS);
		}
		return properties;
	}

	private void connectionDefaults(Map<String, Object> properties) {
		properties.put(AdminClientConfig.CLIENT_ID_CONFIG,
				"atmosphere-" + this.settings.node() + "-" + this.count.incrementAndGet());
		int backoffMax = Math.min(RECONNECT_BACKOFF_MAX_MILLIS,
				number(properties, AdminClientConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, RECONNECT_BACKOFF_MAX_MILLIS));
		properties.put(AdminClientConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, backoffMax);
		// Kafka logs two lines for each attempt.
		properties.putIfAbsent(AdminClientConfig.RECONNECT_BACKOFF_MS_CONFIG,
				Math.min(RECONNECT_BACKOFF_MILLIS, backoffMax));
		// The relay itself replaces clients that do not find their brokers. With the
		// other strategy they log a new bootstrap a hundred times a second while no
		// broker is reachable.
		properties.putIfAbsent(AdminClientConfig.METADATA_RECOVERY_STRATEGY_CONFIG, MetadataRecoveryStrategy.NONE.name);
		if (!properties.containsKey(AdminClientConfig.SOCKET_CONNECTION_SETUP_TIMEOUT_MS_CONFIG)
				&& !properties.containsKey(AdminClientConfig.SOCKET_CONNECTION_SETUP_TIMEOUT_MAX_MS_CONFIG)) {
			properties.put(AdminClientConfig.SOCKET_CONNECTION_SETUP_TIMEOUT_MS_CONFIG, 2000);
			properties.put(AdminClientConfig.SOCKET_CONNECTION_SETUP_TIMEOUT_MAX_MS_CONFIG, 4000);
		}
	}

	/**
	 * Complete the timeouts of delivery. The delivery timeout is longer than a publisher
	 * waits for its receipt, because a record that arrives late is better than none. It
	 * is not minutes, because messages of a conversation are useless by then. Kafka
	 * requires that it is at least linger plus request timeout.
	 * @param properties the producer's properties, which are completed
	 */
	private void deliveryDefaults(Map<String, Object> properties) {
		int linger = number(properties, ProducerConfig.LINGER_MS_CONFIG, 0);
		if (properties.containsKey(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG)) {
			int delivery = number(properties, ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, DELIVERY_TIMEOUT_MILLIS);
			properties.putIfAbsent(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
					Math.max(1, Math.min(REQUEST_TIMEOUT_MILLIS, delivery - linger)));
			return;
		}
		properties.putIfAbsent(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, REQUEST_TIMEOUT_MILLIS);
		int request = number(properties, ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, REQUEST_TIMEOUT_MILLIS);
		long delivery = Math.max(DELIVERY_TIMEOUT_MILLIS, 2 * this.settings.publishTimeout().toMillis());
		properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
				(int) Math.min(Integer.MAX_VALUE, Math.max(delivery, (long) linger + request)));
	}

	/**
	 * Read a number that may be configured as text. Text that is no number is left for
	 * Kafka to report.
	 * @param properties the properties
	 * @param name the name of the property
	 * @param fallback the value if there is no number
	 * @return the number
	 */
	private static int number(Map<String, Object> properties, String name, int fallback) {
		@Nullable Object value = properties.get(name);
		try {
			return (value != null) ? Integer.parseInt(value.toString().trim()) : fallback;
		}
		catch (NumberFormatException ex) {
			return fallback;
		}
	}

	/**
	 * Cast a factory to byte arrays. Its listeners and post-processors work with every
	 * type of key and value, because Kafka's generic types are only those of the factory
	 * that they were registered with.
	 * @param factory the application's factory
	 * @return the same factory
	 */
	@SuppressWarnings("unchecked")
	private static ProducerFactory<byte[], byte[]> ofBytes(ProducerFactory<?, ?> factory) {
		return (ProducerFactory<byte[], byte[]>) factory;
	}

	@SuppressWarnings("unchecked")
	private static ConsumerFactory<byte[], byte[]> ofBytes(ConsumerFactory<?, ?> factory) {
		return (ConsumerFactory<byte[], byte[]>) factory;
	}

	/**
	 * Creates consumers that close quickly. The relay's consumers have no group to leave
	 * and no offsets to commit. By default Kafka waits up to 30 s for that.
	 */
	private static final class PromptConsumerFactory extends DefaultKafkaConsumerFactory<byte[], byte[]> {

		PromptConsumerFactory(Map<String, Object> properties) {
			super(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
		}

		@Override
		protected Consumer<byte[], byte[]> createRawConsumer(Map<String, Object> properties) {
			return new ExtendedKafkaConsumer(properties) {

				@Override
				public void close() {
					close(CloseOptions.timeout(CONSUMER_CLOSE_TIMEOUT));
				}

			};
		}

	}

}
