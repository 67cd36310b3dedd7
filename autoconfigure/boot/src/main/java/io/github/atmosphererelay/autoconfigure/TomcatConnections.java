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
import org.apache.catalina.connector.Connector;
import org.apache.coyote.AbstractProtocol;

import org.springframework.boot.tomcat.TomcatWebServer;
import org.springframework.boot.web.server.WebServer;

/**
 * Reads from Tomcat how many connections it accepts and how many are open.
 */
final class TomcatConnections {

	private TomcatConnections() {
	}

	static List<ServerConnections> of(WebServer server) {
		List<ServerConnections> connections = new ArrayList<>();
		if (server instanceof TomcatWebServer tomcat) {
			for (Connector connector : tomcat.getTomcat().getService().findConnectors()) {
				if (connector.getProtocolHandler() instanceof AbstractProtocol<?> protocol) {
					connections.add(new ServerConnections(connector.getLocalPort(), protocol.getMaxConnections(),
							() -> count(protocol)));
				}
			}
		}
		return connections;
	}

	/**
	 * Return the number of open connections, or -1 if Tomcat does not count them because
	 * there is no limit. Tomcat's count includes the connection that its acceptor waits
	 * for.
	 */
	private static int count(AbstractProtocol<?> protocol) {
		long count = protocol.getConnectionCount();
		return (count > 0) ? (int) (count - 1) : -1;
	}

}
