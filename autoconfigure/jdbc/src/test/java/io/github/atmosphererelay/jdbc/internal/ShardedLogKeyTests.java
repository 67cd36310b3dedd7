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

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.stream.IntStream;

import com.zaxxer.hikari.HikariDataSource;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What two transactions may do to the idempotency keys of a {@link ShardedLog} at the
 * same time.
 */
@ParameterizedClass
@EnumSource(TestDatabases.class)
@Timeout(120)
class ShardedLogKeyTests {

	private final HikariDataSource pool;

	private final JdbcTemplate jdbc;

	private final ShardedLog log;

	private final int greatestIsolation;

	private final ExecutorService executor = Executors.newCachedThreadPool();

	ShardedLogKeyTests(TestDatabases database) {
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

	/**
	 * One transaction finds a key and adds one that comes before the key that the other
	 * one finds, and the other way round. If a database locked the gap before a key that
	 * it has found, as InnoDB does at REPEATABLE READ for some statements, each would
	 * need what the other one has locked.
	 */
	@Test
	void keysOfTwoShardsThatAreNeighbours() throws Exception {
		String one = Envelopes.channelOf(1);
		String two = Envelopes.channelOf(2);
		String known = key(one, "known", (hash) -> hash.startsWith("4"));
		String knownToOther = key(two, "known", (hash) -> hash.startsWith("c"));
		String added = key(one, "added", (hash) -> hash.startsWith("8"));
		String addedByOther = key(two, "added", (hash) -> hash.startsWith("1"));
		TransactionTemplate transactions = transactions(this.greatestIsolation);
		transactions.executeWithoutResult((status) -> this.log.append(this.jdbc,
				List.of(Envelopes.to(one, known), Envelopes.to(two, knownToOther)), true));
		CyclicBarrier met = new CyclicBarrier(2);
		Future<List<AppendResult>> first = this.executor.submit(() -> transactions.execute((status) -> this.log
			.append(meeting(met), List.of(Envelopes.to(one, known), Envelopes.to(one, added)), true)));
		Future<List<AppendResult>> second = this.executor.submit(() -> transactions.execute((status) -> this.log
			.append(meeting(met), List.of(Envelopes.to(two, knownToOther), Envelopes.to(two, addedByOther)), true)));
		assertThat(first.get(60, TimeUnit.SECONDS)).extracting(AppendResult::duplicate).containsExactly(true, false);
		assertThat(second.get(60, TimeUnit.SECONDS)).extracting(AppendResult::duplicate).containsExactly(true, false);
		assertThat(first.get()).extracting((result) -> result.position().offset()).containsExactly(1L, 2L);
		assertThat(second.get()).extracting((result) -> result.position().offset()).containsExactly(1L, 2L);
	}

	/**
	 * A key whose window ends just now is found, and removed before it is read.
	 */
	@Test
	void aKeyThatIsRemovedWhileItIsLookedAt() throws Exception {
		String channel = Envelopes.channelOf(5);
		TransactionTemplate transactions = transactions(Connection.TRANSACTION_READ_COMMITTED);
		transactions
			.executeWithoutResult((status) -> this.log.append(this.jdbc, List.of(Envelopes.to(channel, "key")), true));
		ShardedLogCleaner cleaner = new ShardedLogCleaner(this.log.name(),
				new Database(this.pool, Duration.ofSeconds(30)));
		Future<?>[] cleaned = new Future<?>[1];
		JdbcOperations jdbc = after(this.jdbc, (sql) -> sql.contains("INTO ATMOSPHERE_KEY"), () -> {
			// The window of the other node, whose clock is ahead, has ended
			cleaned[0] = this.executor
				.submit(() -> cleaner.removeKeys(System.currentTimeMillis() + 3_600_000, () -> true));
			try {
				cleaned[0].get(500, TimeUnit.MILLISECONDS);
			}
			catch (TimeoutException ex) {
				// It waits for this transaction
			}
		});
		List<AppendResult> results = transactions
			.execute((status) -> this.log.append(jdbc, List.of(Envelopes.to(channel, "key")), true));
		assertThat(results).singleElement().satisfies((result) -> {
			assertThat(result.duplicate()).isTrue();
			assertThat(result.position().offset()).isOne();
		});
		assertThat(cleaned[0].get(30, TimeUnit.SECONDS)).isEqualTo(1);
	}

	/**
	 * Return the database for a transaction that meets another one after its first key.
	 * If the other one does not come, because it waits for a lock, this one goes on.
	 */
	private JdbcOperations meeting(CyclicBarrier met) {
		boolean[] done = new boolean[1];
		return after(this.jdbc, (sql) -> sql.contains("INTO ATMOSPHERE_KEY"), () -> {
			if (!done[0]) {
				done[0] = true;
				try {
					met.await(2, TimeUnit.SECONDS);
				}
				catch (TimeoutException | BrokenBarrierException ex) {
					// Goes on
				}
			}
		});
	}

	private static JdbcOperations after(JdbcOperations jdbc, Predicate<String> statement, Step step) {
		return (JdbcOperations) Proxy.newProxyInstance(JdbcOperations.class.getClassLoader(),
				new Class<?>[] { JdbcOperations.class }, (proxy, method, arguments) -> {
					try {
						Object result = method.invoke(jdbc, arguments);
						if (arguments[0] instanceof String sql && statement.test(sql)) {
							step.run();
						}
						return result;
					}
					catch (InvocationTargetException ex) {
						throw ex.getCause();
					}
				});
	}

	/**
	 * Find a key by its hash, which gives it its place in the table.
	 */
	private static String key(String channel, String prefix, Predicate<String> hash) {
		return IntStream.range(0, 10_000)
			.mapToObj((i) -> prefix + i)
			.filter((key) -> hash.test(hash(channel, key)))
			.findFirst()
			.orElseThrow();
	}

	private static String hash(String channel, String key) {
		try {
			return HexFormat.of()
				.formatHex(MessageDigest.getInstance("SHA-256")
					.digest((new Address.Channel(channel).value() + "\0" + key).getBytes(StandardCharsets.UTF_8)));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * What happens between two statements.
	 */
	private interface Step {

		void run() throws Exception;

	}

}
