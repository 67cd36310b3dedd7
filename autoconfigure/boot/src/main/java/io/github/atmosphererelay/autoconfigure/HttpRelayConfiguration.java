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

import io.github.atmosphererelay.actuate.internal.HttpRelayMeters;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.http.internal.HttpRelay;
import io.github.atmosphererelay.relay.http.internal.PeerDiscovery;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.Filter;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.env.Environment;

/**
 * Makes the HTTP relay. It needs peers and a secret, so it is never chosen because of
 * what is on the classpath.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass(HttpRelay.class)
@ConditionalOnProperty(name = "atmosphere.relay.type", havingValue = "http")
class HttpRelayConfiguration {

	private static final String ENDPOINT = "/connection/peers";

	/**
	 * Stops after the clients' sockets were closed, and before the web server refuses
	 * requests.
	 */
	private static final int PHASE = WebServerApplicationContext.GRACEFUL_SHUTDOWN_PHASE + 512;

	private final AtmosphereProperties properties;

	HttpRelayConfiguration(AtmosphereProperties properties) {
		this.properties = properties;
	}

	@Bean
	RelayFactory atmosphereHttpRelayFactory(ObjectProvider<SslBundles> bundles, ObjectProvider<PeerDiscovery> discovery,
			ObjectProvider<PeerDoor> door, Environment environment) {
		return new RelayFactory() {

			@Override
			public RelayType type() {
				return RelayType.HTTP;
			}

			@Override
			public HttpRelay create(RelayNode node) {
				if (door.getIfAvailable() == null) {
					throw new RelayNotConfiguredException(
							"The http relay receives messages by the web server of a servlet application, and this"
									+ " application has none.",
							"Add org.springframework.boot:spring-boot-starter-websocket, or set"
									+ " 'atmosphere.relay.type' to another relay.");
				}
				PeerSettings peers = new PeerSettings("http relay", HttpRelayConfiguration.this.properties,
						bundles.getIfAvailable(), environment);
				return new HttpRelay(peers.of(node, ENDPOINT), peers.discovery(discovery));
			}

		};
	}

	private static @Nullable HttpRelay find(ObjectProvider<ClusterRelay> relay) {
		// A bean of the application's own replaces the configured relay
		return (relay.getIfAvailable() instanceof HttpRelay httpRelay) ? httpRelay : null;
	}

	/**
	 * Receives the requests of other nodes.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ Filter.class, FilterRegistrationBean.class })
	@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
	static class EndpointConfiguration {

		@Bean
		PeerDoor atmospherePeerDoor() {
			return new PeerDoor();
		}

		@Bean
		FilterRegistrationBean<PeerFilter> atmospherePeerFilter(ObjectProvider<ClusterRelay> relay,
				AtmosphereProperties properties) {
			FilterRegistrationBean<PeerFilter> registration = new FilterRegistrationBean<>(new PeerFilter(() -> {
				HttpRelay httpRelay = find(relay);
				return (httpRelay != null) ? httpRelay.endpoint() : null;
			}));
			registration.addUrlPatterns(properties.websocket().path() + ENDPOINT);
			registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
			return registration;
		}

		@Bean
		PhasedLifecycle atmosphereHttpRelayLifecycle(ObjectProvider<ClusterRelay> relay) {
			return new PhasedLifecycle(PHASE, () -> {
			}, () -> {
				HttpRelay httpRelay = find(relay);
				if (httpRelay != null) {
					httpRelay.closeIncoming();
				}
			});
		}

	}

	/**
	 * Says that there is a web server that receives requests. Knows no class of the
	 * servlet API, which may be absent.
	 */
	record PeerDoor() {
	}

	/**
	 * Shows what the relay has counted.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(MeterRegistry.class)
	static class MetersConfiguration {

		@Bean
		HttpRelayMeters atmosphereHttpRelayMeters(ObjectProvider<ClusterRelay> relay) {
			return new HttpRelayMeters(() -> find(relay));
		}

	}

}
