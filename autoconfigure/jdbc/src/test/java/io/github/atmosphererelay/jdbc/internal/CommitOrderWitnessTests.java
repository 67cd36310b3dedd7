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
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
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
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.atmosphererelay.contract.broker.DatabaseServer;
import io.github.atmosphererelay.contract.broker.DatabaseServers;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.test.Reconciles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * PostgreSQL's write-ahead log tells in which order the transactions have committed. It
 * knows nothing of the numbers in a {@link ShardedLog}, and has to agree with them.
 */
@Reconciles
@Timeout(600)
class CommitOrderWitnessTests {

	private static final boolean LONG = Boolean.getBoolean("atmosphere.test.long");

	private static final int WRITERS = 16;

	private static final int TRANSACTIONS = LONG ? 2000 : 30;

	private static final Pattern INSERTED = Pattern.compile("table public\\.atmosphere_message: INSERT:"
			+ " log_name\\[[^]]*]:'witness' shard\\[integer]:(\\d+) number\\[bigint]:(\\d+) .*"
			+ " envelope\\[bytea]:'\\\\x([0-9a-f]*)'.*");

	private final EnvelopeCodec codec = new EnvelopeCodec(1024 * 1024);

	private final Set<UUID> acknowledged = ConcurrentHashMap.newKeySet();

	/** Perhaps committed: the connection was killed while the transaction committed. */
	private final Set<UUID> unknown = ConcurrentHashMap.newKeySet();

	/** The ids of the processes of the server that work for the writers. */
	private final Set<Integer> processes = ConcurrentHashMap.newKeySet();

	private final AtomicInteger killed = new AtomicInteger();

	private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

	@Test
	void theWriteAheadLogHasTheRowsOfEachShardInTheOrderOfTheirNumbers() throws Exception {
		try (DatabaseServer server = DatabaseServers.newPostgres("wal_level=logical")) {
			server.createDatabase("witness");
			try (Connection connection = server.connect("witness")) {
				JdbcTemplate jdbc = jdbc(connection);
				TestDatabase.withTables(new SingleConnectionDataSource(connection, true));
				ShardedLog log = new ShardedLog("witness", DatabaseDialect.POSTGRESQL, this.codec, 60_000);
				log.createShards(jdbc);
				jdbc.queryForList("SELECT pg_create_logical_replication_slot('witness', 'test_decoding')");
				write(server, log, jdbc);
				assertThat(this.failures).isEmpty();
				Map<Integer, List<UUID>> witnessed = witnessed(jdbc);
				assertThat(witnessed).isEqualTo(read(log, jdbc));
				Set<UUID> all = new HashSet<>();
				witnessed.values().forEach(all::addAll);
				assertThat(all).hasSameSizeAs(witnessed.values().stream().flatMap(List::stream).toList());
				assertThat(this.acknowledged).hasSizeGreaterThan(WRITERS * TRANSACTIONS / 4);
				assertThat(this.killed.get()).isPositive();
				assertThat(all).containsAll(this.acknowledged);
				all.removeAll(this.acknowledged);
				assertThat(this.unknown).containsAll(all);
			}
		}
	}

	private static JdbcTemplate jdbc(Connection connection) {
		return new JdbcTemplate(new SingleConnectionDataSource(connection, true));
	}

	private void write(DatabaseServer server, ShardedLog log, JdbcTemplate jdbc) throws Exception {
		ExecutorService executor = Executors.newFixedThreadPool(WRITERS);
		try {
			List<Future<?>> writers = new ArrayList<>();
			for (int i = 0; i < WRITERS; i++) {
				Random random = new Random(i);
				writers.add(executor.submit(() -> write(server, log, random)));
			}
			Random random = new Random(14);
			while (!writers.stream().allMatch(Future::isDone)) {
				TimeUnit.MILLISECONDS.sleep(5 + random.nextInt(30));
				List<Integer> processes = List.copyOf(this.processes);
				if (!processes.isEmpty()) {
					jdbc.queryForList("SELECT pg_terminate_backend(?)",
							processes.get(random.nextInt(processes.size())));
				}
			}
		}
		finally {
			executor.shutdownNow();
			assertThat(executor.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
		}
	}

	private void write(DatabaseServer server, ShardedLog log, Random random) {
		int written = 0;
		while (written < TRANSACTIONS) {
			Integer process = null;
			try (Connection connection = server.connect("witness")) {
				JdbcTemplate jdbc = jdbc(connection);
				process = jdbc.queryForObject("SELECT pg_backend_pid()", Integer.class);
				if (process != null) {
					this.processes.add(process);
				}
				while (written < TRANSACTIONS) {
					written++;
					transaction(connection, jdbc, log, random);
				}
			}
			catch (SQLException | DataAccessException ex) {
				this.killed.incrementAndGet();
			}
			catch (Throwable ex) {
				if (!isOfTheDriver(ex)) {
					this.failures.add(ex);
					return;
				}
				this.killed.incrementAndGet();
			}
			finally {
				if (process != null) {
					this.processes.remove(process);
				}
			}
		}
	}

	/**
	 * Return whether an assertion of the driver has failed, which it does where a
	 * connection ends within a batch. Only tests switch assertions on.
	 */
	private static boolean isOfTheDriver(Throwable ex) {
		return ex instanceof AssertionError && ex.getStackTrace()[0].getClassName().startsWith("org.postgresql.");
	}

	private void transaction(Connection connection, JdbcTemplate jdbc, ShardedLog log, Random random)
			throws SQLException {
		List<Envelope> envelopes = Envelopes.random(random, 1 + random.nextInt(3));
		boolean atOnce = random.nextInt(4) == 0;
		if (atOnce) {
			connection.setAutoCommit(true);
			envelopes.forEach((envelope) -> this.unknown.add(envelope.id()));
			log.appendAtOnce(jdbc,
					envelopes.stream()
						.map((envelope) -> new EncodedEnvelope(envelope, this.codec.encode(envelope)))
						.toList());
		}
		else {
			connection.setAutoCommit(false);
			log.append(jdbc, envelopes, false);
			LockSupport.parkNanos(random.nextInt(3_000_000));
			if (random.nextInt(4) == 0) {
				connection.rollback();
				return;
			}
			envelopes.forEach((envelope) -> this.unknown.add(envelope.id()));
			connection.commit();
		}
		envelopes.forEach((envelope) -> {
			this.unknown.remove(envelope.id());
			this.acknowledged.add(envelope.id());
		});
	}

	/**
	 * Return the ids of the messages in the order in which the write-ahead log has the
	 * commits of their transactions.
	 */
	private Map<Integer, List<UUID>> witnessed(JdbcTemplate jdbc) {
		Map<Integer, List<UUID>> shards = new TreeMap<>();
		jdbc.query("SELECT data FROM pg_logical_slot_get_changes('witness', NULL, NULL)", (row) -> {
			Matcher inserted = INSERTED.matcher(row.getString(1));
			if (inserted.matches()) {
				List<UUID> shard = shards.computeIfAbsent(Integer.valueOf(inserted.group(1)),
						(key) -> new ArrayList<>());
				assertThat(Long.parseLong(inserted.group(2))).isEqualTo(shard.size() + 1);
				shard.add(this.codec.decode(HexFormat.of().parseHex(inserted.group(3))).id());
			}
		});
		return shards;
	}

	private Map<Integer, List<UUID>> read(ShardedLog log, JdbcTemplate jdbc) {
		Map<Integer, List<UUID>> shards = new TreeMap<>();
		for (ShardHead head : log.heads(jdbc)) {
			List<UUID> shard = new ArrayList<>();
			while (shard.size() < head.number()) {
				List<LogRow> rows = log.read(jdbc, head, shard.size(), 1000, 1_000_000);
				assertThat(rows).isNotEmpty();
				rows.forEach((row) -> shard.add(this.codec.decode(row.envelope()).id()));
			}
			if (!shard.isEmpty()) {
				shards.put(head.shard(), shard);
			}
		}
		return shards;
	}

}
