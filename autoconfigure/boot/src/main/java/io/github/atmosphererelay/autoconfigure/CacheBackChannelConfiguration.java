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

import java.util.UUID;

import io.github.atmosphererelay.feed.BackChannel;
import io.github.atmosphererelay.feed.internal.CacheBackChannel;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.relay.redis.internal.RedisRelay;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.RedisConnectionFactory;

/**
 * Makes the back channel in Redis, beside any relay.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass({ CacheBackChannel.class, RedisRelay.class, RedisConnectionFactory.class })
@ConditionalOnProperty(name = CacheBackChannelConfiguration.PROPERTY, havingValue = "cache")
class CacheBackChannelConfiguration {

	static final String PROPERTY = "atmosphere.redistribution.back-channel";

	@Bean
	BackChannelFactory atmosphereCacheBackChannelFactory(AtmosphereProperties properties,
			@AtmosphereRelayConnection ObjectProvider<RedisConnectionFactory> marked,
			ObjectProvider<RedisConnectionFactory> all,
			@Value("${spring.application.name:" + AtmosphereAutoConfiguration.NO_NAME + "}") String applicationName) {
		return new BackChannelFactory() {

			@Override
			public RedistributionBackChannel type() {
				return RedistributionBackChannel.CACHE;
			}

			@Override
			public BackChannel create(UUID node, Guard guard) {
				AtmosphereProperties.Relay relay = properties.relay();
				return new CacheBackChannel(connectionFactory(marked, all),
						relay.redis().keyPrefix() + PropertyChecks.clusterName(properties, applicationName) + ":",
						relay.publishTimeout(), guard);
			}

		};
	}

	private static RedisConnectionFactory connectionFactory(ObjectProvider<RedisConnectionFactory> marked,
			ObjectProvider<RedisConnectionFactory> all) {
		RedisConnectionFactory found = marked.getIfUnique();
		found = (found != null) ? found : all.getIfUnique();
		if (found == null) {
			throw new InvalidConfigurationPropertyValueException(PROPERTY, "cache",
					"It needs a connection to Redis: add spring-boot-starter-data-redis. Of several"
							+ " RedisConnectionFactory beans, one has to be primary or marked with"
							+ " @AtmosphereRelayConnection");
		}
		return found;
	}

}
