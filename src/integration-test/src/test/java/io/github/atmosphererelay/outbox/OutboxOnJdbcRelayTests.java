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

package io.github.atmosphererelay.outbox;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

import javax.sql.DataSource;

import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import io.github.atmosphererelay.test.UsersByParameter;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Two nodes with the outbox and the JDBC relay on the same database: transactions write
 * into the relay's log itself, from which both nodes deliver.
 */
class OutboxOnJdbcRelayTests {

	private static final Duration SOON = Duration.ofSeconds(15);

	private static Broker.Postgres broker;

	private static TestNode one;

	private static TestNode two;

	private final List<TestClient> clients = new ArrayList<>();

	@BeforeAll
	static void start() {
		broker = new Broker.Postgres();
		one = node();
		two = node();
		jdbc().execute("CREATE TABLE BUSINESS (ID VARCHAR(40) NOT NULL PRIMARY KEY)");
		for (TestNode node : List.of(one, two)) {
			MachineTime.await(SOON).until(() -> node.messaging().monitor().isUp());
		}
	}

	private static TestNode node() {
		String[] own = { "atmosphere.outbox.enabled=true", "atmosphere.channels[0].pattern=chat/**",
				"atmosphere.channels[1].pattern=log/**", "atmosphere.channels[1].history.size=1000" };
		return TestNode.start(List.of(UsersByParameter.class),
				Stream.concat(Arrays.stream(broker.directProperties()), Arrays.stream(own)).toArray(String[]::new));
	}

	@AfterAll
	static void stop() {
		for (AutoCloseable each : Arrays.asList(one, two, broker)) {
			try (each) {
				// Closed, whatever has been started
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
		}
	}

	@AfterEach
	void nothingIsEverForwarded() {
		this.clients.forEach(TestClient::close);
		// Numbers are never given back: there has been no row
		assertThat(jdbc().queryForObject(
				"SELECT COALESCE(SUM(HEAD), 0) FROM ATMOSPHERE_SHARD WHERE LOG_NAME = 'test/outbox'", Long.class))
			.isZero();
		assertThat(jdbc().queryForObject("SELECT COUNT(*) FROM ATMOSPHERE_MESSAGE WHERE LOG_NAME = 'test/outbox'",
				Long.class))
			.isZero();
	}

	private static JdbcTemplate jdbc() {
		return new JdbcTemplate(one.bean(DataSource.class));
	}

	private static TransactionTemplate transaction(TestNode node) {
		return new TransactionTemplate(node.bean(PlatformTransactionManager.class));
	}

	private TestClient connect(TestNode node, String channel) {
		TestClient client = node.connect(channel + (channel.contains("?") ? "&" : "?") + "ack=true").awaitCount(1);
		this.clients.add(client);
		return client;
	}

	/** Without the frame that has told that the client is subscribed. */
	private static List<String> texts(TestClient client) {
		List<String> texts = client.texts();
		return texts.subList(1, texts.size());
	}

	private static void assertReceived(TestClient client, List<String> texts) {
		MachineTime.await(SOON).untilAsserted(() -> assertThat(texts(client)).isEqualTo(texts));
	}

	@Test
	void whatIsCommittedReachesTheClientsOfBothNodesOnceInTheOrderOfTheCommits() {
		for (String channel : List.of("chat/order", "log/order")) {
			TestClient atOne = connect(one, channel);
			TestClient atTwo = connect(two, channel);
			List<String> committed = new ArrayList<>();
			for (int i = 0; i < 60; i++) {
				TestNode node = (i % 3 == 0) ? two : one;
				String text = "message " + i;
				boolean rollback = i % 5 == 4;
				transaction(node).executeWithoutResult((status) -> {
					new JdbcTemplate(node.bean(DataSource.class)).update("INSERT INTO BUSINESS (ID) VALUES (?)",
							UUID.randomUUID().toString());
					for (String part : List.of(" a", " b")) {
						Receipt receipt = node.broadcaster().broadcast(channel, text + part).join();
						assertThat(receipt.outcome()).isEqualTo(Outcome.PENDING);
					}
					if (rollback) {
						status.setRollbackOnly();
					}
				});
				if (!rollback) {
					committed.addAll(List.of(text + " a", text + " b"));
				}
			}
			assertReceived(atOne, committed);
			assertReceived(atTwo, committed);
		}
		for (TestNode node : List.of(one, two)) {
			assertThat(node.broadcaster().history("log/order", null, 1000).join().publications()).hasSize(96);
		}
	}

	@Test
	void nothingIsDeliveredBeforeTheCommit() {
		TestClient client = connect(one, "chat/later");
		transaction(one).executeWithoutResult((status) -> {
			one.broadcaster().broadcast("chat/later", "first published");
			// What another node says meanwhile is heard before
			two.broadcaster().broadcast("chat/later", "first committed");
			assertReceived(client, List.of("first committed"));
		});
		assertReceived(client, List.of("first committed", "first published"));
	}

	@Test
	void aTransactionThatStaysOpenDelaysNoOther() {
		TestClient atOne = connect(one, "log/open");
		TestClient atTwo = connect(two, "log/open");
		List<String> texts = new ArrayList<>();
		transaction(one).executeWithoutResult((status) -> {
			jdbc().update("INSERT INTO BUSINESS (ID) VALUES ('open')");
			one.broadcaster().broadcast("log/open", "long");
			Thread other = new Thread(() -> {
				for (int i = 0; i < 30; i++) {
					TestNode node = (i % 2 == 0) ? one : two;
					String text = "short " + i;
					transaction(node).executeWithoutResult((each) -> node.broadcaster().broadcast("log/open", text));
					texts.add(text);
				}
			});
			other.start();
			try {
				other.join(SOON.toMillis());
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			assertThat(texts).hasSize(30);
			assertReceived(atOne, texts);
			assertReceived(atTwo, texts);
		});
		texts.add("long");
		assertReceived(atOne, texts);
		assertReceived(atTwo, texts);
	}

	@Test
	void usersSessionsAndEveryoneAreReachedOnWhicheverNode() {
		TestClient annAtOne = connect(one, "chat/a?user=ann");
		TestClient annAtTwo = connect(two, "chat/b?user=ann");
		TestClient bob = connect(two, "chat/c?user=bob");
		String session = two.messaging().registry().inChannel("chat/c").iterator().next().id();
		String own = one.messaging().registry().inChannel("chat/a").iterator().next().id();
		transaction(one).executeWithoutResult((status) -> {
			one.broadcaster().toUser("ann", "to ann");
			status.setRollbackOnly();
		});
		transaction(one).executeWithoutResult((status) -> {
			one.broadcaster().toUser("ann", "to ann");
			one.broadcaster().toSession(session, "to bob's session");
			one.broadcaster().toSession(own, "to ann's session");
			one.broadcaster().toEveryone("to all");
			assertThat(texts(annAtOne)).isEmpty();
		});
		MachineTime.await(SOON).untilAsserted(() -> {
			assertThat(texts(annAtOne)).containsExactlyInAnyOrder("to ann", "to ann's session", "to all");
			assertThat(texts(annAtTwo)).containsExactlyInAnyOrder("to ann", "to all");
			assertThat(texts(bob)).containsExactlyInAnyOrder("to bob's session", "to all");
		});
	}

	@Test
	void anIdempotencyKeyHoldsWithinAndOutsideOfTransactionsOnAllNodes() {
		TestClient atOne = connect(one, "log/keys");
		TestClient atTwo = connect(two, "log/keys");
		PublishOptions key = PublishOptions.DEFAULTS.idempotencyKey("order-7");
		transaction(one).executeWithoutResult((status) -> {
			one.broadcaster().broadcast("log/keys", "rolled back", key);
			status.setRollbackOnly();
		});
		transaction(one).executeWithoutResult((status) -> one.broadcaster().broadcast("log/keys", "first", key));
		transaction(two).executeWithoutResult((status) -> {
			two.broadcaster().broadcast("log/keys", "again", key);
			two.broadcaster().broadcast("log/keys", "another");
		});
		assertThat(two.broadcaster().broadcast("log/keys", "once more", key).join().outcome())
			.isEqualTo(Outcome.DUPLICATE);
		assertReceived(atOne, List.of("first", "another"));
		assertReceived(atTwo, List.of("first", "another"));
	}

	@Test
	void aTransactionWhoseConnectionIsCutBeforeItsCommitDeliversNothing() {
		TestClient client = connect(two, "log/cut");
		transaction(one).executeWithoutResult((status) -> one.broadcaster().broadcast("log/cut", "before"));
		assertThatExceptionOfType(RuntimeException.class)
			.isThrownBy(() -> transaction(one).executeWithoutResult((status) -> {
				one.broadcaster().broadcast("log/cut", "never");
				jdbc().queryForList("SELECT PG_TERMINATE_BACKEND(PG_BACKEND_PID())");
			}));
		transaction(one).executeWithoutResult((status) -> one.broadcaster().broadcast("log/cut", "after"));
		assertReceived(client, List.of("before", "after"));
	}

}
