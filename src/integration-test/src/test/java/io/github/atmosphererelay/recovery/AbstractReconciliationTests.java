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
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.test.Covers;
import io.github.atmosphererelay.test.KnownFault;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.Reconciliation;
import io.github.atmosphererelay.test.RecordingClient;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Everything that goes wrong, at once: many clients that lose their connections and come
 * back to other nodes, a node that is killed, and a broker that is restarted, while
 * messages are published on all nodes. In the end every client has every message of its
 * channels, in the log's order, once, or was told that it has not, where the log was
 * lost.
 * <p>
 * The short form takes about half a minute. The long one, with
 * {@code -Datmosphere.test.long=true}, takes two minutes and more clients.
 */
@Reconciles
abstract class AbstractReconciliationTests {

	private static final boolean LONG = Boolean.getBoolean("atmosphere.test.long");

	private static final long SEED = 20_260_101;

	private static final int CLIENTS = LONG ? 200 : 60;

	private static final int CHANNELS = 20;

	private static final int CHANNELS_PER_CLIENT = 5;

	private static final long RUN_MILLIS = LONG ? 120_000 : 13_000;

	private static final long CUT_EVERY_MILLIS = LONG ? 10_000 : 6_000;

	private static final Duration AWAY = Duration.ofMillis(LONG ? 2_000 : 1_500);

	private static final long PUBLISH_EVERY_MILLIS = 40;

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(4);

	private final List<RecordingClient> clients = new ArrayList<>();

	private final Reconciliation reconciliation = new Reconciliation();

	/** What publishers were told was recorded, without being told where. */
	private final Set<Message> recorded = ConcurrentHashMap.newKeySet();

	/** What publishers were told was not. */
	private final Set<Message> refused = ConcurrentHashMap.newKeySet();

	private final AtomicInteger underway = new AtomicInteger();

	private final AtomicInteger receipts = new AtomicInteger();

	/** When the logs were lost, in nanoseconds. */
	private volatile long lostAt = Long.MAX_VALUE;

	abstract Broker startBroker();

	@Test
	@Covers(KnownFault.EVERY_RELAY_WITH_EVERY_PROTOCOL)
	void everyClientHasEveryMessageOnceInTheLogsOrderOrWasToldThatItHasNot() {
		try (Broker broker = startBroker();
				TestNode a = startNode("node-a", broker);
				TestNode b = startNode("node-b", broker);
				NodeProcess c = NodeProcess.launch(arguments("node-c", broker))) {
			awaitAnswer(c.port());
			List<Integer> ports = List.of(a.port(), b.port(), c.port());
			connectClients(ports);
			List<ScheduledFuture<?>> traffic = new ArrayList<>(startPublishers(List.of(a, b), c));
			traffic.addAll(startCuts());
			Faults faults = new Faults(broker, c);
			faults.run();
			traffic.forEach((each) -> each.cancel(false));
			MachineTime.await(Duration.ofSeconds(30)).until(() -> this.underway.get() == 0);
			awaitCaughtUp(a);
			assertThat(reconcile(broker)).isEmpty();
			assertThat(this.receipts.get()).as("receipts").isGreaterThan((int) (RUN_MILLIS / PUBLISH_EVERY_MILLIS / 2));
			assertThat(this.clients.stream().mapToInt(RecordingClient::recoveries).sum()).as("recoveries")
				.isGreaterThan(CLIENTS * CHANNELS_PER_CLIENT);
			if (broker.keepsWhatItAcknowledged()) {
				assertThat(this.reconciliation.told()).isZero();
			}
			else {
				// Who was away then may have been told for each of its channels, and is
				// told once
				assertThat(this.reconciliation.told()).isPositive().isLessThanOrEqualTo(CLIENTS * CHANNELS_PER_CLIENT);
			}
		}
		finally {
			this.clients.forEach(RecordingClient::close);
			this.timer.shutdownNow();
		}
	}

	private static TestNode startNode(String name, Broker broker) {
		return TestNode.start(List.of(RecoveryApplication.class), arguments(name, broker).toArray(String[]::new));
	}

	private static List<String> arguments(String name, Broker broker) {
		return Stream.concat(Stream.of(broker.directProperties()),
				Stream.of("atmosphere.cluster.node-name=" + name, "atmosphere.channels[0].pattern=log/**",
						"atmosphere.channels[0].history.size=20000", "atmosphere.recovery.max-messages=2000",
						"atmosphere.recovery.position-check=3s", "atmosphere.api.enabled=true",
						"atmosphere.relay.probe-interval=500ms", "atmosphere.relay.probe-timeout=2s"))
			.toList();
	}

	private static void awaitAnswer(int port) {
		HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/actuator/health"))
			.build();
		MachineTime.await(Duration.ofSeconds(120)).ignoreExceptions().until(() -> {
			HTTP.send(request, BodyHandlers.discarding());
			return true;
		});
	}

	private void connectClients(List<Integer> ports) {
		for (int i = 0; i < CLIENTS; i++) {
			List<String> channels = new ArrayList<>(
					IntStream.range(0, CHANNELS).mapToObj((each) -> "log/" + each).toList());
			Collections.shuffle(channels, new Random(SEED + i));
			Random random = new Random(SEED - i);
			RecordingClient client = new RecordingClient("client-" + i, channels.subList(0, CHANNELS_PER_CLIENT),
					() -> door(ports.get(random.nextInt(ports.size()))), this.timer, SEED + 31L * i);
			this.clients.add(client);
			client.connect();
		}
		MachineTime.await(Duration.ofSeconds(30)).until(() -> this.clients.stream().allMatch(RecordingClient::isLive));
	}

	private static URI door(int port) {
		return URI.create("ws://localhost:" + port + "/atmosphere/connection/websocket");
	}

	private List<ScheduledFuture<?>> startPublishers(List<TestNode> nodes, NodeProcess process) {
		List<ScheduledFuture<?>> publishers = new ArrayList<>();
		for (int i = 0; i <= nodes.size(); i++) {
			int publisher = i;
			Random random = new Random(SEED + 7L * i);
			AtomicInteger number = new AtomicInteger();
			publishers.add(this.timer.scheduleAtFixedRate(() -> {
				Message message = new Message("log/" + random.nextInt(CHANNELS),
						publisher + "-" + number.incrementAndGet(), System.nanoTime());
				this.underway.incrementAndGet();
				if (publisher < nodes.size()) {
					publish(nodes.get(publisher), message);
				}
				else {
					publish(process, message);
				}
			}, 0, PUBLISH_EVERY_MILLIS, TimeUnit.MILLISECONDS));
		}
		return publishers;
	}

	private void publish(TestNode node, Message message) {
		node.broadcaster().broadcast(message.channel(), message.data()).whenComplete((receipt, ex) -> {
			if (receipt != null) {
				received(message, receipt);
			}
			else if (Failures.unwrap(ex) instanceof RelayUnavailableException
					|| Failures.unwrap(ex) instanceof RelayOverloadedException) {
				this.refused.add(message);
			}
			else {
				synchronized (this.reconciliation) {
					this.reconciliation.fault("publishing %s failed: %s", message, ex);
				}
			}
			this.underway.decrementAndGet();
		});
	}

	private void received(Message message, Receipt receipt) {
		if (receipt.outcome() == Outcome.RELAYED && receipt.position() != null) {
			this.receipts.incrementAndGet();
			synchronized (this.reconciliation) {
				this.reconciliation.found(message.channel(), receipt.position(), message.data());
			}
		}
		else if (receipt.outcome() != Outcome.UNCONFIRMED) {
			synchronized (this.reconciliation) {
				this.reconciliation.fault("the receipt of %s is %s", message, receipt);
			}
		}
	}

	private void publish(NodeProcess node, Message message) {
		HttpRequest request = HttpRequest
			.newBuilder(URI.create(
					"http://localhost:" + node.port() + "/atmosphere/api/channels/" + message.channel() + "/messages"))
			.header("Content-Type", "text/plain")
			.timeout(Duration.ofSeconds(5))
			.POST(BodyPublishers.ofString(message.data()))
			.build();
		HTTP.sendAsync(request, BodyHandlers.ofString()).whenComplete((response, ex) -> {
			if (response != null && response.statusCode() == 200) {
				this.recorded.add(message);
			}
			this.underway.decrementAndGet();
		});
	}

	private List<ScheduledFuture<?>> startCuts() {
		List<ScheduledFuture<?>> cuts = new ArrayList<>();
		Random random = new Random(SEED);
		for (RecordingClient client : this.clients) {
			cuts.add(this.timer.scheduleAtFixedRate(() -> client.cut(AWAY, random.nextInt(3) == 0),
					random.nextLong(CUT_EVERY_MILLIS), CUT_EVERY_MILLIS, TimeUnit.MILLISECONDS));
		}
		return cuts;
	}

	/**
	 * Wait until all clients are back and have what there is; where one is missing
	 * something, that is found by comparing, and need not be waited for.
	 */
	private void awaitCaughtUp(TestNode node) {
		MachineTime.await(Duration.ofSeconds(40)).until(() -> this.clients.stream().allMatch(RecordingClient::isLive));
		Map<String, Long> ends = new HashMap<>();
		for (int i = 0; i < CHANNELS; i++) {
			String channel = "log/" + i;
			for (Publication each : node.broadcaster().history(channel, null, 10_000).join().publications()) {
				Position position = Objects.requireNonNull(each.position());
				this.reconciliation.found(channel, position, each.payload().asText());
				ends.put(channel, position.offset());
			}
		}
		MachineTime.await(Duration.ofSeconds(20))
			.until(() -> this.clients.stream()
				.allMatch((client) -> client.heard()
					.keySet()
					.stream()
					.allMatch((channel) -> client.offset(channel) >= ends.getOrDefault(channel, 0L))));
	}

	private List<String> reconcile(Broker broker) {
		this.reconciliation.reconcile(this.clients, broker.keepsWhatItAcknowledged() ? 1 : 2);
		for (Message message : this.recorded) {
			// What was recorded in the last moment before the log was lost may have
			// reached nobody
			boolean lost = message.at() > this.lostAt - TimeUnit.SECONDS.toNanos(3) && message.at() < this.lostAt;
			if (!lost && !this.reconciliation.isRecorded(message.channel(), message.data())) {
				this.reconciliation.fault("%s was recorded, and is in no log", message);
			}
		}
		for (Message message : this.refused) {
			if (this.reconciliation.isRecorded(message.channel(), message.data())) {
				this.reconciliation.fault("%s was refused, and is in a log", message);
			}
		}
		return this.reconciliation.faults();
	}

	/**
	 * A message that somebody has published.
	 *
	 * @param channel where
	 * @param data what
	 * @param at when, in nanoseconds
	 */
	private record Message(String channel, String data, long at) {

	}

	/**
	 * What happens to nodes and broker, and when.
	 */
	private final class Faults {

		private final Broker broker;

		private final NodeProcess node;

		Faults(Broker broker, NodeProcess node) {
			this.broker = broker;
			this.node = node;
		}

		void run() {
			List<ScheduledFuture<?>> all = List.of(after(RUN_MILLIS / 8, this::restartNode),
					after(RUN_MILLIS / 2, this::restartBroker), after(RUN_MILLIS, () -> {
					}));
			for (ScheduledFuture<?> each : all) {
				try {
					each.get(RUN_MILLIS + 120_000, TimeUnit.MILLISECONDS);
				}
				catch (Exception ex) {
					throw new CompletionException(ex);
				}
			}
		}

		private ScheduledFuture<?> after(long millis, Runnable task) {
			return AbstractReconciliationTests.this.timer.schedule(task, millis, TimeUnit.MILLISECONDS);
		}

		private void restartNode() {
			this.node.kill();
			this.node.launch();
		}

		private void restartBroker() {
			if (!this.broker.keepsWhatItAcknowledged()) {
				AbstractReconciliationTests.this.lostAt = System.nanoTime();
			}
			this.broker.kill();
			this.broker.start();
		}

	}

}
