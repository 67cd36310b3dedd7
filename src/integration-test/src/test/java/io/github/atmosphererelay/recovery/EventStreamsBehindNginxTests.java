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
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.test.DocumentedProxy;
import io.github.atmosphererelay.test.EventSource;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.NodeScripts;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Event streams through a real nginx to three nodes: 10,000 messages, 20 cuts, a node
 * that is killed and one that is stopped in order. Each client, among them the npm client
 * {@code eventsource} and Chromium, has every message once and in order.
 */
@Reconciles
class EventStreamsBehindNginxTests {

	private static final int MESSAGES = 10_000;

	private static final int CUTS = 20;

	private static final int CLIENTS = 6;

	private static final int UNDERWAY = 64;

	@TempDir
	private Path directory;

	@Test
	void nothingIsMissingDoubledOrOutOfOrder() throws Exception {
		NodeScripts.install();
		List<EventSource> clients = new ArrayList<>();
		try (Broker broker = new Broker.Redis();
				TestNode a = TestNode.start(arguments("node-a", broker));
				TestNode b = TestNode.start(arguments("node-b", broker));
				NodeProcess c = NodeProcess.launch(List.of(arguments("node-c", broker)))) {
			a.awaitUp();
			b.awaitUp();
			try (EventSource ready = EventSource
				.open(URI.create("http://localhost:" + c.port() + "/atmosphere/log/all"))) {
				// It is refused, and comes back, until the process has started
				ready.awaitEvents("subscribed", 1, Duration.ofMinutes(2));
			}
			try (DocumentedProxy proxy = DocumentedProxy.nginx("server-sent-events.md",
					List.of(a.port(), b.port(), c.port()), this.directory)) {
				String url = proxy.http("/atmosphere/log/all").toString();
				List<Process> scripts = List.of(NodeScripts.start("event-source.mjs", url, String.valueOf(MESSAGES)),
						NodeScripts.start("browser-event-source.mjs", url, String.valueOf(MESSAGES)));
				for (int i = 0; i < CLIENTS; i++) {
					clients.add(EventSource.open(proxy.http("/atmosphere/log/all")));
				}
				clients.forEach((client) -> client.awaitSubscribed(1));
				for (Process script : scripts) {
					MachineTime.await(Duration.ofSeconds(60)).until(() -> script.inputReader().ready());
					assertThat(script.inputReader().readLine()).isIn("open", "no browser");
				}
				List<String> sent = publish(a, clients, b, c);
				for (EventSource client : clients) {
					client.awaitEvents("message", MESSAGES, Duration.ofSeconds(60));
				}
				for (EventSource client : clients) {
					assertThat(client.messages()).isEqualTo(sent);
					assertThat(client.state()).isEqualTo(EventSource.State.OPEN);
					assertThat(client.statuses()).containsOnly(200);
				}
				for (Process script : scripts) {
					String result = script.inputReader().readLine();
					if (result != null) {
						assertThat(result).isEqualTo("messages " + MESSAGES + " in order, closed 0");
					}
				}
			}
		}
		finally {
			clients.forEach(EventSource::close);
		}
	}

	private static String[] arguments(String name, Broker broker) {
		return Stream
			.concat(Stream.of(broker.directProperties()),
					Stream.of("atmosphere.cluster.node-name=" + name, "atmosphere.channels[0].pattern=log/**",
							"atmosphere.channels[0].history.size=20000", "atmosphere.recovery.max-messages=20000",
							"atmosphere.recovery.max-bytes=8MB", "atmosphere.shutdown.slice-interval=100ms",
							"atmosphere.websocket.ping-interval=2s", "atmosphere.http-streams.max-stream-age=10s"))
			.toArray(String[]::new);
	}

	/**
	 * Publish while connections and nodes go.
	 */
	private List<String> publish(TestNode node, List<EventSource> clients, TestNode stopped, NodeProcess killed)
			throws InterruptedException {
		Random random = new Random(19);
		List<String> sent = IntStream.range(0, MESSAGES).mapToObj(String::valueOf).toList();
		Semaphore underway = new Semaphore(UNDERWAY);
		List<CompletableFuture<?>> receipts = new ArrayList<>();
		for (int i = 0; i < MESSAGES; i++) {
			underway.acquire();
			receipts.add(node.broadcaster()
				.broadcast("log/all", sent.get(i))
				.whenComplete((receipt, ex) -> underway.release()));
			if (i % (MESSAGES / CUTS) == MESSAGES / CUTS / 2) {
				clients.get(random.nextInt(clients.size())).cut();
			}
			if (i == MESSAGES / 3) {
				killed.kill();
			}
			if (i == 2 * MESSAGES / 3) {
				stopped.close();
			}
		}
		receipts.forEach(CompletableFuture::join);
		return sent;
	}

}
