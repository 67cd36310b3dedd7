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

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.function.Consumer;

import javax.net.ssl.SSLContext;

import io.github.atmosphererelay.contract.broker.TlsMaterial;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.pem.PemSslStoreBundle;
import org.springframework.boot.ssl.pem.PemSslStoreDetails;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link PeerCertificates}.
 */
@ExtendWith(OutputCaptureExtension.class)
class PeerCertificatesTests {

	private static final String NAME = "peers";

	@TempDir
	static Path directory;

	private static TlsMaterial first;

	private static TlsMaterial second;

	private static TlsMaterial expired;

	private final DefaultSslBundleRegistry bundles = new DefaultSslBundleRegistry(NAME, bundle(first));

	private final PeerCertificates certificates = new PeerCertificates(this.bundles.getBundle(NAME), List.of());

	private final SSLContext before = this.certificates.get();

	@BeforeAll
	static void create() throws IOException, GeneralSecurityException {
		first = TlsMaterial.create(Files.createDirectory(directory.resolve("first")));
		second = TlsMaterial.create(Files.createDirectory(directory.resolve("second")));
		expired = TlsMaterial.createExpired(Files.createDirectory(directory.resolve("expired")));
	}

	@Test
	void aReloadedBundleIsUsed() {
		this.certificates.follow(this.bundles, NAME);
		assertThat(this.certificates.get()).isSameAs(this.before);
		this.bundles.updateBundle(NAME, bundle(second));
		assertThat(this.certificates.get()).isNotSameAs(this.before);
	}

	@Test
	void aKeyThatDoesNotBelongToItsCertificateLeavesTheOneBefore(CapturedOutput output) {
		assertThatIsNotUsed(bundle(second.certificate(), first.key()), output,
				"The private key of the entry 'ssl' does not belong to its certificate");
	}

	@Test
	void anExpiredCertificateLeavesTheOneBefore(CapturedOutput output) {
		assertThatIsNotUsed(bundle(expired), output, "CertificateExpiredException");
	}

	@Test
	void aFileThatCannotBeReadLeavesTheOneBefore(CapturedOutput output) throws IOException {
		Path garbage = Files.writeString(directory.resolve("garbage"), "garbage");
		assertThatIsNotUsed(bundle(garbage, first.key()), output, "IllegalStateException");
	}

	@Test
	void aBundleWithoutAKeyLeavesTheOneBefore(CapturedOutput output) {
		assertThatIsNotUsed(bundle(first.certificate(), null), output, "It has no key");
	}

	@Test
	void aBundleThatIsReloadedBeforeTheHandlerIsThereIsUsed() {
		DefaultSslBundleRegistry reloaded = new DefaultSslBundleRegistry(NAME, this.bundles.getBundle(NAME)) {

			@Override
			public void addBundleUpdateHandler(String name, Consumer<SslBundle> handler) {
				updateBundle(name, bundle(second));
				super.addBundleUpdateHandler(name, handler);
			}

		};
		this.certificates.follow(reloaded, NAME);
		assertThat(this.certificates.get()).isNotSameAs(this.before);
	}

	private void assertThatIsNotUsed(SslBundle bundle, CapturedOutput output, String reason) {
		this.certificates.follow(this.bundles, NAME);
		this.bundles.updateBundle(NAME, bundle);
		assertThat(this.certificates.get()).isSameAs(this.before);
		assertThat(output).contains("cannot use the reloaded SSL bundle 'peers'", reason);
		this.bundles.updateBundle(NAME, bundle(second));
		assertThat(this.certificates.get()).isNotSameAs(this.before);
	}

	private static SslBundle bundle(TlsMaterial material) {
		return bundle(material.certificate(), material.key());
	}

	private static SslBundle bundle(Path certificate, @Nullable Path key) {
		PemSslStoreDetails details = PemSslStoreDetails.forCertificate(certificate.toUri().toString());
		return SslBundle
			.of(new PemSslStoreBundle((key != null) ? details.withPrivateKey(key.toUri().toString()) : details,
					PemSslStoreDetails.forCertificate(first.certificate().toUri().toString())));
	}

}
