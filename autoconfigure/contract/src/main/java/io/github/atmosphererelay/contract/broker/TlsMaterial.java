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

package io.github.atmosphererelay.contract.broker;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import java.util.concurrent.TimeUnit;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * A self-signed certificate for the local machine, created by the JDK's keytool, in files
 * that Redis can read.
 *
 * @param certificate the certificate, PEM
 * @param key its private key, PEM
 */
public record TlsMaterial(Path certificate, Path key) {

	private static final char[] PASSWORD = "changeit".toCharArray();

	/**
	 * Create a new certificate.
	 * @param directory the directory for the files
	 * @return the files
	 */
	public static TlsMaterial create(Path directory) throws IOException, GeneralSecurityException {
		return create(directory, "+0d");
	}

	/**
	 * Create a certificate that was valid until three days ago.
	 * @param directory the directory for the files
	 * @return the files
	 */
	public static TlsMaterial createExpired(Path directory) throws IOException, GeneralSecurityException {
		return create(directory, "-5d");
	}

	private static TlsMaterial create(Path directory, String start) throws IOException, GeneralSecurityException {
		Path store = directory.resolve("server.p12");
		run(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair", "-alias", "server",
				"-keyalg", "RSA", "-keysize", "2048", "-startdate", start, "-validity", "2", "-dname", "CN=localhost",
				"-ext", "SAN=dns:localhost,ip:127.0.0.1", "-storetype", "PKCS12", "-keystore", store.toString(),
				"-storepass", new String(PASSWORD));
		KeyStore keyStore = KeyStore.getInstance("PKCS12");
		try (InputStream in = Files.newInputStream(store)) {
			keyStore.load(in, PASSWORD);
		}
		Path certificate = directory.resolve("server.crt");
		Path key = directory.resolve("server.key");
		Files.writeString(certificate, pem("CERTIFICATE", keyStore.getCertificate("server").getEncoded()));
		Files.writeString(key, pem("PRIVATE KEY", keyStore.getKey("server", PASSWORD).getEncoded()));
		return new TlsMaterial(certificate, key);
	}

	/**
	 * Create a socket factory that trusts only this certificate.
	 * @return the socket factory
	 */
	public SSLSocketFactory socketFactory() throws IOException, GeneralSecurityException {
		KeyStore trust = KeyStore.getInstance("PKCS12");
		trust.load(null, null);
		try (InputStream in = Files.newInputStream(this.certificate)) {
			trust.setCertificateEntry("server", CertificateFactory.getInstance("X.509").generateCertificate(in));
		}
		TrustManagerFactory trustManagers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
		trustManagers.init(trust);
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(null, trustManagers.getTrustManagers(), null);
		return context.getSocketFactory();
	}

	private static String pem(String type, byte[] encoded) {
		return "-----BEGIN " + type + "-----\n" + Base64.getMimeEncoder(64, new byte[] { '\n' }).encodeToString(encoded)
				+ "\n-----END " + type + "-----\n";
	}

	private static void run(String... command) throws IOException {
		try {
			Process process = new ProcessBuilder(command).redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.DISCARD)
				.start();
			if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
				throw new IOException("keytool failed");
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IOException(ex);
		}
	}

}
