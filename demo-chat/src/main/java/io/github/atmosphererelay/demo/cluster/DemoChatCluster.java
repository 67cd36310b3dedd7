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

import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingInitializationContext;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.core.env.StandardEnvironment;

/**
 * Starts three nodes of the demo and a broker with one command.
 */
public final class DemoChatCluster {

	private static final int NODES = 3;

	private static final int DEFAULT_PORT = 8080;

	private static final String USAGE = """
			Usage: java -jar demo-chat-cluster.jar [--kafka | --jdbc | --http] [--gateway] [--outbox] [--port=8080]

			  --kafka      relay through an embedded Kafka broker instead of an embedded Redis
			  --jdbc       relay through tables of an embedded database, without a broker
			  --http       relay from node to node, without a broker and a database; rooms keep no messages then
			  --gateway    send users to their nodes by a gateway on the port before the first node's; not with --http.
			               A fourth node starts when you want it
			  --outbox     store messages in an embedded database, and publish them in the same transaction
			  --port=8080  port of the first node; the other two listen on the next ports

			While it runs, the keys a, b and c stop a node, or start it again; A, B and C kill it. With --gateway also d and D.
			""";

	private DemoChatCluster() {
	}

	public static void main(String[] args) {
		Options options;
		try {
			options = Options.parse(args);
		}
		catch (IllegalArgumentException ex) {
			System.err.println(ex.getMessage());
			System.err.println();
			System.err.print(USAGE);
			System.exit(1);
			return;
		}
		if (options.help()) {
			System.out.print(USAGE);
			return;
		}
		run(options, System.out, System.err);
	}

	private static void run(Options options, PrintStream out, PrintStream err) {
		initializeLogging();
		CountDownLatch started = new CountDownLatch(1);
		Holder holder = new Holder();
		// A signal may come while the nodes are starting: then that is brought to its
		// end,
		// and what has started is closed, which is the one order in which nothing can be
		// forgotten
		Thread hook = new Thread(() -> {
			try {
				started.await();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			holder.close(out);
		}, "stop-cluster");
		Runtime.getRuntime().addShutdownHook(hook);
		out.printf("Starting %d nodes and %s ...%n", NODES, switch (options.kind()) {
			case REDIS -> "Redis";
			case KAFKA -> "Kafka";
			case JDBC -> "a database";
			case HTTP -> "no broker";
		});
		try {
			Cluster cluster = Cluster.start(options.plan());
			holder.cluster = cluster;
			Keys keys = Keys.open();
			holder.keys = keys;
			out.print(summary(cluster, keys));
			out.flush();
			if (keys != null) {
				keys.listen((key) -> pressed(key, cluster));
			}
		}
		catch (Cluster.PortUnavailableException ex) {
			err.printf("Port %d is in use. Choose another first port, for example --port=%d%n", ex.getPort(),
					options.port() + 10_000);
			started.countDown();
			System.exit(1);
		}
		catch (RuntimeException | Error ex) {
			err.println("The cluster could not be started: " + ex.getMessage());
			started.countDown();
			System.exit(1);
		}
		finally {
			started.countDown();
		}
	}

	/**
	 * The broker starts before any application context, which would otherwise be the
	 * first to configure the logging.
	 */
	private static void initializeLogging() {
		LoggingSystem logging = LoggingSystem.get(DemoChatCluster.class.getClassLoader());
		logging.beforeInitialize();
		logging.initialize(new LoggingInitializationContext(new StandardEnvironment()), null, null);
		logging.setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.WARN);
		// Warns that its log is empty, which it always is here
		logging.setLogLevel("org.apache.kafka.controller", LogLevel.ERROR);
	}

	/** Lower case stops in good order, upper case does not ask. */
	static void pressed(int key, Cluster cluster) {
		String name = "node-" + (char) Character.toLowerCase(key);
		if (Character.isLetter(key) && cluster.urls().containsKey(name)) {
			cluster.toggle(name, Character.isUpperCase(key));
		}
	}

	private static String summary(Cluster cluster, @Nullable Keys keys) {
		StringBuilder summary = new StringBuilder("\n");
		summary.append("  Atmosphere Relay chat: three nodes, one conversation\n\n");
		String gateway = cluster.gatewayUrl();
		if (gateway != null) {
			summary.append("    gateway  %s   sends users to their nodes%n".formatted(gateway));
		}
		cluster.nodes()
			.forEach((node) -> summary.append("    %s   %s%s%n".formatted(node.name(), node.url(),
					node.state().equals("stopped") ? "   starts when you want it" : "")));
		summary.append("\n  Relay: ").append(cluster.brokerDescription()).append('\n');
		summary.append("  Operator: ")
			.append((gateway != null) ? gateway : cluster.urls().values().iterator().next())
			.append("/operator has buttons that stop, kill and start the nodes (log in as admin)\n");
		if (keys != null) {
			summary
				.append((gateway != null) ? "  Keys: a, b, c, d stop a node, or start it; A, B, C, D kill it"
						: "  Keys: a, b, c stop a node, or start it again; A, B, C kill it")
				.append(keys.areImmediate() ? "" : " (with Enter)")
				.append('\n');
		}
		summary.append("  Ctrl-C stops everything\n\n");
		return summary.toString();
	}

	private static void quiet() {
		LoggingSystem.get(DemoChatCluster.class.getClassLoader())
			.setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.OFF);
	}

	/**
	 * Hands the cluster from the thread that starts it to the one that stops it.
	 */
	private static final class Holder {

		private volatile @Nullable Cluster cluster;

		private volatile @Nullable Keys keys;

		void close(PrintStream out) {
			Keys keys = this.keys;
			if (keys != null) {
				keys.close();
			}
			Cluster cluster = this.cluster;
			if (cluster != null) {
				out.println("Stopping ...");
				quiet();
				cluster.close();
			}
		}

	}

	/**
	 * What stands on the command line.
	 *
	 * @param kind what carries the messages
	 * @param outbox whether messages are stored and published in one transaction
	 * @param gateway whether a gateway stands before the nodes
	 * @param port the first node's port
	 * @param help whether only help is wanted
	 */
	record Options(Broker.Kind kind, boolean outbox, boolean gateway, int port, boolean help) {

		/**
		 * The gateway is on the port before the first node's.
		 */
		Plan plan() {
			int nodes = this.gateway ? NODES + 1 : NODES;
			return new Plan(this.kind, this.outbox, IntStream.range(this.port, this.port + nodes).boxed().toList(),
					this.gateway ? this.port - 1 : 0);
		}

		static Options parse(String... args) {
			Broker.Kind kind = Broker.Kind.REDIS;
			boolean outbox = false;
			boolean gateway = false;
			boolean help = false;
			int port = DEFAULT_PORT;
			for (String arg : args) {
				if (arg.equals("--kafka")) {
					kind = Broker.Kind.KAFKA;
				}
				else if (arg.equals("--jdbc")) {
					kind = Broker.Kind.JDBC;
				}
				else if (arg.equals("--http")) {
					kind = Broker.Kind.HTTP;
				}
				else if (arg.equals("--outbox")) {
					outbox = true;
				}
				else if (arg.equals("--gateway")) {
					gateway = true;
				}
				else if (arg.equals("--help") || arg.equals("-h")) {
					help = true;
				}
				else if (arg.startsWith("--port=")) {
					port = parsePort(arg.substring("--port=".length()));
				}
				else {
					throw new IllegalArgumentException("Unknown option " + arg);
				}
			}
			if (gateway && kind == Broker.Kind.HTTP) {
				throw new IllegalArgumentException("--gateway learns of the nodes from a broker, and --http has none");
			}
			if (gateway && (port == 1 || port + NODES > 65535)) {
				throw new IllegalArgumentException("Not a port: there has to be one before and three behind " + port);
			}
			return new Options(kind, outbox, gateway, port, help);
		}

		private static int parsePort(String value) {
			try {
				int port = Integer.parseInt(value);
				if (port > 0 && port + NODES - 1 <= 65535) {
					return port;
				}
			}
			catch (NumberFormatException ex) {
				// Said below
			}
			throw new IllegalArgumentException("Not a port: " + value);
		}

	}

}
