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

package io.github.atmosphererelay.autoconfigure;

import java.util.function.Supplier;

import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.relay.kafka.internal.KafkaRelay;
import io.github.atmosphererelay.relay.kafka.internal.KafkaRelaySettings;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.KafkaAdmin;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.core.ProducerFactory;

/**
 * Creates the Kafka relay if Kafka is on the classpath.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass({ KafkaRelay.class, KafkaTemplate.class })
class KafkaRelayConfiguration {

	@Bean
	RelayFactory atmosphereKafkaRelayFactory(AtmosphereProperties properties,
			@AtmosphereRelayConnection ObjectProvider<ProducerFactory<?, ?>> markedProducers,
			ObjectProvider<ProducerFactory<?, ?>> producers,
			@AtmosphereRelayConnection ObjectProvider<ConsumerFactory<?, ?>> markedConsumers,
			ObjectProvider<ConsumerFactory<?, ?>> consumers,
			@AtmosphereRelayConnection ObjectProvider<KafkaAdmin> markedAdmins, ObjectProvider<KafkaAdmin> admins,
			ChannelCatalog catalog) {
		return new RelayFactory() {

			@Override
			public RelayType type() {
				return RelayType.KAFKA;
			}

			@Override
			public KafkaRelay create(RelayNode node) {
				AtmosphereProperties.Relay relay = properties.relay();
				AtmosphereProperties.Kafka kafka = relay.kafka();
				RecordedChannels recorded = new RecordedChannels(catalog);
				String topic = (kafka.topic() != null) ? kafka.topic() : "atmosphere." + node.clusterName();
				Supplier<KafkaRelaySettings> settings = () -> {
					recorded.requireRetention("atmosphere.relay.kafka.log-retention", kafka.logRetention());
					return KafkaRelaySettings.builder(node.id(), topic, node.codec())
						.partitions(kafka.partitions())
						.replication(kafka.replication())
						.retention(kafka.retention())
						.createTopic(kafka.createTopic())
						.maxPending(relay.maxPending())
						.publishTimeout(relay.publishTimeout())
						.recorded(recorded.exist())
						.logRetention(kafka.logRetention())
						.idempotencyWindow(recorded.longestIdempotencyWindow())
						.build();
				};
				return new KafkaRelay(ConnectionBeans.find(markedProducers, producers, RelayType.KAFKA),
						ConnectionBeans.find(markedConsumers, consumers, RelayType.KAFKA),
						ConnectionBeans.find(markedAdmins, admins, RelayType.KAFKA).getConfigurationProperties(),
						settings);
			}

		};
	}

}
