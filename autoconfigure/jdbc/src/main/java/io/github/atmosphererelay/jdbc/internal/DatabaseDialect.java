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
import java.sql.DatabaseMetaData;
import java.util.Locale;

import org.springframework.jdbc.core.JdbcOperations;

/**
 * What databases do differently, as far as a {@link ShardedLog} and its readers need it.
 */
public enum DatabaseDialect {

	/**
	 * PostgreSQL, which can wake readers by {@code NOTIFY}. At REPEATABLE READ and above
	 * it refuses to update a row that another transaction has changed since the snapshot.
	 */
	POSTGRESQL("postgresql", Connection.TRANSACTION_READ_COMMITTED),

	/**
	 * MariaDB and MySQL with InnoDB, whose updates see the newest committed row at
	 * REPEATABLE READ, too, unless {@code innodb_snapshot_isolation} is on.
	 */
	MARIADB("mariadb", Connection.TRANSACTION_REPEATABLE_READ),

	/**
	 * MySQL, see {@link #MARIADB}.
	 */
	MYSQL("mysql", Connection.TRANSACTION_REPEATABLE_READ),

	/**
	 * H2, which refuses as PostgreSQL does.
	 */
	H2("h2", Connection.TRANSACTION_READ_COMMITTED);

	/**
	 * Longer than a node stands still, shorter than the others can do without a counter.
	 * A shorter time that is set already stays.
	 */
	private static final String LIMIT_PAUSE = "SELECT SET_CONFIG('idle_in_transaction_session_timeout', '5s', TRUE)"
			+ " WHERE CURRENT_SETTING('idle_in_transaction_session_timeout')::INTERVAL NOT BETWEEN '1 ms' AND '5 s'";

	private final String platform;

	private final int greatestIsolation;

	DatabaseDialect(String platform, int greatestIsolation) {
		this.platform = platform;
		this.greatestIsolation = greatestIsolation;
	}

	/**
	 * Find the dialect of a database. Connects to it.
	 * @param jdbc the database
	 * @return the dialect
	 * @throws UnsupportedDatabaseException if the database is another one
	 */
	public static DatabaseDialect of(JdbcOperations jdbc) {
		String product = jdbc.execute((Connection connection) -> {
			DatabaseMetaData data = connection.getMetaData();
			return data.getDatabaseProductName() + " " + data.getDatabaseProductVersion();
		});
		String name = String.valueOf(product).toLowerCase(Locale.ROOT);
		if (name.contains("mariadb")) {
			return MARIADB;
		}
		for (DatabaseDialect dialect : values()) {
			if (name.startsWith(dialect.platform)) {
				return dialect;
			}
		}
		throw new UnsupportedDatabaseException(String.valueOf(product));
	}

	/**
	 * Return the strictest isolation at which a transaction may append. Above it, the
	 * update of a counter fails as soon as two transactions append at the same time.
	 * @param jdbc the database, whose settings decide on MariaDB
	 * @return one of the constants of {@link Connection}
	 */
	public int greatestIsolation(JdbcOperations jdbc) {
		if (this != MARIADB) {
			return this.greatestIsolation;
		}
		// Absent before 10.6.18, off by default before 11.6
		boolean snapshots = jdbc
			.query("SHOW VARIABLES LIKE 'innodb_snapshot_isolation'", (row, index) -> row.getString(2))
			.stream()
			.anyMatch("ON"::equalsIgnoreCase);
		return snapshots ? Connection.TRANSACTION_READ_COMMITTED : this.greatestIsolation;
	}

	/**
	 * Have the database end the present transaction, and give its locks back, when the
	 * client sends nothing for five seconds: its node may have lost its power, which the
	 * database would notice only hours later. Only PostgreSQL can do so for a single
	 * transaction.
	 * @param jdbc uses the connection of the present transaction
	 */
	public void limitPause(JdbcOperations jdbc) {
		if (this == POSTGRESQL) {
			jdbc.query(LIMIT_PAUSE, (row) -> {
				// The setting is known
			});
		}
	}

	/**
	 * Return the statement that inserts an idempotency key unless it is there, whose
	 * update count is 1 if it has inserted and 0 if not. None of the forms fails in a way
	 * that ends the transaction.
	 */
	String insertKeyIfAbsent() {
		String columns = "(LOG_NAME, KEY_HASH, SHARD, NUMBER, MESSAGE_ID, EXPIRES_AT)";
		return switch (this) {
			case POSTGRESQL ->
				"INSERT INTO ATMOSPHERE_KEY " + columns + " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
			case MARIADB, MYSQL -> "INSERT IGNORE INTO ATMOSPHERE_KEY " + columns + " VALUES (?, ?, ?, ?, ?, ?)";
			case H2 -> "MERGE INTO ATMOSPHERE_KEY K USING (VALUES (CAST(? AS VARCHAR), CAST(? AS VARCHAR),"
					+ " CAST(? AS INT), CAST(? AS BIGINT), CAST(? AS VARCHAR), CAST(? AS BIGINT)))"
					+ " V(LOG_NAME, KEY_HASH, SHARD, NUMBER, MESSAGE_ID, EXPIRES_AT)"
					+ " ON K.LOG_NAME = V.LOG_NAME AND K.KEY_HASH = V.KEY_HASH WHEN NOT MATCHED THEN INSERT " + columns
					+ " VALUES (V.LOG_NAME, V.KEY_HASH, V.SHARD, V.NUMBER, V.MESSAGE_ID, V.EXPIRES_AT)";
		};
	}

	/**
	 * Return the statement that notes up to which number rows of a channel were removed,
	 * and keeps a greater number that is there.
	 */
	String raiseTrimMark() {
		String insert = "INSERT INTO ATMOSPHERE_TRIM (LOG_NAME, SHARD, CHANNEL, TRIMMED_TO) VALUES (?, ?, ?, ?)";
		return switch (this) {
			case POSTGRESQL -> insert + " ON CONFLICT (LOG_NAME, SHARD, CHANNEL) DO UPDATE"
					+ " SET TRIMMED_TO = GREATEST(ATMOSPHERE_TRIM.TRIMMED_TO, EXCLUDED.TRIMMED_TO)";
			case MARIADB, MYSQL ->
				insert + " ON DUPLICATE KEY UPDATE TRIMMED_TO = GREATEST(TRIMMED_TO, VALUES(TRIMMED_TO))";
			case H2 -> "MERGE INTO ATMOSPHERE_TRIM T USING (VALUES (CAST(? AS VARCHAR), CAST(? AS INT),"
					+ " CAST(? AS VARCHAR), CAST(? AS BIGINT))) V(LOG_NAME, SHARD, CHANNEL, TRIMMED_TO)"
					+ " ON T.LOG_NAME = V.LOG_NAME AND T.SHARD = V.SHARD AND T.CHANNEL = V.CHANNEL"
					+ " WHEN MATCHED THEN UPDATE SET TRIMMED_TO = GREATEST(T.TRIMMED_TO, V.TRIMMED_TO)"
					+ " WHEN NOT MATCHED THEN INSERT (LOG_NAME, SHARD, CHANNEL, TRIMMED_TO)"
					+ " VALUES (V.LOG_NAME, V.SHARD, V.CHANNEL, V.TRIMMED_TO)";
		};
	}

}
