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
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import io.github.atmosphererelay.broadcast.OutboxException;
import io.github.atmosphererelay.jdbc.internal.TestDatabases;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.Id;
import jakarta.persistence.PostPersist;
import jakarta.persistence.PostUpdate;
import jakarta.persistence.Table;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.hibernate.BaseSessionEventListener;
import org.hibernate.Session;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.orm.jpa.EntityManagerFactoryUtils;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;
import org.springframework.orm.jpa.persistenceunit.PersistenceManagedTypes;
import org.springframework.orm.jpa.vendor.HibernateJpaVendorAdapter;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link OutboxTransactions} with transactions of JPA, by Hibernate.
 */
@ParameterizedClass
@EnumSource(TestDatabases.class)
class JpaTransactionTests extends AbstractOutboxTransactionTests {

	private static final ThreadLocal<@Nullable Consumer<Order>> LISTENER = new ThreadLocal<>();

	private @Nullable LocalContainerEntityManagerFactoryBean factory;

	JpaTransactionTests(TestDatabases kind) {
		super(kind);
	}

	@Override
	AbstractPlatformTransactionManager manager() {
		LocalContainerEntityManagerFactoryBean factory = new LocalContainerEntityManagerFactoryBean();
		factory.setDataSource(this.dataSource);
		factory.setJpaVendorAdapter(new HibernateJpaVendorAdapter());
		factory.setManagedTypes(PersistenceManagedTypes.of(Order.class.getName()));
		factory.setJpaPropertyMap(Map.of("hibernate.hbm2ddl.auto", "none"));
		factory.afterPropertiesSet();
		this.factory = factory;
		JpaTransactionManager manager = new JpaTransactionManager(factory.getObject());
		manager.setDataSource(this.dataSource);
		manager.setJpaDialect(factory.getJpaDialect());
		return manager;
	}

	@AfterEach
	void close() {
		LISTENER.remove();
		if (this.factory != null) {
			this.factory.destroy();
		}
	}

	private EntityManager entities() {
		EntityManagerFactory factory = this.factory.getObject();
		return EntityManagerFactoryUtils.getTransactionalEntityManager(factory);
	}

	@Test
	void whatAListenerOfAnEntityPublishesInTheFlushOfTheCommitBelongsToTheTransaction() {
		LISTENER.set((order) -> publish("persisted " + order.text));
		transaction().executeWithoutResult((status) -> entities().persist(new Order("one")));
		assertThat(this.node.storedTexts()).containsExactly("persisted one");
	}

	@Test
	void flushesGoOnUntilNothingNewIsPublished() {
		LISTENER.set((order) -> {
			publish(order.text);
			if (order.text.length() < 4) {
				order.text += "x";
			}
		});
		transaction().executeWithoutResult((status) -> entities().persist(new Order("x")));
		assertThat(this.node.storedTexts()).startsWith("x", "xx").doesNotHaveDuplicates();
	}

	@Test
	void aListenerThatPublishesInEveryFlushDoesNotHoldTheTransactionForEver() {
		AtomicInteger flushes = new AtomicInteger();
		LISTENER.set((order) -> {
			publish("again " + flushes.incrementAndGet());
			order.text = "changed " + flushes;
		});
		assertThatExceptionOfType(OutboxException.class)
			.isThrownBy(() -> transaction().executeWithoutResult((status) -> {
				Order order = new Order("one");
				entities().persist(order);
				TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

					@Override
					public void flush() {
						order.text = "changed by a flush " + flushes.incrementAndGet();
					}

				});
				entities().unwrap(Session.class).addEventListeners(new BaseSessionEventListener() {

					@Override
					public void flushStart() {
						order.text = "changed before a flush " + flushes.incrementAndGet();
					}

				});
			}))
			.withMessageContaining("flushes");
		assertThat(this.node.stored()).isEmpty();
	}

	@Test
	void aConstraintThatTheFlushViolatesRollsBack() {
		String id = business();
		insert(id);
		LISTENER.set((order) -> publish("never"));
		assertThatExceptionOfType(RuntimeException.class)
			.isThrownBy(() -> transaction().executeWithoutResult((status) -> {
				publish("before");
				Order order = new Order("one");
				order.id = id;
				entities().persist(order);
			}));
		assertThat(this.node.stored()).isEmpty();
	}

	@Test
	void whatIsPublishedInTheFlushWithinTheCommitIsWrittenIfTheOrderOfShardsAllowsIt() {
		transaction().executeWithoutResult((status) -> {
			broadcaster().broadcast(OutboxNode.channel(7), "one");
			entities().persist(new Order("one"));
			inFlush(2, () -> broadcaster().broadcast(OutboxNode.channel(9), "late"));
		});
		assertThat(this.node.storedTexts()).containsExactly("one", "late");
	}

	@Test
	void whatIsPublishedTooLateInTheFlushWithinTheCommitRollsBackWhoeverSwallowsTheException() {
		for (boolean swallow : new boolean[] { false, true }) {
			String id = business();
			AtomicInteger refused = new AtomicInteger();
			assertThatExceptionOfType(RuntimeException.class)
				.isThrownBy(() -> transaction().executeWithoutResult((status) -> {
					broadcaster().broadcast(OutboxNode.channel(7), "one");
					Order order = new Order("one");
					order.id = id;
					entities().persist(order);
					inFlush(2, () -> {
						try {
							broadcaster().broadcast(OutboxNode.channel(3), "late");
						}
						catch (OutboxException ex) {
							refused.incrementAndGet();
							if (!swallow) {
								throw ex;
							}
						}
					});
				}));
			assertThat(refused).hasValue(1);
			assertThat(this.node.stored()).isEmpty();
			assertThat(count(id)).isZero();
		}
	}

	/**
	 * The first transaction has a counter and wants a row; the second one has the row and
	 * wants the counter.
	 */
	@Test
	void aLateFlushThatMeetsALockOfTheApplicationIsLeftToTheDatabaseWhichRollsOneBack() throws Exception {
		String id = business();
		insert(id);
		String channel = OutboxNode.channel(7);
		CountDownLatch locked = new CountDownLatch(1);
		CountDownLatch counted = new CountDownLatch(1);
		List<String> committed = new CopyOnWriteArrayList<>();
		ExecutorService executor = Executors.newFixedThreadPool(2);
		try {
			Future<?> first = executor.submit(() -> {
				transaction().executeWithoutResult((status) -> {
					Order order = entities().find(Order.class, id);
					broadcaster().broadcast(channel, "first");
					inFlush(2, () -> {
						counted.countDown();
						order.text = "first";
					});
					await(locked);
				});
				committed.add("first");
			});
			Future<?> second = executor.submit(() -> {
				transaction().executeWithoutResult((status) -> {
					this.jdbc.update("UPDATE BUSINESS SET TEXT = 'second' WHERE ID = ?", id);
					locked.countDown();
					broadcaster().broadcast(channel, "second");
					await(counted);
				});
				committed.add("second");
			});
			List<Throwable> failures = new ArrayList<>();
			for (Future<?> each : List.of(first, second)) {
				try {
					each.get(60, TimeUnit.SECONDS);
				}
				catch (ExecutionException ex) {
					failures.add(ex.getCause());
				}
			}
			assertThat(failures).singleElement()
				.asInstanceOf(InstanceOfAssertFactories.THROWABLE)
				.hasStackTraceContaining((this.kind == TestDatabases.POSTGRESQL) ? "deadlock detected" : "Deadlock");
		}
		finally {
			executor.shutdownNow();
		}
		assertThat(committed).hasSize(1);
		assertThat(this.node.storedTexts()).isEqualTo(committed);
		assertThat(this.jdbc.queryForObject("SELECT TEXT FROM BUSINESS WHERE ID = ?", String.class, id))
			.isEqualTo(committed.get(0));
	}

	private static void await(CountDownLatch latch) {
		try {
			assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Run something when the session is flushed for a certain time. The outbox flushes
	 * once, and Hibernate within the commit.
	 */
	private void inFlush(int number, Runnable action) {
		AtomicInteger flushes = new AtomicInteger();
		entities().unwrap(Session.class).addEventListeners(new BaseSessionEventListener() {

			@Override
			public void flushStart() {
				if (flushes.incrementAndGet() == number) {
					action.run();
				}
			}

		});
	}

	/**
	 * An entity whose listener is that of the test.
	 */
	@Entity
	@Table(name = "BUSINESS")
	static class Order {

		@Id
		@Column(name = "ID")
		private String id = UUID.randomUUID().toString();

		@Column(name = "TEXT")
		private String text = "";

		Order() {
		}

		Order(String text) {
			this.text = text;
		}

		@PostPersist
		@PostUpdate
		void written() {
			Consumer<Order> listener = LISTENER.get();
			if (listener != null) {
				listener.accept(this);
			}
		}

	}

}
