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

package io.github.atmosphererelay.broadcast;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.test.BrokerCluster;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.testkit.ApplicationNode;
import io.github.atmosphererelay.testkit.RelayClient;
import io.github.atmosphererelay.testkit.RelayCluster;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Whole applications with recorded channels on Kafka, whose broker is killed and comes
 * back.
 */
@Timeout(120)
@Reconciles
class RecordedOnKafkaTests {

	private static final String CHANNEL = "log/a";

	private final Broker broker = new Broker.Kafka();

	private final RelayCluster cluster = BrokerCluster.of(this.broker.proxiedProperties())
		.nodes(3)
		.property("atmosphere.channels[0].pattern=log/**")
		.property("atmosphere.channels[0].history.size=10000")
		.property("atmosphere.websocket.queue.max-messages=20000")
		.property("atmosphere.relay.publish-timeout=2s")
		.timeout(Duration.ofSeconds(20))
		.start();

	private final Map<String, CompletableFuture<Receipt>> sent = new LinkedHashMap<>();

	@AfterEach
	void stop() {
		this.cluster.close();
		this.broker.close();
	}

	@Test
	void allClientsGetTheWholeLogInItsOrderOverADeathOfTheBroker() {
		List<RelayClient> clients = this.cluster.nodes().stream().map((node) -> node.connect(CHANNEL)).toList();
		publish(300);
		awaitOutcomes();
		assertThat(this.sent.values()).allSatisfy((receipt) -> assertThat(outcome(receipt)).isEqualTo("RELAYED"));
		assertHaveTheLog(clients);
		this.broker.kill();
		publish(50);
		awaitOutcomes();
		assertThat(this.sent.values()).anySatisfy((receipt) -> assertThat(outcome(receipt)).isNotEqualTo("RELAYED"));
		this.broker.start();
		MachineTime.await(Duration.ofSeconds(20))
			.pollInterval(Duration.ofMillis(10))
			.until(() -> this.cluster.nodes()
				.stream()
				.allMatch((node) -> node.bean(MessagingNode.class).monitor().isUp()));
		publish(300);
		awaitOutcomes();
		assertHaveTheLog(clients);
		assertThat(log(this.cluster.startNode())).isEqualTo(log(this.cluster.node(0)));
	}

	private void assertHaveTheLog(List<RelayClient> clients) {
		List<String> log = log(this.cluster.node(0));
		assertThat(log).doesNotHaveDuplicates();
		this.sent.forEach((text, receipt) -> {
			switch (outcome(receipt)) {
				case "RELAYED" -> assertThat(log).contains(text);
				case "unavailable" -> assertThat(log).doesNotContain(text);
				default -> assertThat(outcome(receipt)).isEqualTo("UNCONFIRMED");
			}
		});
		for (RelayClient client : clients) {
			await().untilAsserted(() -> assertThat(client.received()).extracting(Payload::asText).isEqualTo(log));
		}
	}

	private void publish(int count) {
		for (int i = 0; i < count; i++) {
			String text = "message " + this.sent.size();
			PublishOptions options = (i % 10 == 0) ? PublishOptions.DEFAULTS.idempotencyKey(text)
					: PublishOptions.DEFAULTS;
			Broadcaster broadcaster = this.cluster.node(i % 3).broadcaster();
			this.sent.put(text, broadcaster.broadcast(CHANNEL, text, options));
		}
	}

	private void awaitOutcomes() {
		CompletableFuture.allOf(this.sent.values().toArray(new CompletableFuture<?>[0]))
			.exceptionally((failure) -> null)
			.orTimeout(10, TimeUnit.SECONDS)
			.join();
	}

	private static String outcome(CompletableFuture<Receipt> receipt) {
		try {
			Outcome outcome = receipt.join().outcome();
			return outcome.name();
		}
		catch (CompletionException ex) {
			assertThat(ex.getCause()).isInstanceOf(RelayUnavailableException.class);
			return "unavailable";
		}
	}

	private static List<String> log(ApplicationNode node) {
		List<String> result = new ArrayList<>();
		@Nullable Position since = null;
		List<Publication> page;
		do {
			LogPage read = read(node, since);
			assertThat(read.complete()).isTrue();
			page = read.publications();
			page.forEach((publication) -> result.add(publication.payload().asText()));
			since = page.isEmpty() ? since : page.get(page.size() - 1).position();
		}
		while (page.size() == 100);
		return result;
	}

	// A node may notice only after the broker's return that an echo was lost with the
	// broker. It is then disconnected for a moment, in which reads fail at once.
	private static LogPage read(ApplicationNode node, @Nullable Position since) {
		AtomicReference<LogPage> page = new AtomicReference<>();
		MachineTime.await(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(10)).until(() -> {
			try {
				page.set(node.broadcaster().history(CHANNEL, since, 100).orTimeout(10, TimeUnit.SECONDS).join());
				return true;
			}
			catch (CompletionException ex) {
				assertThat(ex.getCause()).isInstanceOf(RelayUnavailableException.class);
				return false;
			}
		});
		return page.get();
	}

}
