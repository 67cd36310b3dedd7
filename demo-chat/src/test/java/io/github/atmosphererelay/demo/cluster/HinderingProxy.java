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

package io.github.atmosphererelay.demo.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A proxy in front of a node that refuses some requests, or takes them and passes no
 * response.
 */
final class HinderingProxy implements AutoCloseable {

	private static final byte[] REFUSAL = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
		.getBytes(StandardCharsets.US_ASCII);

	private final ServerSocket server;

	private final int target;

	private final Map<String, Way> hindered;

	private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

	/**
	 * Start a proxy.
	 * @param target the node's port
	 * @param hindered what is done to requests whose head has a text
	 */
	HinderingProxy(int target, Map<String, Way> hindered) throws IOException {
		this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
		this.target = target;
		this.hindered = hindered;
		start(this::accept);
	}

	String url() {
		return "http://localhost:" + this.server.getLocalPort();
	}

	private void start(Loop loop) {
		Thread thread = new Thread(() -> {
			try {
				loop.run();
			}
			catch (IOException ex) {
				// One of the two ends has closed the connection
			}
		}, "hindering-proxy");
		thread.setDaemon(true);
		thread.start();
	}

	private void accept() throws IOException {
		while (!this.server.isClosed()) {
			Socket client = this.server.accept();
			Socket node = new Socket(InetAddress.getLoopbackAddress(), this.target);
			this.sockets.add(client);
			this.sockets.add(node);
			Connection connection = new Connection(client, node);
			start(connection::passRequests);
			start(connection::passResponses);
		}
	}

	@Override
	public void close() throws IOException {
		this.server.close();
		for (Socket socket : this.sockets) {
			socket.close();
		}
	}

	/**
	 * What the proxy does.
	 */
	enum Way {

		/** It answers itself. */
		REFUSE,

		/** It passes the request, and no response. */
		SWALLOW

	}

	@FunctionalInterface
	private interface Loop {

		void run() throws IOException;

	}

	/**
	 * A connection through the proxy.
	 */
	private final class Connection {

		private final Socket client;

		private final Socket node;

		private volatile boolean swallows;

		Connection(Socket client, Socket node) {
			this.client = client;
			this.node = node;
		}

		void passRequests() throws IOException {
			byte[] buffer = new byte[65_536];
			InputStream in = this.client.getInputStream();
			OutputStream out = this.node.getOutputStream();
			for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
				String head = new String(buffer, 0, count, StandardCharsets.ISO_8859_1);
				for (Map.Entry<String, Way> each : HinderingProxy.this.hindered.entrySet()) {
					if (head.contains(each.getKey()) && each.getValue() == Way.REFUSE) {
						this.client.getOutputStream().write(REFUSAL);
						this.client.close();
						this.node.close();
						return;
					}
					this.swallows |= head.contains(each.getKey());
				}
				out.write(buffer, 0, count);
			}
			this.node.close();
		}

		void passResponses() throws IOException {
			byte[] buffer = new byte[65_536];
			InputStream in = this.node.getInputStream();
			OutputStream out = this.client.getOutputStream();
			for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
				if (!this.swallows) {
					out.write(buffer, 0, count);
				}
			}
			this.client.close();
		}

	}

}
