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
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

import io.github.atmosphererelay.contract.broker.KafkaServer;
import io.github.atmosphererelay.contract.broker.LogLines;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.internal.RelayMonitor;
import io.github.atmosphererelay.relay.internal.RelayState;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What is logged, by whomever, while a broker is away, at the levels that an application
 * has by default.
 */
@Timeout(180)
class KafkaOutageLogTests {

	private static final Duration PROBE = Duration.ofSeconds(1);

	private static final Duration PATIENT = Duration.ofSeconds(60);

	private static final Duration QUIET = Duration.ofSeconds(8);

	private final UUID node = UUID.randomUUID();

	private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();

	private final KafkaServer server = KafkaServer.create();

	private LogLines lines;

	private RelayMonitor monitor;

	@BeforeEach
	void start() {
		KafkaTestBroker broker = KafkaTestBroker.of(this.server);
		this.monitor = new RelayMonitor(broker.withLogs().proxiedRelay("outage", new EnvelopeCodec(1024)), this.node,
				PROBE, PROBE.multipliedBy(2), this.scheduler, (state) -> {
				});
		this.monitor.start(new Ignorant());
		awaitState(RelayState.UP);
		this.lines = LogLines.of("org.apache.kafka", "org.springframework.kafka");
	}

	@AfterEach
	void stop() {
		this.lines.close();
		this.monitor.stop();
		this.scheduler.shutdownNow();
		this.server.close();
	}

	@Test
	void aBrokerThatIsAwayIsALineNowAndThen() {
		this.server.proxy().cut();
		this.server.kill();
		awaitState(RelayState.DOWN);
		await().until(() -> this.lines.own().stream().anyMatch((line) -> line.contains("cannot use topic")));
		assertThat(this.lines.own()).as("that it is down, and why").hasSize(2);
		assertThat(this.lines.others()).as("Kafka's clients until they are ended, and their end").hasSizeLessThan(100);
		this.lines.clear();
		await().during(QUIET).atMost(PATIENT).untilAsserted(() -> assertThat(this.lines.all()).isEmpty());
		// Without clients of the test's own, which would log as well.
		this.server.launch();
		this.server.proxy().resume();
		awaitState(RelayState.UP);
		await().untilAsserted(() -> assertThat(this.lines.own())
			.as("that it is back, and why not yet while the broker already listens")
			.hasSizeLessThan(4)
			.anySatisfy((line) -> assertThat(line).contains("is connected to topic").contains("again, after"))
			.anySatisfy((line) -> assertThat(line).contains("relay is up")));
		assertThat(this.lines.others()).as("the configuration of each client, once").hasSizeLessThan(500);
	}

	@Test
	void aBrokerThatDoesNotAnswerIsALineNowAndThen() {
		this.server.proxy().stall();
		awaitState(RelayState.DOWN);
		await().atMost(PATIENT)
			.until(() -> this.lines.own().stream().anyMatch((line) -> line.contains("cannot use topic")));
		assertThat(this.lines.own()).as("that it is down, and why").hasSize(2);
		this.lines.clear();
		await().during(QUIET).atMost(PATIENT).until(() -> true);
		assertThat(this.lines.own()).isEmpty();
		assertThat(this.lines.others()).as("not even one line of Kafka's in a second")
			.hasSizeLessThan((int) QUIET.toSeconds());
		this.server.proxy().resume();
		awaitState(RelayState.UP);
	}

	private void awaitState(RelayState state) {
		await().atMost(PATIENT).until(() -> this.monitor.state() == state);
	}

	/**
	 * Does nothing with what it hears.
	 */
	private static final class Ignorant implements RelayListener {

		@Override
		public void received(Envelope envelope, @Nullable Position position) {
			// Only probes count
		}

		@Override
		public void rejected(Reason reason) {
			// Only probes count
		}

		@Override
		public void gap(Address address) {
			// Only probes count
		}

		@Override
		public void connectionChanged(boolean connected) {
			// Only probes count
		}

	}

}
