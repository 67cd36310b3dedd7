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
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.AbstractDataSource;
import org.springframework.jdbc.datasource.SmartDataSource;

/**
 * Hands out the connections of another data source in autocommit mode, and resets them
 * when they are given back. For use by Spring's {@code JdbcTemplate}. Without this, a
 * query on a connection that does not commit by itself begins a transaction that nobody
 * ends: the next query on it sees what was committed then, and at SERIALIZABLE MariaDB
 * locks what it reads and waits for the counters of transactions that are about to
 * commit.
 */
final class AutoCommitDataSource extends AbstractDataSource implements SmartDataSource {

	private final DataSource dataSource;

	private final Set<Connection> changed = Collections
		.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));

	AutoCommitDataSource(DataSource dataSource) {
		this.dataSource = dataSource;
	}

	@Override
	public Connection getConnection() throws SQLException {
		Connection connection = this.dataSource.getConnection();
		try {
			if (!connection.getAutoCommit()) {
				connection.setAutoCommit(true);
				this.changed.add(connection);
			}
			return connection;
		}
		catch (SQLException | RuntimeException | Error ex) {
			connection.close();
			throw ex;
		}
	}

	@Override
	public Connection getConnection(@Nullable String username, @Nullable String password) {
		throw new UnsupportedOperationException("The other data source has its own credentials");
	}

	@Override
	public boolean shouldClose(Connection connection) {
		if (this.changed.remove(connection)) {
			try {
				connection.setAutoCommit(false);
			}
			catch (SQLException ex) {
				// It is lost, and its pool finds out when it is closed
				logger.debug("A connection could not be reset", ex);
			}
		}
		return true;
	}

}
