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

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.broker.Ports;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.http.internal.HttpRelay;
import io.github.atmosphererelay.test.JavaProcess;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import io.github.atmosphererelay.test.WithProcesses;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.cloud.client.discovery.DiscoveryClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of nodes that find each other by Spring Cloud's discovery: at a Eureka server in
 * this JVM, and by the instances that properties name.
 */
class DiscoveryTests {

	/** A process starts slowly on a machine that others use. */
	private static final Duration LATER = Duration.ofSeconds(120);

	private static final List<String> RELAY = List.of("atmosphere.relay.type=http",
			"atmosphere.channels[0].pattern=chat/**", "atmosphere.relay.http.secret=0123456789abcdef0123456789abcdef");

	private final List<AutoCloseable> running = new ArrayList<>();

	@AfterEach
	void close() throws Exception {
		for (int i = this.running.size() - 1; i >= 0; i--) {
			this.running.get(i).close();
		}
	}

	@Test
	void nodesThatAreRegisteredWithEurekaFindEachOtherAndStayConnectedWithoutIt() {
		Eureka eureka = new Eureka();
		this.running.add(eureka);
		TestNode first = node(eureka);
		TestNode second = node(eureka);
		awaitPeers(1, first, second);
		assertThatItIsHeard("hello", first, second);
		TestNode third = node(eureka);
		awaitPeers(2, first, second, third);
		assertThatItIsHeard("to the third", first, third);
		assertThatItIsHeard("from the third", third, second);
		eureka.close();
		assertThatItIsHeard("without Eureka", second, first);
		this.running.remove(third);
		third.close();
		awaitPeers(1, first, second);
		assertThatItIsHeard("without the third", first, second);
	}

	@Test
	void aNodeThatDiscoveryNamesNoLongerStaysConnected() throws Exception {
		Eureka eureka = new Eureka();
		this.running.add(eureka);
		TestNode first = node(eureka, "eureka.instance.instance-id=first");
		TestNode second = node(eureka);
		awaitPeers(1, first, second);
		await().atMost(LATER).until(() -> instances(second) == 2);
		eureka.takeOutOfService("first");
		await().atMost(LATER).until(() -> instances(second) == 1);
		assertThatItIsHeard("from it", first, second);
		assertThatItIsHeard("to it", second, first);
		TestNode third = node(eureka);
		// It tells the third one of itself, which does not find it
		awaitPeers(2, first, second, third);
		assertThatItIsHeard("to the third", first, third);
		assertThatItIsHeard("from the third", third, first);
	}

	@Test
	void nodesThatStartWhileEurekaIsAwayFindEachOtherWhenItIsBack() {
		Eureka eureka = new Eureka();
		TestNode first = null;
		TestNode second = null;
		try (eureka) {
			first = node(eureka);
			second = node(eureka);
			awaitPeers(1, first, second);
		}
		TestNode third = node(eureka);
		TestNode fourth = node(eureka);
		assertThatItIsHeard("without Eureka", first, second);
		assertThat(relay(third).livePeers()).isZero();
		this.running.add(new Eureka(eureka.port()));
		awaitPeers(3, first, second, third, fourth);
		assertThatItIsHeard("to the third", first, third);
		assertThatItIsHeard("from the fourth", fourth, second);
	}

	/**
	 * A killed process does not unregister, and Eureka names it for a long time.
	 */
	@Test
	@WithProcesses
	void aProcessThatIsKilledHoldsUpNobodyAndIsFoundAtAnotherPort() {
		Eureka eureka = new Eureka();
		this.running.add(eureka);
		TestNode first = node(eureka);
		TestNode second = node(eureka);
		JavaProcess killed = process(eureka);
		awaitPeers(2, first, second);
		killed.kill();
		try (TestClient client = second.connect("chat/lobby?ack=true")) {
			client.awaitCount(1);
			for (int i = 0; i < 100; i++) {
				MachineTime time = MachineTime.start();
				assertThat(first.broadcaster().broadcast("chat/lobby", "message " + i).join().outcome())
					.isEqualTo(Outcome.RELAYED);
				assertThat(time.elapsed()).isLessThan(Duration.ofMillis(2500));
			}
			client.awaitCount(101);
			assertThat(client.texts().subList(1, 101))
				.isEqualTo(IntStream.range(0, 100).mapToObj((i) -> "message " + i).toList());
		}
		awaitPeers(1, first, second);
		assertThat(instances(first)).isEqualTo(3);
		process(eureka);
		awaitPeers(2, first, second);
		assertThatItIsHeard("hello", first, second);
	}

	private JavaProcess process(Eureka eureka) {
		List<String> arguments = new ArrayList<>(eureka.properties());
		arguments.addAll(RELAY);
		arguments.addAll(List.of("server.port=" + Ports.free(), "eureka.instance.instance-id=${random.uuid}",
				"atmosphere.routing.enabled=true", "atmosphere.cluster.node-name=killed"));
		JavaProcess process = JavaProcess.launch(RoutedNode.class, Path.of("target", "discovery.txt"), arguments);
		this.running.add(process);
		return process;
	}

	/**
	 * Return how many instances a node has found.
	 */
	private static int instances(TestNode node) {
		return node.bean(DiscoveryClient.class).getInstances("test").size();
	}

	@Test
	void nodesFindEachOtherByTheInstancesThatPropertiesName() {
		int[] ports = { Ports.free(), Ports.free() };
		String[] instances = {
				"spring.cloud.discovery.client.simple.instances.test[0].uri=http://localhost:" + ports[0],
				"spring.cloud.discovery.client.simple.instances.test[1].uri=http://localhost:" + ports[1],
				"eureka.client.enabled=false" };
		TestNode first = start(instances, "server.port=" + ports[0]);
		TestNode second = start(instances, "server.port=" + ports[1]);
		awaitPeers(1, first, second);
		assertThatItIsHeard("hello", first, second);
		assertThatItIsHeard("hello", second, first);
	}

	private TestNode node(Eureka eureka) {
		return node(eureka, "eureka.instance.instance-id=${random.uuid}");
	}

	private TestNode node(Eureka eureka, String instanceId) {
		List<String> properties = new ArrayList<>(eureka.properties());
		// So that the others learn from the node itself that it leaves
		properties.add("eureka.client.should-unregister-on-shutdown=false");
		properties.add(instanceId);
		return start(properties.toArray(String[]::new), "server.port=0");
	}

	private TestNode start(String[] properties, String port) {
		List<String> all = new ArrayList<>(List.of(properties));
		all.add(port);
		all.addAll(RELAY);
		TestNode node = TestNode.start(all.toArray(String[]::new));
		this.running.add(node);
		return node;
	}

	private static HttpRelay relay(TestNode node) {
		return node.bean(HttpRelay.class);
	}

	private static void awaitPeers(int number, TestNode... nodes) {
		await().atMost(LATER)
			.untilAsserted(() -> assertThat(nodes)
				.allSatisfy((node) -> assertThat(relay(node).livePeers()).as(relay(node).details().toString())
					.isEqualTo(number)));
	}

	private static void assertThatItIsHeard(String text, TestNode publisher, TestNode receiver) {
		try (TestClient client = receiver.connect("chat/lobby?ack=true")) {
			client.awaitCount(1);
			await().until(() -> publisher.messaging().monitor().isUp());
			assertThat(publisher.broadcaster().broadcast("chat/lobby", text).join().outcome())
				.isEqualTo(Outcome.RELAYED);
			client.awaitCount(2);
			assertThat(client.texts().get(1)).isEqualTo(text);
		}
	}

}
