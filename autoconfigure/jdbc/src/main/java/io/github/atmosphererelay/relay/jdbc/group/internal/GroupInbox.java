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

package io.github.atmosphererelay.relay.jdbc.group.internal;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;

import io.github.atmosphererelay.jdbc.internal.DatabaseDialect;

import org.springframework.jdbc.core.JdbcOperations;

/**
 * The table of messages that groups have handled in transactions. Stateless; blocks as
 * long as the database takes.
 */
final class GroupInbox {

	static final int BATCH = 1000;

	private static final String FIND = "SELECT HANDLED_AT FROM ATMOSPHERE_GROUP_INBOX"
			+ " WHERE LOG_NAME = ? AND GROUP_NAME = ? AND MESSAGE_ID = ?";

	private static final String DELETE = "DELETE FROM ATMOSPHERE_GROUP_INBOX"
			+ " WHERE LOG_NAME = ? AND GROUP_NAME = ? AND MESSAGE_ID = ?";

	private final String log;

	GroupInbox(String log) {
		this.log = log;
	}

	/**
	 * Return whether a message was handled.
	 */
	boolean contains(JdbcOperations jdbc, String group, UUID id) {
		return !jdbc.queryForList(FIND, Long.class, this.log, group, id.toString()).isEmpty();
	}

	/**
	 * Store that a message was handled, within the present transaction.
	 * @return {@code false} if it was there
	 */
	boolean add(JdbcOperations jdbc, DatabaseDialect dialect, String group, UUID id) {
		return jdbc.update(insertIfAbsent(dialect), this.log, group, id.toString()) > 0;
	}

	/**
	 * None of the forms fails in a way that ends the transaction.
	 */
	private static String insertIfAbsent(DatabaseDialect dialect) {
		String columns = "(LOG_NAME, GROUP_NAME, MESSAGE_ID, HANDLED_AT)";
		String values = " VALUES (?, ?, ?, " + now(dialect) + ")";
		return switch (dialect) {
			case POSTGRESQL -> "INSERT INTO ATMOSPHERE_GROUP_INBOX " + columns + values + " ON CONFLICT DO NOTHING";
			case MARIADB, MYSQL -> "INSERT IGNORE INTO ATMOSPHERE_GROUP_INBOX " + columns + values;
			case H2 -> "MERGE INTO ATMOSPHERE_GROUP_INBOX I USING (VALUES (CAST(? AS VARCHAR), CAST(? AS VARCHAR),"
					+ " CAST(? AS VARCHAR))) V(LOG_NAME, GROUP_NAME, MESSAGE_ID)"
					+ " ON I.LOG_NAME = V.LOG_NAME AND I.GROUP_NAME = V.GROUP_NAME AND I.MESSAGE_ID = V.MESSAGE_ID"
					+ " WHEN NOT MATCHED THEN INSERT " + columns + " VALUES (V.LOG_NAME, V.GROUP_NAME, V.MESSAGE_ID, "
					+ now(dialect) + ")";
		};
	}

	/**
	 * Return the present time in milliseconds since 1970 by the clock of the database:
	 * one that is wrong on a node would remove what all nodes have stored.
	 */
	private static String now(DatabaseDialect dialect) {
		return switch (dialect) {
			case POSTGRESQL -> "CAST(EXTRACT(EPOCH FROM CLOCK_TIMESTAMP()) * 1000 AS BIGINT)";
			case MARIADB, MYSQL -> "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)";
			case H2 -> "CAST(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP) * 1000 AS BIGINT)";
		};
	}

	/**
	 * Remove rows that are older than a time, {@value #BATCH} at most, within the present
	 * transaction.
	 * @return the number of rows
	 */
	int removeOld(JdbcOperations jdbc, DatabaseDialect dialect, Duration retention) {
		List<Object[]> old = jdbc.query(
				"SELECT GROUP_NAME, MESSAGE_ID FROM ATMOSPHERE_GROUP_INBOX WHERE LOG_NAME = ? AND HANDLED_AT < "
						+ now(dialect) + " - ? ORDER BY LOG_NAME, HANDLED_AT LIMIT " + BATCH,
				(row, index) -> new Object[] { this.log, row.getString(1), row.getString(2) }, this.log,
				retention.toMillis());
		if (!old.isEmpty()) {
			// Other nodes remove them in the same order
			old.sort(Comparator.comparing((row) -> row[1] + " " + row[2]));
			jdbc.batchUpdate(DELETE, old);
		}
		return old.size();
	}

}
