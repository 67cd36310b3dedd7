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

package io.github.atmosphererelay.relay.jdbc.internal;

import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.DatabaseServers;
import io.github.atmosphererelay.contract.broker.LogLines;
import io.github.atmosphererelay.contract.broker.PgBouncer;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.test.MachineTime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link PostgresListener} and {@link PostgresNotifier} on a real PostgreSQL:
 * how nodes wake each other, and what happens when they cannot.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(60)
class PostgresWakeUpTests {

	private static final Duration TEN_SECONDS = Duration.ofSeconds(10);

	/** Nobody who is not woken notices anything in this test. */
	private static final Duration NEVER = Duration.ofMinutes(5);

	private JdbcTestBroker broker;

	private final String cluster = "wake-" + UUID.randomUUID();

	private RelayNode one;

	private RelayNode two;

	@BeforeAll
	void createBroker() {
		this.broker = new JdbcTestBroker(DatabaseServers.postgres());
	}

	@AfterEach
	void stop() {
		this.broker.proxy().resume();
		this.one.relay().stop();
		this.two.relay().stop();
	}

	private JdbcRelaySettings settings(Duration idle) {
		return settings(idle, ListenMode.AUTO);
	}

	private JdbcRelaySettings settings(Duration idle, ListenMode mode) {
		return new JdbcRelaySettings(this.cluster, new EnvelopeCodec(1024), 100, Duration.ofSeconds(3),
				Duration.ofMinutes(1), idle, Duration.ofSeconds(10), mode);
	}

	/**
	 * Start two nodes, of which the second listens through the proxy.
	 */
	private void start(Duration idle) {
		ConnectionSource direct = this.broker.source(this.broker.server().port());
		this.one = new RelayNode(new JdbcRelay(direct, settings(idle))).start().awaitRoundTrip(TEN_SECONDS);
		this.two = new RelayNode(new JdbcRelay(direct, this.broker.source(this.broker.proxy().port()), settings(idle)))
			.start()
			.awaitRoundTrip(TEN_SECONDS);
		this.two.subscribe(new Address.Channel("room"));
		awaitState("listening");
	}

	private void awaitState(String state) {
		MachineTime.await(Duration.ofSeconds(20))
			.untilAsserted(() -> assertThat(this.two.relay().details()).containsEntry("wakeUp", state));
	}

	private void assertDelivered(Duration limit) {
		Envelope envelope = this.one.publish("room", "hello");
		MachineTime.await(limit).until(() -> this.two.receivedIds().contains(envelope.id()));
	}

	@Test
	void aNodeThatPollsNeverIsWokenByOthers() {
		start(NEVER);
		for (int i = 0; i < 20; i++) {
			assertDelivered(Duration.ofSeconds(2));
		}
	}

	@Test
	void aNodeThatDoesNotListenWakesThoseThatDo() {
		ConnectionSource direct = this.broker.source(this.broker.server().port());
		this.one = new RelayNode(new JdbcRelay(direct, settings(NEVER, ListenMode.NEVER))).start()
			.awaitRoundTrip(TEN_SECONDS);
		this.two = new RelayNode(new JdbcRelay(direct, settings(NEVER))).start().awaitRoundTrip(TEN_SECONDS);
		this.two.subscribe(new Address.Channel("room"));
		awaitState("listening");
		assertThat(this.one.relay().details()).containsEntry("wakeUp", "polling");
		for (int i = 0; i < 5; i++) {
			assertDelivered(Duration.ofSeconds(2));
		}
	}

	@Test
	void aNodeThatListensAtAnotherDatabaseNoticesThatNobodyWakesIt() {
		JdbcTestBroker other = new JdbcTestBroker(this.broker.server());
		ConnectionSource direct = this.broker.source(this.broker.server().port());
		this.one = new RelayNode(new JdbcRelay(direct, settings(Duration.ofSeconds(1)))).start()
			.awaitRoundTrip(TEN_SECONDS);
		this.two = new RelayNode(
				new JdbcRelay(direct, other.source(other.server().port()), settings(Duration.ofSeconds(1))))
			.start()
			.awaitRoundTrip(TEN_SECONDS);
		this.two.subscribe(new Address.Channel("room"));
		awaitState("silent");
		assertDelivered(Duration.ofSeconds(3));
	}

	@Test
	void withoutItsConnectionForListeningANodePollsAndListensAgainLater() {
		start(Duration.ofSeconds(1));
		this.broker.proxy().cut();
		awaitState("connecting");
		assertDelivered(Duration.ofSeconds(3));
		this.broker.proxy().resume();
		awaitState("listening");
		assertDelivered(Duration.ofSeconds(3));
	}

	@Test
	void aFrozenConnectionForListeningIsNoticed() {
		start(Duration.ofSeconds(1));
		this.broker.proxy().stall();
		// Before it is noticed, the reader looks now and then
		assertDelivered(Duration.ofSeconds(8));
		awaitState("connecting");
		assertDelivered(Duration.ofSeconds(3));
		this.broker.proxy().resume();
		awaitState("listening");
	}

	@Test
	void whatIsMissedWhileNobodyListensIsReadWhenTheNodeListensAgain() {
		start(NEVER);
		this.broker.proxy().cut();
		awaitState("connecting");
		this.broker.proxy().resume();
		awaitState("listening");
		assertDelivered(Duration.ofSeconds(2));
	}

	@Test
	void throughAPoolerNodesPollAndSayItOnce() {
		try (PgBouncer bouncer = PgBouncer.inFrontOf(this.broker.server());
				LogLines lines = LogLines.of(PostgresListener.class.getName())) {
			ConnectionSource pooled = this.broker.source(bouncer.port());
			this.one = new RelayNode(new JdbcRelay(pooled, settings(Duration.ofSeconds(1)))).start()
				.awaitRoundTrip(TEN_SECONDS);
			this.two = new RelayNode(new JdbcRelay(pooled, settings(Duration.ofSeconds(1)))).start()
				.awaitRoundTrip(TEN_SECONDS);
			this.two.subscribe(new Address.Channel("room"));
			awaitState("pooled");
			for (int i = 0; i < 30; i++) {
				assertDelivered(Duration.ofSeconds(3));
			}
			LogOptions key = new LogOptions(100, Duration.ofHours(1), "key", Duration.ofMinutes(1));
			for (int i = 0; i < 10; i++) {
				Receipt receipt = this.one.relay()
					.publish(this.one.recorded("room", "keyed", key))
					.orTimeout(10, TimeUnit.SECONDS)
					.join();
				assertThat(receipt.outcome()).isEqualTo((i == 0) ? Outcome.RELAYED : Outcome.DUPLICATE);
				assertThat(this.two.log()
					.read("room", null, 10, io.github.atmosphererelay.relay.ReadDirection.FORWARD)
					.orTimeout(10, TimeUnit.SECONDS)
					.join()
					.publications()).hasSize(1);
			}
			assertThat(lines.all().stream().filter((line) -> line.contains("pooler"))).hasSize(2);
		}
	}

	@Test
	void aDirectConnectionForListeningWakesANodeThroughAPooler() {
		try (PgBouncer bouncer = PgBouncer.inFrontOf(this.broker.server())) {
			ConnectionSource pooled = this.broker.source(bouncer.port());
			ConnectionSource direct = this.broker.source(this.broker.server().port());
			this.one = new RelayNode(new JdbcRelay(pooled, direct, settings(NEVER))).start()
				.awaitRoundTrip(TEN_SECONDS);
			this.two = new RelayNode(new JdbcRelay(pooled, direct, settings(NEVER))).start()
				.awaitRoundTrip(TEN_SECONDS);
			this.two.subscribe(new Address.Channel("room"));
			awaitState("listening");
			for (int i = 0; i < 20; i++) {
				assertDelivered(Duration.ofSeconds(2));
			}
		}
	}

}
