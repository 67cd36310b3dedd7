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

import java.security.cert.CertificateException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;

import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;

/**
 * The names of which a node's certificate must have one, as a DNS name or common name.
 */
final class PeerNames {

	private static final int DNS_NAME = 2;

	private final Set<String> expected;

	/**
	 * Create names.
	 * @param expected the names; every certificate is a node's if there are none
	 */
	PeerNames(Collection<String> expected) {
		this.expected = Set.copyOf(expected);
	}

	/**
	 * Check a certificate.
	 * @throws CertificateException if it has none of the names
	 */
	void check(X509Certificate certificate) throws CertificateException {
		if (this.expected.isEmpty()) {
			return;
		}
		List<String> names = names(certificate);
		if (names.stream().noneMatch(this.expected::contains)) {
			throw new CertificateException(
					"The certificate has none of the names in 'atmosphere.relay.http.ssl.names': it is for " + names);
		}
	}

	private static List<String> names(X509Certificate certificate) throws CertificateException {
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
			throw new CertificateException("The names of the certificate cannot be read", ex);
		}
		return names;
	}

}
