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

package io.github.atmosphererelay.benchmark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

import io.github.atmosphererelay.benchmark.load.Load;
import io.github.atmosphererelay.benchmark.node.HandRolledNode;
import io.github.atmosphererelay.benchmark.node.NettyNode;
import io.github.atmosphererelay.benchmark.node.RelayNode;
import io.github.atmosphererelay.benchmark.node.StompNode;

/**
 * A server that takes part.
 */
enum Contender {

	/** The starter with its defaults, on Tomcat, with Redis. */
	OURS("ours", RelayNode.class, Broker.REDIS, List.of(), "--atmosphere.relay.type=redis"),

	/** The same on Jetty. */
	OURS_JETTY("ours, Jetty", RelayNode.class, Broker.REDIS,
			List.of("org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration"),
			"--atmosphere.relay.type=redis"),

	/** The same on Tomcat's own WebSocket, as with TLS. */
	OURS_STANDARD("ours, Tomcat's WebSocket", RelayNode.class, Broker.REDIS, List.of(), "--atmosphere.relay.type=redis",
			"--atmosphere.websocket.direct-io=false"),

	/** The same on Tomcat with virtual threads, where the nodes' JDK has them. */
	OURS_VIRTUAL("ours, virtual threads", RelayNode.class, Broker.REDIS, List.of(), "--atmosphere.relay.type=redis",
			"--spring.threads.virtual.enabled=true"),

	/** The same with clients that receive server-sent events. */
	OURS_EVENTS("ours, server-sent events", RelayNode.class, Broker.REDIS, List.of(), "--atmosphere.relay.type=redis"),

	/** The same on Jetty. */
	OURS_EVENTS_JETTY("ours, server-sent events, Jetty", RelayNode.class, Broker.REDIS,
			List.of("org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration"),
			"--atmosphere.relay.type=redis"),

	/** The starter with its defaults, on Tomcat, with Kafka. */
	OURS_KAFKA("ours, Kafka", RelayNode.class, Broker.KAFKA, List.of(), "--atmosphere.relay.type=kafka"),

	/**
	 * The starter with its defaults, on Tomcat, with nodes that send each other messages.
	 */
	OURS_HTTP("ours, HTTP relay", RelayNode.class, Broker.PEERS, List.of(), "--atmosphere.relay.type=http",
			"--atmosphere.relay.http.secret=0123456789abcdef0123456789abcdef"),

	/** The starter without a broker, for what the relay costs. */
	OURS_LOCAL("ours, local relay", RelayNode.class, Broker.NONE, List.of(), "--atmosphere.relay.type=local"),

	/** Spring's simple broker on all nodes, by the starter, with Redis. */
	STOMP("STOMP, ours", StompNode.class, Broker.REDIS, List.of(), "--atmosphere.relay.type=redis",
			"--atmosphere.stomp.enabled=true"),

	/** Spring's simple broker alone, on one node, whatever the workload says. */
	STOMP_SIMPLE("STOMP, one node alone", StompNode.class, Broker.NONE, List.of(), "--atmosphere.enabled=false"),

	/** Spring's relay to RabbitMQ, which has to be installed. */
	STOMP_RABBIT("STOMP, RabbitMQ", StompNode.class, Broker.RABBIT, List.of(), "--atmosphere.enabled=false"),

	/** What teams write by hand. Pays for nothing of the starter, which is there too. */
	BASELINE("hand-rolled", HandRolledNode.class, Broker.REDIS, List.of(), "--atmosphere.enabled=false"),

	/** What could be had without a framework. */
	NETTY("Netty", NettyNode.class, Broker.REDIS, List.of()),

	/** What teams write who do not need Java. */
	NODE_WS("Node.js ws", NodeProgram.class, Broker.REDIS, List.of());

	private final String title;

	private final Class<?> main;

	private final Broker broker;

	private final List<String> excluded;

	private final List<String> arguments;

	Contender(String title, Class<?> main, Broker broker, List<String> excluded, String... arguments) {
		this.title = title;
		this.main = main;
		this.broker = broker;
		this.excluded = excluded;
		this.arguments = List.of(arguments);
	}

	String title() {
		return this.title;
	}

	Broker broker() {
		return this.broker;
	}

	/**
	 * Return the path of a room, with {@code %d} for its number.
	 * @return the path
	 */
	String path() {
		if (this.main == StompNode.class) {
			return Load.STOMP + "/topic/chat.%d";
		}
		String path = (this.main == RelayNode.class) ? "/atmosphere/chat/%d" : "/chat/%d";
		return (this == OURS_EVENTS || this == OURS_EVENTS_JETTY) ? Load.EVENTS + path : path;
	}

	/**
	 * Return whether the nodes have sessions of the starter.
	 */
	boolean isOurs() {
		return this.main == RelayNode.class;
	}

	/**
	 * Return how many nodes there are.
	 * @param nodes how many the workload has
	 */
	int nodes(int nodes) {
		return (this == STOMP_SIMPLE) ? 1 : nodes;
	}

	/**
	 * Return how many nodes there can be.
	 * @return 1 where there is nothing between nodes
	 */
	int maxNodes() {
		return (this.broker == Broker.NONE && this != STOMP_SIMPLE) ? 1 : Integer.MAX_VALUE;
	}

	/**
	 * Get ready for being started. May take a while.
	 * @param directory for files
	 */
	void prepare(Path directory) throws IOException {
		if (this == NODE_WS) {
			NodeProgram.install(directory);
		}
	}

	/**
	 * Return where the nodes listen.
	 * @param nodes how many there are
	 * @return their ports; zeros where each node chooses one, because no other node has
	 * to know it
	 */
	List<Integer> ports(int nodes) {
		return (this.broker == Broker.PEERS) ? freePorts(nodes) : Collections.nCopies(nodes, 0);
	}

	private static List<Integer> freePorts(int count) {
		// All are held until all are known, so that no port is found twice
		List<ServerSocket> sockets = new ArrayList<>();
		try {
			for (int i = 0; i < count; i++) {
				sockets.add(new ServerSocket(0));
			}
			return sockets.stream().map(ServerSocket::getLocalPort).toList();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		finally {
			sockets.forEach(Contender::close);
		}
	}

	private static void close(ServerSocket socket) {
		try {
			socket.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Return how a node is started.
	 * @param options what the command line says
	 * @param workload what it is started for
	 * @param directory where it was prepared
	 * @param brokerPort where the broker listens
	 * @param ports where the nodes listen
	 * @param node the number of the node, from 0
	 * @return the command
	 */
	List<String> command(Options options, Workload workload, Path directory, int brokerPort, List<Integer> ports,
			int node) {
		if (this == NODE_WS) {
			return NodeProgram.command(directory, brokerPort);
		}
		List<String> command = new ArrayList<>(List.of(options.java()));
		command.addAll(options.jvmArguments());
		command.addAll(List.of("-cp", classPath(), this.main.getName()));
		command.addAll((this.main == NettyNode.class) ? List.of(Integer.toString(brokerPort))
				: properties(workload, brokerPort, ports, node));
		return command;
	}

	private String classPath() {
		return (this == STOMP_RABBIT) ? ServerProcess.reactorClassPath() : ServerProcess.classPath(isOnJetty());
	}

	private boolean isOnJetty() {
		return this == OURS_JETTY || this == OURS_EVENTS_JETTY;
	}

	private List<String> properties(Workload workload, int brokerPort, List<Integer> ports, int node) {
		List<String> properties = new ArrayList<>(List.of("--server.port=" + ports.get(node),
				"--server.address=127.0.0.1", "--server.tomcat.max-connections=20000", "--spring.main.banner-mode=off",
				"--logging.level.root=warn"));
		if (this.main == RelayNode.class) {
			properties.add("--atmosphere.channels[0].pattern=chat/**");
			// All clients come from one address
			properties.add("--atmosphere.limits.sessions-per-address=0");
			properties.add("--benchmark.send-buffer=" + workload.sendBuffer());
			properties.add("--benchmark.slow-clients=" + (workload.stalled() > 0));
		}
		if (this.broker == Broker.PEERS) {
			properties.add("--atmosphere.relay.http.peers="
					+ ports.stream().map((port) -> "http://127.0.0.1:" + port).collect(Collectors.joining(",")));
		}
		List<String> excluded = new ArrayList<>(this.broker.foreign());
		excluded.addAll(this.excluded);
		properties.add("--spring.autoconfigure.exclude=" + String.join(",", excluded));
		properties.addAll(this.broker.properties(brokerPort));
		properties.addAll(this.arguments);
		return properties;
	}

}
