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

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.NodeScripts;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The npm client {@code atmosphere.js}, unmodified and polling, at three nodes behind
 * balancers that send each request to the next node. One node is killed: each client has
 * every message once and in order.
 */
@Reconciles
class AtmosphereJsBehindBalancerTests {

	private static final int MESSAGES = 600;

	private static final int UNDERWAY = 16;

	private static final String CHANNEL = "log/all";

	private static final String OPTIONS = "{\"transport\":\"long-polling\",\"enableProtocol\":true,\"trackMessageLength\":true}";

	private static final String PLAIN = "{\"transport\":\"long-polling\"}";

	@Test
	void nothingIsMissingDoubledOrOutOfOrder() throws Exception {
		NodeScripts.install();
		List<Process> clients = new ArrayList<>();
		try (Broker broker = new Broker.Redis();
				TestNode a = TestNode.start(arguments("node-a", broker));
				TestNode b = TestNode.start(arguments("node-b", broker));
				NodeProcess c = NodeProcess.launch(List.of(arguments("node-c", broker)))) {
			a.awaitUp();
			b.awaitUp();
			MachineTime.await(Duration.ofMinutes(2)).until(() -> nodes(a) == 3 && nodes(b) == 3);
			// The first request decides which node has the session
			clients.add(client(OPTIONS, c.port(), a.port(), b.port()));
			clients.add(client(PLAIN, c.port(), b.port(), a.port()));
			clients.add(client(OPTIONS, a.port(), c.port(), b.port()));
			clients.add(client(OPTIONS, b.port(), c.port(), a.port()));
			for (Process client : clients) {
				MachineTime.await(Duration.ofSeconds(60)).until(() -> client.inputReader().ready());
				assertThat(client.inputReader().readLine()).isEqualTo("open");
			}
			List<String> sent = publish(a, c);
			for (Process client : clients) {
				assertThat(client.waitFor(2, TimeUnit.MINUTES)).isTrue();
				JsonNode result = JsonMapper.builder().build().readTree(client.inputReader().readLine());
				List<String> received = new ArrayList<>();
				result.path("messages").forEach((each) -> received.add(each.asString()));
				assertThat(received).as(result.path("events").toString()).isEqualTo(sent);
			}
		}
		finally {
			clients.forEach(Process::destroyForcibly);
		}
	}

	private static int nodes(TestNode node) {
		return node.bean(Cluster.class).nodes().size();
	}

	private static Process client(String options, int... ports) throws Exception {
		return NodeScripts.start("atmosphere-http.mjs",
				IntStream.of(ports).mapToObj(String::valueOf).collect(Collectors.joining(",")),
				"/atmosphere/" + CHANNEL, options, "[]", "end", "announce");
	}

	private static String[] arguments(String name, Broker broker) {
		return Stream
			.concat(Stream.of(broker.directProperties()),
					Stream.of("atmosphere.cluster.node-name=" + name, "atmosphere.channels[0].pattern=log/**",
							"atmosphere.channels[0].history.size=2000", "atmosphere.recovery.max-messages=2000"))
			.toArray(String[]::new);
	}

	private static List<String> publish(TestNode node, NodeProcess killed) throws InterruptedException {
		List<String> sent = new ArrayList<>(IntStream.range(0, MESSAGES).mapToObj((number) -> number + "|x").toList());
		sent.add("end");
		Semaphore underway = new Semaphore(UNDERWAY);
		List<CompletableFuture<?>> receipts = new ArrayList<>();
		for (int i = 0; i < sent.size(); i++) {
			underway.acquire();
			receipts.add(node.broadcaster()
				.broadcast(CHANNEL, sent.get(i))
				.whenComplete((receipt, ex) -> underway.release()));
			if (i == MESSAGES / 3) {
				killed.kill();
			}
		}
		receipts.forEach(CompletableFuture::join);
		return sent;
	}

}
