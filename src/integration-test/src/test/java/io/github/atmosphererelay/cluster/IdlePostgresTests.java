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

import io.github.atmosphererelay.contract.broker.DatabaseServer;
import io.github.atmosphererelay.contract.broker.DatabaseServers;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a cluster on the JDBC relay asks of PostgreSQL while nothing happens, counted by
 * the server itself: the relay with its probes and the removal of old rows, heartbeats
 * and leases.
 */
class IdlePostgresTests {

	private static final int SECONDS = 20;

	@Test
	void aNodeThatHasNothingToDoSendsAtMostTwoQueriesPerSecond() throws Exception {
		try (DatabaseServer server = DatabaseServers.newPostgres("shared_preload_libraries=pg_stat_statements")) {
			server.createDatabase("messages");
			try (Connection connection = server.connect("messages");
					Statement statement = connection.createStatement()) {
				statement.execute("CREATE EXTENSION pg_stat_statements");
				try (TestNode one = start("one", server); TestNode two = start("two", server)) {
					for (TestNode node : List.of(one, two)) {
						MachineTime.await(Duration.ofSeconds(30))
							.until(() -> node.bean(Cluster.class).nodes().size() == 2
									&& node.messaging().monitor().isUp());
						MachineTime.await(Duration.ofSeconds(30))
							.untilAsserted(() -> assertThat(
									node.bean(io.github.atmosphererelay.relay.ClusterRelay.class).details())
								.containsEntry("wakeUp", "listening"));
					}
					MachineTime start = MachineTime.start();
					long before = calls(statement);
					MachineTime.await(Duration.ofSeconds(2 * SECONDS))
						.until(() -> start.elapsed().compareTo(Duration.ofSeconds(SECONDS)) >= 0);
					long calls = calls(statement) - before;
					assertThat(calls / 2.0 / start.elapsed().toMillis() * 1000).as("queries per second and node")
						.isLessThanOrEqualTo(2)
						.isPositive();
				}
			}
		}
	}

	private static long calls(Statement statement) throws SQLException {
		try (ResultSet row = statement.executeQuery("SELECT SUM(S.CALLS) FROM PG_STAT_STATEMENTS S"
				+ " JOIN PG_DATABASE D ON D.OID = S.DBID WHERE D.DATNAME = CURRENT_DATABASE()"
				+ " AND S.QUERY NOT ILIKE '%PG_STAT_STATEMENTS%'")) {
			row.next();
			return row.getLong(1);
		}
	}

	private static TestNode start(String name, DatabaseServer server) {
		return TestNode.start(List.of(NodeApplication.class), "atmosphere.cluster.node-name=" + name,
				"atmosphere.relay.type=jdbc", "spring.datasource.url=" + server.jdbcUrl("messages"),
				"spring.datasource.username=" + server.user(), "spring.datasource.password=" + server.password(),
				"atmosphere.jdbc.initialize-schema=always", "management.health.redis.enabled=false",
				"management.health.db.enabled=false");
	}

}
