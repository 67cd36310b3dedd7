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

import java.security.KeyStoreException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

import io.github.atmosphererelay.relay.http.internal.CertificateCheck;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.boot.ssl.SslBundle;

/**
 * Decides by an SSL bundle which certificates belong to nodes. The web server may trust
 * more certificates, because it also serves clients.
 */
final class PeerCertificates implements CertificateCheck {

	private static final Log logger = LogFactory.getLog(PeerCertificates.class);

	private static final int DNS_NAME = 2;

	private final SslBundle bundle;

	private final Set<String> names;

	/**
	 * Create a check.
	 * @param bundle whose trust store decides
	 * @param names the names of which a certificate must have one; all if empty
	 */
	PeerCertificates(SslBundle bundle, Collection<String> names) {
		this.bundle = bundle;
		this.names = new HashSet<>(names);
	}

	@Override
	public boolean isPeer(List<X509Certificate> chain) {
		X509Certificate certificate = chain.get(0);
		try {
			// For each request, because the bundle may be reloaded
			trustManager().checkClientTrusted(chain.toArray(X509Certificate[]::new),
					certificate.getPublicKey().getAlgorithm());
		}
		catch (CertificateException ex) {
			logger.debug("The certificate of a client is not trusted", ex);
			return false;
		}
		return this.names.isEmpty() || names(certificate).stream().anyMatch(this.names::contains);
	}

	private X509TrustManager trustManager() throws CertificateException {
		TrustManager[] managers = this.bundle.getManagers().getTrustManagers();
		return Arrays.stream(managers)
			.filter(X509TrustManager.class::isInstance)
			.map(X509TrustManager.class::cast)
			.findFirst()
			.orElseThrow(() -> new CertificateException("The bundle has no trust manager for certificates"));
	}

	/**
	 * Check that the bundle has what a node needs.
	 * @throws KeyStoreException if its stores cannot be read
	 */
	static boolean isUsable(SslBundle bundle) throws KeyStoreException {
		return bundle.getStores().getKeyStore() != null && bundle.getStores().getTrustStore() != null;
	}

	private static List<String> names(X509Certificate certificate) {
		List<String> names = new ArrayList<>();
		try {
			Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
			if (alternatives != null) {
				alternatives.stream()
					.filter((name) -> Integer.valueOf(DNS_NAME).equals(name.get(0)))
					.forEach((name) -> names.add(String.valueOf(name.get(1))));
			}
			new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()
				.stream()
				.filter((part) -> part.getType().equalsIgnoreCase("CN"))
				.forEach((part) -> names.add(String.valueOf(part.getValue())));
		}
		catch (CertificateParsingException | InvalidNameException ex) {
			logger.debug("The names of a certificate cannot be read", ex);
		}
		return names;
	}

}
