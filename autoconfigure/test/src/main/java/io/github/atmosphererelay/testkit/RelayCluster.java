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

package io.github.atmosphererelay.testkit;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CopyOnWriteArraySet;

import io.github.atmosphererelay.autoconfigure.AtmosphereProperties;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.ClusterRelay;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.service.connection.ConnectionDetails;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.util.unit.DataSize;

/**
 * Several nodes of an application within one JVM, for its tests:
 *
 * <pre class="code">
 * try (RelayCluster cluster = RelayCluster.of(ChatApplication.class).nodes(2).start()) {
 * 	RelayClient ada = cluster.node(0).connect("chat/lobby");
 * 	RelayClient bob = cluster.node(1).connect("chat/lobby");
 * 	ada.send("Hello");
 * 	bob.expect("Hello").expectNothingMore();
 * }
 * </pre>
 *
 * By default the nodes are connected by a broker in memory, which keeps logs of recorded
 * channels and can be {@linkplain #broker() made unreachable}. It replaces the
 * application's relay only. If the application uses Redis, Kafka or a database for
 * anything else, the test still needs them.
 * <p>
 * Each node has a random port and a name: {@code node-0}, {@code node-1} and so on. All
 * nodes share static variables, because they run in one JVM.
 * <p>
 * Threads: may be used by any thread. Starting and closing block until they are done.
 */
public final class RelayCluster implements AutoCloseable {

	private final Settings settings;

	private final @Nullable MemoryBroker memory;

	private final List<ApplicationNode> nodes = new CopyOnWriteArrayList<>();

	private final Set<RelayClient> clients = new CopyOnWriteArraySet<>();

	private RelayCluster(Settings settings, @Nullable MemoryBroker memory) {
		this.settings = settings;
		this.memory = memory;
	}

	/**
	 * Return a builder for a cluster of nodes that run an application.
	 * @param sources the application's class, and further configuration classes of the
	 * test
	 * @return a builder
	 */
	public static Builder of(Class<?>... sources) {
		if (sources.length == 0) {
			throw new IllegalArgumentException("'sources' must name the application's class");
		}
		return new Builder(List.of(sources));
	}

	/**
	 * Return the running nodes.
	 * @return the nodes in the order of their start
	 */
	public List<ApplicationNode> nodes() {
		return this.nodes.stream().filter(ApplicationNode::isRunning).toList();
	}

	/**
	 * Return a node. It may be closed already.
	 * @param index the node's index in the order of their start, beginning with 0
	 * @return the node
	 * @throws IndexOutOfBoundsException if there is no such node
	 */
	public ApplicationNode node(int index) {
		return this.nodes.get(index);
	}

	/**
	 * Start one more node. Blocks until it serves clients and is connected to the broker,
	 * unless the broker was made unreachable.
	 * @return the node, whose index is the number of nodes that were started before
	 * @throws IllegalStateException if it is not connected in time
	 * @throws RuntimeException if the application does not start
	 */
	public synchronized ApplicationNode startNode() {
		String name = "node-" + this.nodes.size();
		ApplicationNode node = new ApplicationNode(this, name, run(name), this.settings.timeout());
		this.nodes.add(node);
		Deadline deadline = Deadline.in(this.settings.timeout());
		boolean away = this.memory != null && this.memory.isAway();
		if (!away && !deadline.await(node::isRelayUp)) {
			throw new IllegalStateException(
					"%s is not connected to the broker within %s of its start".formatted(name, deadline));
		}
		return node;
	}

	private ConfigurableApplicationContext run(String name) {
		SpringApplication application = new SpringApplication(this.settings.sources().toArray(Class<?>[]::new));
		application.setRegisterShutdownHook(false);
		application.addInitializers((context) -> initialize((GenericApplicationContext) context));
		Map<String, String> properties = new LinkedHashMap<>();
		properties.put("server.port", "0");
		properties.put("spring.main.banner-mode", "off");
		properties.put("atmosphere.cluster.node-name", name);
		properties.putAll(this.settings.properties());
		return application.run(properties.entrySet()
			.stream()
			.map((property) -> "--" + property.getKey() + "=" + property.getValue())
			.toArray(String[]::new));
	}

	private void initialize(GenericApplicationContext context) {
		MemoryBroker memory = this.memory;
		if (memory != null) {
			// Primary, so that it replaces a relay of the application's own
			context.registerBean("relayClusterMemoryRelay", ClusterRelay.class,
					() -> memory.relay(new EnvelopeCodec(maxMessageSize(context))),
					(definition) -> definition.setPrimary(true));
		}
		this.settings.connections()
			.forEach((name, connection) -> context.getBeanFactory()
				.registerSingleton("relayCluster." + name, connection));
	}

	private static int maxMessageSize(ApplicationContext context) {
		AtmosphereProperties properties = context.getBeanProvider(AtmosphereProperties.class).getIfAvailable();
		DataSize size = (properties != null) ? properties.relay().maxMessageSize() : DataSize.ofMegabytes(1);
		return (int) size.toBytes();
	}

	/**
	 * Return the switch that makes the broker unreachable and reachable again.
	 * @return the switch
	 * @throws IllegalStateException if the cluster has a {@linkplain Builder#realBroker()
	 * real broker}: stop that broker itself, or put a proxy in front of it
	 */
	public BrokerSwitch broker() {
		if (this.memory == null) {
			throw new IllegalStateException("Only the broker in memory can be taken away by the test kit: stop the"
					+ " real one itself, or put a proxy before it");
		}
		return new BrokerSwitch(this.memory, this::nodes, this.settings.timeout());
	}

	void remember(RelayClient client) {
		this.clients.add(client);
	}

	void forget(RelayClient client) {
		this.clients.remove(client);
	}

	/**
	 * Close all clients, and stop all nodes, the last one first. Blocks until all have
	 * stopped.
	 */
	@Override
	public synchronized void close() {
		this.clients.forEach(RelayClient::close);
		RuntimeException failure = null;
		for (int i = this.nodes.size() - 1; i >= 0; i--) {
			try {
				this.nodes.get(i).close();
			}
			catch (RuntimeException ex) {
				failure = ex;
			}
		}
		if (failure != null) {
			throw failure;
		}
	}

	/**
	 * The settings with which nodes are started.
	 */
	private record Settings(List<Class<?>> sources, Map<String, String> properties,
			Map<String, ConnectionDetails> connections, Duration timeout) {
	}

	/**
	 * Builds a cluster. Not safe for use by many threads.
	 */
	public static final class Builder {

		private static final String RELAY_TYPE = "atmosphere.relay.type";

		private static final int MAX_NODES = 32;

		private final Set<Class<?>> sources;

		private final Map<String, String> properties = new LinkedHashMap<>();

		private final Map<String, ConnectionDetails> connections = new LinkedHashMap<>();

		private int nodes = 2;

		private boolean realBroker;

		private Duration timeout = Duration.ofSeconds(10);

		private Builder(List<Class<?>> sources) {
			this.sources = new LinkedHashSet<>(sources);
		}

		/**
		 * Set the number of nodes to start.
		 * @param nodes 1 to {@value #MAX_NODES}; default is 2
		 * @return this builder
		 */
		public Builder nodes(int nodes) {
			if (nodes < 1 || nodes > MAX_NODES) {
				throw new IllegalArgumentException("'nodes' must be between 1 and " + MAX_NODES);
			}
			this.nodes = nodes;
			return this;
		}

		/**
		 * Set a property on all nodes. It overrides the properties in the application's
		 * files. If the application sets {@code management.server.port}, set it to 0
		 * here, so that each node gets a port of its own.
		 * @param property name and value, for example
		 * {@code atmosphere.channels[0].pattern=chat/**}
		 * @return this builder
		 */
		public Builder property(String property) {
			int equals = property.indexOf('=');
			if (equals < 1) {
				throw new IllegalArgumentException("'property' must be a name, '=' and a value: " + property);
			}
			this.properties.put(property.substring(0, equals).trim(), property.substring(equals + 1));
			return this;
		}

		/**
		 * Use the relay for which the application itself is configured, such as Redis or
		 * Kafka, instead of a broker in memory.
		 * @return this builder
		 */
		public Builder realBroker() {
			this.realBroker = true;
			return this;
		}

		/**
		 * Use the relay for which the application itself is configured, and take its
		 * connections from another application context: all its beans of type
		 * {@link ConnectionDetails} are used, such as those that
		 * {@code @ServiceConnection} creates for a container.
		 * @param context the test's context, which must outlive the cluster
		 * @return this builder
		 */
		public Builder realBroker(ApplicationContext context) {
			this.connections.putAll(context.getBeansOfType(ConnectionDetails.class));
			return realBroker();
		}

		/**
		 * Set how long clients and the cluster wait for what they expect.
		 * @param timeout more than 0 and at most an hour; default is 10 s
		 * @return this builder
		 */
		public Builder timeout(Duration timeout) {
			this.timeout = Deadline.check(timeout);
			return this;
		}

		/**
		 * Start the nodes, one after another, and block until all serve clients and are
		 * connected to the broker.
		 * @return the cluster, to be closed by the caller
		 * @throws IllegalStateException if a node is not connected to the broker in time
		 * @throws RuntimeException if the application does not start
		 */
		public RelayCluster start() {
			if (!this.realBroker && this.properties.containsKey(RELAY_TYPE)) {
				throw new IllegalStateException("The cluster has a broker in memory, so that '" + RELAY_TYPE
						+ "' would have no effect. Call realBroker() to use the application's own relay");
			}
			Settings settings = new Settings(List.copyOf(this.sources), new LinkedHashMap<>(this.properties),
					Map.copyOf(this.connections), this.timeout);
			RelayCluster cluster = new RelayCluster(settings, this.realBroker ? null : new MemoryBroker());
			try {
				for (int i = 0; i < this.nodes; i++) {
					cluster.startNode();
				}
				return cluster;
			}
			catch (RuntimeException | Error ex) {
				try {
					cluster.close();
				}
				catch (RuntimeException closing) {
					ex.addSuppressed(closing);
				}
				throw ex;
			}
		}

	}

}
