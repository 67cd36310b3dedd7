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
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import tools.jackson.databind.json.JsonMapper;

/**
 * Takes commands of the nodes, whose page has buttons for them. Listens on this machine
 * only, and knows the nodes by a token.
 */
final class ControlServer implements AutoCloseable {

	private static final Pattern COMMAND = Pattern.compile("/nodes/([a-z0-9-]+)/(start|stop|kill)");

	private final JsonMapper json = JsonMapper.builder().build();

	private final Cluster cluster;

	private final HttpServer server;

	private final ExecutorService executor = Executors.newFixedThreadPool(2, (task) -> {
		Thread thread = new Thread(task, "control");
		thread.setDaemon(true);
		return thread;
	});

	private final String token;

	private ControlServer(Cluster cluster, HttpServer server) {
		this.cluster = cluster;
		this.server = server;
		byte[] token = new byte[24];
		new SecureRandom().nextBytes(token);
		this.token = HexFormat.of().formatHex(token);
	}

	static ControlServer start(Cluster cluster) {
		try {
			HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
			ControlServer control = new ControlServer(cluster, server);
			server.setExecutor(control.executor);
			server.createContext("/", control::handle);
			server.start();
			return control;
		}
		catch (IOException ex) {
			throw new UncheckedIOException("No port for the commands of the nodes: " + ex.getMessage(), ex);
		}
	}

	String url() {
		return "http://127.0.0.1:" + this.server.getAddress().getPort();
	}

	String token() {
		return this.token;
	}

	private void handle(HttpExchange exchange) throws IOException {
		try (exchange) {
			String path = exchange.getRequestURI().getPath();
			Matcher command = COMMAND.matcher(path);
			if (!isKnown(exchange.getRequestHeaders().getFirst("Authorization"))) {
				exchange.sendResponseHeaders(401, -1);
			}
			else if (path.equals("/nodes") && exchange.getRequestMethod().equals("GET")) {
				byte[] body = this.json.writeValueAsBytes(this.cluster.nodes());
				exchange.getResponseHeaders().set("Content-Type", "application/json");
				exchange.sendResponseHeaders(200, body.length);
				exchange.getResponseBody().write(body);
			}
			else if (command.matches() && exchange.getRequestMethod().equals("POST")) {
				exchange.sendResponseHeaders(command(command.group(1), command.group(2)), -1);
			}
			else {
				exchange.sendResponseHeaders(404, -1);
			}
		}
	}

	private boolean isKnown(String authorization) {
		byte[] expected = ("Bearer " + this.token).getBytes(StandardCharsets.UTF_8);
		return authorization != null && MessageDigest.isEqual(expected, authorization.getBytes(StandardCharsets.UTF_8));
	}

	private int command(String node, String command) {
		if (!this.cluster.urls().containsKey(node)) {
			return 404;
		}
		return this.cluster.order(node, Cluster.Order.valueOf(command.toUpperCase(Locale.ROOT))) ? 202 : 409;
	}

	@Override
	public void close() {
		this.server.stop(0);
		this.executor.shutdownNow();
	}

}
