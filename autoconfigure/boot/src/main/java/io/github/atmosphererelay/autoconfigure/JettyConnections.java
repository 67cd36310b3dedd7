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

import java.util.ArrayList;
import java.util.List;

import io.github.atmosphererelay.door.internal.ServerConnections;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.NetworkConnector;
import org.eclipse.jetty.server.Server;

import org.springframework.boot.jetty.JettyWebServer;
import org.springframework.boot.web.server.WebServer;

/**
 * Reads from Jetty how many connections it accepts and how many are open. Jetty's limit
 * is for all connectors together.
 */
final class JettyConnections {

	private JettyConnections() {
	}

	static List<ServerConnections> of(WebServer server) {
		List<ServerConnections> connections = new ArrayList<>();
		if (server instanceof JettyWebServer jetty) {
			NetworkConnectionLimit limit = jetty.getServer().getBean(NetworkConnectionLimit.class);
			int most = (limit != null) ? limit.getMaxNetworkConnectionCount() : -1;
			for (Connector connector : jetty.getServer().getConnectors()) {
				int port = (connector instanceof NetworkConnector network) ? network.getLocalPort() : -1;
				connections.add(new ServerConnections(port, most, () -> count(jetty.getServer())));
			}
		}
		return connections;
	}

	private static int count(Server server) {
		int count = 0;
		for (Connector connector : server.getConnectors()) {
			count += connector.getConnectedEndPoints().size();
		}
		return count;
	}

}
