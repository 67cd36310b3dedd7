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

package io.github.atmosphererelay.relay.kafka.internal;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.KafkaServer;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Traffic while a broker is killed and comes back with its data.
 */
@Timeout(60)
@Reconciles
class KafkaRelayRestartTests {

	private static final Log logger = LogFactory.getLog(KafkaRelayRestartTests.class);

	private static final Duration CONNECT = Duration.ofSeconds(15);

	private static final Duration FLOWS = Duration.ofSeconds(5);

	private final Map<Envelope, CompletableFuture<Receipt>> sent = Collections.synchronizedMap(new LinkedHashMap<>());

	private final ScheduledExecutorService publisher = Executors.newSingleThreadScheduledExecutor();

	private static KafkaServer server;

	private RelayNode one;

	private RelayNode two;

	private volatile long longestPublish;

	@BeforeAll
	static void startServer() {
		server = KafkaServer.create();
	}

	@AfterAll
	static void stopServer() {
		server.close();
	}

	@BeforeEach
	void start() {
		KafkaTestBroker broker = KafkaTestBroker.of(server);
		String topic = "restart-" + UUID.randomUUID();
		EnvelopeCodec codec = new EnvelopeCodec(1024);
		this.one = new RelayNode(broker.relay(topic, codec)).start().awaitRoundTrip(CONNECT);
		this.two = new RelayNode(broker.relay(topic, codec)).start().awaitRoundTrip(CONNECT);
		this.two.subscribe(new Address.Channel("room"));
	}

	@AfterEach
	void stop() {
		this.publisher.shutdownNow();
		this.one.relay().stop();
		this.two.relay().stop();
	}

	/**
	 * Once Kafka's clients come back by themselves, and once they are replaced while the
	 * broker is away, as the monitor does.
	 */
	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void survivesAKilledBroker(boolean reconnect) {
		this.publisher.scheduleAtFixedRate(this::publish, 0, 5, TimeUnit.MILLISECONDS);
		await().until(() -> this.two.received().size() > 100);
		server.kill();
		int atDeath = this.sent.size();
		await().until(() -> this.sent.size() > atDeath + 300);
		if (reconnect) {
			for (RelayNode node : List.of(this.one, this.two)) {
				int disconnects = node.disconnects();
				node.relay().reconnect();
				await().until(() -> node.disconnects() > disconnects);
			}
		}
		server.start();
		logger.info("Broker is back");
		int atReturn = this.sent.size();
		MachineTime.await(FLOWS).until(() -> receivedSince(atReturn));
		logger.info("Envelopes flow");
		int atEnd = this.sent.size();
		await().until(() -> this.sent.size() > atEnd + 100);
		this.publisher.shutdown();
		await().until(this.publisher::isTerminated);
		reconcile();
	}

	private void publish() {
		Envelope envelope = this.one.envelope("room", "x");
		MachineTime start = MachineTime.start();
		this.sent.put(envelope, this.one.relay().publish(envelope));
		this.longestPublish = Math.max(this.longestPublish, start.elapsed().toNanos());
	}

	private boolean receivedSince(int index) {
		List<UUID> ids = ids();
		Set<UUID> since = new LinkedHashSet<>(ids.subList(index, ids.size()));
		return this.two.receivedIds().stream().anyMatch(since::contains);
	}

	private List<UUID> ids() {
		synchronized (this.sent) {
			return this.sent.keySet().stream().map(Envelope::id).toList();
		}
	}

	private void reconcile() {
		Map<String, Set<UUID>> outcomes = new LinkedHashMap<>();
		this.sent.forEach((envelope, receipt) -> outcomes
			.computeIfAbsent(outcome(receipt.orTimeout(5, TimeUnit.SECONDS)), (key) -> new LinkedHashSet<>())
			.add(envelope.id()));
		Set<UUID> relayed = outcomes.getOrDefault(Outcome.RELAYED.name(), Set.of());
		Set<UUID> unconfirmed = outcomes.getOrDefault(Outcome.UNCONFIRMED.name(), Set.of());
		await().untilAsserted(() -> assertThat(this.two.receivedIds()).containsAll(relayed));
		List<UUID> received = this.two.receivedIds();
		assertThat(received).doesNotHaveDuplicates();
		assertThat(received).allMatch((id) -> relayed.contains(id) || unconfirmed.contains(id));
		assertThat(received.stream().filter(relayed::contains)).containsExactlyElementsOf(relayed);
		assertThat(this.two.gaps()).isEmpty();
		outcomes.forEach((outcome, ids) -> logger.info(outcome + ": " + ids.size() + ", received of them: "
				+ received.stream().filter(ids::contains).count()));
		assertThat(outcomes.keySet()).hasSizeGreaterThan(1);
		// A producer that blocks does so for a minute, by default
		assertThat(Duration.ofNanos(this.longestPublish)).isLessThan(Duration.ofSeconds(2));
	}

	private static String outcome(CompletableFuture<Receipt> receipt) {
		try {
			return receipt.join().outcome().name();
		}
		catch (CompletionException ex) {
			assertThat(ex.getCause()).isInstanceOfAny(RelayUnavailableException.class, RelayOverloadedException.class);
			return ex.getCause().getClass().getSimpleName();
		}
	}

}
