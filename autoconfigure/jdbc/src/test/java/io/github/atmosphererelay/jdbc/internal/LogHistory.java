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
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs transactions that append to a log, each on a thread and a connection of its own,
 * while readers follow the log with their cursors, and checks what was read.
 */
final class LogHistory {

	private static final String BUSINESS = "INSERT INTO BUSINESS (ID, CHANNEL, TEXT) VALUES (?, 'history', 'x')";

	private static final int READERS = 2;

	private final EnvelopeCodec codec = new EnvelopeCodec(1024 * 1024);

	private final TestDatabases database;

	private final int isolation;

	private final ShardedLog log;

	private volatile boolean written;

	LogHistory(TestDatabases database, int isolation) {
		this.database = database;
		this.isolation = isolation;
		JdbcTemplate jdbc = new JdbcTemplate(database.pool());
		this.log = new ShardedLog(TestDatabases.newName(), DatabaseDialect.of(jdbc), this.codec, 60_000);
		this.log.createShards(jdbc);
	}

	void run(List<LogTransaction> schedule) throws Exception {
		List<Writer> writers = new ArrayList<>();
		List<CountDownLatch> ends = List.of(new CountDownLatch(0), new CountDownLatch(1), new CountDownLatch(2),
				new CountDownLatch(3), new CountDownLatch(4));
		CyclicBarrier begun = new CyclicBarrier(schedule.size());
		schedule.forEach((transaction) -> writers.add(new Writer(transaction, ends, begun)));
		ExecutorService executor = Executors.newCachedThreadPool();
		try {
			List<Future<Map<Integer, List<UUID>>>> readers = new ArrayList<>();
			for (int i = 0; i < READERS; i++) {
				readers.add(executor.submit(this::follow));
			}
			List<Future<?>> written = new ArrayList<>();
			writers.forEach((writer) -> written.add(executor.submit(writer::run)));
			for (Future<?> each : written) {
				each.get(60, TimeUnit.SECONDS);
			}
			// Waits for killed transactions that the server has not ended yet
			new JdbcTemplate(this.database.pool()).update("UPDATE ATMOSPHERE_SHARD SET HEAD = HEAD WHERE LOG_NAME = ?",
					this.log.name());
			this.written = true;
			Map<Integer, List<UUID>> rows = readers.get(0).get(60, TimeUnit.SECONDS);
			assertThat(readers.get(1).get(60, TimeUnit.SECONDS)).isEqualTo(rows);
			check(writers, rows);
		}
		finally {
			this.written = true;
			executor.shutdownNow();
		}
	}

	/**
	 * Read until everything is written, and once more then.
	 */
	private Map<Integer, List<UUID>> follow() throws SQLException {
		Map<Integer, List<UUID>> shards = new TreeMap<>();
		try (Connection connection = connect()) {
			JdbcTemplate jdbc = jdbc(connection);
			boolean last;
			do {
				last = this.written;
				for (ShardHead head : this.log.heads(jdbc)) {
					List<UUID> shard = shards.computeIfAbsent(head.shard(), (key) -> new ArrayList<>());
					assertThat(head.number()).isGreaterThanOrEqualTo(shard.size());
					for (LogRow row : this.log.read(jdbc, head, shard.size(), 1000, 1_000_000)) {
						assertThat(row.number()).isEqualTo(shard.size() + 1);
						shard.add(this.codec.decode(row.envelope()).id());
					}
					assertThat((long) shard.size()).isEqualTo(head.number());
				}
			}
			while (!last);
			return shards;
		}
	}

	private void check(List<Writer> writers, Map<Integer, List<UUID>> rows) {
		JdbcTemplate jdbc = new JdbcTemplate(this.database.pool());
		Set<UUID> expected = new HashSet<>();
		Map<UUID, Writer> writerOf = new HashMap<>();
		Map<String, UUID> keys = new HashMap<>();
		for (Writer writer : writers) {
			boolean committed = Integer.valueOf(1)
				.equals(jdbc.queryForObject("SELECT COUNT(*) FROM BUSINESS WHERE ID = ?", Integer.class, writer.id));
			if (writer.outcome != Outcome.UNKNOWN) {
				assertThat(committed).isEqualTo(writer.outcome == Outcome.COMMITTED);
			}
			if (!committed) {
				continue;
			}
			for (int i = 0; i < writer.results.size(); i++) {
				AppendResult result = writer.results.get(i);
				Envelope envelope = writer.appended.get(i);
				int shard = ShardedLog.shardOf(envelope.address());
				assertThat(rows.get(shard).get((int) result.position().offset() - 1)).isEqualTo(result.messageId());
				if (!result.duplicate()) {
					assertThat(result.messageId()).isEqualTo(envelope.id());
					expected.add(envelope.id());
					writerOf.put(envelope.id(), writer);
				}
				if (envelope.log() != null) {
					UUID first = keys.putIfAbsent(envelope.address().value() + envelope.log().idempotencyKey(),
							result.messageId());
					assertThat(first == null || first.equals(result.messageId())).isTrue();
				}
			}
		}
		rows.forEach((shard, ids) -> {
			long begun = Long.MIN_VALUE;
			for (UUID id : ids) {
				assertThat(expected.remove(id)).as("row is there once, and its transaction has committed").isTrue();
				Writer writer = writerOf.get(id);
				assertThat(writer.commitEnds).as("has committed before an earlier one began to").isGreaterThan(begun);
				begun = Math.max(begun, writer.commitBegins);
			}
		});
		assertThat(expected).as("committed and not read").isEmpty();
	}

	private Connection connect() throws SQLException {
		return this.database.server().connect("outbox");
	}

	private static JdbcTemplate jdbc(Connection connection) {
		return new JdbcTemplate(new SingleConnectionDataSource(connection, true));
	}

	private void kill(int session) {
		String statement = switch (this.database) {
			case H2 -> "CALL ABORT_SESSION(" + session + ")";
			case POSTGRESQL -> "SELECT pg_terminate_backend(" + session + ")";
			case MARIADB -> "KILL CONNECTION " + session;
		};
		new JdbcTemplate(this.database.pool()).execute(statement);
	}

	private String sessionQuery() {
		return switch (this.database) {
			case H2 -> "SELECT SESSION_ID()";
			case POSTGRESQL -> "SELECT pg_backend_pid()";
			case MARIADB -> "SELECT CONNECTION_ID()";
		};
	}

	/**
	 * What the client knows of a transaction.
	 */
	private enum Outcome {

		COMMITTED, ROLLED_BACK, UNKNOWN

	}

	/**
	 * Runs one transaction.
	 */
	private final class Writer {

		private final String id = UUID.randomUUID().toString();

		private final LogTransaction transaction;

		private final List<CountDownLatch> ends;

		private final CyclicBarrier begun;

		private final List<Envelope> appended = new ArrayList<>();

		private final List<AppendResult> results = new ArrayList<>();

		private Outcome outcome = Outcome.ROLLED_BACK;

		private long commitBegins;

		private long commitEnds;

		private Writer(LogTransaction transaction, List<CountDownLatch> ends, CyclicBarrier begun) {
			this.transaction = transaction;
			this.ends = ends;
			this.begun = begun;
		}

		private Void run() throws Exception {
			try (Connection connection = connect()) {
				connection.setAutoCommit(false);
				connection.setTransactionIsolation(LogHistory.this.isolation);
				JdbcTemplate jdbc = jdbc(connection);
				Integer session = jdbc.queryForObject(sessionQuery(), Integer.class);
				// Takes the snapshot, if there is one
				LogHistory.this.log.heads(jdbc);
				jdbc.queryForList("SELECT KEY_HASH FROM ATMOSPHERE_KEY");
				this.begun.await(30, TimeUnit.SECONDS);
				await(this.transaction.beginsAfter());
				jdbc.update(BUSINESS, this.id);
				Savepoint savepoint = connection.setSavepoint();
				append(jdbc);
				switch (this.transaction.end()) {
					case SAVEPOINT -> takeBack(connection, savepoint);
					case AGAIN -> {
						takeBack(connection, savepoint);
						append(jdbc);
					}
					case COMMIT, ROLLBACK, KILLED, KILLED_AT_COMMIT -> {
					}
				}
				await(this.transaction.endsAfter());
				end(connection, (session != null) ? session : 0);
			}
			catch (SQLException ex) {
				// Closing what was killed
				if (this.outcome != Outcome.UNKNOWN) {
					throw ex;
				}
			}
			finally {
				this.ends.forEach(CountDownLatch::countDown);
			}
			return null;
		}

		/**
		 * Wait for transactions of other threads to end. They may wait for this one.
		 */
		private void await(int number) throws InterruptedException {
			this.ends.get(number).await(20, TimeUnit.MILLISECONDS);
		}

		private void append(JdbcTemplate jdbc) {
			List<Envelope> first = new ArrayList<>();
			List<Envelope> second = new ArrayList<>();
			for (LogTransaction.Message message : this.transaction.messages()) {
				String channel = "room/" + message.channel();
				int shard = ShardedLog.shardOf(new Address.Channel(channel));
				((shard < this.transaction.split()) ? first : second)
					.add(Envelopes.to(channel, (message.key() != null) ? "key-" + message.key() : null));
			}
			for (List<Envelope> call : List.of(first, second)) {
				this.appended.addAll(call);
				this.results.addAll(LogHistory.this.log.append(jdbc, call, true));
			}
		}

		private void takeBack(Connection connection, Savepoint savepoint) throws SQLException {
			connection.rollback(savepoint);
			this.appended.clear();
			this.results.clear();
		}

		private void end(Connection connection, int session) throws Exception {
			if (this.transaction.end() == LogTransaction.End.ROLLBACK) {
				connection.rollback();
				return;
			}
			Thread killer = new Thread(() -> kill(session));
			if (this.transaction.end() == LogTransaction.End.KILLED) {
				killer.start();
				killer.join();
			}
			else if (this.transaction.end() == LogTransaction.End.KILLED_AT_COMMIT) {
				killer.start();
			}
			this.outcome = Outcome.UNKNOWN;
			this.commitBegins = System.nanoTime();
			try {
				connection.commit();
				this.outcome = Outcome.COMMITTED;
			}
			catch (SQLException ex) {
				boolean killed = this.transaction.end() == LogTransaction.End.KILLED
						|| this.transaction.end() == LogTransaction.End.KILLED_AT_COMMIT;
				assertThat(killed).as("a commit that fails: %s", ex).isTrue();
			}
			finally {
				this.commitEnds = System.nanoTime();
			}
			killer.join();
		}

	}

}
