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

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import javax.sql.DataSource;

import io.github.atmosphererelay.contract.GroupContractTests;
import io.github.atmosphererelay.contract.RelayBroker;
import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.DatabaseServer;
import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.GroupLane;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.GroupTransactionException;
import io.github.atmosphererelay.relay.GroupTransactions;
import io.github.atmosphererelay.relay.LaneLostException;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.SetAsideMessage;
import io.github.atmosphererelay.test.MachineTime;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.transaction.UnexpectedRollbackException;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * The contract of consumer groups, over tables of a database, and what is the tables'
 * own.
 */
abstract class JdbcGroupContract extends GroupContractTests {

	private static final Duration LIMIT = Duration.ofSeconds(45);

	private final CountDownLatch overtake = new CountDownLatch(1);

	private JdbcTestBroker broker;

	private DataSourceTransactionManager manager;

	private boolean hasWork;

	@BeforeAll
	void createBroker() {
		this.broker = new JdbcTestBroker(server());
	}

	abstract DatabaseServer server();

	@Override
	protected RelayBroker broker() {
		return this.broker;
	}

	/**
	 * Logs are cut to their size every few seconds, and offsets are not consecutive.
	 */
	@Override
	protected boolean trimsBySize() {
		return false;
	}

	private static LogOptions options(int size) {
		return new LogOptions(size, Duration.ofHours(1), null, Duration.ofMinutes(5));
	}

	private static List<String> append(RelayNode node, String channel, int first, int count, int size) {
		List<CompletableFuture<Receipt>> sent = new ArrayList<>();
		List<String> texts = new ArrayList<>();
		for (int i = first; i < first + count; i++) {
			sent.add(node.relay().publish(node.recorded(channel, "text " + i, options(size))));
			texts.add("text " + i);
		}
		sent.forEach((receipt) -> receipt.orTimeout(30, TimeUnit.SECONDS).join());
		return texts;
	}

	private long count(String table) {
		Long count = this.broker.jdbc()
			.queryForObject("SELECT COUNT(*) FROM " + table + " WHERE LOG_NAME = ?", Long.class, cluster());
		return (count != null) ? count : 0;
	}

	private static LaneReadings join(RelayNode node) {
		return new LaneReadings(node, "billing", GroupOptions.Start.EARLIEST);
	}

	/**
	 * As a node that was paused and does not know yet that its lane has another owner.
	 */
	@Test
	void theTablesRefuseWhatAnOwnerWithAFormerTokenStores() {
		RelayNode node = startedNode();
		append(node, "orders/1", 0, 3, 1000);
		LaneReadings member = join(node).read(3);
		GroupLane lane = member.laneOf("orders/1");
		this.broker.jdbc()
			.update("UPDATE ATMOSPHERE_GROUP_LANE SET TOKEN = TOKEN + 1 WHERE LOG_NAME = ? AND SHARD = ?", cluster(),
					lane.number());
		assertThatExceptionOfType(LaneLostException.class).isThrownBy(() -> member.commit(member.items().get(2)));
		assertThatExceptionOfType(LaneLostException.class)
			.isThrownBy(() -> LaneReadings.get(lane.setAside(aside((Publication) member.items().get(0)))));
		MachineTime.await(LIMIT).until(() -> !member.lanes().contains(lane));
		assertThat(join(node).read(3).texts("orders/1")).hasSize(3);
		assertThat(count("ATMOSPHERE_GROUP_SET_ASIDE")).isZero();
	}

	@Test
	void whatWasRemovedBeforeItWasHandledIsReportedOnce() {
		RelayNode node = node(new JdbcRelay(this.broker.source(this.broker.server().port()),
				this.broker.tidy(cluster(), new EnvelopeCodec(MAX_PAYLOAD))))
			.start()
			.awaitRoundTrip(LIMIT);
		append(node, "orders/1", 0, 2, 3);
		LaneReadings member = join(node).read(2);
		member.commit(member.items().get(0));
		member.leave();
		append(node, "orders/1", 2, 6, 3);
		append(node, "orders/2", 0, 5, 3);
		MachineTime.await(LIMIT).until(() -> count("ATMOSPHERE_TRIM") == 2);
		MachineTime.await(LIMIT)
			.until(() -> this.broker.jdbc()
				.queryForObject("SELECT COUNT(*) FROM ATMOSPHERE_MESSAGE WHERE LOG_NAME = ? AND CHANNEL IS NOT NULL",
						Integer.class, cluster()) == 6);
		LaneReadings next = join(node).read(8);
		assertThat(next.texts("orders/1")).containsExactly("text 5", "text 6", "text 7");
		assertThat(next.texts("orders/2")).containsExactly("text 2", "text 3", "text 4");
		assertThat(next.items()).hasSize(8)
			.filteredOn(Discontinuity.class::isInstance)
			.allSatisfy(
					(item) -> assertThat(((Discontinuity) item).reason()).isEqualTo(Discontinuity.Reason.LOG_TRIMMED))
			.extracting(ChannelItem::channel)
			.containsExactlyInAnyOrder("orders/1", "orders/2");
		next.items().forEach(next::commit);
		assertThat(next.lag()).isZero();
		next.leave();
		// A new group begins with what there is, and has missed nothing
		LaneReadings another = new LaneReadings(node, "shipping", GroupOptions.Start.EARLIEST).read(6);
		assertThat(another.items()).hasSize(6).noneMatch(Discontinuity.class::isInstance);
		assertThat(join(node).read(0).items()).isEmpty();
	}

	/**
	 * Two channels of one shard: one that waits has one row, and no other has any.
	 */
	@Test
	void aChannelThatWaitsGoesOnWhereItWasAlthoughOthersWereHandledBehindIt() {
		RelayNode node = startedNode();
		append(node, "orders/1", 0, 3, 1000);
		LaneReadings member = join(node).read(3);
		GroupLane lane = member.laneOf("orders/1");
		member.commit(member.items().get(0));
		lane.pause("orders/1", Objects.requireNonNull(member.items().get(1).position()));
		String other = otherChannelOf(lane.number());
		append(node, other, 0, 300, 1000);
		append(node, "orders/1", 3, 300, 1000);
		member.read(303);
		assertThat(member.texts(other)).hasSize(300);
		// The relay may see the last ones after they were confirmed
		MachineTime.await(LIMIT).until(() -> member.lag() == 602);
		member.items().stream().filter((item) -> item.channel().equals(other)).forEach(member::commit);
		assertThat(member.lag()).isEqualTo(302);
		assertThat(count("ATMOSPHERE_GROUP_CHANNEL")).isLessThanOrEqualTo(2);
		member.leave();
		LaneReadings next = join(node).read(302);
		assertThat(next.texts(other)).isEmpty();
		assertThat(next.texts("orders/1")).hasSize(302).startsWith("text 1", "text 2", "text 3").endsWith("text 302");
		next.commit(next.items().get(301));
		assertThat(next.lag()).isZero();
		assertThat(count("ATMOSPHERE_GROUP_CHANNEL")).isZero();
	}

	private static String otherChannelOf(int lane) {
		for (int i = 2;; i++) {
			if (ShardedLog.shardOf(new Address.Channel("orders/" + i)) == lane) {
				return "orders/" + i;
			}
		}
	}

	@Test
	void messagesAreSetAsideUpToALimit() {
		RelayNode node = startedNode();
		append(node, "orders/1", 0, 2, 1000);
		LaneReadings member = join(node).read(2);
		GroupLane lane = member.laneOf("orders/1");
		LaneReadings.get(lane.setAside(aside((Publication) member.items().get(0))));
		this.broker.jdbc()
			.update("UPDATE ATMOSPHERE_GROUP_SET_ASIDE SET SIZE_BYTES = ? WHERE LOG_NAME = ?", 64 * 1024 * 1024,
					cluster());
		assertThatExceptionOfType(RelayOverloadedException.class)
			.isThrownBy(() -> LaneReadings.get(lane.setAside(aside((Publication) member.items().get(1)))));
		// One that is there is replaced
		LaneReadings.get(lane.setAside(aside((Publication) member.items().get(0))));
	}

	@Test
	void aTransactionCommitsWorkAndProgressTogetherAndOnlyOnce() throws Throwable {
		RelayNode node = startedNode();
		append(node, "orders/1", 0, 4, 1000);
		LaneReadings member = join(node).read(4);
		GroupLane lane = member.laneOf("orders/1");
		GroupTransactions transactions = transactions(node);
		List<Publication> messages = member.items().stream().map(Publication.class::cast).toList();
		transactions.handle("billing", lane, messages.get(0), () -> work("a"));
		transactions.handle("billing", lane, messages.get(0), () -> work("again"));
		assertThatExceptionOfType(IOException.class)
			.isThrownBy(() -> transactions.handle("billing", lane, messages.get(1), () -> {
				work("failed");
				throw new IOException("expected");
			}));
		transactions.handle("billing", lane, messages.get(1), () -> work("b"));
		// Another group has another inbox
		transactions.handle("shipping", null, messages.get(0), () -> work("c"));
		assertThat(worked()).containsExactly("a", "b", "c");
		// No commit has followed, and the progress is stored all the same
		member.leave();
		LaneReadings next = join(node).read(2);
		assertThat(next.texts("orders/1")).containsExactly("text 2", "text 3");
		assertThatExceptionOfType(LaneLostException.class)
			.isThrownBy(() -> transactions.handle("billing", lane, messages.get(2), () -> work("zombie")));
		assertThat(worked()).containsExactly("a", "b", "c");
		GroupLane now = next.laneOf("orders/1");
		for (ChannelItem item : next.items()) {
			transactions.handle("billing", now, (Publication) item, () -> work("d"));
			next.commit(item);
		}
		assertThat(worked()).hasSize(5);
		assertThat(count("ATMOSPHERE_GROUP_CHANNEL")).isZero();
		assertThat(next.lag()).isZero();
	}

	@Test
	void aMessageThatWasSetAsideIsReplayedOnceAlthoughTwoOperatorsDoSo() throws Throwable {
		RelayNode node = startedNode();
		append(node, "orders/1", 0, 1, 1000);
		LaneReadings member = join(node).read(1);
		Publication message = (Publication) member.items().get(0);
		LaneReadings.get(member.laneOf("orders/1").setAside(aside(message)));
		GroupTransactions transactions = transactions(node);
		transactions.handle("billing", null, message, () -> {
			work("first");
			// Within the first transaction, and not committed yet
			CompletableFuture<?> second = CompletableFuture.runAsync(() -> {
				try {
					transactions.handle("billing", null, message, () -> {
						work("second");
						this.overtake.countDown();
					});
				}
				catch (Throwable ex) {
					throw new IllegalStateException(ex);
				}
			});
			assertThat(this.overtake.await(20, TimeUnit.SECONDS)).isTrue();
			second.orTimeout(20, TimeUnit.SECONDS).join();
		});
		assertThat(worked()).containsExactly("second");
		assertThat(count("ATMOSPHERE_GROUP_SET_ASIDE")).isZero();
		transactions.handle("billing", null, message, () -> work("third"));
		assertThat(worked()).containsExactly("second");
	}

	@Test
	void aDatabaseThatIsAwayIsNoFailureOfTheMessage() {
		RelayNode node = startedNode();
		append(node, "orders/1", 0, 1, 1000);
		LaneReadings member = join(node).read(1);
		Publication message = (Publication) member.items().get(0);
		transactions(node);
		DataSource away = new DelegatingDataSource(this.broker.dataSource()) {

			@Override
			public Connection getConnection() throws SQLException {
				throw new SQLException("expected", "08001");
			}

		};
		GroupTransactions transactions = ((JdbcRelay) node.relay())
			.groupTransactions(new DataSourceTransactionManager(away), this.broker.dataSource(), Duration.ofHours(1));
		assertThatExceptionOfType(GroupTransactionException.class)
			.isThrownBy(() -> transactions.handle("billing", member.laneOf("orders/1"), message, () -> work("a")));
		assertThat(worked()).isEmpty();
	}

	/**
	 * As an application does that catches the failure of an inner method.
	 */
	@Test
	void aTransactionThatTheApplicationHasMarkedForRollbackIsAFailureOfTheMessage() {
		RelayNode node = startedNode();
		append(node, "orders/1", 0, 1, 1000);
		LaneReadings member = join(node).read(1);
		Publication message = (Publication) member.items().get(0);
		GroupTransactions transactions = transactions(node);
		TransactionTemplate inner = new TransactionTemplate(this.manager);
		assertThatExceptionOfType(UnexpectedRollbackException.class)
			.isThrownBy(() -> transactions.handle("billing", member.laneOf("orders/1"), message, () -> {
				work("a");
				assertThatIllegalStateException().isThrownBy(() -> inner.executeWithoutResult((status) -> {
					throw new IllegalStateException("expected");
				}));
			}));
		assertThat(worked()).isEmpty();
	}

	/**
	 * As if the node had died between setting the message aside and going on behind it.
	 */
	@Test
	void aMessageThatWasSetAsideAndIsHandledByTheNextOwnerIsNotInTheListAnyMore() throws Throwable {
		RelayNode node = startedNode();
		append(node, "orders/1", 0, 1, 1000);
		LaneReadings member = join(node).read(1);
		Publication message = (Publication) member.items().get(0);
		LaneReadings.get(member.laneOf("orders/1").setAside(aside(message)));
		member.leave();
		LaneReadings next = join(node).read(1);
		transactions(node).handle("billing", next.laneOf("orders/1"), message, () -> work("a"));
		assertThat(count("ATMOSPHERE_GROUP_SET_ASIDE")).isZero();
	}

	@Test
	void oldRowsOfTheInboxAreRemoved() throws Throwable {
		JdbcRelay relay = this.broker.relay(cluster(), new EnvelopeCodec(MAX_PAYLOAD));
		RelayNode node = node(relay);
		for (int i = 0; i < 1500; i += 100) {
			this.broker.jdbc()
				.batchUpdate(
						"INSERT INTO ATMOSPHERE_GROUP_INBOX (LOG_NAME, GROUP_NAME, MESSAGE_ID, HANDLED_AT)"
								+ " VALUES (?, 'billing', ?, 1000)",
						IntStream.range(i, i + 100).mapToObj((id) -> new Object[] { cluster(), "old " + id }).toList());
		}
		transactions(node);
		node.start().awaitRoundTrip(LIMIT);
		append(node, "orders/1", 0, 1, 1000);
		LaneReadings member = join(node).read(1);
		GroupTransactions transactions = transactions(node);
		transactions.handle("billing", member.laneOf("orders/1"), (Publication) member.items().get(0), () -> work("a"));
		MachineTime.await(LIMIT).until(() -> count("ATMOSPHERE_GROUP_INBOX") == 1);
	}

	/**
	 * As a node does that has stopped in the middle of a transaction.
	 */
	@Test
	void aLaneThatSomebodyHasLockedDelaysNoOther() throws SQLException {
		RelayNode node = startedNode();
		LaneReadings first = join(node);
		MachineTime.await(LIMIT).until(() -> first.lanes().size() == ShardedLog.SHARDS);
		first.leave();
		try (Connection connection = this.broker.connect()) {
			connection.setAutoCommit(false);
			JdbcTemplate holder = new JdbcTemplate(new SingleConnectionDataSource(connection, true));
			MachineTime.await(LIMIT).until(() -> count("ATMOSPHERE_GROUP_MEMBER") == 0);
			assertThat(holder.queryForList("SELECT SHARD FROM ATMOSPHERE_GROUP_LANE WHERE LOG_NAME = ? AND SHARD = 3"
					+ " AND GROUP_NAME = 'billing' FOR UPDATE", Integer.class, cluster()))
				.hasSize(1);
			LaneReadings member = join(node);
			LaneReadings other = new LaneReadings(node, "shipping", GroupOptions.Start.EARLIEST);
			MachineTime.await(LIMIT)
				.until(() -> member.lanes().size() == ShardedLog.SHARDS - 1
						&& other.lanes().size() == ShardedLog.SHARDS);
			assertThat(member.lanes()).noneMatch((lane) -> lane.number() == 3);
			connection.rollback();
			MachineTime.await(LIMIT).until(() -> member.lanes().size() == ShardedLog.SHARDS);
		}
	}

	@Test
	void aLaneThatBelievesItselfLostBeginsAnew() {
		RelayNode node = startedNode();
		append(node, "orders/1", 0, 2, 1000);
		LaneReadings member = join(node).read(2);
		GroupLane lane = member.laneOf("orders/1");
		changeToken(lane, 1);
		assertThatExceptionOfType(LaneLostException.class).isThrownBy(() -> member.commit(member.items().get(0)));
		changeToken(lane, -1);
		MachineTime.await(LIMIT)
			.until(() -> member.lanes()
				.stream()
				.anyMatch((now) -> now.number() == lane.number() && now.token() > lane.token()));
	}

	private void changeToken(GroupLane lane, int change) {
		this.broker.jdbc()
			.update("UPDATE ATMOSPHERE_GROUP_LANE SET TOKEN = TOKEN + ? WHERE LOG_NAME = ? AND SHARD = ?", change,
					cluster(), lane.number());
	}

	@Test
	void aGroupOfWhichTheRowOfOneLaneIsMissingKeepsTheOthers() {
		RelayNode node = startedNode();
		append(node, "orders/1", 0, 1, 1000);
		LaneReadings member = join(node).read(1);
		MachineTime.await(LIMIT).until(() -> member.lanes().size() == ShardedLog.SHARDS);
		int shard = (member.laneOf("orders/1").number() + 1) % ShardedLog.SHARDS;
		this.broker.jdbc()
			.update("DELETE FROM ATMOSPHERE_GROUP_LANE WHERE LOG_NAME = ? AND SHARD = ?", cluster(), shard);
		MachineTime.await(LIMIT).until(() -> member.lanes().size() == ShardedLog.SHARDS - 1);
		assertThat(member.lanes()).contains(member.laneOf("orders/1")).noneMatch((lane) -> lane.number() == shard);
		assertThat(count("ATMOSPHERE_GROUP_LANE")).isEqualTo(ShardedLog.SHARDS - 1);
	}

	private GroupTransactions transactions(RelayNode node) {
		if (!this.hasWork) {
			this.broker.jdbc().execute("CREATE TABLE GROUP_WORK (LOG_NAME VARCHAR(60), TEXT VARCHAR(40))");
			this.hasWork = true;
		}
		this.manager = new DataSourceTransactionManager(this.broker.dataSource());
		return ((JdbcRelay) node.relay()).groupTransactions(this.manager, this.broker.dataSource(),
				Duration.ofHours(1));
	}

	private void work(String text) {
		new JdbcTemplate(this.broker.dataSource()).update("INSERT INTO GROUP_WORK (LOG_NAME, TEXT) VALUES (?, ?)",
				cluster(), text);
	}

	private List<String> worked() {
		return this.broker.jdbc()
			.queryForList("SELECT TEXT FROM GROUP_WORK WHERE LOG_NAME = ? ORDER BY TEXT", String.class, cluster());
	}

	private static SetAsideMessage aside(Publication publication) {
		return new SetAsideMessage("billing", publication, 1, "expected\0 reason", Instant.ofEpochMilli(1_000_000));
	}

}
