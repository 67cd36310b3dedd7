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

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.concurrent.Callable;

import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.jdbc.internal.SqlFailures;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * One connection to the database. It is used by one thread at a time; any other may
 * {@link #abort() abort} it, which ends a call that is under way; with the drivers of H2
 * and MariaDB, which wait for the answer, only when its time is over. In autocommit mode,
 * except within {@link #inTransaction}.
 */
final class JdbcLink implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(JdbcLink.class);

	private final Connection connection;

	private final JdbcTemplate jdbc;

	private final Duration timeout;

	private boolean pooled;

	private volatile boolean aborted;

	private JdbcLink(Connection connection, Duration timeout) {
		this.connection = connection;
		this.timeout = timeout;
		this.jdbc = new JdbcTemplate(new SingleConnectionDataSource(connection, true));
		this.jdbc.setExceptionTranslator(SqlFailures.TRANSLATOR);
	}

	/**
	 * Open a connection. Blocks as the source does.
	 * @param source opens the connection
	 * @param timeout how long an answer may take before the connection counts as lost
	 * @return the link
	 * @throws SQLException if there is no connection
	 */
	static JdbcLink open(ConnectionSource source, Duration timeout) throws SQLException {
		Connection connection = source.open();
		try {
			connection.setNetworkTimeout(JdbcLink::inBackground, (int) timeout.toMillis());
			connection.setAutoCommit(true);
			return new JdbcLink(connection, timeout);
		}
		catch (SQLException | RuntimeException | Error ex) {
			closeQuietly(connection);
			throw ex;
		}
	}

	Connection connection() {
		return this.connection;
	}

	/**
	 * Return how long an answer may take before the connection counts as lost.
	 */
	Duration timeout() {
		return this.timeout;
	}

	/**
	 * Use READ COMMITTED from now on. Not through a pooler: others would get the
	 * connection of the server with it.
	 * @throws SQLException if the database refuses
	 */
	void useReadCommitted() throws SQLException {
		if (this.connection.getTransactionIsolation() != Connection.TRANSACTION_READ_COMMITTED) {
			this.connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
		}
	}

	/**
	 * Return whether each transaction may run on another connection of the server, so
	 * that nothing can be set for longer than a transaction.
	 */
	boolean isPooled() {
		return this.pooled;
	}

	void markPooled() {
		this.pooled = true;
	}

	JdbcOperations jdbc() {
		return this.jdbc;
	}

	/**
	 * Return the driver's own view of the connection.
	 * @param type the driver's type
	 * @return the connection as that type
	 * @throws SQLException if the connection is not one of that driver
	 */
	<T> T unwrap(Class<T> type) throws SQLException {
		return this.connection.unwrap(type);
	}

	/**
	 * Run something in a transaction of its own.
	 * @param work what to run, which uses {@link #jdbc()}
	 * @return what it returns
	 * @throws UnknownOutcomeException if the commit was asked for and not answered; if
	 * anything else is thrown the transaction was not committed and never will be
	 */
	<T> T inTransaction(Callable<T> work) {
		T result;
		try {
			this.connection.setAutoCommit(false);
			result = work.call();
		}
		catch (Throwable ex) {
			rollBack();
			throw unchecked(ex);
		}
		try {
			this.connection.commit();
		}
		catch (SQLException | RuntimeException ex) {
			abort();
			throw new UnknownOutcomeException(ex);
		}
		try {
			this.connection.setAutoCommit(true);
		}
		catch (SQLException ex) {
			logger.debug("A connection cannot be used any more", ex);
			abort();
		}
		return result;
	}

	private void rollBack() {
		try {
			this.connection.rollback();
			this.connection.setAutoCommit(true);
		}
		catch (SQLException | RuntimeException ex) {
			// Without a connection the database rolls back by itself
			logger.debug("A transaction could not be rolled back", ex);
			abort();
		}
	}

	private static RuntimeException unchecked(Throwable ex) {
		if (ex instanceof RuntimeException runtimeException) {
			return runtimeException;
		}
		if (ex instanceof Error error) {
			throw error;
		}
		return new IllegalStateException(ex);
	}

	/**
	 * Return whether a failure says that the connection is lost, rather than that the
	 * database has refused a statement.
	 * @param failure what a statement has failed with
	 * @return whether the connection cannot be used any more
	 */
	boolean isLost(Throwable failure) {
		if (this.aborted) {
			return true;
		}
		for (Throwable ex = failure; ex != null; ex = ex.getCause()) {
			if (ex instanceof SQLNonTransientConnectionException || ex instanceof SQLTransientConnectionException
					|| ex instanceof SQLRecoverableException) {
				return true;
			}
			String state = (ex instanceof SQLException sqlException) ? sqlException.getSQLState() : null;
			// Connections, the server's shutdown; H2's lost connections
			if (state != null && (state.startsWith("08") || state.startsWith("57P") || state.startsWith("9006")
					|| state.startsWith("90121"))) {
				return true;
			}
		}
		try {
			return this.connection.isClosed();
		}
		catch (SQLException ex) {
			return true;
		}
	}

	/**
	 * Return whether the connection seems to be usable. Does not ask the database.
	 */
	boolean isUsable() {
		try {
			return !this.aborted && !this.connection.isClosed();
		}
		catch (SQLException ex) {
			return false;
		}
	}

	boolean isAborted() {
		return this.aborted;
	}

	/**
	 * End the connection, also while another thread waits for an answer. Does not block.
	 */
	void abort() {
		if (this.aborted) {
			return;
		}
		this.aborted = true;
		inBackground(() -> {
			try {
				this.connection.abort(Runnable::run);
			}
			catch (SQLException | RuntimeException ex) {
				logger.debug("A connection could not be aborted", ex);
			}
			closeQuietly(this.connection);
		});
	}

	/**
	 * Closing may block while the database does not answer.
	 */
	private static void inBackground(Runnable task) {
		Threads.factory("jdbc-closer").newThread(task).start();
	}

	@Override
	public void close() {
		if (!this.aborted) {
			this.aborted = true;
			closeQuietly(this.connection);
		}
	}

	private static void closeQuietly(Connection connection) {
		try {
			connection.close();
		}
		catch (SQLException | RuntimeException ex) {
			logger.debug("A connection could not be closed", ex);
		}
	}

}
