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

package io.github.atmosphererelay.relay.jdbc.internal;

import java.sql.SQLException;

import org.postgresql.PGConnection;

/**
 * What the driver of PostgreSQL tells of a connection. Only loaded when the database is
 * PostgreSQL.
 */
final class PostgresLinks {

	private PostgresLinks() {
	}

	/**
	 * Return whether the connection leads through a pooler such as PgBouncer: the process
	 * that the driver was told at the beginning is not the one that answers.
	 * @param link the connection
	 * @return whether a pooler is between this node and the server
	 * @throws SQLException if the connection is not one of this driver
	 */
	static boolean isPooled(JdbcLink link) throws SQLException {
		PGConnection connection = link.unwrap(PGConnection.class);
		Integer process = link.jdbc().queryForObject("SELECT PG_BACKEND_PID()", Integer.class);
		return process == null || process != connection.getBackendPID();
	}

	/**
	 * Prepare no statements on the server, because the next transaction may run on
	 * another one.
	 * @param link the connection
	 * @throws SQLException if the connection is not one of this driver
	 */
	static void prepareNothing(JdbcLink link) throws SQLException {
		link.unwrap(PGConnection.class).setPrepareThreshold(0);
	}

}
