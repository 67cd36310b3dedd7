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

import io.github.atmosphererelay.jdbc.internal.DatabaseDialect;

import org.springframework.jdbc.core.JdbcOperations;

/**
 * What has to be set on the relay's connections, by database: nobody waits long for a
 * lock, and a node that is lost in the middle of a transaction does not hold the locks of
 * it for long.
 */
final class LinkDialect {

	private LinkDialect() {
	}

	/**
	 * Prepare a new connection.
	 * @param link the connection
	 * @param dialect the database
	 * @throws SQLException if the driver is another one
	 */
	static void prepare(JdbcLink link, DatabaseDialect dialect) throws SQLException {
		switch (dialect) {
			case POSTGRESQL -> {
				if (PostgresLinks.isPooled(link)) {
					PostgresLinks.prepareNothing(link);
				}
			}
			case MARIADB -> {
				link.jdbc().execute("SET SESSION innodb_lock_wait_timeout = 1, idle_write_transaction_timeout = 1");
			}
			case MYSQL -> link.jdbc().execute("SET SESSION innodb_lock_wait_timeout = 1");
			case H2 -> link.jdbc().execute("SET LOCK_TIMEOUT 1000");
		}
	}

	/**
	 * Limit the present transaction, where the connection could not be limited as a whole
	 * because a pooler may share it.
	 * @param jdbc the transaction's connection
	 * @param dialect the database
	 */
	static void limitTransaction(JdbcOperations jdbc, DatabaseDialect dialect) {
		if (dialect == DatabaseDialect.POSTGRESQL) {
			jdbc.execute("SET LOCAL idle_in_transaction_session_timeout = 1000");
		}
	}

}
