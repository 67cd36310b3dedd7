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

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.eclipse.jetty.http2.server.AbstractHTTP2ServerConnectionFactory;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Server;

import org.springframework.boot.jetty.JettyServerCustomizer;

/**
 * Keeps Jetty from offering WebSockets over HTTP/2 (RFC 8441). Browsers would use them
 * without being asked, and the doors answer handshakes of HTTP/1.1. Without the offer
 * browsers open WebSockets over HTTP/1.1, beside HTTP/2 for all else.
 */
final class JettyHttp2 implements JettyServerCustomizer {

	private static final Log logger = LogFactory.getLog(JettyHttp2.class);

	@Override
	public void customize(Server server) {
		boolean offered = false;
		for (Connector connector : server.getConnectors()) {
			for (ConnectionFactory factory : connector.getConnectionFactories()) {
				if (factory instanceof AbstractHTTP2ServerConnectionFactory http2 && http2.isConnectProtocolEnabled()) {
					http2.setConnectProtocolEnabled(false);
					offered = true;
				}
			}
		}
		if (offered) {
			logger.info("Jetty does not offer WebSockets over HTTP/2: clients open WebSockets over HTTP/1.1, and use"
					+ " HTTP/2 for all other requests");
		}
	}

}
