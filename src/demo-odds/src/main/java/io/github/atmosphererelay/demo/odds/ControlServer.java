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

package io.github.atmosphererelay.demo.odds;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Takes commands of the nodes, whose page has buttons for them. Listens on this machine
 * only, and knows the nodes by a token.
 */
final class ControlServer implements AutoCloseable {

	private static final Pattern REDUCER = Pattern.compile("/reducers/([a-z0-9-]+)/(start|kill)");

	private static final Pattern RATE = Pattern.compile("/rate/([0-9]{1,5})");

	private final JsonMapper json = JsonMapper.builder().build();

	private final OddsCluster cluster;

	private final OddsProducer producer;

	private final Owners owners;

	private final HttpServer server;

	private final ExecutorService executor = Executors.newFixedThreadPool(2, (task) -> {
		Thread thread = new Thread(task, "control");
		thread.setDaemon(true);
		return thread;
	});

	private final String token;

	private ControlServer(OddsCluster cluster, OddsProducer producer, Owners owners, HttpServer server) {
		this.cluster = cluster;
		this.producer = producer;
		this.owners = owners;
		this.server = server;
		byte[] token = new byte[24];
		new SecureRandom().nextBytes(token);
		this.token = HexFormat.of().formatHex(token);
	}

	static ControlServer start(OddsCluster cluster, OddsProducer producer, Owners owners) {
		try {
			HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
			ControlServer control = new ControlServer(cluster, producer, owners, server);
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
			boolean post = exchange.getRequestMethod().equals("POST");
			Matcher reducer = REDUCER.matcher(path);
			Matcher rate = RATE.matcher(path);
			if (!isKnown(exchange.getRequestHeaders().getFirst("Authorization"))) {
				exchange.sendResponseHeaders(401, -1);
			}
			else if (path.equals("/state") && !post) {
				byte[] body = this.json.writeValueAsBytes(state());
				exchange.getResponseHeaders().set("Content-Type", "application/json");
				exchange.sendResponseHeaders(200, body.length);
				exchange.getResponseBody().write(body);
			}
			else if (post && reducer.matches()) {
				exchange.sendResponseHeaders(this.cluster.command(reducer.group(1), reducer.group(2)), -1);
			}
			else if (post && rate.matches()) {
				this.producer.rate(Integer.parseInt(rate.group(1)));
				exchange.sendResponseHeaders(202, -1);
			}
			else {
				exchange.sendResponseHeaders(404, -1);
			}
		}
	}

	private boolean isKnown(@Nullable String authorization) {
		byte[] expected = ("Bearer " + this.token).getBytes(StandardCharsets.UTF_8);
		return authorization != null && MessageDigest.isEqual(expected, authorization.getBytes(StandardCharsets.UTF_8));
	}

	private State state() throws IOException {
		try {
			Map<String, SortedSet<Integer>> partitions = this.owners.partitions();
			return new State(this.producer.rate(), this.producer.written(), this.producer.size(), Fixtures.PARTITIONS,
					this.cluster.nodes().stream().map(ChildProcess::name).toList(),
					this.cluster.reducers()
						.stream()
						.map((each) -> new ReducerState(each.name(), each.state(), each.pid(),
								partitions.getOrDefault(each.id(), new TreeSet<>())))
						.toList());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IOException("Interrupted", ex);
		}
	}

	@Override
	public void close() {
		this.server.stop(0);
		this.executor.shutdownNow();
	}

	/**
	 * What the page shows of the processes.
	 *
	 * @param rate how many updates are written each second
	 * @param written how many have been written
	 * @param markets how many markets there are
	 * @param partitions how many partitions the topic has
	 * @param nodes the names of the nodes
	 * @param reducers the reducers
	 */
	record State(int rate, long written, int markets, int partitions, List<String> nodes, List<ReducerState> reducers) {

	}

	/**
	 * What a reducer does.
	 *
	 * @param name its name
	 * @param state {@code starting}, {@code running} or {@code stopped}
	 * @param pid its process, while there is one
	 * @param partitions the partitions that it has
	 */
	record ReducerState(String name, String state, @Nullable Long pid, Collection<Integer> partitions) {

	}

}
