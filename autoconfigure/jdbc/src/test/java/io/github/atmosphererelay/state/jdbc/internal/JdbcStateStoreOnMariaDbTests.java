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

package io.github.atmosphererelay.state.jdbc.internal;

import javax.sql.DataSource;

import io.github.atmosphererelay.contract.broker.DatabaseServer;
import io.github.atmosphererelay.contract.broker.DatabaseServers;

import org.springframework.jdbc.datasource.DriverManagerDataSource;

/**
 * Tests for {@link JdbcStateStore} with a real MariaDB, as installed on this machine.
 */
class JdbcStateStoreOnMariaDbTests extends AbstractJdbcStateStoreTests {

	JdbcStateStoreOnMariaDbTests() {
		super("schema-mariadb.sql");
	}

	@Override
	DataSource database(String name) {
		DatabaseServer server = DatabaseServers.mariaDb();
		String database = "states_" + name;
		server.createDatabase(database);
		return new DriverManagerDataSource(server.jdbcUrl(database), server.user(), server.password());
	}

}
