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

import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.broadcast.internal.PendingMessage;
import io.github.atmosphererelay.broadcast.internal.PublishingTransaction;
import io.github.atmosphererelay.broadcast.internal.PublishingTransactions;
import org.jspecify.annotations.Nullable;

import org.springframework.core.Ordered;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Lets messages wait in memory for the commit of any transaction that Spring manages on
 * the present thread.
 */
public final class AfterCommitTransactions implements PublishingTransactions {

	private final boolean always;

	private final Object key = new Object();

	/**
	 * Create a finder of transactions.
	 * @param always whether messages wait even if they were published without
	 * {@link PublishOptions#afterCommit()}
	 */
	public AfterCommitTransactions(boolean always) {
		this.always = always;
	}

	@Override
	public @Nullable PublishingTransaction present(PublishOptions options) {
		if (!options.isAfterCommit() && !this.always) {
			return null;
		}
		if (!TransactionSynchronizationManager.isSynchronizationActive()
				|| !TransactionSynchronizationManager.isActualTransactionActive()) {
			return null;
		}
		Waiting waiting = (Waiting) TransactionSynchronizationManager.getResource(this.key);
		if (waiting == null) {
			waiting = new Waiting();
			TransactionSynchronizationManager.bindResource(this.key, waiting);
			TransactionSynchronizationManager.registerSynchronization(waiting);
		}
		return waiting.ended ? null : waiting::take;
	}

	/**
	 * The messages of one transaction. First among the synchronizations, so that what
	 * others publish after the commit is sent at once.
	 */
	private final class Waiting implements TransactionSynchronization {

		private final CollectedMessages messages = new CollectedMessages(CollectedMessages.MAX_IN_MEMORY);

		private boolean ended;

		private void take(PendingMessage message) {
			this.messages.add(message);
		}

		@Override
		public int getOrder() {
			return Ordered.HIGHEST_PRECEDENCE;
		}

		@Override
		public void suspend() {
			TransactionSynchronizationManager.unbindResource(AfterCommitTransactions.this.key);
		}

		@Override
		public void resume() {
			TransactionSynchronizationManager.bindResource(AfterCommitTransactions.this.key, this);
		}

		@Override
		public void savepoint(Object savepoint) {
			this.messages.savepoint(savepoint);
		}

		@Override
		public void savepointRollback(Object savepoint) {
			this.messages.rollbackTo(savepoint);
		}

		@Override
		public void afterCommit() {
			this.ended = true;
			AfterCommit.send(this.messages.drain());
		}

		@Override
		public void afterCompletion(int status) {
			this.ended = true;
			if (status == STATUS_COMMITTED) {
				// What another synchronization has published after the commit as the
				// first
				AfterCommit.send(this.messages.drain());
			}
			TransactionSynchronizationManager.unbindResourceIfPossible(AfterCommitTransactions.this.key);
		}

	}

}
