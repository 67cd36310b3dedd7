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
 * Tells how many connections the application's web server takes once it has started, and
 * warns of limits that allow more.
 */
final class ServerCapacityListener implements ApplicationListener<WebServerInitializedEvent> {

	private static final Log logger = LogFactory.getLog(ServerCapacityListener.class);

	private final ServerCapacity capacity;

	private final Limits limits;

	private final String property;

	private final Function<WebServer, List<ServerConnections>> connections;

	/**
	 * Create a listener.
	 * @param capacity is told what the server takes
	 * @param limits what clients may have
	 * @param property the property that says how many connections the server takes
	 * @param connections returns what a server takes at its ports, nothing for another
	 * server than this is made for
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
					"It must be below '" + this.property + "', which is " + limit);
		}
		int most = this.capacity.most(server);
		if (limit > files || limit < 0) {
			String taken = (limit >= 0) ? limit + " connections" : "any number of connections";
			String line = "The web server takes " + taken + " ('" + this.property
					+ "'), and this process may open only " + files + " more files: WebSocket handshakes are refused "
					+ "when there are " + most + " connections. Raise the limit of open files (ulimit -n, LimitNOFILE)";
			if (limit >= 0) {
				logger.warn(line);
			}
			else {
				logger.info(line);
			}
		}
		else {
			logger.info("WebSocket handshakes are refused when the web server has " + most + " connections: of the "
					+ limit + " of '" + this.property + "' the others are kept for other requests");
		}
		warn("atmosphere.limits.sessions-per-address", this.limits.sessionsPerAddress(), "address", most);
		warn("atmosphere.limits.sessions-per-user", this.limits.sessionsPerUser(), "user", most);
	}

	private void warn(String limit, int allowed, String who, int most) {
		if (allowed == 0 || allowed > most) {
			logger.warn("'" + limit + "' allows " + ((allowed == 0) ? "any number of" : String.valueOf(allowed))
					+ " sessions, and there is room for " + most + " connections at most: one " + who
					+ " can take them all. Lower it, or raise '" + this.property + "' and the limit of open files");
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
