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
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.test.Covers;
import io.github.atmosphererelay.test.KnownFault;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.Reconciliation;
import io.github.atmosphererelay.test.RecordingClient;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A Redis that writes everything to disk is restarted again and again while one node
 * publishes in a recorded channel. No confirmed message is missing at any client.
 */
@Reconciles
class RestartsOfRedisTests {

	private static final String CHANNEL = "log/restarts";

	private static final int RESTARTS = 4;

	private static final Duration STILL = Duration.ofMillis(2_500);

	private static final Duration LIMIT = Duration.ofSeconds(30);

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(2);

	/** What publishers were told was recorded, and where. */
	private final Map<String, Position> confirmed = new ConcurrentHashMap<>();

	private final AtomicInteger published = new AtomicInteger();

	private final AtomicInteger underway = new AtomicInteger();

	private final List<RecordingClient> positioned = new ArrayList<>();

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	@Covers({ KnownFault.BROKER_FAILS_OVER, KnownFault.LOG_BEGINS_ANOTHER_LIFE })
	void everyClientHasEveryConfirmedMessageAlsoIfItsNodeStoodStillAroundEachRestart(boolean standsStill,
			@TempDir Path directory) {
		try (RedisServers.Standalone redis = RedisServers.durable(directory);
				TestNode a = TestNode.start(List.of(RecoveryApplication.class),
						arguments("node-a", redis).toArray(String[]::new));
				NodeProcess b = NodeProcess.launch(arguments("node-b", redis))) {
			awaitAnswer(b.port());
			List<TestClient> plain = List.of(TestClient.connect(door(a.port(), CHANNEL + "?ack=true")).awaitCount(1),
					TestClient.connect(door(b.port(), CHANNEL + "?ack=true")).awaitCount(1));
			connectPositioned(a.port());
			connectPositioned(b.port());
			ScheduledFuture<?> publisher = this.timer.scheduleAtFixedRate(() -> publish(a), 0, 3,
					TimeUnit.MILLISECONDS);
			for (int i = 0; i < RESTARTS; i++) {
				awaitConfirmed(100);
				if (standsStill) {
					b.pause();
				}
				MachineTime still = MachineTime.start();
				redis.stop();
				redis.start();
				// Others publish before the node that stands still has subscribed again
				awaitConfirmed(100);
				if (standsStill) {
					MachineTime.await(LIMIT).until(() -> still.elapsed().compareTo(STILL) > 0);
					b.resume();
				}
			}
			awaitConfirmed(100);
			publisher.cancel(false);
			MachineTime.await(LIMIT).until(() -> this.underway.get() == 0);
			reconcile(a, plain);
			plain.forEach(TestClient::close);
		}
		finally {
			this.positioned.forEach(RecordingClient::close);
			this.timer.shutdownNow();
		}
	}

	private static List<String> arguments(String name, RedisServers.Standalone redis) {
		return List.of("atmosphere.relay.type=redis", "spring.data.redis.host=" + RedisServers.HOST,
				"spring.data.redis.port=" + redis.port(), "atmosphere.cluster.node-name=" + name,
				"atmosphere.channels[0].pattern=log/**", "atmosphere.channels[0].history.size=20000",
				"atmosphere.recovery.max-messages=2000", "atmosphere.recovery.position-check=2s",
				"atmosphere.relay.probe-interval=500ms", "atmosphere.relay.probe-timeout=2s");
	}

	private static void awaitAnswer(int port) {
		HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/actuator/health"))
			.build();
		MachineTime.await(Duration.ofSeconds(120))
			.ignoreExceptions()
			.until(() -> HTTP.send(request, BodyHandlers.discarding()).statusCode() == 200);
	}

	private static URI door(int port, String path) {
		return URI.create("ws://localhost:" + port + "/atmosphere/" + path);
	}

	private void connectPositioned(int port) {
		RecordingClient client = new RecordingClient("client of " + port, List.of(CHANNEL),
				() -> door(port, "connection/websocket"), this.timer, port);
		this.positioned.add(client);
		client.connect();
		MachineTime.await(LIMIT).until(client::isLive);
	}

	private void publish(TestNode node) {
		String text = "m" + this.published.incrementAndGet();
		this.underway.incrementAndGet();
		node.broadcaster().broadcast(CHANNEL, text).whenComplete((receipt, ex) -> {
			if (receipt != null && receipt.outcome() == Outcome.RELAYED) {
				this.confirmed.put(text, Objects.requireNonNull(receipt.position()));
			}
			this.underway.decrementAndGet();
		});
	}

	private void awaitConfirmed(int more) {
		int before = this.confirmed.size();
		MachineTime.await(LIMIT).until(() -> this.confirmed.size() >= before + more);
	}

	private void reconcile(TestNode node, List<TestClient> plain) {
		List<Publication> log = log(node);
		List<String> texts = log.stream().map((each) -> each.payload().asText()).toList();
		assertThat(texts).containsAll(this.confirmed.keySet()).doesNotHaveDuplicates();
		for (TestClient client : plain) {
			MachineTime.await(LIMIT).until(() -> client.count() >= texts.size() + 1);
			// The first frame says that the client is subscribed
			assertThat(client.texts().subList(1, client.texts().size())).isEqualTo(texts);
			assertThat(client.isClosed()).isFalse();
		}
		Position end = Objects.requireNonNull(log.get(log.size() - 1).position());
		MachineTime.await(LIMIT)
			.until(() -> this.positioned.stream()
				.allMatch((client) -> client.isLive() && client.offset(CHANNEL) >= end.offset()));
		Reconciliation reconciliation = new Reconciliation();
		this.confirmed.forEach((text, position) -> reconciliation.found(CHANNEL, position, text));
		reconciliation.reconcile(this.positioned, RESTARTS + 1);
		assertThat(reconciliation.faults()).isEmpty();
		assertThat(reconciliation.told()).as("changes of the epoch that clients were told of")
			.isBetween(this.positioned.size(), this.positioned.size() * RESTARTS);
	}

	private static List<Publication> log(TestNode node) {
		List<Publication> log = new ArrayList<>();
		Position since = null;
		while (true) {
			List<Publication> page = node.broadcaster().history(CHANNEL, since, 1_000).join().publications();
			if (page.isEmpty()) {
				return log;
			}
			log.addAll(page);
			since = page.get(page.size() - 1).position();
		}
	}

}
