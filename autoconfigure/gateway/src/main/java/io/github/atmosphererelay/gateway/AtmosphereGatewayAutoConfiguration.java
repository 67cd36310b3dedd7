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

import java.time.Duration;
import java.util.List;

import io.github.atmosphererelay.autoconfigure.AtmosphereProperties;
import io.github.atmosphererelay.autoconfigure.AtmosphereRoutingAutoConfiguration;
import io.github.atmosphererelay.gateway.internal.ByteBudget;
import io.github.atmosphererelay.gateway.internal.ChannelSource;
import io.github.atmosphererelay.gateway.internal.FirstRing;
import io.github.atmosphererelay.gateway.internal.GatewayMeters;
import io.github.atmosphererelay.gateway.internal.OpenExchanges;
import io.github.atmosphererelay.gateway.internal.OpenPipes;
import io.github.atmosphererelay.gateway.internal.PlacementFilter;
import io.github.atmosphererelay.gateway.internal.ProxySettings;
import io.github.atmosphererelay.gateway.internal.ProxyStatistics;
import io.github.atmosphererelay.gateway.internal.RingSource;
import io.github.atmosphererelay.gateway.internal.UserSource;
import io.github.atmosphererelay.gateway.internal.WebSocketProxyFilter;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.util.internal.PlatformDependent;
import reactor.netty.http.client.HttpClient;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication.Type;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.cloud.gateway.filter.headers.HttpHeadersFilter;
import org.springframework.cloud.loadbalancer.annotation.LoadBalancerClientSpecification;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/**
 * Auto-configuration of a gateway that sends users to their nodes.
 */
@AutoConfiguration(after = AtmosphereRoutingAutoConfiguration.class,
		afterName = { "org.springframework.cloud.gateway.config.GatewayAutoConfiguration",
				"org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration" })
@ConditionalOnWebApplication(type = Type.REACTIVE)
@ConditionalOnProperty("atmosphere.gateway.service")
@EnableConfigurationProperties({ AtmosphereGatewayProperties.class, AtmosphereProperties.class })
@Import({ RingSourceConfiguration.class, RouteLookupConfiguration.class })
public final class AtmosphereGatewayAutoConfiguration {

	/**
	 * How long users wait for the first ring. A member has it about a second after the
	 * start.
	 */
	private static final Duration FIRST_RING = Duration.ofSeconds(5);

	private static final long MINIMUM_HELD = 1_024 * 1_024;

	private static final long MOST_HELD_BY_DEFAULT = 128 * MINIMUM_HELD;

	/** Buffers take up to three times as much as the messages in them. */
	private static final int PART_OF_DIRECT_MEMORY = 4;

	private final AtmosphereGatewayProperties properties;

	private final String service;

	private final long maxHeld;

	AtmosphereGatewayAutoConfiguration(AtmosphereGatewayProperties properties) {
		this.properties = properties;
		this.service = (properties.service() != null) ? properties.service() : "";
		long size = properties.maxMessageSize().toBytes();
		if (size < 1 || size > Integer.MAX_VALUE / 2) {
			throw new InvalidConfigurationPropertyValueException("atmosphere.gateway.max-message-size",
					properties.maxMessageSize(), "It must be positive and below 1GB");
		}
		long minimum = Math.max(2 * size, MINIMUM_HELD);
		this.maxHeld = (properties.maxHeld() != null) ? properties.maxHeld().toBytes()
				: heldByDefault(minimum, PlatformDependent.maxDirectMemory());
		if (this.maxHeld < minimum) {
			throw new InvalidConfigurationPropertyValueException("atmosphere.gateway.max-held", properties.maxHeld(),
					"It must be at least 1MB and twice atmosphere.gateway.max-message-size");
		}
		if (properties.messageTimeout().toMillis() < 1) {
			throw new InvalidConfigurationPropertyValueException("atmosphere.gateway.message-timeout",
					properties.messageTimeout(), "It must be positive");
		}
		if (properties.sendTimeout().toMillis() < 1) {
			throw new InvalidConfigurationPropertyValueException("atmosphere.gateway.send-timeout",
					properties.sendTimeout(), "It must be positive");
		}
		if (properties.handshakeTimeout().toMillis() < 1) {
			throw new InvalidConfigurationPropertyValueException("atmosphere.gateway.handshake-timeout",
					properties.handshakeTimeout(), "It must be positive");
		}
		if (properties.idleTimeout().isNegative()) {
			throw new InvalidConfigurationPropertyValueException("atmosphere.gateway.idle-timeout",
					properties.idleTimeout(), "It must not be negative");
		}
		if (properties.ring().pollInterval().toMillis() < 1) {
			throw new InvalidConfigurationPropertyValueException("atmosphere.gateway.ring.poll-interval",
					properties.ring().pollInterval(), "It must be positive");
		}
	}

	/**
	 * Return what messages may hold if no property says so.
	 * @param minimum what they have to hold
	 * @param directMemory the direct memory that the JVM permits, in bytes
	 */
	static long heldByDefault(long minimum, long directMemory) {
		return Math.max(minimum, Math.min(directMemory / PART_OF_DIRECT_MEMORY, MOST_HELD_BY_DEFAULT));
	}

	static List<UserSource> sources(AtmosphereGatewayProperties properties) {
		return properties.userFrom().stream().map((text) -> {
			try {
				return UserSource.parse(text);
			}
			catch (IllegalArgumentException ex) {
				throw new InvalidConfigurationPropertyValueException("atmosphere.gateway.user-from", text,
						ex.getMessage());
			}
		}).toList();
	}

	private static List<ChannelSource> channels(AtmosphereGatewayProperties properties) {
		return properties.channelFrom().stream().map((text) -> {
			try {
				return ChannelSource.parse(text);
			}
			catch (IllegalArgumentException ex) {
				throw new InvalidConfigurationPropertyValueException("atmosphere.gateway.channel-from", text,
						ex.getMessage());
			}
		}).toList();
	}

	@Bean
	OpenExchanges atmosphereOpenExchanges() {
		return new OpenExchanges();
	}

	/**
	 * Is for the nodes' service alone: other services keep their load balancers.
	 */
	@Bean
	LoadBalancerClientSpecification atmosphereLoadBalancerSpecification() {
		return new LoadBalancerClientSpecification(this.service,
				new Class<?>[] { RingLoadBalancerConfiguration.class });
	}

	@Bean
	FirstRing atmosphereFirstRing(RingSource rings, ProxyStatistics statistics) {
		boolean comes = this.properties.ring().source() != RingFollowing.NONE;
		return new FirstRing(rings, comes ? FIRST_RING : Duration.ZERO, statistics);
	}

	@Bean
	PlacementFilter atmospherePlacementFilter(FirstRing firstRing) {
		return new PlacementFilter(this.service, sources(this.properties), channels(this.properties), firstRing);
	}

	@Bean
	PlacementFilter.Counter atmosphereOpenExchangesCounter(OpenExchanges open) {
		return new PlacementFilter.Counter(open);
	}

	@Bean
	ProxyStatistics atmosphereProxyStatistics() {
		return new ProxyStatistics();
	}

	@Bean
	ByteBudget atmosphereByteBudget() {
		return new ByteBudget(this.maxHeld, (int) this.properties.maxMessageSize().toBytes());
	}

	/**
	 * Closes WebSockets as a stopping node closes its sessions.
	 */
	@Bean
	OpenPipes atmosphereOpenPipes(AtmosphereProperties node) {
		AtmosphereProperties.Shutdown shutdown = node.shutdown();
		return new OpenPipes(this.properties.idleTimeout(), this.properties.messageTimeout(),
				this.properties.sendTimeout(), shutdown.sliceSize(), shutdown.sliceInterval(), shutdown.timeout());
	}

	@Bean
	WebSocketProxyFilter atmosphereWebSocketProxyFilter(HttpClient http,
			ObjectProvider<HttpHeadersFilter> headersFilters, ProxyStatistics statistics, OpenPipes pipes,
			ByteBudget budget) {
		return new WebSocketProxyFilter(http, () -> headersFilters.orderedStream().toList(),
				new ProxySettings((int) this.properties.maxMessageSize().toBytes(), this.properties.handshakeTimeout()),
				statistics, pipes, budget);
	}

	/**
	 * Meters of the gateway.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(MeterRegistry.class)
	static class MetersConfiguration {

		@Bean
		@ConditionalOnMissingBean
		GatewayMeters atmosphereGatewayMeters(ProxyStatistics statistics, ByteBudget budget) {
			return new GatewayMeters(statistics, budget);
		}

	}

}
