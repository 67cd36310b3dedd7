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

import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.redis.internal.RedisDocument;
import io.github.atmosphererelay.routing.RingVersion;
import io.github.atmosphererelay.routing.internal.RingDocument;
import io.github.atmosphererelay.routing.internal.RingStore;
import io.github.atmosphererelay.routing.internal.RoutingService;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.util.ClassUtils;

/**
 * Lets the node that publishes the ring write it to Redis, for programs that are no
 * members of the cluster.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass({ RedisDocument.class, RedisConnectionFactory.class, JsonMapper.class })
class RingCopyConfiguration {

	private static final Log logger = LogFactory.getLog(RingCopyConfiguration.class);

	/** Redis compares terms as numbers with a fraction, which are exact below this. */
	private static final long LAST_TERM = 1L << 53;

	static boolean isPossible() {
		ClassLoader classLoader = RingCopyConfiguration.class.getClassLoader();
		return ClassUtils.isPresent("io.github.atmosphererelay.relay.redis.internal.RedisDocument", classLoader)
				&& ClassUtils.isPresent("org.springframework.data.redis.connection.RedisConnectionFactory", classLoader)
				&& ClassUtils.isPresent("tools.jackson.databind.json.JsonMapper", classLoader);
	}

	@Bean
	SmartInitializingSingleton atmosphereRingCopy(RoutingService routing, ClusterRelay relay,
			AtmosphereProperties properties, @AtmosphereRelayConnection ObjectProvider<RedisConnectionFactory> marked,
			ObjectProvider<RedisConnectionFactory> all,
			@Value("${spring.application.name:" + AtmosphereAutoConfiguration.NO_NAME + "}") String applicationName) {
		return () -> {
			Boolean configured = properties.routing().redisCopy();
			if ((configured != null) ? configured : relay.name().equals(RelayChooser.name(RelayType.REDIS))) {
				RedisConnectionFactory connections = marked.getIfUnique();
				if (connections == null) {
					connections = all.getIfUnique();
				}
				if (connections != null) {
					routing.copyTo(store(connections, properties, applicationName));
				}
				else if (configured != null) {
					throw new RelayNotConfiguredException(
							"'atmosphere.routing.redis-copy' is true, but the application has no"
									+ " RedisConnectionFactory bean, or several of which none is primary.",
							"Define the bean, or mark the one to use with @AtmosphereRelayConnection, or set the"
									+ " property 'atmosphere.routing.redis-copy' to false.");
				}
			}
		};
	}

	private static RingStore store(RedisConnectionFactory connections, AtmosphereProperties properties,
			String applicationName) {
		String key = properties.relay().redis().keyPrefix() + PropertyChecks.clusterName(properties, applicationName)
				+ ":ring";
		try {
			return new RedisRingStore(new RedisDocument(connections, key, properties.relay().publishTimeout(), null));
		}
		catch (IllegalArgumentException ex) {
			throw new RelayNotConfiguredException("The ring cannot be copied to Redis: " + ex.getMessage(),
					"Change the connection, or set 'atmosphere.routing.redis-copy' to false.");
		}
	}

	/**
	 * Keeps the ring in Redis.
	 */
	private record RedisRingStore(RedisDocument document) implements RingStore {

		@Override
		public boolean save(RingVersion version, String ring) {
			return this.document.save(ring, version.term(), version.counter(),
					version.digest()) != RedisDocument.Saved.NEWER_PRESENT;
		}

		@Override
		public long term() {
			String ring = this.document.read();
			if (ring == null) {
				return 0;
			}
			try {
				long term = RingDocument.read(ring).version().term();
				return (term < LAST_TERM) ? term : 0;
			}
			catch (IllegalArgumentException ex) {
				logger.warn("The copy of the ring in Redis cannot be read, and is replaced if it is older: "
						+ ex.getMessage());
				return 0;
			}
		}

		@Override
		public void release() {
			this.document.close();
		}

	}

}
