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

package io.github.atmosphererelay.relay.jdbc.internal;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.DatabaseServers;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.GroupTransactions;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.Id;
import jakarta.persistence.PostPersist;
import jakarta.persistence.Table;
import org.junit.jupiter.api.Test;

import org.springframework.orm.jpa.EntityManagerFactoryUtils;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;
import org.springframework.orm.jpa.persistenceunit.PersistenceManagedTypes;
import org.springframework.orm.jpa.vendor.HibernateJpaVendorAdapter;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Groups whose messages are handled in transactions of JPA, by Hibernate.
 */
class JpaGroupTransactionTests {

	private static final Runnable NOTHING = () -> {
	};

	private static final ThreadLocal<Runnable> LISTENER = ThreadLocal.withInitial(() -> NOTHING);

	private final JdbcTestBroker broker = new JdbcTestBroker(DatabaseServers.h2());

	/**
	 * While the lane is locked, statements of the application would make other channels
	 * wait, and other nodes, and could end in a deadlock.
	 */
	@Test
	void whatTheApplicationHasNotSentYetIsSentBeforeTheLaneIsLocked() throws Throwable {
		this.broker.jdbc().execute("CREATE TABLE GROUP_ENTITY (ID VARCHAR(40) PRIMARY KEY)");
		LocalContainerEntityManagerFactoryBean entities = entities();
		JdbcRelay relay = this.broker.relay("jpa", new EnvelopeCodec(64 * 1024));
		RelayNode node = new RelayNode(relay).start().awaitRoundTrip(Duration.ofSeconds(20));
		try {
			JpaTransactionManager manager = new JpaTransactionManager(entities.getObject());
			manager.setDataSource(this.broker.dataSource());
			manager.setJpaDialect(entities.getJpaDialect());
			GroupTransactions transactions = relay.groupTransactions(manager, this.broker.dataSource(),
					Duration.ofHours(1));
			node.relay()
				.publish(node.recorded("orders/1", "text",
						new LogOptions(100, Duration.ofHours(1), null, Duration.ofMinutes(5))))
				.orTimeout(30, TimeUnit.SECONDS)
				.join();
			LaneReadings member = new LaneReadings(node, "billing", GroupOptions.Start.EARLIEST).read(1);
			List<Long> handled = new CopyOnWriteArrayList<>();
			LISTENER.set(() -> handled.add(rows("ATMOSPHERE_GROUP_INBOX")));
			transactions.handle("billing", member.laneOf("orders/1"), (Publication) member.items().get(0),
					() -> manager(entities).persist(new Handled()));
			assertThat(handled).containsExactly(0L);
			assertThat(rows("ATMOSPHERE_GROUP_INBOX")).isOne();
			assertThat(rows("GROUP_ENTITY")).isOne();
		}
		finally {
			LISTENER.remove();
			node.relay().stop();
			entities.destroy();
		}
	}

	private LocalContainerEntityManagerFactoryBean entities() {
		LocalContainerEntityManagerFactoryBean factory = new LocalContainerEntityManagerFactoryBean();
		factory.setDataSource(this.broker.dataSource());
		factory.setJpaVendorAdapter(new HibernateJpaVendorAdapter());
		factory.setManagedTypes(PersistenceManagedTypes.of(Handled.class.getName()));
		factory.setJpaPropertyMap(Map.of("hibernate.hbm2ddl.auto", "none"));
		factory.afterPropertiesSet();
		return factory;
	}

	private static EntityManager manager(LocalContainerEntityManagerFactoryBean entities) {
		EntityManagerFactory factory = entities.getObject();
		return EntityManagerFactoryUtils.getTransactionalEntityManager(factory);
	}

	/**
	 * Count rows as the transaction of the thread sees them, if there is one.
	 */
	private long rows(String table) {
		Long rows = this.broker.jdbc().queryForObject("SELECT COUNT(*) FROM " + table, Long.class);
		return (rows != null) ? rows : 0;
	}

	/**
	 * An entity whose listener is that of the test.
	 */
	@Entity
	@Table(name = "GROUP_ENTITY")
	static class Handled {

		@Id
		@Column(name = "ID")
		private String id = UUID.randomUUID().toString();

		@PostPersist
		void written() {
			LISTENER.get().run();
		}

	}

}
