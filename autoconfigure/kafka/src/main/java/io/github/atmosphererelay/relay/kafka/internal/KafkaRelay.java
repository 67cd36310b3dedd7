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
 * Relays envelopes through one Kafka topic. Every node reads every partition of it by
 * manual assignment, so nodes share nothing on the broker: no rebalances, no committed
 * offsets, no groups left behind. An address always has the same partition, which keeps
 * the order per publishing node.
 * <p>
 * Live delivery is at least once: a node that was away continues where it was as long as
 * the topic still holds what it missed, and hears of a gap otherwise.
 * <p>
 * Recorded channels have a topic of their own, if the settings say that there are any:
 * the log of a channel is what its partition of that topic holds under its key. A
 * position names a place in the partition: its epoch the topic's id and the partition,
 * its offset what Kafka calls the position of a consumer, with the leader epoch of the
 * record before it. Offsets of a channel are not consecutive. {@link ChannelLog#position}
 * answers when this node has read, and handed to its listener, all that the broker held
 * when it was asked; {@link ChannelLog#read} also knows of all that was published before.
 * A page is complete if its position is of this life of the topic, the partition still
 * has the record before it, and nothing of the channel since has expired. So positions
 * outlive ordinary leader elections, and those in a range that an unclean election has
 * cut off are not recovered. More publications than a channel's log keeps can be read
 * since a position: records are removed by age alone, and reading from the beginning
 * passes over what is too much only if it reaches the end. The latest records of each
 * partition are at hand; older ones are looked for on the broker, by few readers, and a
 * read that takes too long fails.
 * <p>
 * Of the records with the same idempotency key the first one counts, on every node, by
 * the time at which the broker appended it. A recorded publication is confirmed when this
 * node has read its record back, which tells whether it is a double, and its leader
 * epoch. A double may take room in the log; nobody hears or reads it.
 * <p>
 * Threads: one for connecting and supervision, one that hands records to the producer,
 * one for deadlines, and those of one Kafka producer and one consumer, however many
 * addresses are followed; with recorded channels, one that completes receipts, three that
 * answer reads, up to seven that read older records, each with a consumer, and that of an
 * administrative client. No method waits for the network, except {@link #stop()} for a
 * few seconds.
 */
public final class KafkaRelay implements ClusterRelay {

	static final String NAME = "kafka";

	private static final ChannelLog NOT_STARTED = new UnavailableLog(() -> new RelayUnavailableException(NAME, null));

	private final Supplier<KafkaRelaySettings> settings;

	private final KafkaClientFactory clients;

	private final Object lifecycle = new Object();

	private volatile @Nullable KafkaConnector connector;

	/**
	 * Create a relay. It makes its own clients, from the configuration of the
	 * application's but with bytes for keys and values and without its group, transaction
	 * prefix and interceptors.
	 * @param applicationProducers the application's producers: configuration, listeners
	 * and post-processors are taken over
	 * @param applicationConsumers the application's consumers: configuration, listeners
	 * and post-processors are taken over
	 * @param adminProperties the configuration with which the topic is looked up and
	 * created
	 * @param settings how to use the broker
	 */
	public KafkaRelay(ProducerFactory<?, ?> applicationProducers, ConsumerFactory<?, ?> applicationConsumers,
			Map<String, Object> adminProperties, KafkaRelaySettings settings) {
		this(applicationProducers, applicationConsumers, adminProperties,
				() -> Objects.requireNonNull(settings, "'settings' must not be null"));
	}

	/**
	 * Create a relay that learns only when it is started whether there are recorded
	 * channels, and what their log has to keep.
	 * @param applicationProducers the application's producers
	 * @param applicationConsumers the application's consumers
	 * @param adminProperties the configuration with which topics are looked up and
	 * created
	 * @param settings how to use the broker; asked now and with each start, and differing
	 * in what concerns the log alone
	 */
	public KafkaRelay(ProducerFactory<?, ?> applicationProducers, ConsumerFactory<?, ?> applicationConsumers,
			Map<String, Object> adminProperties, Supplier<KafkaRelaySettings> settings) {
		this.settings = settings;
		this.clients = new KafkaClientFactory(applicationProducers, applicationConsumers, adminProperties,
				settings.get());
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
			KafkaConnector connector = new KafkaConnector(this.settings.get(), this.clients, listener);
			this.connector = connector;
			connector.start();
		}
	}

	@Override
	public void stop() {
		synchronized (this.lifecycle) {
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

	@Override
	public Set<RelayCapability> capabilities() {
		return Set.of(RelayCapability.CLUSTERED);
	}

	/**
	 * Look now, instead of within the next minute, whether the topic has changed.
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

}
