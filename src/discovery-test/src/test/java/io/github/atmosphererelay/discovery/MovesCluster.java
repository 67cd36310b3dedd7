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

package io.github.atmosphererelay.discovery;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.contract.broker.Ports;
import io.github.atmosphererelay.contract.broker.TcpProxy;
import io.github.atmosphererelay.test.JavaProcess;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestNode;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Nodes and a gateway, each in a process of its own, with Redis and a Eureka server. A
 * further member without users, the observer, runs in this JVM: it publishes, and knows
 * the ring. One thread uses this object.
 */
final class MovesCluster implements AutoCloseable {

	/** The node that reaches Redis through the proxy. */
	static final String CUT_OFF = "node-2";

	private static final Duration START = Duration.ofSeconds(120);

	/** Each client takes about 45 KB of it. */
	private static final String GATEWAY_HEAP = MovesClients.MANY ? "1g" : "512m";

	private static final Path OUTPUT = Path.of("target", "gateway-moves.txt");

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	private final Broker broker = new Broker.Redis();

	private final Eureka eureka = new Eureka();

	private final Map<String, Node> nodes = new LinkedHashMap<>();

	private final int gatewayPort = Ports.free();

	private final JavaProcess gateway;

	private final TestNode observer;

	/**
	 * Start nodes, a gateway and the observer.
	 */
	MovesCluster(int count) {
		for (int i = 0; i < count; i++) {
			startNode(i);
		}
		List<String> arguments = new ArrayList<>(this.eureka.properties());
		arguments.addAll(member("gateway", 0, this.broker.directProperties()));
		arguments.addAll(List.of("server.port=" + this.gatewayPort, "eureka.client.register-with-eureka=false",
				"atmosphere.gateway.ring.source=member"));
		this.gateway = JavaProcess.launch(RoutedGateway.class, GATEWAY_HEAP, OUTPUT, arguments);
		List<String> observing = new ArrayList<>(member("observer", 0, this.broker.directProperties()));
		observing.add("eureka.client.enabled=false");
		this.observer = TestNode.start(observing.toArray(String[]::new));
	}

	/**
	 * Begin to start a node.
	 */
	Node startNode(int index) {
		String name = "node-" + index;
		int port = Ports.free();
		List<String> arguments = new ArrayList<>(this.eureka.properties());
		arguments.addAll(member(name, 1,
				name.equals(CUT_OFF) ? this.broker.proxiedProperties() : this.broker.directProperties()));
		arguments.addAll(List.of("server.port=" + port, "atmosphere.cluster.address=http://localhost:" + port,
				"eureka.instance.metadata-map.atmosphere-node=" + name, "eureka.instance.instance-id=" + name));
		Node node = new Node(port, JavaProcess.launch(RoutedNode.class, OUTPUT, arguments));
		this.nodes.put(name, node);
		return node;
	}

	private static List<String> member(String name, int weight, String[] broker) {
		List<String> properties = new ArrayList<>(List.of(broker));
		properties.addAll(List.of("atmosphere.cluster.name=moves", "atmosphere.cluster.node-name=" + name,
				"atmosphere.cluster.heartbeat-interval=500ms",
				"atmosphere.cluster.node-timeout=" + (MovesClients.MANY ? "8s" : "4s"),
				"atmosphere.channels[0].pattern=log/**", "atmosphere.channels[0].history.size=20000",
				"atmosphere.routing.enabled=true", "atmosphere.routing.lookup=" + (weight > 0),
				"atmosphere.routing.weight=" + weight, "atmosphere.routing.settle-time=500ms",
				"atmosphere.routing.move-delay=2s", "atmosphere.routing.moves-per-second=200",
				"atmosphere.limits.sessions-per-address=0", "atmosphere.relay.probe-interval=500ms",
				"atmosphere.relay.probe-timeout=2s"));
		return properties;
	}

	Node node(String name) {
		return this.nodes.get(name);
	}

	/**
	 * Return the nodes that run, or stand still.
	 */
	Map<String, Node> running() {
		Map<String, Node> running = new TreeMap<>(this.nodes);
		running.values().removeIf((node) -> !node.running);
		return running;
	}

	/**
	 * Return what cuts {@link #CUT_OFF} off from Redis.
	 */
	TcpProxy proxy() {
		return this.broker.proxy();
	}

	TestNode observer() {
		return this.observer;
	}

	int gatewayPort() {
		return this.gatewayPort;
	}

	void restartGateway() {
		this.gateway.kill();
		this.gateway.launch();
	}

	void awaitGateway() {
		awaitAnswer(this.gatewayPort);
	}

	private static void awaitAnswer(int port) {
		MachineTime.await(START).ignoreExceptions().until(() -> {
			HTTP.send(HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/")).build(),
					BodyHandlers.discarding());
			return true;
		});
	}

	/**
	 * Look up a user's node: at the gateway by the header, at a node as the user itself.
	 * @return the answer, empty if any node will do
	 */
	static JsonNode lookup(int port, String user) throws IOException, InterruptedException {
		return get(port, "/atmosphere/api/route?user=" + user, user);
	}

	private static JsonNode get(int port, String path, String user) throws IOException, InterruptedException {
		HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
			.header("X-User", user)
			.timeout(Duration.ofSeconds(10))
			.build();
		return JsonMapper.shared().readTree(HTTP.send(request, BodyHandlers.ofString()).body());
	}

	@Override
	public void close() {
		this.nodes.values().forEach((node) -> node.process.close());
		this.gateway.close();
		this.observer.close();
		this.eureka.close();
		this.broker.close();
	}

	/**
	 * A node's process.
	 */
	static final class Node {

		private final int port;

		private final JavaProcess process;

		private boolean running = true;

		Node(int port, JavaProcess process) {
			this.port = port;
			this.process = process;
		}

		int port() {
			return this.port;
		}

		void kill() {
			this.running = false;
			this.process.kill();
		}

		void drain() {
			this.running = false;
			this.process.terminate();
		}

		/**
		 * Start again under the same name, and return when the node answers.
		 */
		void restart() {
			this.process.launch();
			this.running = true;
			awaitAnswer();
		}

		void awaitAnswer() {
			MovesCluster.awaitAnswer(this.port);
		}

		void pause() {
			this.process.pause();
		}

		void resume() {
			this.process.resume();
		}

		/**
		 * Ask the node what it knows.
		 */
		RoutedNode.State state() throws IOException, InterruptedException {
			return JsonMapper.shared().treeToValue(get(this.port, "/test/state", "nobody"), RoutedNode.State.class);
		}

	}

}
