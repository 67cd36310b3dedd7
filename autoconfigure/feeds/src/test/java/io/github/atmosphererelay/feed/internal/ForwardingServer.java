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

package io.github.atmosphererelay.feed.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.github.atmosphererelay.relay.http.internal.PeerEndpoint;
import io.github.atmosphererelay.relay.http.internal.PeerRequest;
import io.github.atmosphererelay.relay.http.internal.PeerResponse;
import org.jspecify.annotations.Nullable;

/**
 * A web server that exposes the endpoints of several nodes, each under a path of its own.
 */
final class ForwardingServer implements AutoCloseable {

	static {
		System.setProperty("sun.net.httpserver.nodelay", "true");
	}

	private final HttpServer server;

	private final ExecutorService threads = Executors.newCachedThreadPool((task) -> {
		Thread thread = new Thread(task, "forwarding-server");
		thread.setDaemon(true);
		return thread;
	});

	private final Map<String, PeerEndpoint> endpoints = new ConcurrentHashMap<>();

	ForwardingServer() {
		try {
			this.server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		this.server.setExecutor(this.threads);
		this.server.createContext("/", this::handle);
		this.server.start();
	}

	int port() {
		return this.server.getAddress().getPort();
	}

	/**
	 * Expose an endpoint.
	 * @param prefix the path before that of the endpoint
	 */
	void expose(String prefix, PeerEndpoint endpoint) {
		this.endpoints.put(prefix + endpoint.path(), endpoint);
	}

	@Override
	public void close() {
		this.server.stop(0);
		this.threads.shutdownNow();
	}

	private void handle(HttpExchange exchange) throws IOException {
		PeerEndpoint endpoint = this.endpoints.get(exchange.getRequestURI().getPath());
		if (endpoint == null) {
			exchange.sendResponseHeaders(404, -1);
			exchange.close();
			return;
		}
		PeerResponse response = endpoint.handle(new Request(exchange));
		response.headers().forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
		exchange.sendResponseHeaders(response.status(), (response.body().length > 0) ? response.body().length : -1);
		exchange.getResponseBody().write(response.body());
		exchange.close();
	}

	private record Request(HttpExchange exchange) implements PeerRequest {

		@Override
		public String method() {
			return this.exchange.getRequestMethod();
		}

		@Override
		public @Nullable String header(String name) {
			return this.exchange.getRequestHeaders().getFirst(name);
		}

		@Override
		public long contentLength() {
			String length = header("Content-Length");
			return (length != null) ? Long.parseLong(length) : -1;
		}

		@Override
		public InputStream body() {
			return this.exchange.getRequestBody();
		}

		@Override
		public List<X509Certificate> certificates() {
			return List.of();
		}

	}

}
