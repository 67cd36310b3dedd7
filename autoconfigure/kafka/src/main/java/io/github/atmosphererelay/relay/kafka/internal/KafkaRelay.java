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

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.ConsumerGroups;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayCapability;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.RelayWithoutLogException;
import io.github.atmosphererelay.relay.UnavailableLog;
import org.jspecify.annotations.Nullable;

import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.ProducerFactory;

/**
 * Relays envelopes through one Kafka topic. Every node reads every partition by manual
 * assignment. So the nodes share nothing on the broker: there are no rebalances, no
 * committed offsets and no groups left behind. An address always has the same partition,
 * which keeps the order of the messages of each publishing node.
 * <p>
 * Live delivery is at least once: a node that was away continues from its last offset as
 * long as the topic still has what the node missed. Otherwise the listener is told of a
 * gap.
 * <p>
 * If there are recorded channels, they have a second topic. The log of a channel consists
 * of the records with the channel's key in its partition of that topic. A position is a
 * place in the partition: its epoch consists of the topic's id and the partition, its
 * offset of the position of a Kafka consumer and the leader epoch of the record before
 * it. Offsets of a channel are not consecutive. {@link ChannelLog#position} completes
 * when this node has read and delivered everything that the broker had when the call was
 * made; {@link ChannelLog#read} includes everything that was published before the call. A
 * page is complete if the topic has not been created again since its position, the
 * partition still has the record before the position, and no message of the channel since
 * then has expired. So positions stay valid through ordinary leader elections. A position
 * in a range that an unclean election has removed is not recovered. A read since a
 * position can return more messages than the channel's history keeps, because Kafka
 * removes records by age alone. A read from the beginning applies the size of the history
 * only if it reaches the end of the log. The latest records of each partition are in
 * memory. Older ones are read from the broker, by a few threads, and a read that takes
 * too long fails.
 * <p>
 * Of the records with the same idempotency key, the first one counts, on every node, by
 * the time at which the broker appended it. A recorded publication is confirmed when this
 * node has read its record back, because only then it knows the record's leader epoch and
 * whether it is a duplicate. A duplicate may take space in the log, but no client
 * receives or reads it.
 * <p>
 * Threads, independent of the number of addresses: one for connecting and supervision,
 * one that hands records to the producer, one for deadlines, and those of one Kafka
 * producer and one consumer. With recorded channels also one that completes receipts,
 * three that answer reads, up to seven that read older records, each with a consumer, and
 * that of an administrative client. Each consumer group that this node is a member of
 * adds two threads, each with a consumer, and all groups together one that keeps what is
 * set aside. No method blocks on the network, except {@link #stop()} for a few seconds.
 */
public final class KafkaRelay implements ClusterRelay {

	static final String NAME = "kafka";

	private static final ChannelLog NOT_STARTED = new UnavailableLog(() -> new RelayUnavailableException(NAME, null));

	private final Supplier<KafkaRelaySettings> settings;

	private final KafkaClientFactory clients;

	private final KafkaGroups groups;

	private final Object lifecycle = new Object();

	private volatile @Nullable KafkaConnector connector;

	/**
	 * Create a relay. It creates its own clients from the application's configuration,
	 * but with byte arrays as keys and values, and without the application's consumer
	 * group, transaction prefix and interceptors.
	 * @param applicationProducers the application's producers, whose configuration,
	 * listeners and post-processors are used
	 * @param applicationConsumers the application's consumers, whose configuration,
	 * listeners and post-processors are used
	 * @param adminProperties the configuration of the client that looks up and creates
	 * the topics
	 * @param settings how to use the broker
	 */
	public KafkaRelay(ProducerFactory<?, ?> applicationProducers, ConsumerFactory<?, ?> applicationConsumers,
			Map<String, Object> adminProperties, KafkaRelaySettings settings) {
		this(applicationProducers, applicationConsumers, adminProperties,
				() -> Objects.requireNonNull(settings, "'settings' must not be null"));
	}

	/**
	 * Create a relay whose settings for recorded channels are known only at its start.
	 * @param applicationProducers the application's producers
	 * @param applicationConsumers the application's consumers
	 * @param adminProperties the configuration of the client that looks up and creates
	 * the topics
	 * @param settings supplies how to use the broker; called now and at each start, and
	 * may only differ in the settings of the log
	 */
	public KafkaRelay(ProducerFactory<?, ?> applicationProducers, ConsumerFactory<?, ?> applicationConsumers,
			Map<String, Object> adminProperties, Supplier<KafkaRelaySettings> settings) {
		this.settings = settings;
		this.clients = new KafkaClientFactory(applicationProducers, applicationConsumers, adminProperties,
				settings.get());
		this.groups = new KafkaGroups(this.clients);
	}

	@Override
	public String name() {
		return NAME;
	}

	@Override
	public void start(RelayListener listener) {
		synchronized (this.lifecycle) {
			if (this.connector != null) {
				throw new IllegalStateException("The kafka relay is already started");
			}
			KafkaRelaySettings settings = this.settings.get();
			KafkaConnector connector = new KafkaConnector(settings, this.clients, listener);
			this.connector = connector;
			this.groups.start(settings, this::life, new BrokerQuestions(), listener);
			connector.start();
		}
	}

	@Override
	public void stop() {
		synchronized (this.lifecycle) {
			this.groups.stop();
			KafkaConnector connector = this.connector;
			this.connector = null;
			if (connector != null) {
				connector.stop();
			}
		}
	}

	@Override
	public void reconnect() {
		KafkaConnector connector = this.connector;
		if (connector != null) {
			connector.reconnect();
		}
	}

	@Override
	public CompletableFuture<Receipt> publish(Envelope envelope) {
		KafkaConnector connector = this.connector;
		if (connector == null) {
			return CompletableFuture.failedFuture(new RelayUnavailableException(NAME, null));
		}
		if (envelope.log() != null && connector.log() == null) {
			return CompletableFuture.failedFuture(new RelayWithoutLogException(NAME));
		}
		return connector.publish(envelope);
	}

	@Override
	public CompletableFuture<@Nullable Void> subscribe(Address address) {
		KafkaConnector connector = this.connector;
		if (connector == null) {
			return CompletableFuture.failedFuture(new RelayUnavailableException(NAME, null));
		}
		return connector.subscribe(address);
	}

	@Override
	public void unsubscribe(Address address) {
		KafkaConnector connector = this.connector;
		if (connector != null) {
			connector.unsubscribe(address);
		}
	}

	@Override
	public @Nullable ChannelLog log() {
		KafkaConnector connector = this.connector;
		if (connector != null) {
			return connector.log();
		}
		return this.settings.get().recorded() ? NOT_STARTED : null;
	}

	/**
	 * Return the topic of the logs as this node reads it.
	 */
	@Nullable KafkaLogLife life() {
		KafkaConnector connector = this.connector;
		KafkaLog log = (connector != null) ? connector.log() : null;
		return (log != null) ? log.life() : null;
	}

	@Override
	public ConsumerGroups groups() {
		return this.groups;
	}

	@Override
	public Set<RelayCapability> capabilities() {
		return Set.of(RelayCapability.CLUSTERED);
	}

	/**
	 * Check now, instead of within the next minute, whether the topic has changed.
	 */
	void checkTopic() {
		KafkaConnector connector = this.connector;
		if (connector != null) {
			connector.checkSoon();
		}
	}

	@Override
	public Map<String, Object> details() {
		Map<String, Object> details = new LinkedHashMap<>();
		KafkaRelaySettings settings = this.settings.get();
		details.put("topic", settings.topic());
		if (settings.recorded()) {
			details.put("logTopic", settings.logTopic());
		}
		details.put("configuredPartitions", settings.partitions());
		KafkaConnector connector = this.connector;
		KafkaTopic.Description topic = (connector != null) ? connector.topic() : null;
		if (topic != null) {
			details.put("partitions", topic.partitions());
			details.put("replication", topic.replication());
		}
		return details;
	}

	/**
	 * Asks with the client that the relay has.
	 */
	private final class BrokerQuestions implements KafkaGroupMember.Questions {

		/**
		 * A partition that does not answer delays no other.
		 */
		@Override
		public CompletableFuture<Long> end(int partition) {
			KafkaConnector connector = KafkaRelay.this.connector;
			KafkaLog log = (connector != null) ? connector.log() : null;
			return (log != null) ? log.end(partition)
					: CompletableFuture.failedFuture(new RelayUnavailableException(NAME, null));
		}

		@Override
		public CompletableFuture<KafkaGroupMember.Standing> standing(String group, String member) {
			KafkaConnector connector = KafkaRelay.this.connector;
			return (connector != null) ? connector.standing(group, member)
					: CompletableFuture.failedFuture(new RelayUnavailableException(NAME, null));
		}

	}

}
