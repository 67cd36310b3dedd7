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

package io.github.atmosphererelay.group;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.contract.broker.DatabaseBroker;
import io.github.atmosphererelay.test.MachineTime;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Consumer groups of three nodes that share a PostgreSQL, one of them with
 * {@code exactlyOnce}.
 */
class GroupsOnPostgresTests extends AbstractGroupClusterTests {

	@Override
	Broker startBroker() {
		return new Broker.Postgres();
	}

	@Override
	List<String> prepare(Broker broker) throws Exception {
		try (Connection connection = ((DatabaseBroker) broker).connect();
				Statement statement = connection.createStatement()) {
			statement.execute("CREATE TABLE WORKED (ID BIGSERIAL, CHANNEL VARCHAR(20), NUMBER INT)");
		}
		return List.of("test.once=true");
	}

	@Override
	void compare(Broker broker, int messages) throws Exception {
		try (Connection connection = ((DatabaseBroker) broker).connect();
				Statement statement = connection.createStatement()) {
			MachineTime.await(Duration.ofMinutes(2))
				.until(() -> number(statement,
						"SELECT COUNT(*) FROM (SELECT DISTINCT CHANNEL, NUMBER FROM WORKED) W") >= (long) messages
								* CHANNELS);
			assertThat(number(statement, "SELECT COUNT(*) FROM WORKED")).isEqualTo((long) messages * CHANNELS);
			MachineTime.await(Duration.ofMinutes(1))
				.until(() -> number(statement, "SELECT COUNT(*) FROM ATMOSPHERE_GROUP_CHANNEL") == 0);
		}
	}

	private static long number(Statement statement, String query) throws SQLException {
		try (ResultSet row = statement.executeQuery(query)) {
			row.next();
			return row.getLong(1);
		}
	}

}
