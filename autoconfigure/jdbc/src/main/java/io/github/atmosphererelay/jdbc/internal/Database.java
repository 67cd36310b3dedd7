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
 * READ COMMITTED, whatever the defaults of the {@link DataSource} are. Safe for use by
 * many threads. Blocks as long as the database takes, at most for the timeout where its
 * driver supports that, and as long as the pool lets it wait for a connection.
 */
public final class Database {

	private final DataSource dataSource;

	private final JdbcTemplate jdbc;

	private final TransactionTemplate transactions;

	private volatile @Nullable DatabaseDialect dialect;

	/**
	 * Create access to a database. Does not connect.
	 * @param dataSource gives the connections
	 * @param timeout how long a statement, or all statements of a transaction, may take;
	 * rounded up to a second
	 */
	public Database(DataSource dataSource, Duration timeout) {
		this.dataSource = dataSource;
		int seconds = (int) Math.max(1, timeout.plusMillis(999).toSeconds());
		this.jdbc = new JdbcTemplate(dataSource);
		this.jdbc.setQueryTimeout(seconds);
		this.transactions = new TransactionTemplate(new DataSourceTransactionManager(dataSource));
		this.transactions.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
		this.transactions.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
		this.transactions.setTimeout(seconds);
	}

	/**
	 * Return what gives the connections.
	 * @return the data source
	 */
	public DataSource dataSource() {
		return this.dataSource;
	}

	/**
	 * Return the operations for single queries. An update needs
	 * {@linkplain #inTransaction a transaction}, because a pool may give connections that
	 * do not commit by themselves.
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
		return this.transactions.execute((status) -> statements.apply(this.jdbc));
	}

	/**
	 * Return the dialect of the database. Connects the first time.
	 * @return the dialect
	 */
	public DatabaseDialect dialect() {
		DatabaseDialect dialect = this.dialect;
		if (dialect == null) {
			dialect = DatabaseDialect.of(this.jdbc);
			this.dialect = dialect;
		}
		return dialect;
	}

}
