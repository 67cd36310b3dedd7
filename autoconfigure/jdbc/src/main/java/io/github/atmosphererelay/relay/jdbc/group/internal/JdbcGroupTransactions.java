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

import java.sql.SQLException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

import javax.sql.DataSource;

import io.github.atmosphererelay.jdbc.internal.DataSources;
import io.github.atmosphererelay.jdbc.internal.DatabaseDialect;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.GroupLane;
import io.github.atmosphererelay.relay.GroupTransactionException;
import io.github.atmosphererelay.relay.GroupTransactions;
import io.github.atmosphererelay.relay.LaneLostException;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Handles messages in transactions of the application, on the database that also has the
 * relay's tables.
 * <p>
 * What is stored comes last in the transaction: the lane's row is locked and its token
 * compared, a row in the inbox says that the message was handled, and the channel's
 * progress is moved. So the lane's row is locked for a moment only, and a node that is
 * paused within the application's work keeps nobody from taking its lane. A node that has
 * lost its lane meanwhile rolls back. Messages that were set aside have no lane: of two
 * that are replayed at the same time the second one finds the row in the inbox, and rolls
 * back.
 */
public final class JdbcGroupTransactions implements GroupTransactions {

	/** PostgreSQL: a statement had failed before, or nothing came for too long. */
	private static final Set<String> ENDED_STATES = Set.of("25P02", "25P03");

	private final PlatformTransactionManager manager;

	private final TransactionTemplate transactions;

	private final DataSource dataSource;

	private final GroupTables tables;

	private final GroupInbox inbox;

	private final GroupSetAsideTable setAside;

	private volatile @Nullable DatabaseDialect dialect;

	/**
	 * Create the transactions of a log's groups.
	 * @param manager the application's transaction manager
	 * @param dataSource the application's database, which has the relay's tables
	 * @param log the name of the log
	 * @param setAside the table of messages that were set aside
	 */
	JdbcGroupTransactions(PlatformTransactionManager manager, DataSource dataSource, String log,
			GroupSetAsideTable setAside) {
		this.manager = manager;
		this.transactions = new TransactionTemplate(manager);
		this.transactions.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
		// The lane's row changes while the application works. Above this isolation,
		// databases refuse to lock a row that has changed since the transaction began
		this.transactions.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
		this.dataSource = dataSource;
		this.tables = new GroupTables(log);
		this.inbox = new GroupInbox(log);
		this.setAside = setAside;
	}

	@Override
	public void handle(String group, @Nullable GroupLane lane, Publication publication, Handling handling)
			throws Throwable {
		JdbcLane owned = (lane instanceof JdbcLane jdbcLane) ? jdbcLane : null;
		if (lane != null && owned == null) {
			throw new IllegalStateException("The lane is not one of the jdbc relay");
		}
		AtomicBoolean worked = new AtomicBoolean();
		AtomicBoolean stored = new AtomicBoolean();
		try {
			this.transactions.executeWithoutResult((status) -> {
				JdbcOperations jdbc = bound();
				if (!this.inbox.contains(jdbc, group, publication.id())) {
					run(handling, status);
					worked.set(true);
					store(jdbc, group, owned, publication);
					stored.set(true);
				}
			});
		}
		catch (HandledException ex) {
			throw ex.failure;
		}
		catch (AlreadyHandledException ex) {
			return;
		}
		catch (LaneLostException | GroupTransactionException ex) {
			throw ex;
		}
		catch (RuntimeException ex) {
			if (owned != null && stored.get()) {
				owned.mayBeHandled(publication);
			}
			if (worked.get() && isOfTheApplication(ex)) {
				throw ex;
			}
			throw new GroupTransactionException(ex);
		}
		if (owned != null && stored.get()) {
			owned.handledInTransaction(publication);
		}
	}

	/**
	 * Have the application work. What it has not sent to the database yet, as with JPA,
	 * is sent now: it would wait for locks, or fail, while the lane is locked.
	 */
	private static void run(Handling handling, TransactionStatus status) {
		try {
			handling.run();
			status.flush();
		}
		catch (Throwable ex) {
			throw new HandledException(ex);
		}
	}

	/**
	 * Return whether a transaction has failed after the application's work because of
	 * that work: a constraint that is checked at the end, a transaction that is marked
	 * for a rollback, or one that the database has ended because a statement had failed
	 * or nothing came for too long. Such a failure would come again and again.
	 */
	static boolean isOfTheApplication(Throwable failure) {
		for (Throwable ex = failure; ex != null; ex = ex.getCause()) {
			if (ex instanceof SQLException sqlException) {
				String state = String.valueOf(sqlException.getSQLState());
				return state.startsWith("22") || state.startsWith("23") || ENDED_STATES.contains(state);
			}
		}
		return true;
	}

	private void store(JdbcOperations jdbc, String group, @Nullable JdbcLane lane, Publication publication) {
		DatabaseDialect dialect = dialect(jdbc);
		dialect.limitPause(jdbc);
		if (lane != null && !this.tables.lock(jdbc, lane.key())) {
			if (!this.tables.exists(jdbc, group)) {
				throw new GroupTransactionException(new IllegalStateException("The group '" + group
						+ "' has no rows in ATMOSPHERE_GROUP_LANE of the application's DataSource. Let"
						+ " 'atmosphere.relay.jdbc.url' and 'atmosphere.jdbc.data-source' lead to the same database and"
						+ " schema"));
			}
			throw new LaneLostException(group, lane.number(), lane.token());
		}
		if (!this.inbox.add(jdbc, dialect, group, publication.id())) {
			throw new AlreadyHandledException();
		}
		// It may have been set aside by a node that died before it could go on behind it
		this.setAside.delete(jdbc, group, publication.id());
		Position position = publication.position();
		if (lane != null && position != null) {
			this.tables.store(jdbc, dialect, lane.key(), Map.of(publication.channel(), position.offset()));
		}
	}

	private DatabaseDialect dialect(JdbcOperations jdbc) {
		DatabaseDialect dialect = this.dialect;
		if (dialect == null) {
			dialect = DatabaseDialect.of(jdbc);
			this.dialect = dialect;
		}
		return dialect;
	}

	/**
	 * Return the operations on the connection of the present transaction.
	 */
	private JdbcOperations bound() {
		for (Map.Entry<Object, Object> resource : TransactionSynchronizationManager.getResourceMap().entrySet()) {
			if (resource.getValue() instanceof ConnectionHolder && resource.getKey() instanceof DataSource source
					&& DataSources.isSame(source, this.dataSource)) {
				return new JdbcTemplate(source);
			}
		}
		throw new IllegalStateException("A transaction of " + this.manager.getClass().getName()
				+ " does not use the DataSource that has the tables of the jdbc relay. Let its transaction manager and"
				+ " 'atmosphere.jdbc.data-source' name the same bean");
	}

	/**
	 * Carries an exception of the application out of the transaction.
	 */
	@SuppressWarnings("serial")
	private static final class HandledException extends RuntimeException {

		private final transient Throwable failure;

		private HandledException(Throwable failure) {
			super(failure);
			this.failure = failure;
		}

	}

	/**
	 * Rolls back what was done for a message that another transaction has handled.
	 */
	@SuppressWarnings("serial")
	private static final class AlreadyHandledException extends RuntimeException {

	}

}
