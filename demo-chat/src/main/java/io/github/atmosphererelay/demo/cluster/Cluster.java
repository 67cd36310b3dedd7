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
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import io.github.atmosphererelay.demo.DemoChatApplication;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.Banner;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.util.Assert;
import org.springframework.util.FileSystemUtils;

/**
 * Nodes of the demo with a broker of their own. Each node is an application context with
 * a port, and knows of the others only through the broker, as in processes of their own.
 */
final class Cluster implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(Cluster.class);

	private static final int DELETE_ATTEMPTS = 20;

	private final Path directory;

	private final Map<String, Integer> ports = new LinkedHashMap<>();

	private final Map<String, ConfigurableApplicationContext> nodes = new LinkedHashMap<>();

	private @Nullable Broker broker;

	private final String loginKey = UUID.randomUUID().toString();

	private boolean closed;

	private Cluster(List<Integer> ports) throws IOException {
		for (int i = 0; i < ports.size(); i++) {
			this.ports.put("node-" + (char) ('a' + i), ports.get(i));
		}
		this.directory = Files.createTempDirectory("demo-chat-");
	}

	/**
	 * Start a broker and one node on each port. Either everything runs afterwards, or
	 * nothing is left.
	 * @param kind the kind of broker
	 * @param ports the ports of the nodes
	 * @return the cluster
	 */
	static Cluster start(Broker.Kind kind, List<Integer> ports) {
		ports.forEach(Cluster::checkFree);
		Cluster cluster;
		try {
			cluster = new Cluster(ports);
		}
		catch (IOException ex) {
			throw new UncheckedIOException("No temporary directory: " + ex.getMessage(), ex);
		}
		try {
			cluster.broker = kind.start(cluster.directory);
			for (String node : cluster.ports.keySet()) {
				cluster.startNode(node);
			}
			return cluster;
		}
		catch (RuntimeException | Error ex) {
			cluster.close();
			throw ex;
		}
	}

	/** Before anything is started, so that the usual mistake costs no time. */
	private static void checkFree(int port) {
		try (ServerSocket socket = new ServerSocket()) {
			socket.setReuseAddress(true);
			socket.bind(new InetSocketAddress(port));
		}
		catch (IOException ex) {
			throw new PortUnavailableException(port, ex);
		}
	}

	synchronized void startNode(String name) {
		Assert.state(!this.closed, "The cluster is closed");
		Assert.state(this.broker != null, "The cluster has no broker");
		Assert.state(!this.nodes.containsKey(name), () -> name + " runs already");
		Integer port = this.ports.get(name);
		Assert.notNull(port, () -> "There is no " + name);
		Map<String, String> properties = new LinkedHashMap<>(this.broker.properties());
		properties.put("server.port", Integer.toString(port));
		properties.put("server.tomcat.basedir", this.directory.resolve(name).toString());
		properties.put("atmosphere.cluster.node-name", name);
		properties.put("demo.login-key", this.loginKey);
		properties.put("spring.jmx.enabled", "false");
		properties.put("logging.level.root", "WARN");
		int index = 0;
		for (Map.Entry<String, Integer> node : this.ports.entrySet()) {
			properties.put("demo.nodes[%d].name".formatted(index), node.getKey());
			properties.put("demo.nodes[%d].url".formatted(index), url(node.getValue()));
			index++;
		}
		// As arguments, which no environment variable can override
		String[] arguments = properties.entrySet()
			.stream()
			.map((entry) -> "--%s=%s".formatted(entry.getKey(), entry.getValue()))
			.toArray(String[]::new);
		this.nodes.put(name,
				new SpringApplicationBuilder(DemoChatApplication.class).bannerMode(Banner.Mode.OFF)
					.logStartupInfo(false)
					.registerShutdownHook(false)
					.run(arguments));
	}

	synchronized void stopNode(String name) {
		ConfigurableApplicationContext node = this.nodes.remove(name);
		Assert.state(node != null, () -> name + " does not run");
		node.close();
	}

	/**
	 * Return where the nodes are.
	 * @return the nodes' addresses by name
	 */
	Map<String, String> urls() {
		Map<String, String> urls = new LinkedHashMap<>();
		this.ports.forEach((name, port) -> urls.put(name, url(port)));
		return urls;
	}

	String brokerDescription() {
		Broker broker = this.broker;
		return (broker != null) ? broker.description() : "no broker";
	}

	private static String url(int port) {
		return "http://localhost:" + port;
	}

	/** The nodes first and all at once; the broker when nobody needs it any more. */
	@Override
	public synchronized void close() {
		if (this.closed) {
			return;
		}
		this.closed = true;
		List<Thread> closing = new ArrayList<>();
		this.nodes.forEach((name, node) -> {
			Thread thread = new Thread(() -> closeQuietly(name, node::close), "close-" + name);
			thread.start();
			closing.add(thread);
		});
		closing.forEach(Cluster::join);
		this.nodes.clear();
		if (this.broker != null) {
			closeQuietly("broker", this.broker::close);
		}
		closeQuietly("temporary directory", this::deleteDirectory);
	}

	/**
	 * A server that has just stopped may still be deleting there itself, which disturbs.
	 */
	private void deleteDirectory() throws IOException, InterruptedException {
		for (int attempt = 1;; attempt++) {
			try {
				FileSystemUtils.deleteRecursively(this.directory);
				return;
			}
			catch (IOException ex) {
				if (attempt == DELETE_ATTEMPTS) {
					throw ex;
				}
				Thread.sleep(100);
			}
		}
	}

	private static void join(Thread thread) {
		try {
			thread.join();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/** One that fails to close must not keep the others from it. */
	private static void closeQuietly(String name, Action action) {
		try {
			action.run();
		}
		catch (Exception ex) {
			logger.warn("Could not close " + name, ex);
		}
	}

	private interface Action {

		void run() throws Exception;

	}

	/**
	 * Somebody else listens there.
	 */
	static final class PortUnavailableException extends RuntimeException {

		private final int port;

		PortUnavailableException(int port, Throwable cause) {
			super("Port " + port + " is not available", cause);
			this.port = port;
		}

		int getPort() {
			return this.port;
		}

	}

}
