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

package io.github.atmosphererelay.outbox.internal;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

import javax.sql.DataSource;

import io.github.atmosphererelay.broadcast.OutboxException;
import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.broadcast.internal.PublishingTransaction;
import io.github.atmosphererelay.broadcast.internal.PublishingTransactions;
import io.github.atmosphererelay.jdbc.internal.DataSources;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.TransactionExecutionListener;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.util.ConcurrentReferenceHashMap;

/**
 * Watches the application's transactions, and lets those take messages that use the
 * database of the outbox. It listens to every transaction manager of the application; a
 * transaction uses the database if a connection to it was bound to the thread when the
 * transaction began. So it does not matter which kind of manager it is: one for JDBC, for
 * JPA, or another one that exposes its connection.
 * <p>
 * Why a listener and not only a synchronization: its {@code beforeCommit} is called after
 * {@code beforeCommit} of all synchronizations and immediately before the commit, and an
 * exception there still rolls back.
 */
public final class OutboxTransactions implements PublishingTransactions, TransactionExecutionListener {

	private static final Log logger = LogFactory.getLog(OutboxTransactions.class);

	private final DataSource dataSource;

	private final OutboxTarget target;

	private final boolean required;

	private final AfterCommitTransactions others = new AfterCommitTransactions(false);

	/** The isolation of transactions that do not ask for one. */
	private final Map<DataSource, Integer> defaultIsolation = new ConcurrentHashMap<>();

	private final Map<DataSource, JdbcTemplate> templates = new ConcurrentHashMap<>();

	/**
	 * Whether other data sources are the outbox's. Does not keep them from being removed.
	 */
	private final Map<DataSource, Boolean> known = new ConcurrentReferenceHashMap<>();

	private final AtomicBoolean warned = new AtomicBoolean();

	private volatile @Nullable Integer greatestIsolation;

	/**
	 * Create a finder of transactions.
	 * @param dataSource the application's database with the tables
	 * @param target where the messages go
	 * @param required whether publishing outside of a transaction is an error
	 */
	public OutboxTransactions(DataSource dataSource, OutboxTarget target, boolean required) {
		this.dataSource = DataSources.root(dataSource);
		this.target = target;
		this.required = required;
	}

	@Override
	public @Nullable PublishingTransaction present(PublishOptions options) {
		OutboxTransaction current = current();
		if (current != null && !current.isCompleted()) {
			return current;
		}
		PublishingTransaction other = this.others.present(options);
		if (other != null || options.isAfterCommit()) {
			return other;
		}
		Bound bound = (current != null) ? null : bound();
		if (bound != null && isUnknownTransaction(bound.holder())) {
			throw new OutboxException("A message cannot be published in this transaction, because the outbox does not"
					+ " hear of its commit: its transaction manager must be a bean, and transaction synchronization"
					+ " must not be switched off");
		}
		if (this.required) {
			throw new OutboxException("A message was published outside of a transaction, which"
					+ " 'atmosphere.outbox.required' forbids: publish it in a transaction, or use"
					+ " PublishOptions.afterCommit()");
		}
		if (current == null && bound == null && isTransactionUnderWay() && this.warned.compareAndSet(false, true)) {
			logger.warn("A message was published in a transaction that does not use the database of the outbox, and"
					+ " was sent at once. If that transaction is one of the outbox's database, let its transaction"
					+ " manager and 'atmosphere.jdbc.data-source' name the same bean. This is not logged again");
		}
		return null;
	}

	private static boolean isTransactionUnderWay() {
		return TransactionSynchronizationManager.isActualTransactionActive()
				&& TransactionSynchronizationManager.isSynchronizationActive();
	}

	/**
	 * Return whether a transaction is under way on the connection of which the outbox was
	 * not told. A manager with synchronization says whether there is a transaction:
	 * within {@code SUPPORTS} there is none, and none after its completion, when the
	 * synchronizations have been taken away and are called for the last time. The
	 * connection may still have autocommit switched off in both cases.
	 */
	private static boolean isUnknownTransaction(ConnectionHolder holder) {
		return TransactionSynchronizationManager.isActualTransactionActive() == TransactionSynchronizationManager
			.isSynchronizationActive() && isTransactional(holder);
	}

	private static boolean isTransactional(ConnectionHolder holder) {
		try {
			return !holder.getConnection().getAutoCommit();
		}
		catch (SQLException | RuntimeException ex) {
			// Bound without a transaction, and with no connection at the moment
			return false;
		}
	}

	/**
	 * Find the transaction of the connection that is bound now. A transaction that is
	 * suspended has its connection unbound; one within which a transaction of another
	 * resource runs has not.
	 */
	private @Nullable OutboxTransaction current() {
		Map<ConnectionHolder, OutboxTransaction> transactions = transactions();
		if (transactions == null) {
			return null;
		}
		Bound bound = bound();
		return (bound != null) ? transactions.get(bound.holder()) : null;
	}

	/**
	 * Return the transactions of this thread, those that are suspended too.
	 */
	@SuppressWarnings("unchecked")
	private @Nullable Map<ConnectionHolder, OutboxTransaction> transactions() {
		return (Map<ConnectionHolder, OutboxTransaction>) TransactionSynchronizationManager.getResource(this);
	}

	private @Nullable OutboxTransaction find(TransactionExecution execution) {
		Map<ConnectionHolder, OutboxTransaction> transactions = transactions();
		if (transactions == null) {
			return null;
		}
		return transactions.values()
			.stream()
			.filter((transaction) -> transaction.is(execution))
			.findFirst()
			.orElse(null);
	}

	/**
	 * Return whether another transaction of this thread holds the counter of a shard.
	 */
	boolean isHeldByAnother(OutboxTransaction transaction, int shard) {
		Map<ConnectionHolder, OutboxTransaction> transactions = transactions();
		return transactions != null && transactions.values()
			.stream()
			.anyMatch((other) -> other != transaction && !other.isCompleted() && other.holds(shard));
	}

	void forget(ConnectionHolder holder, OutboxTransaction transaction) {
		Map<ConnectionHolder, OutboxTransaction> transactions = transactions();
		if (transactions != null && transactions.remove(holder, transaction) && transactions.isEmpty()) {
			TransactionSynchronizationManager.unbindResource(this);
		}
	}

	/**
	 * Find the connection to the database that is bound to this thread. The application
	 * may wrap the data source for its transaction manager, or for this outbox.
	 */
	private @Nullable Bound bound() {
		for (Map.Entry<Object, Object> resource : TransactionSynchronizationManager.getResourceMap().entrySet()) {
			if (resource.getValue() instanceof ConnectionHolder holder && resource.getKey() instanceof DataSource source
					&& isOurs(source)) {
				return new Bound(source, holder);
			}
		}
		return null;
	}

	/**
	 * Return whether a data source is that of the outbox. Proxies that are not Spring's
	 * are asked for what they wrap.
	 */
	private boolean isOurs(DataSource source) {
		DataSource root = DataSources.root(source);
		return root == this.dataSource
				|| this.known.computeIfAbsent(root, (other) -> DataSources.isSame(other, this.dataSource));
	}

	@Override
	public void afterBegin(TransactionExecution execution, @Nullable Throwable failure) {
		if (failure != null || !execution.isNewTransaction()
				|| !TransactionSynchronizationManager.isSynchronizationActive()) {
			return;
		}
		Bound bound = bound();
		if (bound == null) {
			return;
		}
		Map<ConnectionHolder, OutboxTransaction> transactions = transactions();
		if (transactions == null) {
			transactions = new IdentityHashMap<>();
			TransactionSynchronizationManager.bindResource(this, transactions);
		}
		OutboxTransaction current = transactions.get(bound.holder());
		if (current != null && !current.isCompleted()) {
			// A transaction of another resource, such as Kafka, within one of ours
			return;
		}
		OutboxTransaction transaction = new OutboxTransaction(this, this.target, execution, bound.dataSource(),
				bound.holder());
		transactions.put(bound.holder(), transaction);
		transaction.register();
	}

	@Override
	public void beforeCommit(TransactionExecution execution) {
		OutboxTransaction transaction = find(execution);
		if (transaction != null) {
			transaction.write();
		}
	}

	@Override
	public void afterCommit(TransactionExecution execution, @Nullable Throwable failure) {
		OutboxTransaction transaction = find(execution);
		if (transaction != null) {
			transaction
				.ended((failure != null) ? OutboxTransaction.Result.UNKNOWN : OutboxTransaction.Result.COMMITTED);
		}
	}

	@Override
	public void afterRollback(TransactionExecution execution, @Nullable Throwable failure) {
		OutboxTransaction transaction = find(execution);
		if (transaction != null) {
			transaction
				.ended((failure != null) ? OutboxTransaction.Result.UNKNOWN : OutboxTransaction.Result.ROLLED_BACK);
		}
	}

	/**
	 * Return the operations that use the connection that is bound for a data source.
	 */
	JdbcTemplate jdbc(DataSource dataSource) {
		return this.templates.computeIfAbsent(dataSource, JdbcTemplate::new);
	}

	/**
	 * Refuse a transaction whose isolation makes appending fail as soon as two of them
	 * append at the same time.
	 * @throws OutboxException if the transaction has a stricter isolation
	 */
	void checkIsolation(DataSource dataSource, ConnectionHolder holder) {
		JdbcTemplate jdbc = jdbc(dataSource);
		Integer greatest = this.greatestIsolation;
		if (greatest == null) {
			greatest = this.target.dialect(jdbc).greatestIsolation(jdbc);
			this.greatestIsolation = greatest;
		}
		Integer declared = TransactionSynchronizationManager.getCurrentTransactionIsolationLevel();
		int isolation = (declared != null) ? declared
				: this.defaultIsolation.computeIfAbsent(dataSource, (key) -> isolation(holder));
		if (isolation > greatest) {
			throw new OutboxException("A message cannot be published with the outbox in a transaction at isolation "
					+ name(isolation) + ": on this database two such transactions that publish at the same time fail. "
					+ name(greatest) + " is the strictest that works. Use it, or PublishOptions.afterCommit()");
		}
	}

	private static int isolation(ConnectionHolder holder) {
		try {
			return holder.getConnection().getTransactionIsolation();
		}
		catch (SQLException ex) {
			throw new OutboxException("The isolation of the transaction could not be read", ex);
		}
	}

	private static String name(int isolation) {
		return switch (isolation) {
			case Connection.TRANSACTION_READ_UNCOMMITTED -> "READ UNCOMMITTED";
			case Connection.TRANSACTION_READ_COMMITTED -> "READ COMMITTED";
			case Connection.TRANSACTION_REPEATABLE_READ -> "REPEATABLE READ";
			case Connection.TRANSACTION_SERIALIZABLE -> "SERIALIZABLE";
			default -> "SNAPSHOT";
		};
	}

	/**
	 * A connection that is bound to this thread, and the data source for which it is.
	 */
	private record Bound(DataSource dataSource, ConnectionHolder holder) {
	}

}
