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

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.jdbc.internal.TestDatabases;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;

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
