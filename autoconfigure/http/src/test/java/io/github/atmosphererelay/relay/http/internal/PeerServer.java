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

package io.github.atmosphererelay.relay.http.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import org.jspecify.annotations.Nullable;

/**
 * A web server that exposes the endpoints of several relays, each under a path of its
 * own.
 */
final class PeerServer implements AutoCloseable {

	static {
		System.setProperty("sun.net.httpserver.nodelay", "true");
		System.setProperty("sun.net.httpserver.idleInterval", "2");
		System.setProperty("sun.net.httpserver.clockTick", "500");
	}

	private final HttpServer server;

	private final ExecutorService threads = Executors.newCachedThreadPool((task) -> {
		Thread thread = new Thread(task, "peer-server");
		thread.setDaemon(true);
		return thread;
	});

	private final Map<String, PeerEndpoint> endpoints = new ConcurrentHashMap<>();

	private final Set<String> losing = ConcurrentHashMap.newKeySet();

	private final Map<String, CountDownLatch> held = new ConcurrentHashMap<>();

	private final Map<String, Integer> limits = new ConcurrentHashMap<>();

	private volatile @Nullable Tap tap;

	PeerServer() {
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

	void hide(String prefix, PeerEndpoint endpoint) {
		this.endpoints.remove(prefix + endpoint.path());
	}

	/**
	 * Process the requests of an endpoint, and lose its answers.
	 * @param lose whether to do so
	 */
	void loseAnswers(String prefix, boolean lose) {
		if (lose) {
			this.losing.add(prefix + HttpTestBroker.PATH);
		}
		else {
			this.losing.remove(prefix + HttpTestBroker.PATH);
		}
	}

	/**
	 * Hold the requests to an endpoint back.
	 * @param until until when
	 */
	void hold(String prefix, CountDownLatch until) {
		this.held.put(prefix + HttpTestBroker.PATH, until);
	}

	/**
	 * Refuse large requests to an endpoint, as a proxy before the node does.
	 * @param bytes the maximum size of the body
	 */
	void limit(String prefix, int bytes) {
		this.limits.put(prefix + HttpTestBroker.PATH, bytes);
	}

	/**
	 * Have somebody on the way see all requests.
	 */
	void tap(@Nullable Tap tap) {
		this.tap = tap;
	}

	@Override
	public void close() {
		this.server.stop(0);
		this.threads.shutdownNow();
	}

	private void handle(HttpExchange exchange) throws IOException {
		String path = exchange.getRequestURI().getPath();
		PeerEndpoint endpoint = this.endpoints.get(path);
		if (endpoint == null) {
			exchange.getResponseHeaders().set("Connection", "close");
			exchange.sendResponseHeaders(404, -1);
			exchange.close();
			return;
		}
		CountDownLatch until = this.held.get(path);
		if (until != null) {
			try {
				until.await();
			}
			catch (InterruptedException ex) {
				exchange.close();
				return;
			}
		}
		PeerRequest request = request(exchange);
		if (request.contentLength() > this.limits.getOrDefault(path, Integer.MAX_VALUE)) {
			exchange.getResponseHeaders().set("Connection", "close");
			exchange.sendResponseHeaders(413, -1);
			exchange.close();
			return;
		}
		Tap tap = this.tap;
		PeerResponse response = (tap != null) ? tap.handle(endpoint, RecordedRequest.of(request))
				: endpoint.handle(request);
		if (response == null || this.losing.contains(path)) {
			exchange.close();
			return;
		}
		response.headers().forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
		byte[] body = response.body();
		exchange.sendResponseHeaders(response.status(), (body.length > 0) ? body.length : -1);
		if (body.length > 0) {
			exchange.getResponseBody().write(body);
		}
		exchange.close();
	}

	private static PeerRequest request(HttpExchange exchange) {
		return new PeerRequest() {

			@Override
			public String method() {
				return exchange.getRequestMethod();
			}

			@Override
			public @Nullable String header(String name) {
				return exchange.getRequestHeaders().getFirst(name);
			}

			@Override
			public long contentLength() {
				String length = header("Content-Length");
				return (length != null) ? Long.parseLong(length) : -1;
			}

			@Override
			public InputStream body() {
				return exchange.getRequestBody();
			}

			@Override
			public List<X509Certificate> certificates() {
				return List.of();
			}

		};
	}

	/**
	 * Somebody on the way.
	 */
	interface Tap {

		/**
		 * Do something with a request.
		 * @return the answer, or {@code null} to cut the connection
		 */
		@Nullable PeerResponse handle(PeerEndpoint endpoint, RecordedRequest request) throws IOException;

	}

}
