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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.contract.RelayBroker;
import io.github.atmosphererelay.contract.RelayLogContractTests;
import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.DatabaseServer;
import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.test.MachineTime;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The contract of every relay with logs, over tables of a database, and what is the
 * tables' own: what is removed from them, and what a database that has gone back in time
 * means.
 */
abstract class JdbcLogContract extends RelayLogContractTests {

	private static final Duration TEN_SECONDS = Duration.ofSeconds(10);

	private static final Address LOG = new Address.Channel("log");

	private JdbcTestBroker broker;

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
	 * Logs are cut to their size every few seconds.
	 */
	@Override
	protected boolean trimsBySize() {
		return false;
	}

	private JdbcTemplate jdbc() {
		return this.broker.jdbc();
	}

	private RelayNode tidyNode() {
		return tidyNode(this.broker.server().port());
	}

	private RelayNode tidyNode(int port) {
		return node(
				new JdbcRelay(this.broker.source(port), this.broker.tidy(cluster(), new EnvelopeCodec(MAX_PAYLOAD))))
			.start()
			.awaitRoundTrip(TEN_SECONDS);
	}

	private int rows(String condition) {
		Integer count = jdbc().queryForObject(
				"SELECT COUNT(*) FROM ATMOSPHERE_MESSAGE WHERE LOG_NAME = ? AND " + condition, Integer.class,
				cluster());
		return (count != null) ? count : 0;
	}

	@Test
	void ephemeralRowsAreRemovedAfterTheirTimeAndRecordedOnesStay() {
		RelayNode node = tidyNode();
		// All at once, because the first ones are removed after a second
		List<CompletableFuture<Receipt>> sent = new ArrayList<>();
		for (int i = 0; i < 50; i++) {
			sent.add(node.relay().publish(node.envelope("room", "x")));
		}
		CompletableFuture.allOf(sent.toArray(new CompletableFuture<?>[0])).orTimeout(10, TimeUnit.SECONDS).join();
		append(node, "log", "kept", LONG);
		// On a slow machine the first ones are removed before the last ones are written
		assertThat(jdbc().queryForObject("SELECT SUM(HEAD) FROM ATMOSPHERE_SHARD WHERE LOG_NAME = ?", Integer.class,
				cluster()))
			.isGreaterThanOrEqualTo(51);
		MachineTime.await(TEN_SECONDS).until(() -> rows("CHANNEL IS NULL") == 0);
		assertThat(rows("CHANNEL = 'log'")).isEqualTo(1);
	}

	@Test
	void aLogIsCutToItsSizeAndWhatWasCutIsNotPassedOver() {
		RelayNode node = tidyNode();
		LogOptions small = new LogOptions(10, Duration.ofHours(1), null, Duration.ofMinutes(5));
		List<Receipt> receipts = new ArrayList<>(appendMany(node, "log", 1500, small));
		append(node, "other", "kept", small);
		MachineTime.await(TEN_SECONDS).until(() -> rows("CHANNEL = 'log'") == 10);
		assertThat(readForward(node, "log", positionOf(receipts.get(1488)), 100).complete()).isFalse();
		LogPage there = readForward(node, "log", positionOf(receipts.get(1489)), 100);
		assertThat(there.complete()).isTrue();
		assertThat(there.publications()).extracting((publication) -> publication.id())
			.isEqualTo(receipts.subList(1490, 1500).stream().map(Receipt::messageId).toList());
		assertThat(readForward(node, "other", new Position(positionOf(append(node, "other", "x", small)).epoch(), 0), 9)
			.complete()).isTrue();
		receipts.addAll(appendMany(node, "log", 5, small));
		MachineTime.await(TEN_SECONDS)
			.until(() -> !readForward(node, "log", positionOf(receipts.get(1493)), 100).complete());
		assertThat(readForward(node, "log", positionOf(receipts.get(1494)), 100).publications()).hasSize(10);
	}

	@Test
	void whatHasExpiredIsRemovedAndNotPassedOver() {
		RelayNode node = tidyNode();
		LogOptions brief = new LogOptions(100, Duration.ofMillis(300), null, Duration.ofMinutes(5));
		Position before = position(node, "log");
		List<Receipt> receipts = appendMany(node, "log", 20, brief);
		append(node, "log", "kept", LONG);
		MachineTime.await(TEN_SECONDS).until(() -> rows("CHANNEL = 'log'") == 1);
		assertThat(readForward(node, "log", before, 100).complete()).isFalse();
		assertThat(readForward(node, "log", positionOf(receipts.get(18)), 100).complete()).isFalse();
		LogPage page = readForward(node, "log", positionOf(receipts.get(19)), 100);
		assertThat(page.complete()).isTrue();
		assertThat(page.publications()).hasSize(1);
	}

	@Test
	void keysAreRemovedAfterTheirWindow() {
		RelayNode node = tidyNode();
		for (int i = 0; i < 5; i++) {
			append(node, "log", "x", new LogOptions(10, Duration.ofHours(1), "key " + i, Duration.ofMillis(200)));
		}
		append(node, "log", "x", new LogOptions(10, Duration.ofHours(1), "kept", Duration.ofMinutes(5)));
		MachineTime.await(TEN_SECONDS)
			.untilAsserted(
					() -> assertThat(jdbc().queryForObject("SELECT COUNT(*) FROM ATMOSPHERE_KEY WHERE LOG_NAME = ?",
							Integer.class, cluster()))
						.isEqualTo(1));
	}

	@Test
	void aNodeForWhichRowsWereRemovedTooEarlyHearsOfAGap() {
		RelayNode tidy = tidyNode();
		RelayNode behind = tidyNode(this.broker.proxy().port());
		behind.subscribe(new Address.Channel("room"), new Address.Channel("quiet"));
		Envelope heard = tidy.publish("room", "heard");
		MachineTime.await(TEN_SECONDS).until(() -> behind.receivedIds().contains(heard.id()));
		this.broker.proxy().cut();
		try {
			Envelope missed = tidy.publish("room", "missed");
			MachineTime.await(TEN_SECONDS).until(() -> rows("CHANNEL IS NULL") == 0);
			this.broker.proxy().resume();
			MachineTime.await(TEN_SECONDS).until(() -> behind.gaps().contains(new Address.Channel("room")));
			Envelope after = tidy.publish("room", "after");
			MachineTime.await(TEN_SECONDS).until(() -> behind.receivedIds().contains(after.id()));
			assertThat(behind.receivedIds()).doesNotContain(missed.id());
			if (ShardedLog.shardOf(new Address.Channel("quiet")) != ShardedLog.shardOf(new Address.Channel("room"))) {
				assertThat(behind.gaps()).doesNotContain(new Address.Channel("quiet"));
			}
		}
		finally {
			this.broker.proxy().resume();
		}
	}

	/**
	 * As after a restored backup, while the nodes run.
	 */
	private void goBack(Address address, int rows) {
		int shard = ShardedLog.shardOf(address);
		jdbc().update("UPDATE ATMOSPHERE_SHARD SET HEAD = HEAD - ? WHERE LOG_NAME = ? AND SHARD = ?", rows, cluster(),
				shard);
		jdbc().update(
				"DELETE FROM ATMOSPHERE_MESSAGE WHERE LOG_NAME = ? AND SHARD = ? AND NUMBER >"
						+ " (SELECT HEAD FROM ATMOSPHERE_SHARD WHERE LOG_NAME = ? AND SHARD = ?)",
				cluster(), shard, cluster(), shard);
	}

	@Test
	void countersThatWentBackAreANewEpoch() {
		RelayNode one = startedNode();
		RelayNode two = startedNode();
		two.subscribe(LOG);
		List<Receipt> receipts = appendMany(one, "log", 5, LONG);
		MachineTime.await(TEN_SECONDS).until(() -> two.receivedIds().contains(receipts.get(4).messageId()));
		goBack(LOG, 2);
		MachineTime.await(TEN_SECONDS).until(() -> two.gaps().contains(LOG));
		for (Receipt receipt : receipts) {
			assertThat(readForward(one, "log", positionOf(receipt), 10).complete()).isFalse();
		}
		Receipt after = append(one, "log", "after", LONG);
		assertThat(positionOf(after).epoch()).isNotEqualTo(positionOf(receipts.get(0)).epoch());
		MachineTime.await(TEN_SECONDS).until(() -> positionOf(after).equals(two.position(after.messageId())));
		assertThat(readForward(two, "log", null, 10).publications()).hasSize(4);
	}

	@Test
	void countersThatWentBackAndHavePassedTheNodeSinceAreANewEpoch() {
		RelayNode one = startedNode();
		RelayNode behind = node(this.broker.proxiedRelay(cluster(), new EnvelopeCodec(MAX_PAYLOAD))).start()
			.awaitRoundTrip(TEN_SECONDS);
		behind.subscribe(LOG);
		Receipt last = appendMany(one, "log", 5, LONG).get(4);
		MachineTime.await(TEN_SECONDS).until(() -> behind.receivedIds().contains(last.messageId()));
		this.broker.proxy().cut();
		try {
			one.relay().stop();
			goBack(LOG, 2);
			RelayNode three = startedNode();
			List<Receipt> others = appendMany(three, "log", 5, LONG);
			assertThat(positionOf(others.get(0)).epoch()).isEqualTo(positionOf(last).epoch());
			this.broker.proxy().resume();
			MachineTime.await(TEN_SECONDS).until(() -> behind.gaps().contains(LOG));
			assertThat(readForward(three, "log", positionOf(last), 10).complete()).isFalse();
			Receipt after = append(three, "log", "after", LONG);
			MachineTime.await(TEN_SECONDS).until(() -> behind.receivedIds().contains(after.messageId()));
		}
		finally {
			this.broker.proxy().resume();
		}
	}

	/**
	 * A node that has read nothing since its start has the row at the end to compare.
	 */
	@Test
	void countersThatWentBackAndHavePassedANodeThatHasReadNothingAreANewEpoch() {
		RelayNode one = startedNode();
		Receipt last = appendMany(one, "log", 5, LONG).get(4);
		RelayNode behind = node(this.broker.proxiedRelay(cluster(), new EnvelopeCodec(MAX_PAYLOAD))).start()
			.awaitRoundTrip(TEN_SECONDS);
		behind.subscribe(LOG);
		this.broker.proxy().cut();
		try {
			one.relay().stop();
			goBack(LOG, 2);
			RelayNode three = startedNode();
			assertThat(positionOf(appendMany(three, "log", 5, LONG).get(0)).epoch())
				.isEqualTo(positionOf(last).epoch());
			this.broker.proxy().resume();
			MachineTime.await(TEN_SECONDS).until(() -> behind.gaps().contains(LOG));
			assertThat(readForward(three, "log", positionOf(last), 10).complete()).isFalse();
		}
		finally {
			this.broker.proxy().resume();
		}
	}

	@Test
	void aBackupThatIsRestoredTwiceIsANewEpochTwice() {
		RelayNode one = startedNode();
		RelayNode two = startedNode();
		two.subscribe(LOG);
		one.subscribe(LOG);
		appendMany(one, "log", 5, LONG);
		Map<String, Object> backup = jdbc().queryForMap(
				"SELECT EPOCH, HEAD FROM ATMOSPHERE_SHARD WHERE LOG_NAME = ? AND SHARD = ?", cluster(),
				ShardedLog.shardOf(LOG));
		Receipt lost = appendMany(one, "log", 3, LONG).get(2);
		awaitReceived(lost, one, two);
		restore(backup);
		awaitGaps(1, one, two);
		Receipt second = append(one, "log", "second life", LONG);
		awaitReceived(second, one, two);
		assertThat(positionOf(second).epoch()).isNotEqualTo(positionOf(lost).epoch());
		restore(backup);
		awaitGaps(2, one, two);
		Receipt third = appendMany(one, "log", 10, LONG).get(9);
		awaitReceived(third, one, two);
		assertThat(positionOf(third).epoch()).isNotIn(positionOf(lost).epoch(), positionOf(second).epoch());
		assertThat(readForward(two, "log", positionOf(lost), 100).complete()).isFalse();
		assertThat(readForward(two, "log", positionOf(second), 100).complete()).isFalse();
	}

	private void restore(Map<String, Object> backup) {
		jdbc().update("UPDATE ATMOSPHERE_SHARD SET EPOCH = ?, HEAD = ? WHERE LOG_NAME = ? AND SHARD = ?",
				backup.get("EPOCH"), backup.get("HEAD"), cluster(), ShardedLog.shardOf(LOG));
		jdbc().update("DELETE FROM ATMOSPHERE_MESSAGE WHERE LOG_NAME = ? AND SHARD = ? AND NUMBER > ?", cluster(),
				ShardedLog.shardOf(LOG), backup.get("HEAD"));
	}

	/**
	 * A node continues at the end of a new epoch, as soon as it has reported the gap.
	 */
	private static void awaitGaps(int count, RelayNode... nodes) {
		for (RelayNode node : nodes) {
			MachineTime.await(TEN_SECONDS).until(() -> node.gaps().stream().filter(LOG::equals).count() == count);
		}
	}

	private static void awaitReceived(Receipt receipt, RelayNode... nodes) {
		for (RelayNode node : nodes) {
			MachineTime.await(TEN_SECONDS).until(() -> node.receivedIds().contains(receipt.messageId()));
		}
	}

	/**
	 * As while a dump is being restored.
	 */
	@Test
	void countersThatAreMissingWhileANodeRunsAreNotItsBusiness() {
		AtomicInteger opened = new AtomicInteger();
		ConnectionSource source = this.broker.source(this.broker.server().port());
		RelayNode node = node(new JdbcRelay(() -> {
			opened.incrementAndGet();
			return source.open();
		}, this.broker.settings(cluster(), new EnvelopeCodec(MAX_PAYLOAD), Duration.ofSeconds(3)))).start()
			.awaitRoundTrip(TEN_SECONDS);
		Receipt before = append(node, "log", "before", LONG);
		List<Map<String, Object>> counters = jdbc()
			.queryForList("SELECT SHARD, EPOCH, HEAD FROM ATMOSPHERE_SHARD WHERE LOG_NAME = ?", cluster());
		jdbc().update("DELETE FROM ATMOSPHERE_SHARD WHERE LOG_NAME = ?", cluster());
		// The reader connects again and again
		int connections = opened.get();
		MachineTime.await(TEN_SECONDS).until(() -> opened.get() >= connections + 5 || counters() > 0);
		assertThat(counters()).isZero();
		counters.forEach((counter) -> jdbc().update(
				"INSERT INTO ATMOSPHERE_SHARD (LOG_NAME, SHARD, EPOCH, HEAD) VALUES (?, ?, ?, ?)", cluster(),
				counter.get("SHARD"), counter.get("EPOCH"), counter.get("HEAD")));
		node.awaitRoundTrip(TEN_SECONDS);
		assertThat(readForward(node, "log", null, 10).publications()).extracting((publication) -> publication.id())
			.containsExactly(before.messageId());
	}

	private int counters() {
		Integer count = jdbc().queryForObject("SELECT COUNT(*) FROM ATMOSPHERE_SHARD WHERE LOG_NAME = ?", Integer.class,
				cluster());
		return (count != null) ? count : 0;
	}

	@Test
	void countersThatAreCreatedAgainContinueBehindTheRows() {
		RelayNode one = startedNode();
		Position last = positionOf(appendMany(one, "log", 5, LONG).get(4));
		one.relay().stop();
		jdbc().update("DELETE FROM ATMOSPHERE_SHARD WHERE LOG_NAME = ?", cluster());
		RelayNode two = startedNode();
		Position next = positionOf(append(two, "log", "next", LONG));
		assertThat(next.epoch()).isNotEqualTo(last.epoch());
		assertThat(next.offset()).isGreaterThan(last.offset());
		assertThat(readForward(two, "log", null, 10).publications()).hasSize(6);
	}

	@Test
	void anOperatorCanRenewTheEpochs() {
		RelayNode one = startedNode();
		RelayNode two = startedNode();
		two.subscribe(LOG, new Address.Channel("room"));
		Position last = positionOf(append(one, "log", "before", LONG));
		assertThat(((JdbcRelay) one.relay()).renewEpochs()).isEqualTo(ShardedLog.SHARDS);
		assertThat(readForward(one, "log", last, 10).complete()).isFalse();
		MachineTime.await(TEN_SECONDS).until(() -> two.gaps().containsAll(List.of(LOG, new Address.Channel("room"))));
		UUID after = append(one, "log", "after", LONG).messageId();
		MachineTime.await(TEN_SECONDS).until(() -> two.receivedIds().contains(after));
	}

	@Test
	void detailsTellTheDatabase() {
		RelayNode node = startedNode();
		Map<String, Object> details = node.relay().details();
		assertThat(details).containsEntry("log", cluster()).containsKeys("database", "wakeUp");
	}

}
