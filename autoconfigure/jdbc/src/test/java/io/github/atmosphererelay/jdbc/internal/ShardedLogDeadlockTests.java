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
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;

import com.zaxxer.hikari.HikariDataSource;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Transactions that append to a {@link ShardedLog} at the same time wait for each other,
 * and never end in a deadlock.
 */
@ParameterizedClass
@EnumSource(TestDatabases.class)
@Timeout(600)
class ShardedLogDeadlockTests {

	private static final boolean LONG = Boolean.getBoolean("atmosphere.test.long");

	private final HikariDataSource pool;

	private final JdbcTemplate jdbc;

	private final ShardedLog log;

	private final int greatestIsolation;

	ShardedLogDeadlockTests(TestDatabases database) {
		this.pool = database.pool();
		this.jdbc = new JdbcTemplate(this.pool);
		DatabaseDialect dialect = DatabaseDialect.of(this.jdbc);
		this.greatestIsolation = dialect.greatestIsolation(this.jdbc);
		this.log = new ShardedLog(TestDatabases.newName(), dialect, new EnvelopeCodec(1024 * 1024), 60_000);
		this.log.createShards(this.jdbc);
	}

	private TransactionTemplate transactions(int isolation) {
		TransactionTemplate transactions = new TransactionTemplate(new DataSourceTransactionManager(this.pool));
		transactions.setIsolationLevel(isolation);
		return transactions;
	}

	@Test
	void twoShardsInOppositeOrders() throws Exception {
		int rounds = LONG ? 10_000 : 150;
		TransactionTemplate transactions = transactions(Connection.TRANSACTION_READ_COMMITTED);
		run(2, rounds, (writer, round) -> transactions
			.executeWithoutResult((status) -> this.log.append(this.jdbc, twoShards(writer), false)));
		assertAppended(2 * rounds);
	}

	@Test
	void twoShardsInOppositeOrdersAtTheGreatestIsolation() throws Exception {
		int rounds = LONG ? 10_000 : 60;
		// A snapshot that is taken before the counters does not count here
		TransactionTemplate transactions = transactions(this.greatestIsolation);
		run(2, rounds, (writer, round) -> transactions.executeWithoutResult((status) -> {
			this.log.heads(this.jdbc);
			this.log.append(this.jdbc, twoShards(writer), false);
		}));
		assertAppended(2 * rounds);
	}

	@Test
	void twoShardsInOppositeOrdersByOneStatement() throws Exception {
		List<EncodedEnvelope> some = encoded(twoShards(0));
		assumeTrue(this.log.appendsAtOnce(some), "The database has no such statement");
		int rounds = LONG ? 10_000 : 150;
		TransactionTemplate transactions = transactions(Connection.TRANSACTION_READ_COMMITTED);
		run(4, rounds, (writer, round) -> {
			if (writer < 2) {
				List<EncodedEnvelope> envelopes = encoded(twoShards(writer));
				if (this.log.dialect() == DatabaseDialect.H2) {
					transactions.executeWithoutResult((status) -> this.log.appendAtOnce(this.jdbc, envelopes));
				}
				else {
					this.log.appendAtOnce(this.jdbc, envelopes);
				}
			}
			else {
				transactions.executeWithoutResult((status) -> this.log.append(this.jdbc, twoShards(writer), false));
			}
		});
		assertAppended(4 * rounds);
	}

	/**
	 * Keys of all shards lie next to each other in the index of their table.
	 */
	@Test
	void keysThatAreKnownAndKeysThatAreNew() throws Exception {
		keys(Connection.TRANSACTION_READ_COMMITTED);
	}

	@Test
	void keysThatAreKnownAndKeysThatAreNewAtTheGreatestIsolation() throws Exception {
		keys(this.greatestIsolation);
	}

	private void keys(int isolation) throws Exception {
		TransactionTemplate transactions = transactions(isolation);
		Random[] randoms = IntStream.range(0, 6).mapToObj(Random::new).toArray(Random[]::new);
		run(randoms.length, LONG ? 2000 : 30, (writer, round) -> {
			List<Envelope> envelopes = new ArrayList<>();
			for (int i = 0; i < 6; i++) {
				int key = randoms[writer].nextBoolean() ? randoms[writer].nextInt(20) : 1000 + 6 * round + i;
				// Each writer has a shard of its own: only the keys can make them meet
				envelopes.add(Envelopes.to(Envelopes.channelOf(writer), "key-" + key));
			}
			transactions.executeWithoutResult((status) -> this.log.append(this.jdbc, envelopes, true));
		});
	}

	private static List<Envelope> twoShards(int writer) {
		Envelope first = Envelopes.to(Envelopes.channelOf(3), null);
		Envelope second = Envelopes.to(Envelopes.channelOf(11), null);
		return (writer % 2 == 0) ? List.of(first, second) : List.of(second, first);
	}

	private static List<EncodedEnvelope> encoded(List<Envelope> envelopes) {
		EnvelopeCodec codec = new EnvelopeCodec(1024 * 1024);
		return envelopes.stream().map((envelope) -> new EncodedEnvelope(envelope, codec.encode(envelope))).toList();
	}

	private void assertAppended(int count) {
		assertThat(this.log.heads(this.jdbc)).filteredOn((head) -> head.number() > 0)
			.hasSize(2)
			.allSatisfy((head) -> assertThat(head.number()).isEqualTo(count));
	}

	/**
	 * Let writers do something again and again at the same time. None of them repeats
	 * what has failed.
	 */
	private void run(int writers, int rounds, BiConsumer<Integer, Integer> work) throws Exception {
		ExecutorService executor = Executors.newFixedThreadPool(writers);
		CountDownLatch begin = new CountDownLatch(1);
		try {
			List<Future<?>> results = new ArrayList<>();
			for (int i = 0; i < writers; i++) {
				int writer = i;
				results.add(executor.submit(() -> {
					begin.await();
					for (int round = 0; round < rounds; round++) {
						work.accept(writer, round);
					}
					return null;
				}));
			}
			begin.countDown();
			for (Future<?> result : results) {
				result.get(Duration.ofMinutes(9).toSeconds(), TimeUnit.SECONDS);
			}
		}
		finally {
			executor.shutdownNow();
		}
	}

}
