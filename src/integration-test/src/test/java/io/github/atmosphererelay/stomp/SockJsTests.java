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

package io.github.atmosphererelay.stomp;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.stomp.internal.StompRelay;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * SockJS without WebSocket, on two nodes behind a balancer that hashes the session's
 * segment of the path.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SockJsTests {

	private Broker broker;

	private TestNode a;

	private TestNode b;

	@BeforeAll
	void start() {
		this.broker = new Broker.Redis();
		this.a = startNode();
		this.b = startNode();
		Stream.of(this.a, this.b).forEach(TestNode::awaitUp);
	}

	private TestNode startNode() {
		List<String> arguments = new ArrayList<>(Arrays.asList(this.broker.directProperties()));
		arguments.add("atmosphere.stomp.enabled=true");
		return TestNode.start(List.of(StompApplication.class), arguments.toArray(String[]::new));
	}

	@AfterAll
	void stop() {
		Stream.of(this.a, this.b).forEach(TestNode::close);
		this.broker.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "nginx", "haproxy" })
	void streamingByXhrWorksBehindABalancerThatHashesTheSession(String program, @TempDir Path directory)
			throws Exception {
		List<SockJsClient> clients = new ArrayList<>();
		try (StompBalancer balancer = StompBalancer.start(program, List.of(this.a.port(), this.b.port()), directory)) {
			// Few sessions may all belong to one node, for the ports of the nodes differ
			while (clients.size() < 8 || Stream.of(this.a, this.b).anyMatch((node) -> sessions(node) == 0)) {
				assertThat(clients).hasSizeLessThan(50);
				String session = UUID.randomUUID().toString().substring(0, 8);
				SockJsClient client = SockJsClient
					.connect(balancer.http("/sockjs/000/" + session + "?user=" + session));
				clients.add(client);
				client.send("SUBSCRIBE\nid:1\ndestination:/topic/x\nreceipt:subscribed\n\n\0");
				client.await("subscribed");
			}
			assertThat(sessions(this.a) + sessions(this.b)).isEqualTo(clients.size());
			clients.get(0).send("SEND\ndestination:/topic/x\n\nfrom a client\0");
			AbstractStompNodesTests.template(this.a).convertAndSend("/topic/x", "from the application");
			clients.forEach((client) -> {
				client.await("from a client");
				client.await("from the application");
			});
			assertThat(SockJsClient.post(balancer.http("/sockjs/000/unknown" + program), "SEND\n\n\0")).isEqualTo(404);
		}
		clients.forEach(SockJsClient::close);
		Stream.of(this.a, this.b)
			.forEach((node) -> MachineTime.await(Duration.ofSeconds(30)).until(() -> sessions(node) == 0));
	}

	private static int sessions(TestNode node) {
		return node.bean(StompRelay.class).sessions();
	}

}
