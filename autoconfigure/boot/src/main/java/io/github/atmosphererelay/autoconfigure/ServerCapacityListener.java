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

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.function.Function;

import com.sun.management.UnixOperatingSystemMXBean;
import io.github.atmosphererelay.autoconfigure.AtmosphereProperties.Limits;
import io.github.atmosphererelay.door.internal.ServerCapacity;
import io.github.atmosphererelay.door.internal.ServerConnections;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.web.server.WebServer;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.ApplicationListener;

/**
 * Tells {@link ServerCapacity} how many connections the application's web server accepts,
 * once the server has started. Warns if limits per address or user allow more than that.
 */
final class ServerCapacityListener implements ApplicationListener<WebServerInitializedEvent> {

	private static final Log logger = LogFactory.getLog(ServerCapacityListener.class);

	private final ServerCapacity capacity;

	private final Limits limits;

	private final String property;

	private final Function<WebServer, List<ServerConnections>> connections;

	/**
	 * Create a listener.
	 * @param capacity is told how many connections the server accepts
	 * @param limits limits of clients, which are compared with the capacity
	 * @param property the property that limits the server's connections
	 * @param connections returns the limits of a server's ports, or an empty list for a
	 * server of another type
	 */
	ServerCapacityListener(ServerCapacity capacity, Limits limits, String property,
			Function<WebServer, List<ServerConnections>> connections) {
		this.capacity = capacity;
		this.limits = limits;
		this.property = property;
		this.connections = connections;
	}

	@Override
	public void onApplicationEvent(WebServerInitializedEvent event) {
		if (event.getApplicationContext().getServerNamespace() != null) {
			// The actuator's own server
			return;
		}
		List<ServerConnections> servers = this.connections.apply(event.getWebServer());
		if (!servers.isEmpty()) {
			int files = files();
			this.capacity.serve(servers, files);
			servers.forEach((server) -> report(server, files));
		}
	}

	private void report(ServerConnections server, int files) {
		int limit = server.limit();
		Integer reserved = this.limits.reservedConnections();
		if (reserved != null && limit >= 0 && reserved >= limit) {
			throw new InvalidConfigurationPropertyValueException("atmosphere.limits.reserved-connections", reserved,
					"It must be below '" + this.property + "', which is " + limit
							+ ": otherwise no WebSocket client can connect");
		}
		int most = this.capacity.most(server);
		if (limit > files || limit < 0) {
			String taken = (limit >= 0) ? limit + " connections" : "any number of connections";
			String line = "The web server accepts " + taken + " ('" + this.property
					+ "'), but this process can open only " + files + " more files. WebSocket handshakes are refused "
					+ "from " + most + " connections on. Raise the limit of open files (ulimit -n, LimitNOFILE)";
			if (limit >= 0) {
				logger.warn(line);
			}
			else {
				logger.info(line);
			}
		}
		else {
			logger.info("WebSocket handshakes are refused from " + most + " connections on. The rest of the " + limit
					+ " connections of '" + this.property + "' is reserved for other HTTP requests");
		}
		warn("atmosphere.limits.sessions-per-address", this.limits.sessionsPerAddress(), "address", most);
		warn("atmosphere.limits.sessions-per-user", this.limits.sessionsPerUser(), "user", most);
	}

	private void warn(String limit, int allowed, String who, int most) {
		if (allowed == 0 || allowed > most) {
			logger.warn("'" + limit + "' allows one " + who + " "
					+ ((allowed == 0) ? "any number of" : String.valueOf(allowed))
					+ " sessions, but the node accepts only " + most + " connections, so one " + who
					+ " can take them all. Lower '" + limit + "', or raise '" + this.property
					+ "' and the limit of open files");
		}
	}

	/**
	 * Return how many more files this process may open.
	 */
	private static int files() {
		if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
			long free = system.getMaxFileDescriptorCount() - system.getOpenFileDescriptorCount();
			return (int) Math.max(0, Math.min(free, Integer.MAX_VALUE));
		}
		return Integer.MAX_VALUE;
	}

}
