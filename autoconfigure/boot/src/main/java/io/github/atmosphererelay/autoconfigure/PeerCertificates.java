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

import java.security.GeneralSecurityException;
import java.security.KeyStoreException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;

import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

import io.github.atmosphererelay.relay.http.internal.CertificateCheck;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.boot.ssl.SslBundle;

/**
 * TLS between nodes by an SSL bundle: supplies the context with which this node calls
 * others, and decides which certificates belong to nodes. The web server may trust more
 * certificates, because it also serves clients. A bundle that is reloaded takes the place
 * of the one before; if it cannot be used, that one stays.
 */
final class PeerCertificates implements CertificateCheck, Supplier<SSLContext> {

	private static final Log logger = LogFactory.getLog(PeerCertificates.class);

	private final PeerNames names;

	private volatile Tls tls;

	/**
	 * Create a check.
	 * @param bundle whose key identifies this node, and whose trust store decides
	 * @param names the names of which a certificate must have one; all if empty
	 * @throws IllegalStateException if the bundle cannot be used
	 */
	PeerCertificates(SslBundle bundle, Collection<String> names) {
		this.names = new PeerNames(names);
		this.tls = tls(bundle);
	}

	/**
	 * Use a bundle that was reloaded. Called by the thread that watches its files.
	 */
	void reloaded(SslBundle bundle) {
		try {
			if (!isUsable(bundle)) {
				throw new IllegalStateException("It has no key or no certificates to trust");
			}
			this.tls = tls(bundle);
			logger.info("The http relay connects to other nodes with the reloaded SSL bundle from now on");
		}
		catch (KeyStoreException | RuntimeException ex) {
			logger.error("The http relay cannot use the reloaded SSL bundle, and goes on with the one before", ex);
		}
	}

	private Tls tls(SslBundle bundle) {
		X509ExtendedTrustManager trust = Arrays.stream(bundle.getManagers().getTrustManagers())
			.filter(X509ExtendedTrustManager.class::isInstance)
			.map(X509ExtendedTrustManager.class::cast)
			.findFirst()
			.orElseThrow(() -> new IllegalStateException(
					"The SSL bundle has no trust manager that checks the names of servers"));
		PeerTrustManager peers = new PeerTrustManager(trust, this.names);
		try {
			SSLContext context = SSLContext.getInstance(bundle.getProtocol());
			context.init(bundle.getManagers().getKeyManagers(), new TrustManager[] { peers }, null);
			return new Tls(context, peers);
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException("The SSL bundle cannot be used: " + ex.getMessage(), ex);
		}
	}

	@Override
	public SSLContext get() {
		return this.tls.context();
	}

	@Override
	public boolean isPeer(List<X509Certificate> chain) {
		try {
			this.tls.trust()
				.checkClientTrusted(chain.toArray(X509Certificate[]::new), chain.get(0).getPublicKey().getAlgorithm());
			return true;
		}
		catch (CertificateException ex) {
			logger.debug("The certificate of a client is not that of a node", ex);
			return false;
		}
	}

	/**
	 * Check that a bundle has what a node needs.
	 * @throws KeyStoreException if its stores cannot be read
	 */
	static boolean isUsable(SslBundle bundle) throws KeyStoreException {
		return bundle.getStores().getKeyStore() != null && bundle.getStores().getTrustStore() != null;
	}

	/**
	 * What is made of one bundle.
	 *
	 * @param context with which to connect
	 * @param trust which certificates are trusted
	 */
	private record Tls(SSLContext context, PeerTrustManager trust) {
	}

}
