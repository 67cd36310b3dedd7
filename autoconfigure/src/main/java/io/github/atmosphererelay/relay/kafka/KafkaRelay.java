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

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayCapability;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.UnsupportedRelayOperationException;
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
 * the topic still holds what it missed, and hears of a gap otherwise. There is no log per
 * channel, so recorded envelopes are refused.
 * <p>
 * Threads: one for connecting and supervision, one that hands records to the producer,
 * one for deadlines, and those of one Kafka producer and one consumer, however many
 * addresses are followed. No method waits for the network, except {@link #stop()} for a
 * few seconds.
 */
public final class KafkaRelay implements ClusterRelay {

	static final String NAME = "kafka";

	private final KafkaRelaySettings settings;

	private final KafkaClients clients;

	private final Object lifecycle = new Object();

	private volatile @Nullable KafkaLink link;

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
		this.settings = Objects.requireNonNull(settings, "'settings' must not be null");
		this.clients = new KafkaClients(applicationProducers, applicationConsumers, adminProperties, settings);
	}

	@Override
	public String name() {
		return NAME;
	}

	@Override
	public void start(RelayListener listener) {
		synchronized (this.lifecycle) {
			if (this.link != null) {
				throw new IllegalStateException("The kafka relay is already started");
			}
			KafkaLink link = new KafkaLink(this.settings, this.clients, listener);
			this.link = link;
			link.start();
		}
	}

	@Override
	public void stop() {
		synchronized (this.lifecycle) {
			KafkaLink link = this.link;
			this.link = null;
			if (link != null) {
				link.stop();
			}
		}
	}

	@Override
	public void reconnect() {
		KafkaLink link = this.link;
		if (link != null) {
			link.reconnect();
		}
	}

	@Override
	public CompletableFuture<Receipt> publish(Envelope envelope) {
		if (envelope.log() != null) {
			return CompletableFuture
				.failedFuture(new UnsupportedRelayOperationException(NAME, RelayCapability.RECORDED));
		}
		KafkaLink link = this.link;
		if (link == null) {
			return CompletableFuture.failedFuture(new RelayUnavailableException(NAME, null));
		}
		return link.publish(envelope);
	}

	@Override
	public CompletableFuture<@Nullable Position> subscribe(Address address) {
		KafkaLink link = this.link;
		if (link == null) {
			return CompletableFuture.failedFuture(new RelayUnavailableException(NAME, null));
		}
		return link.subscribe(address);
	}

	@Override
	public void unsubscribe(Address address) {
		KafkaLink link = this.link;
		if (link != null) {
			link.unsubscribe(address);
		}
	}

	/**
	 * Look now, instead of within the next minute, whether the topic has changed.
	 */
	void checkTopic() {
		KafkaLink link = this.link;
		if (link != null) {
			link.checkSoon();
		}
	}

	@Override
	public Map<String, Object> details() {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("topic", this.settings.topic());
		details.put("configuredPartitions", this.settings.partitions());
		KafkaLink link = this.link;
		KafkaTopic.Description topic = (link != null) ? link.topic() : null;
		if (topic != null) {
			details.put("partitions", topic.partitions());
			details.put("replication", topic.replication());
		}
		return details;
	}

}
