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

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

import javax.sql.DataSource;

import io.github.atmosphererelay.broadcast.OutboxException;
import io.github.atmosphererelay.broadcast.internal.PendingMessage;
import io.github.atmosphererelay.broadcast.internal.PublishingTransaction;
import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.message.internal.RepeatedHeader;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.core.Ordered;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * A transaction of the application that uses the outbox's database. It collects messages
 * in memory, and writes them at its end: the counters of the shards are locked for the
 * time of the commit and no longer, and are taken in ascending order, so that two
 * transactions cannot wait for each other. For the thread of the transaction.
 */
final class OutboxTransaction implements PublishingTransaction {

	private static final Log logger = LogFactory.getLog(OutboxTransaction.class);

	/** How often listeners of entities may change what the next flush writes. */
	private static final int MAX_FLUSHES = 100;

	private final OutboxTransactions owner;

	private final OutboxTarget target;

	private final TransactionExecution execution;

	private final DataSource dataSource;

	private final ConnectionHolder holder;

	/** To be written with the transaction. */
	private final CollectedMessages toStore = new CollectedMessages(CollectedMessages.MAX_STORED);

	/** To be sent from memory, after the commit. */
	private final CollectedMessages toSendAfterCommit = new CollectedMessages(CollectedMessages.MAX_IN_MEMORY);

	/** The shards whose counters the transaction has taken. */
	private final SortedSet<Integer> held = new TreeSet<>();

	private State state = State.COLLECTING;

	private boolean checked;

	/** Whether it was marked for rollback before its manager began to commit. */
	private boolean markedBefore;

	/** Why the transaction was rolled back on its connection. */
	private @Nullable OutboxException fault;

	OutboxTransaction(OutboxTransactions owner, OutboxTarget target, TransactionExecution execution,
			DataSource dataSource, ConnectionHolder holder) {
		this.owner = owner;
		this.target = target;
		this.execution = execution;
		this.dataSource = dataSource;
		this.holder = holder;
	}

	void register() {
		TransactionSynchronizationManager.registerSynchronization(new First());
		TransactionSynchronizationManager.registerSynchronization(new Last());
	}

	boolean holds(int shard) {
		return this.held.contains(shard);
	}

	boolean is(TransactionExecution execution) {
		return this.execution == execution;
	}

	/**
	 * Return whether it has ended. What is published after that on its thread does not
	 * belong to it, although its connection is still bound.
	 */
	boolean isCompleted() {
		return this.state == State.COMPLETED;
	}

	@Override
	public void take(PendingMessage message) {
		if (message.afterCommit() || message.reach() == PendingMessage.Reach.NODE) {
			this.toSendAfterCommit.add(message);
			return;
		}
		check();
		checkHeaders(message.envelope());
		if (this.state == State.COLLECTING) {
			this.toStore.add(message);
		}
		else {
			writeLate(message.envelope());
		}
	}

	/**
	 * Refuse a message that leaves no room for the header of a repetition, before it is
	 * committed.
	 */
	private static void checkHeaders(Envelope envelope) {
		if (envelope.log() != null) {
			return;
		}
		Map<String, String> headers = envelope.headers();
		long bytes = RepeatedHeader.NAME.length() + 4L;
		for (Map.Entry<String, String> header : headers.entrySet()) {
			bytes += header.getKey().getBytes(StandardCharsets.UTF_8).length
					+ header.getValue().getBytes(StandardCharsets.UTF_8).length;
		}
		if (headers.size() >= EnvelopeCodec.MAX_HEADERS || bytes > EnvelopeCodec.MAX_HEADER_BYTES) {
			throw new OutboxException("The message has too many headers, or too large ones, to be published with the"
					+ " outbox: it may have " + (EnvelopeCodec.MAX_HEADERS - 1) + " headers of together "
					+ EnvelopeCodec.MAX_HEADER_BYTES + " bytes, including '" + RepeatedHeader.NAME + "'");
		}
	}

	private void check() {
		if (this.checked) {
			return;
		}
		if (this.execution.isReadOnly()) {
			throw new OutboxException("A message cannot be published with the outbox in a read-only transaction: remove"
					+ " 'readOnly' from the transaction, or use PublishOptions.afterCommit()");
		}
		this.owner.checkIsolation(this.dataSource, this.holder);
		this.checked = true;
	}

	/**
	 * Write what was collected. Flushes JPA first, because listeners of entities may
	 * publish then; without that, Hibernate would flush within the commit, when the
	 * counters are taken already.
	 * @throws OutboxException if it cannot be written, and the transaction is to be
	 * rolled back
	 */
	void write() {
		TransactionStatus status = (TransactionStatus) this.execution;
		if (this.state != State.COLLECTING) {
			return;
		}
		if (status.isRollbackOnly()) {
			// A manager looks at the mark before it begins to commit; that of JPA leaves
			// a mark of an inner transaction to the commit itself, which rolls back
			if (this.toStore.size() > 0 && !this.markedBefore) {
				throw new OutboxException("The transaction was rolled back: it was marked for that while it was about"
						+ " to commit, when its transaction manager no longer looks at the mark, and its messages"
						+ " would be lost");
			}
			return;
		}
		try {
			if (!this.execution.isReadOnly()) {
				flush(status);
			}
			// What comes now comes too late to be collected
			this.state = State.WRITTEN;
			List<Envelope> envelopes = this.toStore.drain().stream().map(PendingMessage::envelope).toList();
			if (!envelopes.isEmpty()) {
				append(envelopes);
			}
		}
		catch (TransactionException ex) {
			// A transaction manager does not roll back for one of its own exceptions
			throw new OutboxException("The messages of a transaction could not be written", ex);
		}
	}

	private void flush(TransactionStatus status) {
		for (int i = 0; i < MAX_FLUSHES; i++) {
			int before = this.toStore.size();
			status.flush();
			if (this.toStore.size() == before) {
				return;
			}
		}
		throw new OutboxException("Each of " + MAX_FLUSHES + " flushes at the end of a transaction has published new"
				+ " messages. Listeners of entities must not publish endlessly");
	}

	private void append(List<Envelope> envelopes) {
		for (Envelope envelope : envelopes) {
			if (this.owner.isHeldByAnother(this, ShardedLog.shardOf(envelope.address()))) {
				throw new OutboxException("A transaction that was begun while another one of the same thread commits"
						+ " cannot publish to " + envelope.address().value() + ": it would wait for that other one,"
						+ " which waits for it. Use PublishOptions.afterCommit()");
			}
		}
		this.target.append(this.owner.jdbc(this.dataSource), envelopes);
		envelopes.forEach((envelope) -> this.held.add(ShardedLog.shardOf(envelope.address())));
	}

	/**
	 * Write a message that is published within the commit, for example by a listener that
	 * Hibernate calls there. The shards before the last one that is held cannot be taken
	 * any more, because another transaction may hold one of them and wait for this one.
	 */
	private void writeLate(Envelope envelope) {
		int shard = ShardedLog.shardOf(envelope.address());
		if (this.held.isEmpty() || shard > this.held.last() || this.held.contains(shard)) {
			appendLate(envelope);
			return;
		}
		rollBackForSure();
		this.fault = new OutboxException("The transaction was rolled back: a message to " + envelope.address().value()
				+ " was published while the transaction committed, after its messages were written. Publish it"
				+ " earlier, for example in @PostPersist or before the commit, or use PublishOptions.afterCommit()");
		throw this.fault;
	}

	private void appendLate(Envelope envelope) {
		try {
			append(List.of(envelope));
		}
		catch (RuntimeException ex) {
			// Databases other than PostgreSQL would commit the counter without the row
			rollBackForSure();
			this.fault = new OutboxException("The transaction was rolled back: a message to "
					+ envelope.address().value() + " could not be written while the transaction committed", ex);
			throw this.fault;
		}
	}

	/**
	 * Roll back the connection and close it, so that the commit fails even if the
	 * application swallows the exception: it is too late for a transaction manager to
	 * look at a mark.
	 */
	private void rollBackForSure() {
		((TransactionStatus) this.execution).setRollbackOnly();
		Connection connection = rollBack();
		try {
			if (connection != null) {
				connection.close();
			}
		}
		catch (SQLException ex) {
			logger.warn("The connection of a transaction that was rolled back could not be closed", ex);
		}
	}

	private @Nullable Connection rollBack() {
		try {
			Connection connection = this.holder.getConnection();
			connection.rollback();
			return connection;
		}
		catch (SQLException ex) {
			// The connection has ended, and the transaction with it
			logger.debug("A transaction that cannot go on could not be rolled back", ex);
			return null;
		}
	}

	/**
	 * The transaction has ended.
	 */
	void completed(Result result) {
		if (this.state == State.COMPLETED) {
			return;
		}
		boolean neverWritten = this.state == State.COLLECTING && this.toStore.size() > 0;
		this.state = State.COMPLETED;
		this.toStore.drain();
		List<PendingMessage> toSend = this.toSendAfterCommit.drain();
		if (result == Result.ROLLED_BACK || this.fault != null) {
			return;
		}
		if (result == Result.UNKNOWN && neverWritten) {
			// Another synchronization has thrown a TransactionException before the
			// commit.
			// Transaction managers do not roll back then, and when they switch autocommit
			// on again, JDBC commits: the changes without their messages
			rollBack();
			return;
		}
		if (result == Result.COMMITTED) {
			AfterCommit.send(toSend);
		}
		if (!this.held.isEmpty()) {
			this.target.committed(this.held);
		}
	}

	/**
	 * The transaction manager has ended the transaction.
	 * @throws OutboxException if the outbox has rolled it back: the manager's own
	 * exception would be that of a closed connection
	 */
	void ended(Result result) {
		completed(result);
		this.owner.forget(this.holder, this);
		if (this.fault != null) {
			throw this.fault;
		}
	}

	private enum State {

		COLLECTING, WRITTEN, COMPLETED

	}

	/**
	 * What became of the transaction.
	 */
	enum Result {

		COMMITTED, ROLLED_BACK, UNKNOWN

	}

	private static Result result(int status) {
		return switch (status) {
			case TransactionSynchronization.STATUS_COMMITTED -> Result.COMMITTED;
			case TransactionSynchronization.STATUS_ROLLED_BACK -> Result.ROLLED_BACK;
			default -> Result.UNKNOWN;
		};
	}

	/**
	 * Comes before other synchronizations: what they publish after the commit or the
	 * rollback does not belong to the transaction.
	 */
	private final class First implements TransactionSynchronization {

		@Override
		public int getOrder() {
			return Ordered.HIGHEST_PRECEDENCE;
		}

		@Override
		public void savepoint(Object savepoint) {
			OutboxTransaction.this.toStore.savepoint(savepoint);
			OutboxTransaction.this.toSendAfterCommit.savepoint(savepoint);
		}

		@Override
		public void savepointRollback(Object savepoint) {
			OutboxTransaction.this.toStore.rollbackTo(savepoint);
			OutboxTransaction.this.toSendAfterCommit.rollbackTo(savepoint);
		}

		@Override
		public void beforeCommit(boolean readOnly) {
			OutboxTransaction.this.markedBefore = ((TransactionStatus) OutboxTransaction.this.execution)
				.isRollbackOnly();
		}

		@Override
		public void afterCommit() {
			completed(Result.COMMITTED);
		}

		@Override
		public void afterCompletion(int status) {
			completed(result(status));
		}

	}

	/**
	 * Comes after the synchronizations that have an order. Those without one, such as the
	 * listeners of {@code @TransactionalEventListener}, come after it: the transaction is
	 * over for them.
	 */
	private final class Last implements TransactionSynchronization {

		@Override
		public int getOrder() {
			return Ordered.LOWEST_PRECEDENCE;
		}

		@Override
		public void afterCompletion(int status) {
			if (OutboxTransaction.this.fault == null) {
				OutboxTransaction.this.owner.forget(OutboxTransaction.this.holder, OutboxTransaction.this);
			}
		}

	}

}
