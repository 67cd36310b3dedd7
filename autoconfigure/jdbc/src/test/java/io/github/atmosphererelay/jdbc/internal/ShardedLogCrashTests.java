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
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.contract.broker.DatabaseServer;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a {@link ShardedLog} holds after its database was killed while many wrote to it.
 */
@Timeout(600)
class ShardedLogCrashTests {

	private static final int WRITERS = 8;

	private static final int READERS = 2;

	private final EnvelopeCodec codec = new EnvelopeCodec(1024 * 1024);

	/** Committed, as the database has told the client. */
	private final Set<UUID> acknowledged = ConcurrentHashMap.newKeySet();

	/** Perhaps committed: the client has got no answer. */
	private final Set<UUID> unknown = ConcurrentHashMap.newKeySet();

	private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

	private final AtomicInteger rounds = new AtomicInteger();

	private volatile boolean ended;

	@ParameterizedTest
	@EnumSource(TestDatabases.class)
	@Reconciles
	void whatWasAcknowledgedSurvivesAndReadersGoOn(TestDatabases database) throws Exception {
		int kills = Boolean.getBoolean("atmosphere.test.long") ? 100 : 2;
		Random random = new Random(14);
		try (DatabaseServer server = database.newServer()) {
			server.createDatabase("crash");
			TestDatabase.withTables(new SingleConnectionDataSource(server.connect("crash"), true));
			ShardedLog log = new ShardedLog("crash", DatabaseDialect.of(jdbc(server.connect("crash"))), this.codec,
					Long.MAX_VALUE);
			log.createShards(jdbc(server.connect("crash")));
			ExecutorService executor = Executors.newCachedThreadPool();
			try {
				List<Reader> readers = new ArrayList<>();
				int phantoms = 0;
				for (int kill = 0; kill < kills; kill++) {
					this.ended = false;
					List<Future<?>> tasks = new ArrayList<>();
					for (int i = 0; i < WRITERS; i++) {
						int seed = random.nextInt();
						tasks.add(executor.submit(() -> write(server, log, new Random(seed))));
					}
					while (readers.size() < READERS) {
						readers.add(new Reader());
					}
					for (Reader reader : readers) {
						tasks.add(executor.submit(() -> reader.read(server, log)));
					}
					int before = this.rounds.get();
					MachineTime.await(Duration.ofSeconds(30)).until(() -> this.rounds.get() > before + 50);
					TimeUnit.MICROSECONDS.sleep(random.nextInt(300_000));
					this.ended = true;
					server.kill();
					for (Future<?> task : tasks) {
						task.get(60, TimeUnit.SECONDS);
					}
					server.start();
					assertThat(this.failures).isEmpty();
					Map<Integer, List<UUID>> rows = check(server, log);
					for (Reader reader : readers) {
						phantoms += reader.compare(rows);
					}
				}
				assertThat(this.acknowledged).hasSizeGreaterThan(kills * 50);
				if (database == TestDatabases.POSTGRESQL) {
					assertThat(phantoms).as("rows that were seen before they were safe").isZero();
				}
			}
			finally {
				this.ended = true;
				executor.shutdownNow();
			}
		}
	}

	private static JdbcTemplate jdbc(Connection connection) {
		return new JdbcTemplate(new SingleConnectionDataSource(connection, true));
	}

	private void write(DatabaseServer server, ShardedLog log, Random random) {
		try (Connection connection = server.connect("crash")) {
			connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
			connection.setAutoCommit(false);
			JdbcTemplate jdbc = jdbc(connection);
			while (!this.ended) {
				List<Envelope> envelopes = Envelopes.random(random, 1 + random.nextInt(3));
				try {
					log.append(jdbc, envelopes, false);
				}
				catch (RuntimeException ex) {
					// Not committed for sure
					return;
				}
				try {
					connection.commit();
					envelopes.forEach((envelope) -> this.acknowledged.add(envelope.id()));
					this.rounds.incrementAndGet();
				}
				catch (SQLException ex) {
					envelopes.forEach((envelope) -> this.unknown.add(envelope.id()));
					return;
				}
			}
		}
		catch (SQLException ex) {
			// Killed
		}
		catch (Throwable ex) {
			this.failures.add(ex);
		}
	}

	private Map<Integer, List<UUID>> check(DatabaseServer server, ShardedLog log) throws SQLException {
		try (Connection connection = server.connect("crash")) {
			JdbcTemplate jdbc = jdbc(connection);
			Map<Integer, List<UUID>> all = new TreeMap<>();
			Set<UUID> ids = new HashSet<>();
			for (ShardHead head : log.heads(jdbc)) {
				List<UUID> shard = new ArrayList<>();
				while (shard.size() < head.number()) {
					List<LogRow> rows = log.read(jdbc, head, shard.size(), 1000, 10_000_000);
					assertThat(rows).isNotEmpty();
					for (LogRow row : rows) {
						assertThat(row.number()).isEqualTo(shard.size() + 1);
						shard.add(this.codec.decode(row.envelope()).id());
					}
				}
				assertThat(shard).hasSize((int) head.number());
				assertThat(ids.addAll(shard) || shard.isEmpty()).isTrue();
				all.put(head.shard(), shard);
			}
			assertThat(ids).containsAll(this.acknowledged);
			ids.removeAll(this.acknowledged);
			assertThat(this.unknown).containsAll(ids);
			return all;
		}
	}

	private final class Reader {

		private final Map<Integer, List<UUID>> seen = new TreeMap<>();

		private void read(DatabaseServer server, ShardedLog log) {
			try (Connection connection = server.connect("crash")) {
				JdbcTemplate jdbc = jdbc(connection);
				while (true) {
					for (ShardHead head : log.heads(jdbc)) {
						List<UUID> shard = this.seen.computeIfAbsent(head.shard(), (key) -> new ArrayList<>());
						for (LogRow row : log.read(jdbc, head, shard.size(), 1000, 10_000_000)) {
							assertThat(row.number()).isEqualTo(shard.size() + 1);
							shard.add(ShardedLogCrashTests.this.codec.decode(row.envelope()).id());
						}
					}
				}
			}
			catch (SQLException | DataAccessException ex) {
				// Killed
			}
			catch (Throwable ex) {
				ShardedLogCrashTests.this.failures.add(ex);
			}
		}

		/**
		 * A row that was seen may be gone, because MariaDB and H2 show a transaction to
		 * others before they have written it to their disks. Nobody was told that it has
		 * committed.
		 * @return the number of such rows
		 */
		private int compare(Map<Integer, List<UUID>> rows) {
			int phantoms = 0;
			for (Map.Entry<Integer, List<UUID>> shard : this.seen.entrySet()) {
				List<UUID> kept = rows.get(shard.getKey());
				List<UUID> seen = shard.getValue();
				while (seen.size() > kept.size()) {
					UUID lost = seen.remove(seen.size() - 1);
					assertThat(ShardedLogCrashTests.this.acknowledged).doesNotContain(lost);
					phantoms++;
				}
				assertThat(kept.subList(0, seen.size())).isEqualTo(seen);
			}
			return phantoms;
		}

	}

}
