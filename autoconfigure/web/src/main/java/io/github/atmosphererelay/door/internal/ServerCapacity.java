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
 * Keeps some of the web server's connections for health checks and other requests. A
 * WebSocket is one of these connections for as long as it lasts; once there are as many
 * as the server takes, it lets everything else wait, and whatever watches the node takes
 * it for dead. Safe for use by many threads.
 */
public final class ServerCapacity {

	/** How much is reserved if nothing is configured: one connection of so many. */
	private static final int DEFAULT_SHARE = 16;

	private final @Nullable Integer reserved;

	private volatile List<ServerConnections> servers = List.of();

	private volatile int files = Integer.MAX_VALUE;

	/**
	 * Create a capacity that is not known yet, and has room for everybody.
	 * @param reserved how many connections are kept for other requests, or {@code null}
	 * for a sixteenth of all
	 */
	public ServerCapacity(@Nullable Integer reserved) {
		this.reserved = reserved;
	}

	/**
	 * Say what the web server takes. To be called when it has started.
	 * @param servers its ports
	 * @param files how many more files, and so connections, the process may open
	 */
	public void serve(List<ServerConnections> servers, int files) {
		this.files = files;
		this.servers = List.copyOf(servers);
	}

	/**
	 * Return how many connections there may be at a port with the WebSockets.
	 * @param server the port
	 * @return the number, at least 1
	 */
	public int most(ServerConnections server) {
		int limit = (server.limit() >= 0) ? Math.min(server.limit(), this.files) : this.files;
		int kept = (this.reserved != null) ? this.reserved : Math.max(limit / DEFAULT_SHARE, 1);
		return Math.max(limit - kept, 1);
	}

	/**
	 * Return whether there is room for a connection that has come and wants to be a
	 * WebSocket.
	 * @param port the server's port that it has come to
	 * @param sockets how many WebSockets there are, for a server that does not count its
	 * connections
	 * @return whether enough connections are left for other requests
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
