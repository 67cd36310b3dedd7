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

import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.relay.redis.internal.RedisRelay;
import io.github.atmosphererelay.relay.redis.internal.RedisRelaySettings;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.listener.RedisMessageListenerContainer;

/**
 * Creates the Redis relay if Redis is on the classpath.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass({ RedisRelay.class, RedisMessageListenerContainer.class })
class RedisRelayConfiguration {

	@Bean
	RelayFactory atmosphereRedisRelayFactory(AtmosphereProperties properties,
			@AtmosphereRelayConnection ObjectProvider<RedisConnectionFactory> marked,
			ObjectProvider<RedisConnectionFactory> connectionFactories, ChannelCatalog catalog) {
		return new RelayFactory() {

			@Override
			public RelayType type() {
				return RelayType.REDIS;
			}

			@Override
			public RedisRelay create(RelayNode node) {
				RedisConnectionFactory connectionFactory = ConnectionBeans.find(marked, connectionFactories,
						RelayType.REDIS);
				AtmosphereProperties.Relay relay = properties.relay();
				return new RedisRelay(connectionFactory,
						new RedisRelaySettings(relay.redis().keyPrefix() + node.clusterName() + ":", node.codec(),
								relay.maxPending(), relay.publishTimeout(), new RecordedChannels(catalog)::exist));
			}

		};
	}

}
