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
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;
import org.springframework.util.FileSystemUtils;

/**
 * A broker, and nodes of the demo that use it, each a process of its own: so that one of
 * them can be stopped, killed and started again while somebody watches.
 */
final class Cluster implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(Cluster.class);

	private static final int DELETE_ATTEMPTS = 20;

	private final Path directory;

	private final Consumer<String> messages;

	private final Map<String, String> properties;

	private final Map<String, NodeProcess> nodes = new LinkedHashMap<>();

	/** One thread for each node would do; commands of several may come at once. */
	private final ExecutorService orders = Executors.newCachedThreadPool((task) -> {
		Thread thread = new Thread(task, "order");
		thread.setDaemon(true);
		return thread;
	});

	private @Nullable ProcessFactory processes;

	private @Nullable NodeProcess gateway;

	private @Nullable Broker broker;

	private @Nullable ControlServer control;

	private volatile boolean closed;

	private Cluster(Path directory, Consumer<String> messages, Map<String, String> properties) {
		this.directory = directory;
		this.messages = messages;
		this.properties = properties;
	}

	/**
	 * Return how the names of this process's temporary directories begin: whose a
	 * directory is can be told where several clusters run.
	 */
	static String directoryPrefix() {
		return "demo-chat-" + ProcessHandle.current().pid() + "-";
	}

	/**
	 * Start what a plan says. Either everything runs afterwards, or nothing is left.
	 * @param plan what the cluster consists of
	 * @return the cluster
	 */
	static Cluster start(Plan plan) {
		return start(plan, System.out::println, Map.of());
	}

	/**
	 * Start what a plan says.
	 * @param plan what the cluster consists of
	 * @param messages gets what the nodes print and what becomes of them, on any thread
	 * @param properties further properties of the nodes
	 * @return the cluster
	 */
	static Cluster start(Plan plan, Consumer<String> messages, Map<String, String> properties) {
		plan.allPorts().forEach(Cluster::checkFree);
		Cluster cluster;
		try {
			cluster = new Cluster(Files.createTempDirectory(directoryPrefix()), messages, properties);
		}
		catch (IOException ex) {
			throw new UncheckedIOException("No temporary directory: " + ex.getMessage(), ex);
		}
		try {
			cluster.startAll(plan);
			return cluster;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			cluster.close();
			throw new IllegalStateException("Interrupted", ex);
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

	private void startAll(Plan plan) throws InterruptedException {
		Broker broker = plan.startBroker(this.directory);
		this.broker = broker;
		this.control = ControlServer.start(this);
		ProcessFactory processes = new ProcessFactory(plan, broker, this.control, this.directory, this.properties,
				this::say);
		this.processes = processes;
		for (int i = 0; i < plan.ports().size(); i++) {
			String name = "node-" + (char) ('a' + i);
			this.nodes.put(name, processes.node(name, plan.ports().get(i)));
		}
		List<NodeProcess> starting = new ArrayList<>(List.copyOf(this.nodes.values()).subList(0, plan.nodesAtStart()));
		if (plan.hasGateway()) {
			this.gateway = processes.gateway(this.nodes.values());
			starting.add(this.gateway);
		}
		starting.forEach(NodeProcess::launch);
		for (NodeProcess process : starting) {
			process.awaitStart();
		}
	}

	private void say(String message) {
		// Ctrl-C reaches all processes, and nodes that lose their broker say so
		if (!this.closed) {
			this.messages.accept(message);
		}
	}

	/**
	 * Start a node. Returns when it has started.
	 */
	void startNode(String name) {
		Assert.state(!this.closed, "The cluster is closed");
		NodeProcess node = node(name);
		node.launch();
		try {
			node.awaitStart();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException("Interrupted", ex);
		}
	}

	/**
	 * Stop a node in good order. Returns when it has ended.
	 */
	void stopNode(String name) {
		end(name, NodeProcess::stop);
	}

	/**
	 * End a node at once, as kill -9 does. Returns when it has ended.
	 */
	void killNode(String name) {
		end(name, NodeProcess::kill);
	}

	private void end(String name, Ending ending) {
		try {
			ending.end(node(name));
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException("Interrupted", ex);
		}
	}

	private NodeProcess node(String name) {
		NodeProcess node = this.nodes.get(name);
		Assert.notNull(node, () -> "There is no " + name);
		return node;
	}

	/**
	 * Have a node started or ended, and say what becomes of it. Does not wait for it.
	 * @return whether the order fits what the node does at the moment
	 */
	boolean order(String name, Order order) {
		NodeProcess node = node(name);
		boolean fits = switch (order) {
			case START -> node.state() == NodeProcess.State.STOPPED;
			case STOP -> node.state() == NodeProcess.State.RUNNING || node.state() == NodeProcess.State.STARTING;
			case KILL -> node.state() != NodeProcess.State.STOPPED;
		};
		if (!fits || this.closed) {
			return false;
		}
		this.orders.execute(() -> {
			try {
				carryOut(name, order);
			}
			catch (RuntimeException ex) {
				say("  " + ex.getMessage());
			}
		});
		return true;
	}

	private void carryOut(String name, Order order) {
		long begin = System.nanoTime();
		switch (order) {
			case START -> {
				say("  " + name + " starts ...");
				startNode(name);
				say("  %s runs again, after %.1f s".formatted(name, (System.nanoTime() - begin) / 1e9));
			}
			case STOP -> {
				say("  " + name + " stops ...");
				stopNode(name);
				say("  %s has stopped, after %.1f s".formatted(name, (System.nanoTime() - begin) / 1e9));
			}
			case KILL -> {
				killNode(name);
				say("  " + name + " was killed");
			}
		}
	}

	/**
	 * Start a node that does not run, and stop one that does.
	 */
	void toggle(String name, boolean hard) {
		NodeProcess.State state = node(name).state();
		Order order = (state == NodeProcess.State.STOPPED) ? Order.START : hard ? Order.KILL : Order.STOP;
		if (!order(name, order)) {
			say("  " + name + " is " + state);
		}
	}

	/**
	 * Return what the nodes do.
	 * @return the nodes, in order
	 */
	List<NodeState> nodes() {
		return this.nodes.values()
			.stream()
			.map((node) -> new NodeState(node.name(), node.url(), node.state().toString(), node.pid()))
			.toList();
	}

	/**
	 * Return where the nodes are.
	 * @return the nodes' addresses by name
	 */
	Map<String, String> urls() {
		Map<String, String> urls = new LinkedHashMap<>();
		this.nodes.forEach((name, node) -> urls.put(name, node.url()));
		return urls;
	}

	/**
	 * Return where the gateway is.
	 * @return its address, or {@code null} if there is none
	 */
	@Nullable String gatewayUrl() {
		return (this.gateway != null) ? this.gateway.url() : null;
	}

	/**
	 * Return what a further gateway has to be told.
	 * @return names and values of properties
	 */
	Map<String, String> gatewayProperties() {
		Assert.state(this.processes != null, "The cluster has not been started");
		return this.processes.gatewayProperties(this.nodes.values());
	}

	String brokerDescription() {
		Broker broker = this.broker;
		return (broker != null) ? broker.description() : "no broker";
	}

	/** The nodes first and all at once; the broker when nobody needs it any more. */
	@Override
	public void close() {
		synchronized (this) {
			if (this.closed) {
				return;
			}
			this.closed = true;
		}
		if (this.control != null) {
			closeQuietly("commands", this.control::close);
		}
		List<NodeProcess> processes = new ArrayList<>(this.nodes.values());
		if (this.gateway != null) {
			processes.add(this.gateway);
		}
		List<Thread> closing = new ArrayList<>();
		for (NodeProcess process : processes) {
			Thread thread = new Thread(() -> closeQuietly(process.name(), () -> endForGood(process)),
					"close-" + process.name());
			thread.start();
			closing.add(thread);
		}
		closing.forEach(Cluster::join);
		this.orders.shutdownNow();
		if (this.broker != null) {
			closeQuietly("broker", this.broker::close);
		}
		closeQuietly("temporary directory", this::deleteDirectory);
	}

	private static void endForGood(NodeProcess node) throws InterruptedException {
		try {
			node.stop();
		}
		catch (IllegalStateException ex) {
			// It has ended, or somebody else is about to end it
			node.kill();
		}
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

	private interface Ending {

		void end(NodeProcess node) throws InterruptedException;

	}

	/**
	 * What can be done with a node.
	 */
	enum Order {

		START, STOP, KILL

	}

	/**
	 * What a node does.
	 *
	 * @param name its name
	 * @param url where a browser finds it
	 * @param state {@code starting}, {@code running}, {@code stopping} or {@code stopped}
	 * @param pid its process, while there is one
	 */
	record NodeState(String name, String url, String state, @Nullable Long pid) {

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
