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

package io.github.atmosphererelay.door.internal;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Reserves some of the web server's connections for health checks and other HTTP
 * requests. A WebSocket occupies one of the server's connections as long as it is open.
 * When all connections are occupied the server lets every other request wait, and
 * whatever monitors the node considers it dead. Safe for use by many threads.
 */
public final class ServerCapacity {

	/** The default reserve: one connection of this many. */
	private static final int DEFAULT_SHARE = 16;

	private final @Nullable Integer reserved;

	private volatile List<ServerConnections> servers = List.of();

	private volatile int files = Integer.MAX_VALUE;

	/**
	 * Create an instance that does not know its server yet, and has room for all clients.
	 * @param reserved the number of connections that are reserved for other requests, or
	 * {@code null} for a sixteenth of all
	 */
	public ServerCapacity(@Nullable Integer reserved) {
		this.reserved = reserved;
	}

	/**
	 * Set the capacity of the web server. Called when the server has started.
	 * @param servers its ports
	 * @param files how many more files, and therefore connections, the process can open
	 */
	public void serve(List<ServerConnections> servers, int files) {
		this.files = files;
		this.servers = List.copyOf(servers);
	}

	/**
	 * Return the maximum number of connections at a port, including WebSockets, up to
	 * which handshakes are accepted.
	 * @param server the port
	 * @return the number, at least 1
	 */
	public int most(ServerConnections server) {
		int limit = (server.limit() >= 0) ? Math.min(server.limit(), this.files) : this.files;
		int kept = (this.reserved != null) ? this.reserved : Math.max(limit / DEFAULT_SHARE, 1);
		return Math.max(limit - kept, 1);
	}

	/**
	 * Return whether there is room for a new connection that wants to be a WebSocket.
	 * @param port the server's port of the connection
	 * @param sockets the number of WebSockets, for a server that does not count its
	 * connections
	 * @return whether enough connections remain for other requests
	 */
	boolean hasRoom(int port, int sockets) {
		List<ServerConnections> all = this.servers;
		if (all.isEmpty()) {
			return true;
		}
		ServerConnections server = all.get(0);
		for (ServerConnections each : all) {
			if (each.port() == port) {
				server = each;
			}
		}
		int count = server.count().getAsInt();
		return ((count >= 0) ? count : sockets + 1) <= most(server);
	}

}
