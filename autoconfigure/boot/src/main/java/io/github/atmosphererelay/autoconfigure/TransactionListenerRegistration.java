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
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.core.Ordered;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.TransactionExecutionListener;
import org.springframework.util.function.SingletonSupplier;

/**
 * Lets the outbox listen to every transaction manager of the application. The outbox
 * itself is looked up for the first transaction, because transaction managers are created
 * early.
 */
final class TransactionListenerRegistration implements BeanPostProcessor, Ordered {

	private final TransactionExecutionListener listener;

	TransactionListenerRegistration(Supplier<OutboxTransactions> transactions) {
		this.listener = new LazyListener(SingletonSupplier.of(transactions));
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
	 * Passes calls on.
	 */
	private static final class LazyListener implements TransactionExecutionListener {

		private final SingletonSupplier<OutboxTransactions> transactions;

		private LazyListener(SingletonSupplier<OutboxTransactions> transactions) {
			this.transactions = transactions;
		}

		@Override
		public void afterBegin(TransactionExecution transaction, @Nullable Throwable failure) {
			this.transactions.obtain().afterBegin(transaction, failure);
		}

		@Override
		public void beforeCommit(TransactionExecution transaction) {
			this.transactions.obtain().beforeCommit(transaction);
		}

		@Override
		public void afterCommit(TransactionExecution transaction, @Nullable Throwable failure) {
			this.transactions.obtain().afterCommit(transaction, failure);
		}

		@Override
		public void afterRollback(TransactionExecution transaction, @Nullable Throwable failure) {
			this.transactions.obtain().afterRollback(transaction, failure);
		}

	}

}
