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

package io.github.atmosphererelay.autoconfigure;

import java.util.function.Supplier;

import io.github.atmosphererelay.outbox.internal.OutboxTransactions;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanCurrentlyInCreationException;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.core.Ordered;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.TransactionExecutionListener;

/**
 * Lets the outbox listen to every transaction manager of the application. The outbox
 * itself is looked up for the first transaction, because transaction managers are created
 * early.
 */
final class TransactionListenerRegistration implements BeanPostProcessor, Ordered {

	private static final Log logger = LogFactory.getLog(TransactionListenerRegistration.class);

	private final TransactionExecutionListener listener;

	TransactionListenerRegistration(Supplier<OutboxTransactions> transactions) {
		this.listener = new LazyListener(transactions);
	}

	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE;
	}

	/**
	 * Before it may be wrapped in a proxy.
	 */
	@Override
	public Object postProcessBeforeInitialization(Object bean, String name) {
		if (bean instanceof ConfigurableTransactionManager manager) {
			manager.addListener(this.listener);
		}
		return bean;
	}

	/**
	 * Passes calls on. While the application starts, a transaction may begin before the
	 * outbox can be made, for example one that creates the tables which the outbox needs.
	 * Nothing can be published in it, so it is left out.
	 */
	private static final class LazyListener implements TransactionExecutionListener {

		private final Supplier<OutboxTransactions> transactions;

		private volatile @Nullable OutboxTransactions obtained;

		private LazyListener(Supplier<OutboxTransactions> transactions) {
			this.transactions = transactions;
		}

		@Override
		public void afterBegin(TransactionExecution transaction, @Nullable Throwable failure) {
			OutboxTransactions obtained = this.obtained;
			if (obtained == null) {
				try {
					obtained = this.transactions.get();
				}
				catch (BeanCurrentlyInCreationException ex) {
					logger.debug("A transaction began before the outbox could be made", ex);
					return;
				}
				this.obtained = obtained;
			}
			obtained.afterBegin(transaction, failure);
		}

		@Override
		public void beforeCommit(TransactionExecution transaction) {
			OutboxTransactions obtained = this.obtained;
			if (obtained != null) {
				obtained.beforeCommit(transaction);
			}
		}

		@Override
		public void afterCommit(TransactionExecution transaction, @Nullable Throwable failure) {
			OutboxTransactions obtained = this.obtained;
			if (obtained != null) {
				obtained.afterCommit(transaction, failure);
			}
		}

		@Override
		public void afterRollback(TransactionExecution transaction, @Nullable Throwable failure) {
			OutboxTransactions obtained = this.obtained;
			if (obtained != null) {
				obtained.afterRollback(transaction, failure);
			}
		}

	}

}
