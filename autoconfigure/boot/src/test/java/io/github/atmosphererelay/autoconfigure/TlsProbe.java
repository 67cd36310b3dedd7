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

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;

import io.github.atmosphererelay.contract.broker.TlsMaterial;

import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.pem.PemSslStoreBundle;
import org.springframework.boot.ssl.pem.PemSslStoreDetails;

/**
 * Calls nodes with a certificate, and says for what they take it.
 */
final class TlsProbe {

	private static final int TIMEOUT_MILLIS = 10_000;

	private final SSLContext context;

	/**
	 * Create a probe.
	 * @param client which it shows
	 * @param server which the node has to show
	 */
	TlsProbe(TlsMaterial client, TlsMaterial server) {
		this.context = SslBundle
			.of(new PemSslStoreBundle(
					PemSslStoreDetails.forCertificate(client.certificate().toUri().toString())
						.withPrivateKey(client.key().toUri().toString()),
					PemSslStoreDetails.forCertificate(server.certificate().toUri().toString())))
			.createSslContext();
	}

	Answer call(int port, String path) {
		try (SSLSocket socket = (SSLSocket) this.context.getSocketFactory().createSocket("localhost", port)) {
			socket.setSoTimeout(TIMEOUT_MILLIS);
			String request = "POST " + path + " HTTP/1.1\r\nHost: localhost:" + port
					+ "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
			socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
			String status = new BufferedReader(
					new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
				.readLine();
			// A node's request without the headers of one
			return (status != null && status.contains(" 401")) ? Answer.NODE : Answer.OTHER;
		}
		catch (SSLException | SocketException ex) {
			return (ex instanceof ConnectException) ? Answer.OTHER : Answer.STRANGER;
		}
		catch (IOException ex) {
			return Answer.OTHER;
		}
	}

	/**
	 * What a call shows.
	 */
	enum Answer {

		/** The certificate is a node's. */
		NODE,

		/** The handshake failed. */
		STRANGER,

		/** Something else. */
		OTHER

	}

}
