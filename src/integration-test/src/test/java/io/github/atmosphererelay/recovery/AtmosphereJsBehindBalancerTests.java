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
 * The npm client {@code atmosphere.js}, unmodified and over HTTP, at three nodes behind
 * balancers that send each request to the next node. One node is killed: each client that
 * polls has every message once and in order, and so has each one with a stream to another
 * node. Whose stream breaks off gets everything since its beginning again.
 */
@Reconciles
class AtmosphereJsBehindBalancerTests {

	private static final int MESSAGES = 600;

	private static final int UNDERWAY = 16;

	private static final String CHANNEL = "log/all";

	private static final String OPTIONS = "{\"transport\":\"%s\",\"enableProtocol\":true,\"trackMessageLength\":true}";

	private static final String PLAIN = "{\"transport\":\"long-polling\"}";

	private static final String DURABLE = "?durable=true";

	@Test
	void nothingIsMissingDoubledOrOutOfOrder() throws Exception {
		NodeScripts.install();
		String polling = OPTIONS.formatted("long-polling");
		List<Process> clients = new ArrayList<>();
		// With a stream to the node that is killed
		List<Process> broken = new ArrayList<>();
		try (Broker broker = new Broker.Redis();
				TestNode a = TestNode.start(arguments("node-a", broker));
				TestNode b = TestNode.start(arguments("node-b", broker));
				NodeProcess c = NodeProcess.launch(List.of(arguments("node-c", broker)))) {
			a.awaitUp();
			b.awaitUp();
			MachineTime.await(Duration.ofMinutes(2)).until(() -> nodes(a) == 3 && nodes(b) == 3);
			// The first request decides which node has the session
			clients.add(client("", polling, c.port(), a.port(), b.port()));
			clients.add(client("", PLAIN, c.port(), b.port(), a.port()));
			clients.add(client("", polling, a.port(), c.port(), b.port()));
			clients.add(client("", polling, b.port(), c.port(), a.port()));
			for (String transport : List.of("sse", "streaming")) {
				String options = OPTIONS.formatted(transport);
				clients.add(client(DURABLE, options, a.port(), c.port(), b.port()));
				broken.add(client(DURABLE, options, c.port(), a.port(), b.port()));
				broken.add(client(DURABLE, options, c.port(), b.port(), a.port()));
			}
			for (Process client : Stream.concat(clients.stream(), broken.stream()).toList()) {
				MachineTime.await(Duration.ofSeconds(60)).until(() -> client.inputReader().ready());
				assertThat(client.inputReader().readLine()).isEqualTo("open");
			}
			List<String> sent = publish(a, c);
			for (Process client : clients) {
				JsonNode result = result(client);
				assertThat(messages(result)).as(result.path("events").toString()).isEqualTo(sent);
			}
			for (Process client : broken) {
				JsonNode result = result(client);
				List<String> received = messages(result);
				int again = received.size() - sent.size();
				assertThat(again).as(result.toString()).isNotNegative();
				assertThat(result.path("events").toString()).contains("\"close\",\"reopen\"");
				assertThat(received.subList(0, again)).isEqualTo(sent.subList(0, again));
				assertThat(received.subList(again, received.size())).isEqualTo(sent);
			}
		}
		finally {
			clients.forEach(Process::destroyForcibly);
			broken.forEach(Process::destroyForcibly);
		}
	}

	private static JsonNode result(Process client) throws Exception {
		assertThat(client.waitFor(2, TimeUnit.MINUTES)).isTrue();
		return JsonMapper.builder().build().readTree(client.inputReader().readLine());
	}

	private static List<String> messages(JsonNode result) {
		List<String> messages = new ArrayList<>();
		result.path("messages").forEach((each) -> messages.add(each.asString()));
		return messages;
	}

	private static int nodes(TestNode node) {
		return node.bean(Cluster.class).nodes().size();
	}

	private static Process client(String query, String options, int... ports) throws Exception {
		return NodeScripts.start("atmosphere-http.mjs",
				IntStream.of(ports).mapToObj(String::valueOf).collect(Collectors.joining(",")),
				"/atmosphere/" + CHANNEL + query, options, "[]", "end", "announce");
	}

	private static String[] arguments(String name, Broker broker) {
		return Stream
			.concat(Stream.of(broker.directProperties()),
					Stream.of("atmosphere.cluster.node-name=" + name, "atmosphere.channels[0].pattern=log/**",
							"atmosphere.channels[0].history.size=2000", "atmosphere.recovery.max-messages=2000",
							"atmosphere.durable-sessions.enabled=true", "atmosphere.durable-sessions.store=redis"))
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
