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

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.contract.broker.DatabaseBroker;
import io.github.atmosphererelay.test.MachineTime;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * With a group besides that handles each message exactly once, in the tables of the
 * application.
 */
abstract class AbstractGroupsOnDatabaseTests extends AbstractGroupClusterTests {

	private static final Duration LIMIT = Duration.ofMinutes(3);

	private final String idType;

	/**
	 * Create the tests.
	 * @param idType the type of a column that numbers rows in the order of their
	 * insertion
	 */
	AbstractGroupsOnDatabaseTests(String idType) {
		this.idType = idType;
	}

	abstract DatabaseBroker startDatabase();

	@Override
	Broker startBroker(Path directory) {
		return startDatabase();
	}

	@Override
	int lanes() {
		return 16;
	}

	@Override
	List<String> prepare(Broker broker) throws Exception {
		try (Connection connection = ((DatabaseBroker) broker).connect();
				Statement statement = connection.createStatement()) {
			statement
				.execute("CREATE TABLE WORKED (ID " + this.idType + " PRIMARY KEY, CHANNEL VARCHAR(20), NUMBER INT)");
		}
		return List.of("test.once=true");
	}

	@Override
	void compare(Broker broker) throws Exception {
		try (Connection connection = ((DatabaseBroker) broker).connect();
				Statement statement = connection.createStatement()) {
			MachineTime.await(LIMIT)
				.until(() -> number(statement,
						"SELECT COUNT(*) FROM (SELECT DISTINCT CHANNEL, NUMBER FROM WORKED) W") == (long) MESSAGES
								* CHANNELS);
			List<Integer> all = IntStream.range(0, MESSAGES).boxed().toList();
			assertThat(worked(statement)).hasSize(CHANNELS)
				.allSatisfy((channel, numbers) -> assertThat(numbers).as("channel %s", channel).isEqualTo(all));
			MachineTime.await(LIMIT)
				.until(() -> number(statement, "SELECT COUNT(*) FROM ATMOSPHERE_GROUP_CHANNEL") == 0);
		}
	}

	/**
	 * Return the numbers by channel, in the order of the work.
	 */
	private static Map<String, List<Integer>> worked(Statement statement) throws SQLException {
		Map<String, List<Integer>> worked = new HashMap<>();
		try (ResultSet row = statement.executeQuery("SELECT CHANNEL, NUMBER FROM WORKED ORDER BY ID")) {
			while (row.next()) {
				worked.computeIfAbsent(row.getString(1), (channel) -> new ArrayList<>()).add(row.getInt(2));
			}
		}
		return worked;
	}

	private static long number(Statement statement, String query) throws SQLException {
		try (ResultSet row = statement.executeQuery(query)) {
			row.next();
			return row.getLong(1);
		}
	}

}
