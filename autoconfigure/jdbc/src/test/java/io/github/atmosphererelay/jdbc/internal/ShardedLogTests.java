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

package io.github.atmosphererelay.jdbc.internal;

import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

import com.github.f4b6a3.uuid.UuidCreator;
import com.zaxxer.hikari.HikariDataSource;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.test.Reconciles;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.dao.ConcurrencyFailureException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Tests for {@link ShardedLog}.
 */
@ParameterizedClass
@EnumSource(TestDatabases.class)
@Timeout(120)
class ShardedLogTests {

	private static final UUID NODE = UUID.randomUUID();

	private final EnvelopeCodec codec = new EnvelopeCodec(1024 * 1024);

	private final HikariDataSource pool;

	private final JdbcTemplate jdbc;

	private final Database database;

	private final TransactionTemplate transactions;

	ShardedLogTests(TestDatabases database) {
		this.pool = database.pool();
		this.database = new Database(this.pool, Duration.ofSeconds(10));
		this.jdbc = new JdbcTemplate(this.pool);
		this.transactions = new TransactionTemplate(new DataSourceTransactionManager(this.pool));
		this.transactions.setIsolationLevel(Connection.TRANSACTION_READ_COMMITTED);
	}

	private ShardedLog log() {
		ShardedLog log = new ShardedLog(TestDatabases.newName(), this.database.dialect(), this.codec, 60_000);
		log.createShards(this.jdbc);
		log.createShards(this.jdbc);
		return log;
	}

	private static Envelope envelope(String channel, @Nullable String key) {
		return new Envelope(UuidCreator.getTimeOrderedEpochFast(), NODE, Envelope.Kind.MESSAGE,
				System.currentTimeMillis(), new Audience.Channel(channel, null), Map.of(), Payload.text("x"), null,
				(key != null) ? new LogOptions(10, Duration.ofHours(1), key, Duration.ofMinutes(1)) : null);
	}

	private void appendAtOnce(ShardedLog log, List<EncodedEnvelope> envelopes) {
		if (log.dialect() == DatabaseDialect.H2) {
			this.transactions.executeWithoutResult((status) -> log.appendAtOnce(this.jdbc, envelopes));
		}
		else {
			log.appendAtOnce(this.jdbc, envelopes);
		}
	}

	private ShardHead head(ShardedLog log, String channel) {
		int shard = ShardedLog.shardOf(new Address.Channel(channel));
		return log.heads(this.jdbc).stream().filter((head) -> head.shard() == shard).findFirst().orElseThrow();
	}

	private List<UUID> ids(ShardedLog log, String channel) {
		return log.read(this.jdbc, head(log, channel), 0, 1000, 1_000_000)
			.stream()
			.map((row) -> this.codec.decode(row.envelope()).id())
			.toList();
	}

	@Test
	void thereAreSixteenShardsAfterEveryStart() {
		assertThat(log().heads(this.jdbc)).hasSize(ShardedLog.SHARDS).allSatisfy((head) -> {
			assertThat(head.number()).isZero();
			assertThat(head.epoch()).isNotEmpty();
		});
	}

	@Test
	void channelsAreSpreadOverTheShards() {
		Map<Integer, Integer> used = new HashMap<>();
		for (int i = 0; i < 1600; i++) {
			used.merge(ShardedLog.shardOf(new Address.Channel("room/" + i)), 1, Integer::sum);
		}
		assertThat(used).hasSize(ShardedLog.SHARDS);
		assertThat(used.values()).allMatch((channels) -> channels > 25 && channels < 400);
	}

	@Test
	void rowsOfOneCallKeepTheirOrder() {
		ShardedLog log = log();
		List<Envelope> envelopes = IntStream.range(0, 50).mapToObj((i) -> envelope("orders", null)).toList();
		List<AppendResult> results = this.transactions.execute((status) -> log.append(this.jdbc, envelopes, false));
		assertThat(results).extracting((result) -> result.position().offset())
			.containsExactlyElementsOf(IntStream.rangeClosed(1, 50).mapToObj(Long::valueOf).toList());
		assertThat(ids(log, "orders")).containsExactlyElementsOf(envelopes.stream().map(Envelope::id).toList());
	}

	@Test
	void envelopesOfEverySizeAreAppendedTogether() {
		ShardedLog log = log();
		List<Envelope> envelopes = IntStream.of(0, 200, 8_000, 9_000, 300_000, 1024 * 1024, 1, 1024 * 1024)
			.mapToObj((size) -> new Envelope(UuidCreator.getTimeOrderedEpochFast(), NODE, Envelope.Kind.MESSAGE,
					System.currentTimeMillis(), new Audience.Channel("orders", null), Map.of(),
					Payload.text("x".repeat(size)), null, null))
			.toList();
		this.transactions.executeWithoutResult((status) -> log.append(this.jdbc, envelopes, false));
		List<LogRow> rows = log.read(this.jdbc, head(log, "orders"), 0, 100, 10_000_000);
		assertThat(rows).extracting((row) -> this.codec.decode(row.envelope())).containsExactlyElementsOf(envelopes);
	}

	@Test
	void aTransactionOfManyAndLargeEnvelopesIsAppendedWhole() {
		ShardedLog log = log();
		List<Envelope> envelopes = IntStream.range(0, 1_300)
			.mapToObj((i) -> new Envelope(UuidCreator.getTimeOrderedEpochFast(), NODE, Envelope.Kind.MESSAGE,
					System.currentTimeMillis(), new Audience.Channel("orders", null), Map.of(),
					Payload.text("x".repeat((i % 200 == 0) ? 900_000 : 10)), null, null))
			.toList();
		this.transactions.executeWithoutResult((status) -> log.append(this.jdbc, envelopes, false));
		List<LogRow> rows = log.read(this.jdbc, head(log, "orders"), 0, 10_000, 100_000_000);
		assertThat(rows).extracting((row) -> this.codec.decode(row.envelope()).id())
			.containsExactlyElementsOf(envelopes.stream().map(Envelope::id).toList());
		assertThat(rows).extracting(LogRow::number)
			.containsExactlyElementsOf(LongStream.rangeClosed(1, envelopes.size()).boxed().toList());
	}

	@Test
	void rowsOfOneStatementKeepTheirOrder() {
		ShardedLog log = log();
		List<EncodedEnvelope> envelopes = IntStream.range(0, 50)
			.mapToObj((i) -> envelope((i % 3 == 0) ? "room/1" : "orders", null))
			.map((envelope) -> new EncodedEnvelope(envelope, this.codec.encode(envelope)))
			.toList();
		assumeThat(log.appendsAtOnce(envelopes)).isTrue();
		appendAtOnce(log, envelopes);
		appendAtOnce(log, envelopes.subList(49, 50));
		assertThat(log.read(this.jdbc, head(log, "room/1"), 0, 1000, 1_000_000)).extracting(LogRow::number)
			.containsExactlyElementsOf(LongStream.rangeClosed(1, 17).boxed().toList());
		List<UUID> ids = envelopes.stream().map((each) -> each.envelope().id()).toList();
		assertThat(ids(log, "room/1"))
			.containsExactlyElementsOf(IntStream.range(0, 50).filter((i) -> i % 3 == 0).mapToObj(ids::get).toList());
		List<UUID> orders = IntStream.range(0, 50).filter((i) -> i % 3 != 0).mapToObj(ids::get).toList();
		assertThat(ids(log, "orders")).startsWith(orders.toArray(UUID[]::new))
			.endsWith(ids.get(49))
			.hasSize(orders.size() + 1);
	}

	@Test
	void pagesAreLimitedByBytes() {
		ShardedLog log = log();
		List<Envelope> envelopes = IntStream.range(0, 100).mapToObj((i) -> envelope("orders", null)).toList();
		this.transactions.executeWithoutResult((status) -> log.append(this.jdbc, envelopes, false));
		int size = this.codec.encode(envelopes.get(0)).length;
		ShardHead head = head(log, "orders");
		assertThat(log.read(this.jdbc, head, 0, 100, 10L * size)).hasSize(10);
		assertThat(log.read(this.jdbc, head, 0, 100, 1)).hasSize(1);
		assertThat(log.read(this.jdbc, head, 50, 100, 1_000_000)).hasSize(50)
			.first()
			.satisfies((row) -> assertThat(row.number()).isEqualTo(51));
	}

	@Test
	void aShortPageOfLargeRowsIsLimitedByBytesToo() {
		ShardedLog log = log();
		Payload payload = Payload.text("x".repeat(100_000));
		List<Envelope> envelopes = IntStream.range(0, 10)
			.mapToObj((i) -> new Envelope(UuidCreator.getTimeOrderedEpochFast(), NODE, Envelope.Kind.MESSAGE,
					System.currentTimeMillis(), new Audience.Channel("orders", null), Map.of(), payload, null, null))
			.toList();
		this.transactions.executeWithoutResult((status) -> log.append(this.jdbc, envelopes, false));
		ShardHead head = head(log, "orders");
		assertThat(log.read(this.jdbc, head, 0, 10, 250_000)).hasSize(2)
			.extracting((row) -> this.codec.decode(row.envelope()).id())
			.containsExactly(envelopes.get(0).id(), envelopes.get(1).id());
		assertThat(log.read(this.jdbc, head, 2, 10, 10_000_000)).hasSize(8);
	}

	@Test
	void pagesLongerThanOneQueryAreWhole() {
		ShardedLog log = log();
		List<Envelope> envelopes = IntStream.range(0, 600).mapToObj((i) -> envelope("orders", null)).toList();
		this.transactions.executeWithoutResult((status) -> log.append(this.jdbc, envelopes, false));
		assertThat(ids(log, "orders")).containsExactlyElementsOf(envelopes.stream().map(Envelope::id).toList());
		assertThat(log.read(this.jdbc, head(log, "orders"), 0, 512, 1_000_000)).hasSize(512);
	}

	@Test
	void pagesEndWhereTheLogEndedWhenTheReaderLooked() {
		ShardedLog log = log();
		this.transactions
			.executeWithoutResult((status) -> log.append(this.jdbc, List.of(envelope("orders", null)), false));
		ShardHead head = head(log, "orders");
		List<Envelope> later = IntStream.range(0, 100).mapToObj((i) -> envelope("orders", null)).toList();
		this.transactions.executeWithoutResult((status) -> log.append(this.jdbc, later, false));
		assertThat(log.read(this.jdbc, head, 0, 1000, 1)).hasSize(1);
		assertThat(log.read(this.jdbc, head, 1, 1000, 1)).isEmpty();
	}

	@Test
	void nothingIsAppendedForNoEnvelopes() {
		ShardedLog log = log();
		this.transactions
			.executeWithoutResult((status) -> assertThat(log.append(this.jdbc, List.of(), true)).isEmpty());
		assertThat(log.heads(this.jdbc)).allSatisfy((head) -> assertThat(head.number()).isZero());
	}

	@Test
	void numbersThatWereRolledBackAreGivenAgain() {
		ShardedLog log = log();
		this.transactions.executeWithoutResult((status) -> {
			log.append(this.jdbc, List.of(envelope("orders", null), envelope("orders", null)), false);
			status.setRollbackOnly();
		});
		assertThat(head(log, "orders").number()).isZero();
		Envelope kept = envelope("orders", null);
		this.transactions.executeWithoutResult((status) -> log.append(this.jdbc, List.of(kept), false));
		assertThat(head(log, "orders").number()).isOne();
		assertThat(ids(log, "orders")).containsExactly(kept.id());
	}

	@Test
	void duplicatesGiveTheirNumbersBack() {
		ShardedLog log = log();
		Envelope first = envelope("orders", "key");
		Envelope second = envelope("orders", "key");
		Envelope third = envelope("orders", "other");
		this.transactions.executeWithoutResult((status) -> log.append(this.jdbc, List.of(first), true));
		List<AppendResult> results = this.transactions
			.execute((status) -> log.append(this.jdbc, List.of(second, third, second), true));
		assertThat(results).extracting(AppendResult::duplicate).containsExactly(true, false, true);
		assertThat(results.get(0).messageId()).isEqualTo(first.id());
		assertThat(results.get(0).position().offset()).isOne();
		assertThat(results.get(1).position().offset()).isEqualTo(2);
		assertThat(head(log, "orders").number()).isEqualTo(2);
		assertThat(ids(log, "orders")).containsExactly(first.id(), third.id());
	}

	@Test
	void aKeyOfAnotherChannelOrAfterItsWindowIsNoDuplicate() {
		ShardedLog log = log();
		this.transactions.executeWithoutResult(
				(status) -> log.append(this.jdbc, List.of(envelope("orders", "key"), envelope("bills", "key")), true));
		assertThat(ids(log, "orders").size() + ids(log, "bills").size()).isGreaterThanOrEqualTo(2);
		assertThat(this.jdbc.update("UPDATE ATMOSPHERE_KEY SET EXPIRES_AT = 1 WHERE LOG_NAME = ?", log.name()))
			.isEqualTo(2);
		List<AppendResult> results = this.transactions
			.execute((status) -> log.append(this.jdbc, List.of(envelope("orders", "key")), true));
		assertThat(results).singleElement().satisfies((result) -> assertThat(result.duplicate()).isFalse());
	}

	@Test
	void aKeyWhoseTransactionRollsBackIsFree() {
		ShardedLog log = log();
		this.transactions.executeWithoutResult((status) -> {
			log.append(this.jdbc, List.of(envelope("orders", "key")), true);
			status.setRollbackOnly();
		});
		List<AppendResult> results = this.transactions
			.execute((status) -> log.append(this.jdbc, List.of(envelope("orders", "key")), true));
		assertThat(results).singleElement().satisfies((result) -> assertThat(result.duplicate()).isFalse());
	}

	@Test
	void aShardThatSomebodyHasRemovedIsAClearFailure() {
		ShardedLog log = log();
		this.jdbc.update("DELETE FROM ATMOSPHERE_SHARD WHERE LOG_NAME = ?", log.name());
		assertThatExceptionOfType(IllegalStateException.class)
			.isThrownBy(() -> this.transactions
				.executeWithoutResult((status) -> log.append(this.jdbc, List.of(envelope("orders", null)), false)))
			.withMessageContaining("ATMOSPHERE_SHARD");
	}

	@Test
	void oneNodeOfManyRenewsAnEpoch() {
		ShardedLog log = log();
		ShardHead head = head(log, "orders");
		assertThat(log.renewEpoch(this.jdbc, head.shard(), head.epoch())).isTrue();
		assertThat(log.renewEpoch(this.jdbc, head.shard(), head.epoch())).isFalse();
		assertThat(head(log, "orders").epoch()).isNotEqualTo(head.epoch());
	}

	@Test
	void aTransactionThatWaitsBeforeItsEndHoldsUpNobodyOfAnotherShard() throws Exception {
		ShardedLog log = log();
		String other = IntStream.range(0, 1000)
			.mapToObj((i) -> "other/" + i)
			.filter((name) -> ShardedLog.shardOf(new Address.Channel(name)) != ShardedLog
				.shardOf(new Address.Channel("orders")))
			.findFirst()
			.orElseThrow();
		CountDownLatch appended = new CountDownLatch(1);
		CountDownLatch end = new CountDownLatch(1);
		ExecutorService executor = Executors.newSingleThreadExecutor();
		try {
			Future<?> open = executor.submit(() -> this.transactions.executeWithoutResult((status) -> {
				log.append(this.jdbc, List.of(envelope("orders", null)), false);
				appended.countDown();
				awaitQuietly(end);
			}));
			assertThat(appended.await(10, TimeUnit.SECONDS)).isTrue();
			this.transactions
				.executeWithoutResult((status) -> log.append(this.jdbc, List.of(envelope(other, null)), false));
			assertThat(head(log, other).number()).isOne();
			assertThat(head(log, "orders").number()).isZero();
			end.countDown();
			open.get(10, TimeUnit.SECONDS);
			assertThat(head(log, "orders").number()).isOne();
		}
		finally {
			end.countDown();
			executor.shutdownNow();
		}
	}

	private static void awaitQuietly(CountDownLatch latch) {
		try {
			latch.await(20, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	@Test
	void atTheGreatestIsolationTransactionsAppendAtTheSameTimeAndAboveItTheyFail() throws Exception {
		assertThat(failures(this.database.dialect().greatestIsolation(this.jdbc))).isZero();
		assertThat(failures(Connection.TRANSACTION_SERIALIZABLE)).isPositive();
		if (this.database.dialect().greatestIsolation(this.jdbc) < Connection.TRANSACTION_REPEATABLE_READ) {
			assertThat(failures(Connection.TRANSACTION_REPEATABLE_READ)).isPositive();
		}
	}

	/**
	 * Let transactions read, meet, and append to the same shard.
	 * @return how many were refused by the database
	 */
	private int failures(int isolation) throws Exception {
		ShardedLog log = log();
		TransactionTemplate transactions = new TransactionTemplate(new DataSourceTransactionManager(this.pool));
		transactions.setIsolationLevel(isolation);
		int writers = 4;
		CountDownLatch begun = new CountDownLatch(writers);
		ExecutorService executor = Executors.newFixedThreadPool(writers);
		try {
			List<Future<Boolean>> results = new ArrayList<>();
			for (int i = 0; i < writers; i++) {
				results.add(executor.submit(() -> {
					try {
						transactions.executeWithoutResult((status) -> {
							// Takes the snapshot
							log.heads(this.jdbc);
							begun.countDown();
							awaitQuietly(begun);
							log.append(this.jdbc, List.of(envelope("orders", null)), false);
						});
						return true;
					}
					catch (ConcurrencyFailureException ex) {
						return false;
					}
				}));
			}
			int failures = 0;
			for (Future<Boolean> result : results) {
				failures += result.get(60, TimeUnit.SECONDS) ? 0 : 1;
			}
			assertThat(head(log, "orders").number()).isEqualTo(writers - failures);
			return failures;
		}
		finally {
			executor.shutdownNow();
		}
	}

	/**
	 * Sixteen writers wait before they commit, and every fourth transaction rolls back;
	 * meanwhile a reader follows every shard. It must find every committed row behind its
	 * cursor, and transactions of which one begins after the other has ended in that
	 * order.
	 */
	@Test
	@Reconciles
	void aReaderMissesNothingWhileSixteenWritersCommitInAnyOrder() throws Exception {
		ShardedLog log = log();
		int writers = 16;
		int rounds = 40;
		Map<UUID, Span> spans = new ConcurrentHashMap<>();
		Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
		ExecutorService executor = Executors.newFixedThreadPool(writers + 1);
		try {
			CountDownLatch written = new CountDownLatch(writers);
			for (int writer = 0; writer < writers; writer++) {
				Random random = new Random(writer);
				executor.execute(() -> {
					try {
						for (int i = 0; i < rounds; i++) {
							write(log, random, spans);
						}
					}
					catch (Throwable ex) {
						failures.add(ex);
					}
					written.countDown();
				});
			}
			Map<Integer, List<UUID>> read = executor.submit(() -> follow(log, written)).get(100, TimeUnit.SECONDS);
			assertThat(failures).isEmpty();
			Set<UUID> all = new HashSet<>();
			read.values().forEach(all::addAll);
			assertThat(all).hasSameSizeAs(read.values().stream().flatMap(List::stream).toList());
			assertThat(all).containsExactlyInAnyOrderElementsOf(spans.keySet());
			read.values().forEach((shard) -> assertCommitOrder(shard, spans));
		}
		finally {
			executor.shutdownNow();
		}
	}

	private void write(ShardedLog log, Random random, Map<UUID, Span> spans) {
		List<Envelope> envelopes = IntStream.rangeClosed(0, random.nextInt(3))
			.mapToObj((i) -> envelope("room/" + random.nextInt(40), null))
			.toList();
		long delay = random.nextInt(4_000_000);
		boolean rollback = random.nextInt(4) == 0;
		long begin = System.nanoTime();
		this.transactions.executeWithoutResult((status) -> {
			log.append(this.jdbc, envelopes, false);
			LockSupport.parkNanos(delay);
			if (rollback) {
				status.setRollbackOnly();
			}
		});
		long end = System.nanoTime();
		if (!rollback) {
			envelopes.forEach((envelope) -> spans.put(envelope.id(), new Span(begin, end)));
		}
	}

	private Map<Integer, List<UUID>> follow(ShardedLog log, CountDownLatch written) {
		long[] cursors = new long[ShardedLog.SHARDS];
		Map<Integer, List<UUID>> read = new HashMap<>();
		boolean last = false;
		while (true) {
			boolean ended = written.getCount() == 0;
			for (ShardHead head : log.heads(this.jdbc)) {
				long cursor = cursors[head.shard()];
				if (head.number() <= cursor) {
					continue;
				}
				List<LogRow> rows = log.read(this.jdbc, head, cursor, 1000, 1_000_000);
				assertThat(rows.size()).isGreaterThanOrEqualTo((int) (head.number() - cursor));
				for (LogRow row : rows) {
					assertThat(row.number()).isEqualTo(++cursors[head.shard()]);
					read.computeIfAbsent(head.shard(), (shard) -> new ArrayList<>())
						.add(this.codec.decode(row.envelope()).id());
				}
			}
			if (last) {
				return read;
			}
			last = ended;
		}
	}

	private static void assertCommitOrder(List<UUID> shard, Map<UUID, Span> spans) {
		long begun = Long.MIN_VALUE;
		for (UUID id : shard) {
			Span span = spans.get(id);
			assertThat(span.end()).as("ends before an earlier one begins").isGreaterThan(begun);
			begun = Math.max(begun, span.begin());
		}
	}

	/**
	 * As if the database had forgotten an increment: the next transaction would get the
	 * number of a row that is there, and so would all after it.
	 */
	@Test
	void aCounterOfH2ThatFallsBehindItsRowsIsSetRightAndNothingFails() {
		assumeThat(this.database.dialect()).isEqualTo(DatabaseDialect.H2);
		ShardedLog log = log();
		List<Envelope> envelopes = IntStream.range(0, 6).mapToObj((i) -> envelope("room/1", null)).toList();
		this.transactions.executeWithoutResult((status) -> log.append(this.jdbc, envelopes.subList(0, 3), false));
		this.jdbc.update("UPDATE ATMOSPHERE_SHARD SET HEAD = HEAD - 2 WHERE LOG_NAME = ? AND SHARD = ?", log.name(),
				ShardedLog.shardOf(new Address.Channel("room/1")));
		EncodedEnvelope next = new EncodedEnvelope(envelopes.get(3), this.codec.encode(envelopes.get(3)));
		assertThatExceptionOfType(DuplicateKeyException.class).isThrownBy(() -> appendAtOnce(log, List.of(next)));
		assertThat(head(log, "room/1").number()).isEqualTo(1);
		this.transactions.executeWithoutResult((status) -> {
			this.jdbc.update("INSERT INTO BUSINESS (ID, TEXT) VALUES (?, ?)", log.name(), "kept");
			List<AppendResult> results = log.append(this.jdbc,
					List.of(envelope("room/2", null), envelopes.get(3), envelopes.get(4)), false);
			assertThat(results).extracting((result) -> result.position().offset()).endsWith(4L, 5L);
		});
		this.transactions.executeWithoutResult((status) -> log.append(this.jdbc, envelopes.subList(5, 6), false));
		assertThat(ids(log, "room/1")).containsExactlyElementsOf(envelopes.stream().map(Envelope::id).toList());
		assertThat(head(log, "room/1").number()).isEqualTo(6);
		assertThat(head(log, "room/2").number()).isEqualTo(1);
		assertThat(this.jdbc.queryForList("SELECT TEXT FROM BUSINESS WHERE ID = ?", String.class, log.name()))
			.containsExactly("kept");
	}

	/**
	 * As after a kill of the server, which can leave numbers of a transaction that was
	 * not committed in an index: nobody sees them, and nobody can use them.
	 */
	@Test
	void numbersThatH2RefusesAlthoughNoRowHasThemAreLeftOut() {
		assumeThat(this.database.dialect()).isEqualTo(DatabaseDialect.H2);
		ShardedLog log = log();
		int shard = ShardedLog.shardOf(new Address.Channel("room/1"));
		List<Envelope> envelopes = IntStream.range(0, 4).mapToObj((i) -> envelope("room/1", null)).toList();
		this.transactions.executeWithoutResult((status) -> log.append(this.jdbc, envelopes.subList(0, 2), false));
		this.jdbc.execute("ALTER TABLE ATMOSPHERE_MESSAGE ADD REFUSED INT AS (CASE WHEN LOG_NAME = '" + log.name()
				+ "' AND SHARD = " + shard + " AND NUMBER BETWEEN 3 AND 4 THEN 1 WHEN NUMBER < 0 THEN 1 END)");
		this.jdbc.execute("ALTER TABLE ATMOSPHERE_MESSAGE ADD CONSTRAINT REFUSED_NUMBERS UNIQUE (REFUSED)");
		this.jdbc.update("INSERT INTO ATMOSPHERE_MESSAGE (LOG_NAME, SHARD, NUMBER, CREATED_AT, EXPIRES_AT, SIZE_BYTES,"
				+ " ENVELOPE) VALUES ('refused', 0, -1, 0, 0, 0, X'')");
		try {
			this.transactions.executeWithoutResult((status) -> log.append(this.jdbc, envelopes.subList(2, 4), false));
			assertThat(ids(log, "room/1")).containsExactlyElementsOf(envelopes.stream().map(Envelope::id).toList());
			assertThat(head(log, "room/1").number()).isEqualTo(2 + 1 + 100 + 2);
		}
		finally {
			this.jdbc.execute("ALTER TABLE ATMOSPHERE_MESSAGE DROP CONSTRAINT REFUSED_NUMBERS");
			this.jdbc.execute("ALTER TABLE ATMOSPHERE_MESSAGE DROP COLUMN REFUSED");
			this.jdbc.update("DELETE FROM ATMOSPHERE_MESSAGE WHERE LOG_NAME = 'refused'");
		}
	}

	@Test
	void transactionsThatTakeTwoShardsInAnyOrderDoNotDeadlock() throws Exception {
		ShardedLog log = log();
		List<String> channels = Arrays.asList("room/1", "room/2", "room/3", "room/5");
		assertThat(channels.stream().map((name) -> ShardedLog.shardOf(new Address.Channel(name))).distinct().count())
			.isGreaterThan(2);
		int rounds = Boolean.getBoolean("atmosphere.test.long") ? 2500 : 60;
		ExecutorService executor = Executors.newFixedThreadPool(4);
		try {
			List<Future<?>> writers = new ArrayList<>();
			for (int writer = 0; writer < 4; writer++) {
				List<String> order = new ArrayList<>(channels);
				Collections.shuffle(order, new Random(writer));
				writers.add(executor.submit(() -> {
					for (int i = 0; i < rounds; i++) {
						this.transactions.executeWithoutResult((status) -> log.append(this.jdbc,
								order.stream().map((channel) -> envelope(channel, null)).toList(), false));
					}
				}));
			}
			for (Future<?> writer : writers) {
				writer.get(100, TimeUnit.SECONDS);
			}
		}
		finally {
			executor.shutdownNow();
		}
		long appended = log.heads(this.jdbc).stream().mapToLong(ShardHead::number).sum();
		assertThat(appended).isEqualTo(4L * rounds * channels.size());
	}

	/**
	 * When a transaction began and ended, in nanoseconds.
	 */
	private record Span(long begin, long end) {
	}

}
