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
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.contract.broker.Ports;
import io.github.atmosphererelay.test.JavaProcess;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.messaging.simp.user.SimpUserRegistry;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Nodes that stop and die.
 */
class StompNodeLifeTests {

	private static List<String> arguments(Broker broker, String... further) {
		List<String> arguments = new ArrayList<>(Arrays.asList(broker.directProperties()));
		arguments.add("atmosphere.stomp.enabled=true");
		arguments.add("atmosphere.cluster.heartbeat-interval=500ms");
		arguments.add("atmosphere.cluster.node-timeout=3s");
		arguments.addAll(Arrays.asList(further));
		return arguments;
	}

	private static TestNode start(List<String> arguments) {
		return TestNode.start(List.of(StompApplication.class), arguments.toArray(String[]::new));
	}

	@Test
	void theUsersOfANodeThatIsKilledAreGoneWithinTheNodeTimeout(@TempDir Path directory) {
		int port = Ports.free();
		try (Broker broker = new Broker.Redis();
				TestNode node = start(arguments(broker));
				JavaProcess other = JavaProcess.launch(StompNodeProcess.class, directory.resolve("node.txt"),
						arguments(broker, "server.port=" + port))) {
			MachineTime.await(Duration.ofSeconds(60)).ignoreExceptions().until(() -> {
				StompClient.open(port, null).close();
				return true;
			});
			StompClient.connect(port, "ada").subscribe("1", "/topic/x");
			SimpUserRegistry registry = node.bean(SimpUserRegistry.class);
			MachineTime.await(Duration.ofSeconds(5)).until(() -> registry.getUser("ada") != null);
			other.kill();
			assertThat(registry.getUserCount()).isOne();
			MachineTime.await(Duration.ofSeconds(5)).until(() -> registry.getUser("ada") == null);
			assertThat(registry.getUserCount()).isZero();
			assertThat(registry.findSubscriptions((each) -> true)).isEmpty();
		}
	}

	@Test
	void aNodeThatStopsClosesItsSessionsSliceBySlice() {
		try (Broker broker = new Broker.Redis()) {
			TestNode node = start(
					arguments(broker, "atmosphere.shutdown.slice-size=2", "atmosphere.shutdown.slice-interval=200ms"));
			List<StompClient> clients = IntStream.range(0, 10)
				.mapToObj((i) -> StompClient.connect(node.port(), null))
				.toList();
			node.close();
			MachineTime.await(Duration.ofSeconds(10)).until(() -> clients.stream().allMatch(StompClient::isClosed));
			assertThat(clients).allMatch((client) -> client.closeStatus() == 1001);
			long first = clients.stream().mapToLong(StompClient::closedAt).min().orElseThrow();
			long last = clients.stream().mapToLong(StompClient::closedAt).max().orElseThrow();
			assertThat(Duration.ofNanos(last - first)).isGreaterThan(Duration.ofMillis(600));
		}
	}

}
