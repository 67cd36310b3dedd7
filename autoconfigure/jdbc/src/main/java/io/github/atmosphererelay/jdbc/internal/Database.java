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

import java.time.Duration;
import java.util.function.Function;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Access of this library's own threads to a database, in short transactions of its own at
 * READ COMMITTED, and by single queries outside of any transaction, whatever the defaults
 * of the {@link DataSource} are. A query by itself sees what is committed when it begins
 * and locks nothing, at every isolation of these databases. Safe for use by many threads.
 * Blocks as long as the database takes, at most for the timeout where its driver supports
 * that, and as long as the pool lets it wait for a connection.
 */
public final class Database {

	private final DataSource dataSource;

	private final boolean isOwn;

	private final JdbcTemplate jdbc;

	/** Of transactions, on the connection that is bound to the thread. */
	private final JdbcTemplate transactional;

	private final TransactionTemplate transactions;

	private volatile @Nullable DatabaseDialect dialect;

	/**
	 * Create access to a database by the connections of an application. Does not connect.
	 * @param dataSource gives the connections
	 * @param timeout how long a statement, or all statements of a transaction, may take;
	 * rounded up to a second
	 */
	public Database(DataSource dataSource, Duration timeout) {
		this(dataSource, timeout, false);
	}

	private Database(DataSource dataSource, Duration timeout, boolean isOwn) {
		this.dataSource = dataSource;
		this.isOwn = isOwn;
		int seconds = (int) Math.max(1, timeout.plusMillis(999).toSeconds());
		this.jdbc = new JdbcTemplate(isOwn ? dataSource : new AutoCommitDataSource(dataSource));
		this.jdbc.setQueryTimeout(seconds);
		this.transactional = new JdbcTemplate(dataSource);
		this.jdbc.setExceptionTranslator(SqlFailures.TRANSLATOR);
		this.transactional.setExceptionTranslator(SqlFailures.TRANSLATOR);
		this.transactional.setQueryTimeout(seconds);
		this.transactions = new TransactionTemplate(new DataSourceTransactionManager(dataSource));
		if (!isOwn) {
			this.transactions.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
		}
		this.transactions.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
		this.transactions.setTimeout(seconds);
	}

	/**
	 * Create access to a database by connections that are in autocommit mode and at READ
	 * COMMITTED already, so that they need not be asked for it each time. Does not
	 * connect.
	 * @param dataSource gives the connections
	 * @param timeout how long a statement, or all statements of a transaction, may take;
	 * rounded up to a second
	 * @return the access
	 */
	public static Database byOwnConnections(DataSource dataSource, Duration timeout) {
		return new Database(dataSource, timeout, true);
	}

	/**
	 * Return what gives the connections.
	 * @return the data source
	 */
	public DataSource dataSource() {
		return this.dataSource;
	}

	/**
	 * Return the operations for single queries, each of which is a transaction by itself.
	 * @return the operations
	 */
	public JdbcOperations jdbc() {
		return this.jdbc;
	}

	/**
	 * Run statements in one transaction, which commits unless they throw. Never within a
	 * transaction of the application: its connection may be bound to the thread in a way
	 * that looks free, as that of JPA does, and would be committed here.
	 * @param <T> the type of the result
	 * @param statements the statements
	 * @return their result
	 * @throws IllegalStateException if the thread is in a transaction
	 */
	public <T extends @Nullable Object> T inTransaction(Function<JdbcOperations, T> statements) {
		if (TransactionSynchronizationManager.isSynchronizationActive()) {
			throw new IllegalStateException("This thread is in a transaction of the application");
		}
		return this.transactions.execute((status) -> statements.apply(this.transactional));
	}

	/**
	 * Run one update in a transaction of its own. As {@link #inTransaction} does, and on
	 * connections of its own by that one statement.
	 * @param sql the statement
	 * @param parameters its parameters
	 * @return the number of rows
	 */
	int update(String sql, @Nullable Object... parameters) {
		return this.isOwn ? this.jdbc.update(sql, parameters)
				: inTransaction((operations) -> operations.update(sql, parameters));
	}

	/**
	 * Return the dialect of the database. Connects the first time.
	 * @return the dialect
	 */
	public DatabaseDialect dialect() {
		DatabaseDialect dialect = this.dialect;
		if (dialect == null) {
			dialect = DatabaseDialect.of(this.transactional);
			this.dialect = dialect;
		}
		return dialect;
	}

}
