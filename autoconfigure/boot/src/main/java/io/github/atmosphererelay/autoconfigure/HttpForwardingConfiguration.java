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

import io.github.atmosphererelay.feed.internal.HttpForwarding;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.http.internal.HttpRelay;
import io.github.atmosphererelay.relay.http.internal.PeerDiscovery;
import io.github.atmosphererelay.relay.http.internal.PeerEndpoint;
import jakarta.servlet.Filter;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.env.Environment;

/**
 * Makes the forwarding over HTTP, beside any relay. Nodes find and authenticate each
 * other by the properties of the HTTP relay. A process that only redistributes needs no
 * web server.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass({ HttpForwarding.class, HttpRelay.class })
@ConditionalOnProperty(name = "atmosphere.redistribution.forwarding", havingValue = "http")
class HttpForwardingConfiguration {

	private static final String ENDPOINT = "/connection/feeds";

	@Bean
	HttpForwardingFactory atmosphereHttpForwardingFactory(AtmosphereProperties properties,
			ObjectProvider<SslBundles> bundles, ObjectProvider<PeerDiscovery> discovery, Environment environment,
			@Value("${spring.application.name:" + AtmosphereAutoConfiguration.NO_NAME + "}") String applicationName) {
		PeerSettings peers = new PeerSettings("http forwarding", properties, bundles.getIfAvailable(), environment);
		String cluster = PropertyChecks.clusterName(properties, applicationName);
		return new HttpForwardingFactory((node, guard) -> new HttpForwarding(
				peers.of(new RelayNode(node, cluster,
						new EnvelopeCodec((int) properties.relay().maxMessageSize().toBytes())), ENDPOINT),
				peers.discovery(discovery), HttpForwarding.DEFAULT_MAX_IN_FLIGHT, guard));
	}

	/**
	 * Knows the forwarding of the present start, to which the web server passes requests.
	 */
	static final class HttpForwardingFactory implements ForwardingFactory {

		private final Creation creation;

		private volatile @Nullable HttpForwarding present;

		HttpForwardingFactory(Creation creation) {
			this.creation = creation;
		}

		@Override
		public RedistributionForwarding type() {
			return RedistributionForwarding.HTTP;
		}

		@Override
		public HttpForwarding create(UUID node, Guard guard) {
			HttpForwarding forwarding = this.creation.create(node, guard);
			this.present = forwarding;
			return forwarding;
		}

		@Nullable PeerEndpoint endpoint() {
			HttpForwarding present = this.present;
			return (present != null) ? present.endpoint() : null;
		}

	}

	/**
	 * Creates a forwarding.
	 */
	interface Creation {

		HttpForwarding create(UUID node, Guard guard);

	}

	/**
	 * Receives the requests of redistributors.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ Filter.class, FilterRegistrationBean.class })
	@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
	static class EndpointConfiguration {

		@Bean
		FilterRegistrationBean<PeerFilter> atmosphereForwardingFilter(HttpForwardingFactory factory,
				AtmosphereProperties properties) {
			FilterRegistrationBean<PeerFilter> registration = new FilterRegistrationBean<>(
					new PeerFilter(factory::endpoint));
			registration.setName("atmosphereForwardingFilter");
			registration.addUrlPatterns(properties.websocket().path() + ENDPOINT);
			registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
			return registration;
		}

	}

}
