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

package io.github.atmosphererelay.recovery;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.recovery.CentrifugeDriver.Client;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Three nodes of a cluster and the npm client {@code centrifuge}, as published. The third
 * node reaches the broker through a proxy.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Reconciles
abstract class AbstractCentrifugeTests {

	/** How many messages of a log are read at once. */
	static final int PAGE = 100;

	private static final AtomicInteger NAMES = new AtomicInteger();

	private Broker broker;

	private CentrifugeDriver driver;

	private final List<TestNode> nodes = new ArrayList<>();

	abstract Broker startBroker();

	@BeforeAll
	void start() throws Exception {
		this.driver = CentrifugeDriver.start();
		this.broker = startBroker();
		this.nodes.add(startNode("node-a", this.broker.directProperties()));
		this.nodes.add(startNode("node-b", this.broker.directProperties()));
		this.nodes.add(startNode("node-c", this.broker.proxiedProperties()));
	}

	TestNode startNode(String name, String... properties) {
		return TestNode.start(List.of(RecoveryApplication.class), arguments(name, properties).toArray(String[]::new));
	}

	static List<String> arguments(String name, String... properties) {
		return Stream
			.concat(Stream.of(properties),
					Stream.of("atmosphere.cluster.node-name=" + name, "atmosphere.channels[0].pattern=log/**",
							"atmosphere.channels[0].history.size=10000", "atmosphere.channels[0].client-publish=true",
							"atmosphere.channels[1].pattern=short/**", "atmosphere.channels[1].history.size=10",
							"atmosphere.channels[1].client-publish=true", "atmosphere.channels[2].pattern=room/**",
							"atmosphere.channels[2].presence=true", "atmosphere.channels[2].client-publish=true",
							"atmosphere.channels[3].pattern=heard/**", "atmosphere.recovery.max-messages=2000",
							"atmosphere.recovery.position-check=2s", "atmosphere.websocket.max-message-size=16KB",
							"atmosphere.relay.probe-interval=500ms", "atmosphere.relay.probe-timeout=2s",
							"atmosphere.cluster.heartbeat-interval=500ms", "atmosphere.cluster.node-timeout=5s"))
			.toList();
	}

	@AfterEach
	void closeClients() {
		this.driver.closeClients();
	}

	@AfterAll
	void stop() {
		this.nodes.forEach(TestNode::close);
		if (this.broker != null) {
			this.broker.close();
		}
		if (this.driver != null) {
			this.driver.close();
		}
	}

	Broker broker() {
		return this.broker;
	}

	CentrifugeDriver driver() {
		return this.driver;
	}

	List<TestNode> nodes() {
		return this.nodes;
	}

	TestNode node(int index) {
		return this.nodes.get(index);
	}

	static URI door(int port) {
		return URI.create("ws://localhost:" + port + "/atmosphere/connection/websocket");
	}

	URI door(int node, String user) {
		return URI.create(door(node(node).port()) + "?user=" + user);
	}

	URI anywhere(int node) {
		return door(node(node).port());
	}

	Client client(int node) {
		return this.driver.open("client-" + NAMES.incrementAndGet(), anywhere(node));
	}

	Client client(int node, String user, Object... options) {
		return this.driver.open(user + "-" + NAMES.incrementAndGet(), door(node, user), options);
	}

	/**
	 * A channel that no other test uses.
	 */
	static String channel(String kind) {
		return kind + "/" + NAMES.incrementAndGet();
	}

	/**
	 * Publish messages in order, and wait until all of them are recorded.
	 */
	List<Receipt> publish(int node, String channel, int from, int to) {
		List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
		for (int i = from; i < to; i++) {
			receipts.add(node(node).broadcaster().broadcast(channel, text(i)));
		}
		return receipts.stream().map(CompletableFuture::join).toList();
	}

	static String text(int number) {
		return "m" + number;
	}

	static List<String> texts(int from, int to) {
		return IntStream.range(from, to).mapToObj(AbstractCentrifugeTests::text).toList();
	}

	void lead(Client client, int port) {
		client.call("route", "url", door(port).toString());
	}

	static void assertRecovered(JsonNode subscribed) {
		assertThat(subscribed.path("wasRecovering").asBoolean()).as("recovering in %s", subscribed).isTrue();
		assertThat(subscribed.path("recovered").asBoolean()).as("recovered in %s", subscribed).isTrue();
	}

	static void assertToldUnrecovered(JsonNode subscribed) {
		assertThat(subscribed.path("wasRecovering").asBoolean()).as("recovering in %s", subscribed).isTrue();
		assertThat(subscribed.path("recovered").asBoolean()).as("recovered in %s", subscribed).isFalse();
		assertThat(subscribed.path("hasRecoveredPublications").asBoolean()).isFalse();
	}

	static String epoch(JsonNode subscribed) {
		return subscribed.path("streamPosition").path("epoch").asString();
	}

	/**
	 * Wait until nodes have their broker again.
	 */
	void awaitUp() {
		for (TestNode node : this.nodes) {
			MachineTime.await(Duration.ofSeconds(40)).until(() -> node.messaging().monitor().isUp());
		}
	}

	static void awaitAnswer(int port) {
		HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/actuator/health"))
			.build();
		MachineTime.await(Duration.ofSeconds(120)).ignoreExceptions().until(() -> {
			HttpClient.newHttpClient().send(request, BodyHandlers.discarding());
			return true;
		});
	}

	/**
	 * That a client has everything, once, in order, and that its offsets are those of the
	 * log.
	 */
	void assertComplete(Client client, String channel, int from, int to) {
		client.awaitHeard(channel, to - from);
		assertThat(client.heard(channel)).isEqualTo(texts(from, to));
		assertThat(client.offsets(channel)).isSorted().doesNotHaveDuplicates();
	}

	Position position(String channel) {
		return await().ignoreExceptions().until(() -> node(0).broadcaster().position(channel).join(), (each) -> true);
	}

}
