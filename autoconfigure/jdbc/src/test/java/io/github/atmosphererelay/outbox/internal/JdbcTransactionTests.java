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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

import io.github.atmosphererelay.broadcast.OutboxException;
import io.github.atmosphererelay.jdbc.internal.TestDatabases;
import io.github.atmosphererelay.relay.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.jdbc.datasource.AbstractDataSource;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.TransactionExecutionListener;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link OutboxTransactions} with transactions of JDBC.
 */
@ParameterizedClass
@EnumSource(TestDatabases.class)
class JdbcTransactionTests extends AbstractOutboxTransactionTests {

	JdbcTransactionTests(TestDatabases kind) {
		super(kind);
	}

	@Override
	AbstractPlatformTransactionManager manager() {
		return new DataSourceTransactionManager(this.dataSource);
	}

	@Test
	void whatWasPublishedSinceASavepointIsDroppedWithIt() {
		TransactionTemplate nested = new TransactionTemplate(this.manager);
		nested.setPropagationBehavior(TransactionDefinition.PROPAGATION_NESTED);
		transaction().executeWithoutResult((outer) -> {
			publish("one");
			nested.executeWithoutResult((inner) -> publish("two"));
			nested.executeWithoutResult((inner) -> {
				publish("dropped");
				inner.setRollbackOnly();
			});
			publish("three");
			nested.executeWithoutResult((inner) -> {
				publish("dropped, too");
				nested.executeWithoutResult((innermost) -> publish("and this"));
				inner.setRollbackOnly();
			});
			assertThat(this.node.stored()).isEmpty();
		});
		assertThat(this.node.storedTexts()).containsExactly("one", "two", "three");
	}

	@Test
	void aSavepointOfTheApplicationCountsToo() {
		transaction().executeWithoutResult((status) -> {
			Object first = status.createSavepoint();
			publish("dropped");
			status.rollbackToSavepoint(first);
			publish("one");
			Object second = status.createSavepoint();
			publish("two");
			status.releaseSavepoint(second);
		});
		assertThat(this.node.storedTexts()).containsExactly("one", "two");
	}

	/**
	 * As with pools that switch autocommit off.
	 */
	@Test
	void whereNoTransactionIsNeededAMessageIsSentAtOnce() throws SQLException {
		TransactionTemplate supports = new TransactionTemplate(this.manager);
		supports.setPropagationBehavior(TransactionDefinition.PROPAGATION_SUPPORTS);
		supports.executeWithoutResult((status) -> {
			Connection connection = DataSourceUtils.getConnection(this.dataSource);
			try {
				connection.setAutoCommit(false);
				assertThat(publish("now").join().outcome()).isEqualTo(Outcome.RELAYED);
				connection.setAutoCommit(true);
			}
			catch (SQLException ex) {
				throw new IllegalStateException(ex);
			}
			finally {
				DataSourceUtils.releaseConnection(connection, this.dataSource);
			}
		});
		assertThat(this.node.sentTexts()).containsExactly("now");
	}

	/**
	 * As with proxies that log statements or count them.
	 */
	@Test
	void aDataSourceThatWrapsThatOfTheOutboxIsRecognised() {
		DataSource wrapper = new AbstractDataSource() {

			@Override
			public Connection getConnection() throws SQLException {
				return dataSource.getConnection();
			}

			@Override
			public Connection getConnection(String user, String password) throws SQLException {
				return dataSource.getConnection(user, password);
			}

			@Override
			public boolean isWrapperFor(Class<?> type) throws SQLException {
				return type.isInstance(dataSource) || super.isWrapperFor(type);
			}

			@Override
			public <T> T unwrap(Class<T> type) throws SQLException {
				return type.isInstance(dataSource) ? type.cast(dataSource) : super.unwrap(type);
			}

		};
		DataSourceTransactionManager wrapping = new DataSourceTransactionManager(wrapper);
		wrapping.addListener(this.node.transactions);
		TransactionTemplate template = new TransactionTemplate(wrapping);
		template.executeWithoutResult((status) -> {
			assertThat(publish("one").join().outcome()).isEqualTo(Outcome.PENDING);
			assertThat(this.node.sentTexts()).isEmpty();
		});
		assertThat(this.node.storedTexts()).containsExactly("one");
	}

	/**
	 * It would wait for the counter that the other one holds, on the same thread.
	 */
	@Test
	void aTransactionBegunWithinTheCommitOfAnotherDoesNotWaitForItself() {
		TransactionTemplate inner = new TransactionTemplate(this.manager);
		inner.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
		this.manager.addListener(new TransactionExecutionListener() {

			private boolean begun;

			@Override
			public void beforeCommit(TransactionExecution transaction) {
				if (!this.begun) {
					this.begun = true;
					assertThatExceptionOfType(OutboxException.class)
						.isThrownBy(() -> inner.executeWithoutResult((status) -> publish("inner")))
						.withMessageContaining("afterCommit()");
				}
			}

		});
		transaction().executeWithoutResult((status) -> publish("outer"));
		assertThat(this.node.storedTexts()).containsExactly("outer");
	}

	@Test
	void aTransactionThatStaysOpenHoldsUpNoOther() throws Exception {
		CountDownLatch published = new CountDownLatch(1);
		CountDownLatch end = new CountDownLatch(1);
		ExecutorService executor = Executors.newSingleThreadExecutor();
		try {
			Future<?> open = executor.submit(() -> transaction().executeWithoutResult((status) -> {
				publish("open");
				published.countDown();
				await(end);
			}));
			assertThat(published.await(20, TimeUnit.SECONDS)).isTrue();
			for (int i = 0; i < 20; i++) {
				String text = "short " + i;
				transaction().executeWithoutResult((status) -> publish(text));
			}
			assertThat(this.node.storedTexts()).hasSize(20).doesNotContain("open");
			end.countDown();
			open.get(20, TimeUnit.SECONDS);
			assertThat(this.node.storedTexts()).hasSize(21).endsWith("open");
		}
		finally {
			end.countDown();
			executor.shutdownNow();
		}
	}

	private static void await(CountDownLatch latch) {
		try {
			latch.await(30, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	@Test
	void transactionsThatPublishToTwoChannelsInOppositeOrderDoNotDeadlock() throws Exception {
		int rounds = Boolean.getBoolean("atmosphere.test.long") ? 5000 : 200;
		String one = OutboxNode.channel(2);
		String other = OutboxNode.channel(11);
		ExecutorService executor = Executors.newFixedThreadPool(2);
		try {
			List<Future<?>> writers = new ArrayList<>();
			for (List<String> order : List.of(List.of(one, other), List.of(other, one))) {
				writers.add(executor.submit(() -> {
					for (int i = 0; i < rounds; i++) {
						transaction().executeWithoutResult(
								(status) -> order.forEach((channel) -> broadcaster().broadcast(channel, "x")));
					}
				}));
			}
			for (Future<?> writer : writers) {
				writer.get(300, TimeUnit.SECONDS);
			}
		}
		finally {
			executor.shutdownNow();
		}
		assertThat(this.node.log.log().heads(this.jdbc).stream().mapToLong((head) -> head.number()).sum())
			.isEqualTo(4L * rounds);
	}

}
