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

package io.github.atmosphererelay.durable.internal;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.durable.SessionStore;
import io.github.atmosphererelay.test.Covers;
import io.github.atmosphererelay.test.KnownFault;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Durable sessions of a node that is killed, with a real Redis between the nodes.
 */
@Reconciles
class KilledNodeTests {

	private static final String CHANNEL = "log/killed";

	@Test
	@Covers({ KnownFault.STATE_IS_SAVED_ONLY_ON_A_NOTICED_DISCONNECT, KnownFault.SUBSCRIBERS_NODE_IS_KILLED })
	void sessionsOfANodeThatIsKilledMissNothingOnAnother() throws Exception {
		try (RedisServers.Standalone redis = RedisServers.standalone();
				TestNode survivor = TestNode.start(arguments(redis).toArray(String[]::new))) {
			Process process = start(arguments(redis));
			try {
				Cluster cluster = survivor.bean(Cluster.class);
				MachineTime.await(Duration.ofSeconds(120)).until(() -> cluster.nodes().size() == 2);
				URI uri = uri(cluster);
				List<DurableClient> before = new ArrayList<>();
				for (int i = 0; i < 10; i++) {
					before.add(DurableClient.connect(uri));
				}
				before.forEach((client) -> client.subscribed(CHANNEL));
				List<String> expected = new ArrayList<>();
				publish(survivor, expected, 50);
				before.forEach((client) -> client.awaitMessages(50));
				SessionStore store = survivor.bean(SessionStore.class);
				// Some of it, not all, is known to have come when the node dies.
				MachineTime.await(Duration.ofSeconds(60))
					.until(() -> before.stream()
						.allMatch((client) -> !store.find(SessionTokens.key(client.token(), CHANNEL))
							.positions()
							.isEmpty()));
				publish(survivor, expected, 20);
				process.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
				publish(survivor, expected, 30);
				for (DurableClient client : before) {
					DurableClient after = DurableClient.connect(survivor, CHANNEL + "?session=" + client.token());
					assertThat(after.isRestored()).isTrue();
					assertThat(after.subscribed(CHANNEL).get("recovered").asBoolean()).isTrue();
					after.awaitMessages(after.subscribed(CHANNEL).get("replayed").asInt());
					Set<String> received = new LinkedHashSet<>(client.messages());
					received.addAll(after.messages());
					assertThat(new ArrayList<>(received)).isEqualTo(expected);
					after.cut();
				}
			}
			finally {
				process.destroyForcibly();
			}
		}
	}

	private static URI uri(Cluster cluster) {
		MachineTime.await(Duration.ofSeconds(20)).until(() -> cluster.nodes().get(1).address() != null);
		String address = String.valueOf(cluster.nodes().get(1).address());
		return URI.create("ws://localhost:" + address.substring(address.lastIndexOf(':') + 1) + "/atmosphere/" + CHANNEL
				+ "?durable=true");
	}

	private static void publish(TestNode node, List<String> expected, int count) {
		for (int i = 0; i < count; i++) {
			String text = "message " + expected.size();
			node.broadcaster().broadcast(CHANNEL, text).orTimeout(10, TimeUnit.SECONDS).join();
			expected.add(text);
		}
	}

	private static List<String> arguments(RedisServers.Standalone redis) {
		return List.of("atmosphere.relay.type=redis", "spring.data.redis.host=" + RedisServers.HOST,
				"spring.data.redis.port=" + redis.port(), "atmosphere.channels[0].pattern=log/**",
				"atmosphere.channels[0].history.size=200", "atmosphere.durable-sessions.enabled=true",
				"atmosphere.durable-sessions.store=redis", "atmosphere.durable-sessions.save-interval=500ms");
	}

	private static Process start(List<String> arguments) throws IOException {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m",
						"-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
						System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
						DurableNodeProcess.class.getName()));
		command.addAll(arguments);
		return new ProcessBuilder(command).redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.start();
	}

}
