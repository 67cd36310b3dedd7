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

import java.net.URI;
import java.security.KeyStoreException;
import java.util.List;

import io.github.atmosphererelay.actuate.internal.HttpRelayMeters;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.http.internal.HttpRelay;
import io.github.atmosphererelay.relay.http.internal.HttpRelaySettings;
import io.github.atmosphererelay.relay.http.internal.PeerDiscovery;
import io.github.atmosphererelay.relay.http.internal.PeerUrls;
import io.github.atmosphererelay.relay.http.internal.SharedSecret;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.Filter;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
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

	private static final Log logger = LogFactory.getLog(HttpRelayConfiguration.class);

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
				return new HttpRelay(settings(node, bundles.getIfAvailable(), environment), discovery(discovery));
			}

		};
	}

	private PeerDiscovery discovery(ObjectProvider<PeerDiscovery> beans) {
		List<URI> configured = this.properties.relay().http().peers().stream().map(URI::create).toList();
		if (!configured.isEmpty()) {
			return () -> configured;
		}
		PeerDiscovery discovery = beans.getIfAvailable();
		if (discovery == null) {
			logger.warn("'atmosphere.relay.http.peers' is empty, and there is no DiscoveryClient to find other nodes:"
					+ " messages reach the clients of this node only");
			return List::of;
		}
		return discovery;
	}

	private HttpRelaySettings settings(RelayNode node, @Nullable SslBundles bundles, Environment environment) {
		AtmosphereProperties.Relay relay = this.properties.relay();
		AtmosphereProperties.HttpRelay http = relay.http();
		PeerCertificates certificates = certificates(http.ssl(), bundles);
		boolean required = certificates != null && PeerChecks.requiresCertificates(http);
		if (required) {
			requireClientAuthentication(environment);
		}
		if (http.secret() == null && !required) {
			throw new RelayNotConfiguredException("The http relay cannot authenticate other nodes.",
					"Set 'atmosphere.relay.http.secret' to the same 32 or more characters on all nodes, for instance"
							+ " with what 'openssl rand -hex 32' prints; or set 'atmosphere.relay.http.ssl.bundle' for"
							+ " mutual TLS.");
		}
		return new HttpRelaySettings(node.clusterName(), node.codec(), this.properties.websocket().path() + ENDPOINT,
				(http.url() != null) ? PeerUrls.check(URI.create(http.url())) : null,
				(http.secret() != null) ? new SharedSecret(http.secret(), http.acceptedSecrets()) : null, certificates,
				required ? certificates : null, relay.maxPending(), relay.publishTimeout(), http.discoveryInterval(),
				http.maxClockSkew(), HttpRelaySettings.DEFAULT_FORGET_AFTER, HttpRelaySettings.DEFAULT_MAX_INTEREST);
	}

	private static @Nullable PeerCertificates certificates(AtmosphereProperties.PeerSsl ssl,
			@Nullable SslBundles bundles) {
		String name = ssl.bundle();
		if (name == null) {
			return null;
		}
		try {
			if (bundles == null) {
				throw new NoSuchSslBundleException(name, "There are no SSL bundles");
			}
			SslBundle bundle = bundles.getBundle(name);
			if (!PeerCertificates.isUsable(bundle)) {
				throw new RelayNotConfiguredException(
						"The SSL bundle '" + name + "' of the http relay has no key or no certificates to trust.",
						"Give the bundle a keystore with the node's key and a truststore, or name another one in"
								+ " 'atmosphere.relay.http.ssl.bundle'.");
			}
			PeerCertificates certificates = new PeerCertificates(bundle, ssl.names());
			bundles.addBundleUpdateHandler(name, certificates::reloaded);
			return certificates;
		}
		catch (NoSuchSslBundleException ex) {
			throw new RelayNotConfiguredException(
					"The http relay needs the SSL bundle '" + name
							+ "', which 'atmosphere.relay.http.ssl.bundle' names, and it does not exist.",
					"Define 'spring.ssl.bundle.jks." + name + "' or 'spring.ssl.bundle.pem." + name + "'.");
		}
		catch (KeyStoreException ex) {
			throw new IllegalStateException("The SSL bundle '" + name + "' cannot be read", ex);
		}
	}

	/**
	 * Without it, the web server asks no client for a certificate, and the relay would
	 * refuse all nodes.
	 */
	private static void requireClientAuthentication(Environment environment) {
		String configured = environment.getProperty("server.ssl.client-auth", "none");
		if (configured.equalsIgnoreCase("none")) {
			throw new RelayNotConfiguredException(
					"The nodes of the http relay identify themselves by certificates, but the web server does not ask"
							+ " for certificates.",
					"Set 'server.ssl.client-auth' to 'want' (or 'need', if all clients have certificates), or set"
							+ " 'atmosphere.relay.http.secret' and 'atmosphere.relay.http.ssl.require-certificate' to"
							+ " 'false'.");
		}
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
