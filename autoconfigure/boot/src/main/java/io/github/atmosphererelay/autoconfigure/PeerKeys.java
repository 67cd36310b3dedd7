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
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Collections;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.ssl.SslBundle;

/**
 * Checks the keys of an SSL bundle: neither a key store nor TLS does so before the first
 * handshake, which fails then.
 */
final class PeerKeys {

	private static final byte[] SAMPLE = { 1, 2, 3, 4 };

	private PeerKeys() {
	}

	/**
	 * Check that each private key belongs to its certificate, and that the certificate is
	 * valid now.
	 * @throws IllegalStateException if the bundle has no key, or a key does not belong to
	 * its certificate
	 * @throws GeneralSecurityException if a key cannot be read, or a certificate has
	 * expired or is not yet valid
	 */
	static void check(SslBundle bundle) throws GeneralSecurityException {
		KeyStore store = bundle.getStores().getKeyStore();
		if (store == null) {
			throw new IllegalStateException("It has no key store");
		}
		String alias = bundle.getKey().getAlias();
		String password = bundle.getKey().getPassword();
		if (password == null) {
			password = bundle.getStores().getKeyStorePassword();
		}
		int keys = 0;
		for (String each : (alias != null) ? List.of(alias) : Collections.list(store.aliases())) {
			if (store.isKeyEntry(each)) {
				check(each, store.getKey(each, (password != null) ? password.toCharArray() : null),
						store.getCertificate(each));
				keys++;
			}
		}
		if (keys == 0) {
			throw new IllegalStateException("It has no key");
		}
	}

	private static void check(String alias, @Nullable Key key, @Nullable Certificate certificate)
			throws GeneralSecurityException {
		if (certificate instanceof X509Certificate x509) {
			x509.checkValidity();
		}
		if (key instanceof PrivateKey privateKey && certificate != null
				&& !isPair(privateKey, certificate.getPublicKey())) {
			throw new IllegalStateException(
					"The private key of the entry '" + alias + "' does not belong to its certificate");
		}
	}

	/**
	 * Return whether what one key signs is verified by the other one.
	 */
	private static boolean isPair(PrivateKey privateKey, PublicKey publicKey) throws GeneralSecurityException {
		String algorithm = switch (privateKey.getAlgorithm()) {
			case "RSA" -> "SHA256withRSA";
			case "EC" -> "SHA256withECDSA";
			case "EdDSA", "Ed25519", "Ed448" -> "EdDSA";
			default -> null;
		};
		if (algorithm == null) {
			// Cannot be said
			return true;
		}
		Signature signer = Signature.getInstance(algorithm);
		signer.initSign(privateKey);
		signer.update(SAMPLE);
		byte[] signature = signer.sign();
		try {
			Signature verifier = Signature.getInstance(algorithm);
			verifier.initVerify(publicKey);
			verifier.update(SAMPLE);
			return verifier.verify(signature);
		}
		catch (InvalidKeyException | SignatureException ex) {
			// A key of another kind, or of another length
			return false;
		}
	}

}
