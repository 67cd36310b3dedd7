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
import java.time.Duration;

import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/**
 * Checks the properties of the HTTP relay. Knows no class of its module, which may be
 * absent.
 */
final class PeerChecks {

	private static final String PREFIX = "atmosphere.relay.http.";

	private static final int MIN_SECRET_LENGTH = 32;

	private PeerChecks() {
	}

	static void check(AtmosphereProperties.HttpRelay http) {
		boolean certificates = requiresCertificates(http);
		http.peers().forEach((peer) -> checkUrl("peers", peer, certificates));
		if (http.url() != null) {
			checkUrl("url", http.url(), certificates);
		}
		if (http.secret() != null) {
			checkSecret("secret", http.secret());
		}
		else if (!http.acceptedSecrets().isEmpty()) {
			throw new InvalidConfigurationPropertyValueException(PREFIX + "accepted-secrets", "(not shown)",
					"It needs 'atmosphere.relay.http.secret', with which this node signs");
		}
		http.acceptedSecrets().forEach((secret) -> checkSecret("accepted-secrets", secret));
		PropertyChecks.positive(PREFIX + "discovery-interval", http.discoveryInterval());
		if (http.maxClockSkew().compareTo(Duration.ofSeconds(1)) < 0) {
			throw new InvalidConfigurationPropertyValueException(PREFIX + "max-clock-skew", http.maxClockSkew(),
					"It must be at least a second");
		}
		if (certificates && http.ssl().bundle() == null) {
			throw new InvalidConfigurationPropertyValueException(PREFIX + "ssl.require-certificate", true,
					"It needs 'atmosphere.relay.http.ssl.bundle', with the node's key and the certificates to trust");
		}
	}

	/**
	 * Return whether nodes identify themselves by certificates.
	 */
	static boolean requiresCertificates(AtmosphereProperties.HttpRelay http) {
		Boolean configured = http.ssl().requireCertificate();
		return (configured != null) ? configured : (http.secret() == null && http.ssl().bundle() != null);
	}

	private static void checkSecret(String property, String secret) {
		if (secret.length() < MIN_SECRET_LENGTH) {
			// Without the value, which would be logged
			throw new InvalidConfigurationPropertyValueException(PREFIX + property, "(not shown)",
					"A secret must have at least " + MIN_SECRET_LENGTH
							+ " characters. For example, 'openssl rand -hex 32' makes one");
		}
	}

	private static void checkUrl(String property, String url, boolean https) {
		URI parsed;
		try {
			parsed = URI.create(url);
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidConfigurationPropertyValueException(PREFIX + property, url, "It is not a URL");
		}
		boolean isUrl = parsed.getHost() != null && parsed.getRawUserInfo() == null && parsed.getRawQuery() == null
				&& parsed.getRawFragment() == null;
		if (!isUrl || !("http".equals(parsed.getScheme()) || "https".equals(parsed.getScheme()))) {
			throw new InvalidConfigurationPropertyValueException(PREFIX + property, url,
					"It must be a base URL, such as https://chat-1.internal:8443, without a user, a query and a"
							+ " fragment");
		}
		if (https && !"https".equals(parsed.getScheme())) {
			throw new InvalidConfigurationPropertyValueException(PREFIX + property, url,
					"It must begin with https, because nodes identify themselves by certificates:"
							+ " see 'atmosphere.relay.http.ssl.require-certificate'");
		}
	}

}
