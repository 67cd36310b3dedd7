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
import java.util.Set;

import io.github.atmosphererelay.jdbc.internal.DatabaseDialect;

import org.springframework.dao.PessimisticLockingFailureException;

/**
 * What has to be set on the relay's connections, by database: nobody waits long for a
 * lock, the server gives a statement up before its client does, and a node that is lost
 * in the middle of a transaction does not hold the locks of it for long.
 */
final class LinkDialect {

	private static final int LOCK_MILLIS = 1000;

	private static final int PAUSE_MILLIS = 1000;

	private static final int READ_MILLIS = 30_000;

	/** PostgreSQL: the lock is not available, or the statement has taken too long. */
	private static final Set<String> LOCKED_STATES = Set.of("55P03", "57014");

	/** MariaDB, MySQL with {@code NOWAIT}, and H2. */
	private static final Set<Integer> LOCKED_CODES = Set.of(1205, 3572, 50200);

	private LinkDialect() {
	}

	/**
	 * Prepare a new connection.
	 * @param link the connection
	 * @param dialect the database
	 * @throws SQLException if the driver is another one
	 */
	static void prepare(JdbcLink link, DatabaseDialect dialect) throws SQLException {
		if (dialect == DatabaseDialect.POSTGRESQL && PostgresLinks.isPooled(link)) {
			PostgresLinks.prepareNothing(link);
			link.markPooled();
			return;
		}
		link.useReadCommitted();
		switch (dialect) {
			case POSTGRESQL -> link.jdbc().execute(limits(link, "SET "));
			case MARIADB ->
				link.jdbc().execute("SET SESSION innodb_lock_wait_timeout = 1, idle_write_transaction_timeout = 1");
			case MYSQL -> link.jdbc().execute("SET SESSION innodb_lock_wait_timeout = 1");
			case H2 -> link.jdbc().execute("SET LOCK_TIMEOUT " + LOCK_MILLIS);
		}
	}

	/**
	 * Limit the present transaction, where the connection could not be limited as a whole
	 * because a pooler may share it. Before any other statement of the transaction.
	 * @param link the connection
	 */
	static void limitTransaction(JdbcLink link) {
		if (link.isPooled()) {
			link.jdbc().execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED; " + limits(link, "SET LOCAL "));
		}
	}

	/**
	 * Let reads of a connection take longer than writes. What a server sends counts as a
	 * part of the statement, and a slow network takes long for it. The driver gives up
	 * when nothing comes at all, and a lock is not waited for.
	 * @param link the connection
	 * @param dialect the database
	 */
	static void allowLongReads(JdbcLink link, DatabaseDialect dialect) {
		if (dialect == DatabaseDialect.POSTGRESQL && !link.isPooled()) {
			link.jdbc().execute("SET statement_timeout = " + READ_MILLIS);
		}
	}

	/**
	 * The driver closes its socket when an answer takes too long. The server does not
	 * notice that while a statement waits for a lock, so the statement has to end
	 * earlier.
	 */
	private static String limits(JdbcLink link, String set) {
		long statementMillis = link.timeout().toMillis() / 4 * 3;
		return set + "lock_timeout = " + LOCK_MILLIS + "; " + set + "statement_timeout = " + statementMillis + "; "
				+ set + "idle_in_transaction_session_timeout = " + PAUSE_MILLIS;
	}

	/**
	 * Return whether a statement was refused because somebody else holds a lock that it
	 * needs.
	 * @param failure what the statement has failed with
	 * @return whether it may succeed later
	 */
	static boolean isLocked(Throwable failure) {
		for (Throwable ex = failure; ex != null; ex = ex.getCause()) {
			if (ex instanceof SQLException sqlException && (LOCKED_CODES.contains(sqlException.getErrorCode())
					|| (sqlException.getSQLState() != null && LOCKED_STATES.contains(sqlException.getSQLState())))) {
				return true;
			}
		}
		return failure instanceof PessimisticLockingFailureException;
	}

}
