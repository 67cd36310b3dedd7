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

import io.github.atmosphererelay.relay.http.internal.HttpRelaySettings;
import io.github.atmosphererelay.relay.http.internal.PeerDiscovery;
import io.github.atmosphererelay.relay.http.internal.PeerUrls;
import io.github.atmosphererelay.relay.http.internal.SharedSecret;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.core.env.Environment;

/**
 * How nodes find and authenticate each other over HTTP, from the properties of the HTTP
 * relay.
 */
final class PeerSettings {

	private static final Log logger = LogFactory.getLog(PeerSettings.class);

	private final String user;

	private final AtmosphereProperties properties;

	private final @Nullable SslBundles bundles;

	private final Environment environment;

	/**
	 * Create settings.
	 * @param user what they are for, such as {@code http relay}
	 * @param properties the properties
	 * @param bundles the SSL bundles, or {@code null} if there are none
	 * @param environment the web server's properties
	 */
	PeerSettings(String user, AtmosphereProperties properties, @Nullable SslBundles bundles, Environment environment) {
		this.user = user;
		this.properties = properties;
		this.bundles = bundles;
		this.environment = environment;
	}

	/**
	 * Return what finds the other nodes.
	 */
	PeerDiscovery discovery(ObjectProvider<PeerDiscovery> beans) {
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

	/**
	 * Return the settings.
	 * @param node the node
	 * @param endpoint the path of the endpoint, after that of the doors
	 */
	HttpRelaySettings of(RelayNode node, String endpoint) {
		AtmosphereProperties.Relay relay = this.properties.relay();
		AtmosphereProperties.HttpRelay http = relay.http();
		PeerCertificates certificates = certificates(http.ssl());
		boolean required = certificates != null && PeerChecks.requiresCertificates(http);
		if (required) {
			requireClientAuthentication();
		}
		if (http.secret() == null && !required) {
			throw new RelayNotConfiguredException("The " + this.user + " cannot authenticate other nodes.",
					"Set 'atmosphere.relay.http.secret' to the same 32 or more characters on all nodes, for instance"
							+ " with what 'openssl rand -hex 32' prints; or set 'atmosphere.relay.http.ssl.bundle' for"
							+ " mutual TLS.");
		}
		return new HttpRelaySettings(node.clusterName(), node.codec(), this.properties.websocket().path() + endpoint,
				(http.url() != null) ? PeerUrls.check(URI.create(http.url())) : null,
				(http.secret() != null) ? new SharedSecret(http.secret(), http.acceptedSecrets()) : null, certificates,
				required ? certificates : null, relay.maxPending(), relay.publishTimeout(), http.discoveryInterval(),
				http.maxClockSkew(), HttpRelaySettings.DEFAULT_FORGET_AFTER, HttpRelaySettings.DEFAULT_MAX_INTEREST);
	}

	private @Nullable PeerCertificates certificates(AtmosphereProperties.PeerSsl ssl) {
		SslBundles bundles = this.bundles;
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
						"The SSL bundle '" + name + "' of the " + this.user
								+ " has no key or no certificates to trust.",
						"Give the bundle a keystore with the node's key and a truststore, or name another one in"
								+ " 'atmosphere.relay.http.ssl.bundle'.");
			}
			PeerCertificates certificates = new PeerCertificates(bundle, ssl.names());
			certificates.follow(bundles, name);
			return certificates;
		}
		catch (NoSuchSslBundleException ex) {
			throw new RelayNotConfiguredException(
					"The " + this.user + " needs the SSL bundle '" + name
							+ "', which 'atmosphere.relay.http.ssl.bundle' names, and it does not exist.",
					"Define 'spring.ssl.bundle.jks." + name + "' or 'spring.ssl.bundle.pem." + name + "'.");
		}
		catch (KeyStoreException ex) {
			throw new IllegalStateException("The SSL bundle '" + name + "' cannot be read", ex);
		}
	}

	/**
	 * Without it, the web server asks no client for a certificate, and this node would
	 * refuse all others.
	 */
	private void requireClientAuthentication() {
		String configured = this.environment.getProperty("server.ssl.client-auth", "none");
		if (configured.equalsIgnoreCase("none")) {
			throw new RelayNotConfiguredException("The nodes of the " + this.user
					+ " identify themselves by certificates, but the web server does not ask" + " for certificates.",
					"Set 'server.ssl.client-auth' to 'want' (or 'need', if all clients have certificates), or set"
							+ " 'atmosphere.relay.http.secret' and 'atmosphere.relay.http.ssl.require-certificate' to"
							+ " 'false'.");
		}
	}

}
