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

package io.github.atmosphererelay.outbox.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import com.zaxxer.hikari.HikariDataSource;
import io.github.atmosphererelay.contract.broker.DatabaseServer;
import io.github.atmosphererelay.event.MessageForwarded;
import io.github.atmosphererelay.event.MessageSetAside;
import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.jdbc.internal.TestDatabases;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.internal.RepeatedHeader;
import io.github.atmosphererelay.relay.MessageRefusedException;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.session.internal.FakeTransport;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import io.github.atmosphererelay.test.MachineTime;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Forwarder} and {@link Outbox}.
 */
@ParameterizedClass
@EnumSource(TestDatabases.class)
@Timeout(240)
class ForwarderTests {

	private static final Duration LEASE = Duration.ofSeconds(2);

	private final TestDatabases kind;

	private final HikariDataSource pool;

	private final JdbcTemplate jdbc;

	private final String log = TestDatabases.newName();

	private final List<AutoCloseable> closed = new ArrayList<>();

	ForwarderTests(TestDatabases kind) {
		this.kind = kind;
		this.pool = kind.pool();
		this.jdbc = new JdbcTemplate(this.pool);
	}

	@AfterEach
	void close() throws Exception {
		for (AutoCloseable each : this.closed) {
			each.close();
		}
	}

	private ForwardingNode node() {
		ForwardingNode node = new ForwardingNode(this.pool, this.log, LEASE);
		this.closed.add(0, node);
		return node;
	}

	private static ConditionFactory await() {
		return MachineTime.await(Duration.ofSeconds(20));
	}

	private int rows() {
		Integer rows = this.jdbc.queryForObject("SELECT COUNT(*) FROM ATMOSPHERE_MESSAGE WHERE LOG_NAME = ?",
				Integer.class, this.log);
		return (rows != null) ? rows : 0;
	}

	@Test
	void whatIsCommittedIsForwardedInOrderAndItsRowsAreDeleted() {
		ForwardingNode node = node();
		FakeTransport socket = node.connect("chat/lobby");
		List<String> texts = new ArrayList<>();
		for (int i = 0; i < 40; i++) {
			String text = "message " + i;
			texts.add(text);
			node.publish("chat/lobby", text);
		}
		await().until(() -> rows() == 0);
		assertThat(node.sentTexts()).containsExactlyElementsOf(texts);
		await().untilAsserted(() -> assertThat(socket.events()).containsExactlyElementsOf(texts));
		assertThat(node.sent()).allSatisfy((envelope) -> {
			assertThat(envelope.origin()).isEqualTo(node.fixture.node.identity().id());
			assertThat(envelope.headers()).doesNotContainKey(RepeatedHeader.NAME);
		}).extracting((envelope) -> envelope.sequence().number()).isSorted().doesNotHaveDuplicates();
		assertThat(node.events).hasSize(40).allMatch(MessageForwarded.class::isInstance);
		assertThat(node.outbox.statistics().forwarded()).isEqualTo(40);
		await().until(() -> node.outbox.statistics().status().equals(new OutboxStatus(0, 0, 0)));
	}

	@Test
	void whileTheRelayIsDownEverythingWaitsAndThenArrivesOnceInOrder() {
		ForwardingNode node = node();
		FakeTransport socket = node.connect("chat/lobby");
		node.relay.failProbes(new RelayUnavailableException("fake", null));
		await().until(() -> !node.fixture.node.monitor().isUp());
		List<String> texts = new ArrayList<>();
		for (int i = 0; i < 400; i++) {
			String text = "message " + i;
			texts.add(text);
			node.publish("chat/lobby", text);
		}
		await().untilAsserted(() -> {
			assertThat(node.outbox.statistics().status().waiting()).isEqualTo(400);
			assertThat(node.outbox.statistics().status().oldest()).isPositive();
		});
		assertThat(node.sentTexts()).isEmpty();
		assertThat(socket.events()).isEmpty();
		node.relay.answering();
		await().until(() -> rows() == 0);
		assertThat(node.sentTexts()).containsExactlyElementsOf(texts);
		await().untilAsserted(() -> assertThat(socket.events()).containsExactlyElementsOf(texts));
	}

	@Test
	void whatTheRelayRefusesIsRepeatedWithoutASecondLocalDelivery() {
		ForwardingNode node = node();
		FakeTransport socket = node.connect("chat/lobby");
		AtomicInteger attempts = new AtomicInteger();
		node.answer((envelope) -> (attempts.incrementAndGet() <= 2)
				? CompletableFuture.failedFuture(new RelayUnavailableException("fake", null)) : relayed(envelope));
		node.publish("chat/lobby", "one");
		await().until(() -> rows() == 0);
		assertThat(node.sentTexts()).containsExactly("one", "one", "one");
		assertThat(node.sent())
			.allSatisfy((envelope) -> assertThat(envelope.headers()).doesNotContainKey(RepeatedHeader.NAME));
		await().untilAsserted(() -> assertThat(socket.events()).containsExactly("one"));
		assertThat(node.outbox.statistics().failedAttempts()).isZero();
	}

	@Test
	void whatIsNotConfirmedIsRepeatedAndSaysSoInAHeader() {
		ForwardingNode node = node();
		FakeTransport socket = node.connect("chat/lobby");
		AtomicInteger attempts = new AtomicInteger();
		node.answer((envelope) -> (attempts.incrementAndGet() == 1)
				? CompletableFuture.completedFuture(Receipt.of(envelope.id(), Outcome.UNCONFIRMED))
				: relayed(envelope));
		node.publish("chat/lobby", "one");
		await().until(() -> rows() == 0);
		assertThat(node.sent()).extracting((envelope) -> envelope.headers().get(RepeatedHeader.NAME))
			.containsExactly(null, "true");
		await().untilAsserted(() -> assertThat(socket.events()).containsExactly("one"));
	}

	@Test
	void aRecordedMessageThatIsNotConfirmedIsRepeatedWithItsKey() {
		ForwardingNode node = node();
		AtomicInteger attempts = new AtomicInteger();
		node.answer((envelope) -> (attempts.incrementAndGet() == 1)
				? CompletableFuture.completedFuture(Receipt.of(envelope.id(), Outcome.UNCONFIRMED))
				: CompletableFuture.completedFuture(Receipt.of(envelope.id(), Outcome.DUPLICATE)));
		node.publish("log/one", "one");
		await().until(() -> rows() == 0);
		assertThat(node.sent()).hasSize(2)
			.extracting(Envelope::log)
			.extracting(LogOptions::idempotencyKey)
			.containsOnly(node.sent().get(0).id().toString());
	}

	private static CompletableFuture<Receipt> relayed(Envelope envelope) {
		return CompletableFuture.completedFuture(Receipt.of(envelope.id(), Outcome.RELAYED));
	}

	@Test
	void aPoisonMessageIsSetAsideAndSentAgainOrDiscarded() {
		ForwardingNode node = node();
		node.answer((envelope) -> envelope.payload().asText().startsWith("poison")
				? CompletableFuture.failedFuture(new IllegalStateException("indigestible")) : relayed(envelope));
		node.publish("chat/lobby", "before");
		node.publish("chat/lobby", "poison 1");
		node.publish("chat/lobby", "poison 2");
		node.publish("chat/lobby", "after");
		await().until(() -> rows() == 0);
		assertThat(node.sentTexts()).containsExactly("before", "poison 1", "poison 1", "poison 1", "poison 2",
				"poison 2", "poison 2", "after");
		assertThat(node.outbox.statistics().failedAttempts()).isEqualTo(6);
		assertThat(node.outbox.statistics().setAside()).isEqualTo(2);
		List<SetAsideMessage> setAside = node.outbox.setAside(0, 10);
		assertThat(setAside).hasSize(2).allSatisfy((message) -> {
			assertThat(message.destination()).isEqualTo("channel:chat/lobby");
			assertThat(message.reason()).contains("indigestible");
			assertThat(message.attempts()).isEqualTo(3);
		});
		assertThat(node.events).filteredOn(MessageSetAside.class::isInstance)
			.extracting((event) -> ((MessageSetAside) event).messageId())
			.containsExactlyElementsOf(setAside.stream().map(SetAsideMessage::id).toList());
		await().until(() -> node.outbox.statistics().status().setAside() == 2);
		assertThat(node.outbox.discard(setAside.get(1).id())).isTrue();
		assertThat(node.outbox.discard(setAside.get(1).id())).isFalse();
		node.answer(ForwarderTests::relayed);
		assertThat(node.outbox.resend(setAside.get(0).id())).isTrue();
		assertThat(node.outbox.resend(setAside.get(0).id())).isFalse();
		await().until(() -> node.sentTexts().size() == 9);
		assertThat(node.sentTexts()).endsWith("poison 1");
		assertThat(node.outbox.setAside(0, 10)).isEmpty();
		assertThat(node.outbox.resend(UUID.randomUUID())).isFalse();
	}

	@Test
	void aRowThatCannotBeReadIsSetAsideAndHoldsUpNobodyForEver() {
		ForwardingNode node = node();
		node.relay.failProbes(new RelayUnavailableException("fake", null));
		await().until(() -> !node.fixture.node.monitor().isUp());
		node.publish("chat/lobby", "broken");
		node.publish("chat/lobby", "good");
		// Not read yet, or not before the node that has read it has ended
		node.outbox.stop();
		assertThat(this.jdbc.update("UPDATE ATMOSPHERE_MESSAGE SET ENVELOPE = ? WHERE LOG_NAME = ? AND NUMBER = 1",
				new byte[] { 1, 2, 3 }, this.log))
			.isOne();
		node.relay.answering();
		node.outbox.start(node.fixture.node.identity().id());
		await().until(() -> rows() == 0);
		assertThat(node.sentTexts()).containsExactly("good");
		SetAsideMessage unreadable = node.outbox.setAside(0, 10).get(0);
		assertThat(unreadable.destination()).isEqualTo("unreadable");
		assertThat(node.outbox.discard(unreadable.id())).isTrue();
	}

	@Test
	void aSessionThatIsGoneIsNoFailure() {
		ForwardingNode node = node();
		NodeIdentity identity = node.fixture.node.identity();
		String gone = identity.newSessionId();
		ForwardingNode other = node();
		other.transaction.executeWithoutResult((status) -> other.broadcaster().toSession(gone, "for a session"));
		await().until(() -> rows() == 0);
		assertThat(node.outbox.statistics().receiverGone() + other.outbox.statistics().forwarded()).isOne();
		assertThat(node.outbox.statistics().failedAttempts()).isZero();
	}

	@Test
	void anotherNodeForwardsWhatANodeHasLeft() {
		HikariDataSource own = this.kind.pool(this.kind.server().jdbcUrl("outbox"));
		this.closed.add(own);
		ForwardingNode first = new ForwardingNode(own, this.log, LEASE);
		this.closed.add(0, first);
		first.publish("chat/lobby", "one");
		await().until(() -> rows() == 0);
		ForwardingNode second = node();
		second.relay.failProbes(new RelayUnavailableException("fake", null));
		await().until(() -> !second.fixture.node.monitor().isUp());
		first.relay.failProbes(new RelayUnavailableException("fake", null));
		await().until(() -> !first.fixture.node.monitor().isUp());
		for (int i = 0; i < 10; i++) {
			first.publish("chat/lobby", "left " + i);
		}
		// As if it had died: it neither renews nor gives back what it holds
		own.close();
		second.relay.answering();
		await().until(() -> rows() == 0);
		assertThat(second.sentTexts())
			.containsExactlyElementsOf(IntStream.range(0, 10).mapToObj((i) -> "left " + i).toList());
		assertThat(first.sentTexts()).containsExactly("one");
	}

	/**
	 * As with a key of another type in Redis, or a channel without permission.
	 */
	@Test
	void aMessageThatTheBrokerRefusesForGoodIsSetAside() {
		ForwardingNode node = node();
		node.answer((envelope) -> envelope.payload().asText().startsWith("refused")
				? CompletableFuture
					.failedFuture(new MessageRefusedException("fake", new IllegalStateException("WRONGTYPE")))
				: relayed(envelope));
		node.publish("chat/lobby", "refused");
		node.publish("chat/lobby", "after");
		await().until(() -> rows() == 0);
		assertThat(node.outbox.setAside(0, 10)).hasSize(1);
		assertThat(node.sentTexts()).endsWith("after");
	}

	@Test
	void aNodeThatDoesNotReachTheRelayLeavesTheMessagesToOneThatDoes() {
		ForwardingNode first = node();
		first.publish("chat/lobby", "one");
		await().until(() -> rows() == 0);
		ForwardingNode second = node();
		first.relay.failProbes(new RelayUnavailableException("fake", null));
		await().until(() -> !first.fixture.node.monitor().isUp());
		for (int i = 0; i < 10; i++) {
			first.publish("chat/lobby", "left " + i);
		}
		await().until(() -> rows() == 0);
		assertThat(second.sentTexts())
			.containsExactlyElementsOf(IntStream.range(0, 10).mapToObj((i) -> "left " + i).toList());
		assertThat(second.sent()).as("nothing of it was sent before")
			.allSatisfy((envelope) -> assertThat(envelope.headers()).doesNotContainKey(RepeatedHeader.NAME));
		assertThat(first.sentTexts()).containsExactly("one");
	}

	/**
	 * As after the loss of a database server whose last transactions its replica did not
	 * have: the same numbers stand for other messages, and idle connections were replaced
	 * without an error.
	 */
	@Test
	void aDatabaseThatHasGoneBackLosesNothingThatIsCommittedAfterwards() {
		ForwardingNode node = node();
		node.publish("chat/lobby", "one");
		await().until(() -> rows() == 0);
		node.answer((envelope) -> envelope.payload().asText().startsWith("lost") ? new CompletableFuture<>()
				: CompletableFuture.completedFuture(Receipt.of(envelope.id(), Outcome.RELAYED)));
		node.publish("chat/lobby", "lost 1");
		node.publish("chat/lobby", "lost 2");
		await().until(() -> node.sentTexts().contains("lost 1"));
		node.transaction.executeWithoutResult((status) -> {
			this.jdbc.update("DELETE FROM ATMOSPHERE_MESSAGE WHERE LOG_NAME = ?", this.log);
			this.jdbc.update("UPDATE ATMOSPHERE_SHARD SET HEAD = HEAD - 2 WHERE LOG_NAME = ? AND HEAD > 0", this.log);
			node.broadcaster().broadcast("chat/lobby", "new 1");
			node.broadcaster().broadcast("chat/lobby", "new 2");
		});
		await().until(() -> rows() == 0);
		assertThat(node.sentTexts()).endsWith("new 1", "new 2");
	}

	@Test
	void messagesBehindOnesThatWereSetAsideAreNotHeldForAsLongAgain() {
		ForwardingNode node = new ForwardingNode(this.pool, this.log, LEASE,
				new OutboxSettings(LEASE, 1000, Duration.ofSeconds(1), Duration.ofSeconds(1)));
		this.closed.add(0, node);
		node.answer((envelope) -> envelope.address().value().contains("broken")
				? CompletableFuture.failedFuture(new IllegalStateException("poison"))
				: CompletableFuture.completedFuture(Receipt.of(envelope.id(), Outcome.RELAYED)));
		for (int i = 0; i < 5; i++) {
			node.publish("chat/broken", "message " + i);
		}
		await().until(() -> rows() == 0);
		assertThat(node.events).hasSize(5).allMatch(MessageSetAside.class::isInstance);
		assertThat(node.events.stream().map((event) -> ((MessageSetAside) event).attempts())).element(0)
			.satisfies((attempts) -> assertThat(attempts).isGreaterThan(1));
		assertThat(node.events.stream().skip(1).map((event) -> ((MessageSetAside) event).attempts())).containsOnly(1);
	}

	@Test
	void aNodeThatStopsHandsOverAtOnceAndNothingIsSentTwice() {
		Duration lease = Duration.ofMinutes(5);
		ForwardingNode first = new ForwardingNode(this.pool, this.log, lease);
		this.closed.add(0, first);
		first.publish("chat/lobby", "one");
		await().until(() -> rows() == 0);
		await().until(() -> first.outbox.statistics().shards() == ShardedLog.SHARDS);
		first.outbox.stop();
		assertThat(first.outbox.statistics().shards()).isZero();
		first.publish("chat/lobby", "two");
		ForwardingNode second = new ForwardingNode(this.pool, this.log, lease);
		this.closed.add(0, second);
		await().until(() -> rows() == 0);
		assertThat(first.sentTexts()).containsExactly("one");
		assertThat(second.sentTexts()).containsExactly("two");
	}

	@Test
	void aDatabaseThatWasAwayForAWhileLosesNothing() {
		DatabaseServer server = this.kind.server();
		HikariDataSource proxied = this.kind.pool(server.proxiedJdbcUrl("outbox"));
		proxied.setConnectionTimeout(1000);
		this.closed.add(proxied);
		ForwardingNode node = new ForwardingNode(proxied, this.log, LEASE);
		this.closed.add(0, node);
		ForwardingNode writer = node();
		writer.outbox.stop();
		node.publish("chat/lobby", "before");
		await().until(() -> rows() == 0);
		server.proxy().cut();
		try {
			for (int i = 0; i < 20; i++) {
				writer.publish("chat/lobby", "meanwhile " + i);
			}
		}
		finally {
			server.proxy().resume();
		}
		await().until(() -> rows() == 0);
		assertThat(node.sentTexts()).hasSize(21).startsWith("before").endsWith("meanwhile 19");
	}

}
