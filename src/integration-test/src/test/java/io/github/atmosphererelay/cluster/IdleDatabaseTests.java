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

package io.github.atmosphererelay.cluster;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import io.github.atmosphererelay.contract.broker.DatabaseServer;
import io.github.atmosphererelay.contract.broker.DatabaseServers;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TakesLong;
import io.github.atmosphererelay.test.TestNode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a cluster on the JDBC relay asks of its database while nothing happens, counted by
 * the server itself: the relay with its probes and the removal of old rows, heartbeats
 * and leases.
 */
class IdleDatabaseTests {

	private static final Duration QUIET = Duration.ofSeconds(5);

	private static final Duration MEASURED = Duration.ofSeconds(20);

	@Test
	void aNodeOnPostgresThatHasNothingToDoSendsAtMostTwoQueriesPerSecond() throws Exception {
		try (DatabaseServer server = DatabaseServers.newPostgres("shared_preload_libraries=pg_stat_statements")) {
			measure(server, "listening", "CREATE EXTENSION pg_stat_statements",
					"SELECT S.QUERY, S.CALLS FROM PG_STAT_STATEMENTS S JOIN PG_DATABASE D ON D.OID = S.DBID"
							+ " WHERE D.DATNAME = CURRENT_DATABASE() AND S.QUERY NOT ILIKE '%PG_STAT_STATEMENTS%'");
		}
	}

	/** Counts the queries of this test, too. */
	@Test
	@TakesLong
	void aNodeOnMariaDbThatHasNothingToDoSendsAtMostTwoQueriesPerSecond() throws Exception {
		try (DatabaseServer server = DatabaseServers.newMariaDb()) {
			measure(server, "polling", null, "SHOW GLOBAL STATUS WHERE VARIABLE_NAME = 'Questions'");
		}
	}

	/** A commit is not counted as a query. */
	@Test
	@TakesLong
	void aNodeOnH2ThatHasNothingToDoSendsAtMostTwoQueriesPerSecond() throws Exception {
		try (DatabaseServer server = DatabaseServers.newH2()) {
			measure(server, "polling", "SET QUERY_STATISTICS_MAX_ENTRIES 10000; SET QUERY_STATISTICS TRUE",
					"SELECT SQL_STATEMENT, EXECUTION_COUNT FROM INFORMATION_SCHEMA.QUERY_STATISTICS"
							+ " WHERE SQL_STATEMENT NOT LIKE '%QUERY_STATISTICS%' AND SQL_STATEMENT <> 'COMMIT'");
		}
	}

	private static void measure(DatabaseServer server, String wakeUp, @Nullable String prepare, String count)
			throws Exception {
		server.createDatabase("messages");
		try (Connection connection = server.connect("messages"); Statement statement = connection.createStatement()) {
			if (prepare != null) {
				statement.execute(prepare);
			}
			try (TestNode one = start("one", server); TestNode two = start("two", server)) {
				for (TestNode node : List.of(one, two)) {
					MachineTime.await(Duration.ofSeconds(30)).untilAsserted(() -> {
						assertThat(node.bean(Cluster.class).nodes()).hasSize(2);
						assertThat(node.messaging().monitor().isUp()).isTrue();
						assertThat(node.bean(ClusterRelay.class).details()).containsEntry("wakeUp", wakeUp);
					});
				}
				pass(QUIET);
				MachineTime start = MachineTime.start();
				Map<String, Long> before = count(statement, count);
				pass(MEASURED);
				Map<String, Long> calls = count(statement, count);
				double seconds = start.elapsed().toMillis() / 1000.0;
				before.forEach((query, number) -> calls.merge(query, -number, Long::sum));
				calls.values().removeIf((number) -> number == 0);
				assertThat(calls.values()).allMatch((number) -> number > 0);
				double rate = calls.values().stream().mapToLong(Long::longValue).sum() / 2.0 / seconds;
				System.out.printf("Queries per second and node: %.2f of %s%n", rate, calls);
				assertThat(rate).as("queries per second and node of %s", calls).isLessThanOrEqualTo(2).isPositive();
			}
		}
	}

	private static void pass(Duration time) {
		MachineTime start = MachineTime.start();
		MachineTime.await(time.multipliedBy(2)).until(() -> start.elapsed().compareTo(time) >= 0);
	}

	private static Map<String, Long> count(Statement statement, String query) throws SQLException {
		Map<String, Long> calls = new TreeMap<>();
		try (ResultSet row = statement.executeQuery(query)) {
			while (row.next()) {
				String sql = row.getString(1);
				calls.merge(sql.substring(0, Math.min(sql.length(), 60)), row.getLong(2), Long::sum);
			}
		}
		return calls;
	}

	private static TestNode start(String name, DatabaseServer server) {
		return TestNode.start(List.of(NodeApplication.class), "atmosphere.cluster.node-name=" + name,
				"atmosphere.relay.type=jdbc", "spring.datasource.url=" + server.jdbcUrl("messages"),
				"spring.datasource.username=" + server.user(), "spring.datasource.password=" + server.password(),
				"atmosphere.jdbc.initialize-schema=always", "management.health.redis.enabled=false",
				"management.health.db.enabled=false");
	}

}
