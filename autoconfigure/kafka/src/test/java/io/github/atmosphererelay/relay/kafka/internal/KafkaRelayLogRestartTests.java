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
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
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
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.test.Reconciles;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Appends while a broker is killed and comes back with its data.
 */
@Timeout(90)
@Reconciles
class KafkaRelayLogRestartTests {

	private static final Duration CONNECT = Duration.ofSeconds(15);

	private final Map<Envelope, CompletableFuture<Receipt>> sent = Collections.synchronizedMap(new LinkedHashMap<>());

	private final ScheduledExecutorService publisher = Executors.newSingleThreadScheduledExecutor();

	private final KafkaServer server = KafkaServer.create();

	private RelayNode one;

	private RelayNode two;

	@BeforeEach
	void start() {
		KafkaTestBroker broker = KafkaTestBroker.of(this.server).withLogs();
		EnvelopeCodec codec = new EnvelopeCodec(1024);
		this.one = new RelayNode(broker.relay("restart", codec)).start().awaitRoundTrip(CONNECT);
		this.two = new RelayNode(broker.relay("restart", codec)).start().awaitRoundTrip(CONNECT);
		this.two.subscribe(new Address.Channel("room"));
	}

	@AfterEach
	void stop() {
		this.publisher.shutdownNow();
		this.one.relay().stop();
		this.two.relay().stop();
		this.server.close();
	}

	@Test
	void positionsStayValidAndNothingIsLostOrDoubled() {
		Position beginning = this.one.log().position("room").orTimeout(10, TimeUnit.SECONDS).join();
		this.publisher.scheduleAtFixedRate(this::append, 0, 5, TimeUnit.MILLISECONDS);
		await().until(() -> this.two.received().size() > 100);
		this.server.kill();
		int atDeath = this.sent.size();
		await().until(() -> this.sent.size() > atDeath + 300);
		assertThat(this.two.log().position("room")).failsWithin(Duration.ofSeconds(10))
			.withThrowableThat()
			.withCauseInstanceOf(RelayUnavailableException.class);
		this.server.start();
		int atReturn = this.two.received().size();
		await().until(() -> this.two.received().size() > atReturn + 200);
		this.publisher.shutdown();
		await().until(this.publisher::isTerminated);
		reconcile(beginning);
	}

	private void append() {
		int number = this.sent.size();
		LogOptions options = new LogOptions(10_000, Duration.ofHours(1), (number % 4 == 0) ? "key " + number : null,
				Duration.ofMinutes(5));
		Envelope envelope = this.one.recorded("room", "message " + number, options);
		this.sent.put(envelope, this.one.relay().publish(envelope));
	}

	private void reconcile(Position beginning) {
		Map<UUID, @Nullable Position> relayed = new LinkedHashMap<>();
		Set<UUID> refused = new HashSet<>();
		List<Envelope> envelopes = new ArrayList<>(this.sent.keySet());
		for (Envelope envelope : envelopes) {
			try {
				Receipt receipt = this.sent.get(envelope).orTimeout(10, TimeUnit.SECONDS).join();
				assertThat(receipt.outcome()).isNotEqualTo(Outcome.DUPLICATE);
				if (receipt.outcome() == Outcome.RELAYED) {
					relayed.put(envelope.id(), receipt.position());
				}
			}
			catch (CompletionException ex) {
				assertThat(ex.getCause()).isInstanceOfAny(RelayUnavailableException.class,
						RelayOverloadedException.class);
				refused.add(envelope.id());
			}
		}
		LogPage page = this.one.log()
			.read("room", beginning, 10_000, ReadDirection.FORWARD)
			.orTimeout(10, TimeUnit.SECONDS)
			.join();
		assertThat(page.complete()).isTrue();
		Map<UUID, Position> log = new LinkedHashMap<>();
		for (Publication publication : page.publications()) {
			assertThat(log.put(publication.id(), publication.position())).as("a double").isNull();
		}
		relayed.forEach((id, position) -> assertThat(log.get(id)).isNotNull().isEqualTo(position));
		assertThat(log).doesNotContainKeys(refused.toArray(UUID[]::new));
		assertThat(relayed).hasSizeLessThan(envelopes.size());
		await().untilAsserted(() -> assertThat(this.two.receivedIds()).containsExactlyElementsOf(log.keySet()));
		assertThat(this.two.gaps()).isEmpty();
	}

}
