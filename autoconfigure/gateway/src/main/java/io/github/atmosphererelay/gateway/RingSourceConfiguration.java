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

package io.github.atmosphererelay.gateway;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

import javax.net.ssl.SSLContext;

import io.github.atmosphererelay.autoconfigure.AtmosphereProperties;
import io.github.atmosphererelay.autoconfigure.AtmosphereRelayConnection;
import io.github.atmosphererelay.gateway.internal.FollowedRing;
import io.github.atmosphererelay.gateway.internal.HttpRingReader;
import io.github.atmosphererelay.gateway.internal.ProxyStatistics;
import io.github.atmosphererelay.gateway.internal.RingReader;
import io.github.atmosphererelay.gateway.internal.RingSource;
import io.github.atmosphererelay.relay.redis.internal.RedisDocument;
import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.Routes;
import io.github.atmosphererelay.routing.internal.RingDocument;
import io.github.atmosphererelay.routing.internal.RoutingService;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.ReactiveDiscoveryClient;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.RedisConnectionFactory;

/**
 * Configures from where the gateway has the ring.
 */
@Configuration(proxyBeanMethods = false)
class RingSourceConfiguration {

	private static final String SOURCE = "atmosphere.gateway.ring.source";

	/**
	 * Takes the ring of this application's own membership, unless one of the classes
	 * below, which come first, has found another source.
	 */
	@Bean
	@ConditionalOnMissingBean
	RingSource atmosphereRingSource(AtmosphereGatewayProperties properties, ObjectProvider<Routes> routes) {
		RingFollowing source = properties.ring().source();
		if (source == RingFollowing.NONE) {
			return () -> null;
		}
		Routes known = routes.getIfAvailable();
		if (source == RingFollowing.REDIS) {
			throw new RingNotFollowedException(
					"'" + SOURCE + "' is 'redis', but the classes for it are not on the classpath.",
					"Add the dependencies org.springframework.boot:spring-boot-starter-data-redis and"
							+ " io.github.atmosphererelay:atmosphere-relay-redis, or change the property.");
		}
		if (known == null) {
			throw new RingNotFollowedException(
					"The gateway does not know from where it gets the ring that places users: "
							+ ((source != null)
									? "'" + SOURCE + "' is '" + source.name().toLowerCase(Locale.ROOT) + "', but"
									: "'" + SOURCE + "' is not set, and")
							+ " this application is no member of the nodes' cluster with routing.",
					"Set '" + SOURCE + "' to redis or http, or to none if users need not be placed; or make the"
							+ " gateway a member: the nodes' relay, 'atmosphere.cluster.name',"
							+ " 'atmosphere.cluster.node-name', 'atmosphere.routing.enabled' true and"
							+ " 'atmosphere.routing.weight' 0.");
		}
		return known::ring;
	}

	/**
	 * Checks the weight of a gateway that is a member, wherever it reads the ring.
	 */
	@Bean
	SmartInitializingSingleton atmosphereGatewayWeight(ObjectProvider<RoutingService> routing) {
		return () -> routing.ifAvailable((self) -> {
			if (self.describe().weight() > 0) {
				throw new RingNotFollowedException(
						"The gateway is a member of the nodes' cluster with the weight " + self.describe().weight()
								+ ", so that the ring would send users to it, whom it cannot serve.",
						"Set 'atmosphere.routing.weight' to 0.");
			}
		});
	}

	/**
	 * Follows Redis' copy.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ RedisDocument.class, RedisConnectionFactory.class })
	@ConditionalOnProperty(name = SOURCE, havingValue = "redis")
	@ConditionalOnMissingBean(RingSource.class)
	@EnableConfigurationProperties(AtmosphereProperties.class)
	static class FromRedis {

		private static final Duration INTERVAL = Duration.ofSeconds(5);

		@Bean
		FollowedRing atmosphereRingSource(AtmosphereProperties properties, ProxyStatistics statistics,
				@AtmosphereRelayConnection ObjectProvider<RedisConnectionFactory> marked,
				ObjectProvider<RedisConnectionFactory> all) {
			String name = properties.cluster().name();
			if (name == null || name.isBlank()) {
				throw new RingNotFollowedException(
						"The gateway is to read the ring from Redis, and does not know the name of the nodes' cluster.",
						"Set 'atmosphere.cluster.name' to the name that the nodes have: their own property of that"
								+ " name, or else their 'spring.application.name'.");
			}
			RedisConnectionFactory markedOne = marked.getIfUnique();
			RedisConnectionFactory connections = (markedOne != null) ? markedOne : all.getIfUnique();
			if (connections == null) {
				throw new RingNotFollowedException(
						"The gateway is to read the ring from Redis, and has no RedisConnectionFactory bean, or several"
								+ " of which none is primary.",
						"Define the bean, mark the one to use with @AtmosphereRelayConnection, or change '" + SOURCE
								+ "'.");
			}
			String key = properties.relay().redis().keyPrefix() + name + ":ring";
			return new FollowedRing("Redis (" + key + ")",
					(changed) -> reader(connections, key, properties.relay().publishTimeout(), changed), INTERVAL,
					statistics);
		}

		private static RingReader reader(RedisConnectionFactory connections, String key, Duration timeout,
				Runnable changed) {
			RedisDocument document;
			try {
				document = new RedisDocument(connections, key, timeout, changed);
			}
			catch (IllegalArgumentException ex) {
				throw new RingNotFollowedException("The gateway cannot read the ring from Redis: " + ex.getMessage(),
						"Change the connection, or '" + SOURCE + "'.");
			}
			return new RingReader() {

				@Override
				public @Nullable PublishedRing read() {
					String text = document.read();
					return (text != null) ? RingDocument.read(text) : null;
				}

				@Override
				public void close() {
					document.close();
				}

			};
		}

	}

	/**
	 * Reads the ring from nodes.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnProperty(name = SOURCE, havingValue = "http")
	@ConditionalOnMissingBean(RingSource.class)
	static class FromNodes {

		private static final Duration DISCOVERY = Duration.ofSeconds(3);

		@Bean
		FollowedRing atmosphereRingSource(AtmosphereGatewayProperties properties, ProxyStatistics statistics,
				ObjectProvider<ReactiveDiscoveryClient> discovery, ObjectProvider<SslBundles> bundles) {
			AtmosphereGatewayProperties.Ring ring = properties.ring();
			Supplier<List<URI>> nodes = nodes(ring.urls(), properties.service(), discovery.getIfAvailable());
			String bundle = ring.sslBundle();
			SSLContext ssl = (bundle != null) ? bundles.getObject().getBundle(bundle).createSslContext() : null;
			return new FollowedRing("the nodes", (changed) -> new HttpRingReader(nodes, ring.path(),
					ring.authorization(), ssl, !ring.urls().isEmpty()), ring.pollInterval(), statistics);
		}

		private static Supplier<List<URI>> nodes(List<URI> configured, @Nullable String service,
				@Nullable ReactiveDiscoveryClient discovery) {
			if (!configured.isEmpty()) {
				return () -> configured;
			}
			if (service == null || discovery == null) {
				throw new RingNotFollowedException(
						"The gateway is to read the ring from the nodes, and does not know where they are: there is no"
								+ " reactive discovery client.",
						"Set 'atmosphere.gateway.ring.urls', switch on 'spring.cloud.discovery.reactive.enabled', or"
								+ " change '" + SOURCE + "'.");
			}
			return () -> {
				List<URI> found = discovery.getInstances(service)
					.map(ServiceInstance::getUri)
					.collectList()
					.block(DISCOVERY);
				return (found != null) ? found : List.of();
			};
		}

	}

}
