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

import java.time.Duration;
import java.util.List;
import java.util.UUID;

import javax.sql.DataSource;

import io.github.atmosphererelay.actuate.internal.OutboxHealthIndicator;
import io.github.atmosphererelay.actuate.internal.OutboxMeters;
import io.github.atmosphererelay.actuate.internal.OutboxOperations;
import io.github.atmosphererelay.broadcast.internal.PublishingTransactions;
import io.github.atmosphererelay.cluster.internal.ClusterLink;
import io.github.atmosphererelay.jdbc.internal.Database;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.outbox.internal.AfterCommitTransactions;
import io.github.atmosphererelay.outbox.internal.Outbox;
import io.github.atmosphererelay.outbox.internal.OutboxLog;
import io.github.atmosphererelay.outbox.internal.OutboxSettings;
import io.github.atmosphererelay.outbox.internal.OutboxTarget;
import io.github.atmosphererelay.outbox.internal.OutboxTransactions;
import io.micrometer.core.instrument.binder.MeterBinder;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.TransactionManager;
import org.springframework.transaction.support.ResourceTransactionManager;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.util.ClassUtils;

/**
 * Auto-configuration of publishing with the application's transactions: by the outbox, or
 * from memory after the commit.
 */
@AutoConfiguration(after = { AtmosphereAutoConfiguration.class, AtmosphereDatabaseAutoConfiguration.class },
		before = AtmosphereEndpointAutoConfiguration.class,
		afterName = { "org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration",
				"org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration" })
@ConditionalOnBean(MessagingNode.class)
public final class AtmosphereOutboxAutoConfiguration {

	/** How long messages rest when the node has died that forwards them. */
	private static final Duration LEASE = Duration.ofSeconds(6);

	private static final Duration POLL = Duration.ofSeconds(5);

	/** Where there is nothing to forward but what another relay has left. */
	private static final Duration SELDOM = Duration.ofMinutes(1);

	/**
	 * Without the outbox's classes there is none of the beans that follow.
	 */
	@Bean
	SmartInitializingSingleton atmosphereOutboxCheck(ListableBeanFactory beans, AtmosphereProperties properties) {
		return () -> {
			if (properties.outbox().enabled() && !beans.containsBean("atmosphereOutbox")) {
				throw new DatabaseNotConfiguredException(
						"The outbox is switched on, and it needs JDBC, which is not on the classpath.",
						"Add spring-boot-starter-jdbc or spring-boot-starter-data-jpa, or set"
								+ " 'atmosphere.outbox.enabled' to false.");
			}
		};
	}

	/**
	 * From memory, where there is no outbox.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ AfterCommitTransactions.class, TransactionSynchronization.class })
	@ConditionalOnBooleanProperty(name = "atmosphere.outbox.enabled", havingValue = false, matchIfMissing = true)
	static class AfterCommitConfiguration {

		@Bean
		PublishingTransactions atmosphereAfterCommitTransactions(AtmosphereProperties properties) {
			return new AfterCommitTransactions(properties.publish().afterCommit());
		}

	}

	/**
	 * By the outbox.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ Outbox.class, JdbcTemplate.class })
	@ConditionalOnBean(MessagingDataSource.class)
	@ConditionalOnBooleanProperty("atmosphere.outbox.enabled")
	static class OutboxConfiguration {

		@Bean
		OutboxLog atmosphereOutboxLog(MessagingDataSource database, AtmosphereProperties properties,
				@Value("${spring.application.name:" + AtmosphereAutoConfiguration.NO_NAME + "}") String name) {
			return new OutboxLog(new Database(database.dataSource(), LEASE),
					PropertyChecks.clusterName(properties, name) + "/outbox",
					new EnvelopeCodec((int) properties.relay().maxMessageSize().toBytes()));
		}

		/**
		 * Not the bean itself, which Spring Boot would add to transaction managers a
		 * second time.
		 */
		@Bean
		ListeningTransactions atmosphereOutboxTransactions(MessagingDataSource database, OutboxLog log,
				ObjectProvider<OutboxTarget> targets, AtmosphereProperties properties) {
			OutboxTarget target = targets.orderedStream()
				.filter((candidate) -> candidate != log)
				.findFirst()
				.orElse(log);
			return new ListeningTransactions(
					new OutboxTransactions(database.dataSource(), target, properties.outbox().required()));
		}

		@Bean
		PublishingTransactions atmospherePublishingTransactions(ListeningTransactions transactions) {
			return transactions.transactions()::present;
		}

		@Bean
		static BeanPostProcessor atmosphereTransactionListenerRegistration(
				ObjectProvider<ListeningTransactions> transactions) {
			return new TransactionListenerRegistration(() -> transactions.getObject().transactions());
		}

		/**
		 * Before anything starts: without a transaction manager that the outbox hears of,
		 * every transaction would be refused.
		 */
		@Bean
		SmartInitializingSingleton atmosphereTransactionManagerCheck(ObjectProvider<TransactionManager> managers) {
			return () -> {
				List<TransactionManager> all = managers.stream().toList();
				if (all.stream().noneMatch(OutboxConfiguration::isUsable)) {
					throw new DatabaseNotConfiguredException(
							"The outbox needs a transaction manager of JDBC or JPA, and the application has "
									+ (all.isEmpty() ? "none." : "others only: "
											+ all.stream().map((each) -> each.getClass().getName()).toList() + "."),
							"Define a JdbcTransactionManager or a JpaTransactionManager. The outbox cannot take part in"
									+ " JTA and reactive transactions: switch it off, and publish with"
									+ " PublishOptions.afterCommit() in those of JTA.");
				}
			};
		}

		private static boolean isUsable(TransactionManager manager) {
			if (manager instanceof ResourceTransactionManager resource) {
				// Not one of Kafka or JMS
				Object factory = resource.getResourceFactory();
				return manager instanceof ConfigurableTransactionManager
						&& (factory instanceof DataSource || isEntityManagerFactory(factory));
			}
			return manager instanceof ConfigurableTransactionManager
					&& !manager.getClass().getName().contains("JtaTransactionManager");
		}

		private static boolean isEntityManagerFactory(Object factory) {
			ClassLoader loader = factory.getClass().getClassLoader();
			String type = "jakarta.persistence.EntityManagerFactory";
			return ClassUtils.isPresent(type, loader) && ClassUtils.resolveClassName(type, loader).isInstance(factory);
		}

		@Bean
		Outbox atmosphereOutbox(OutboxLog log, ListeningTransactions transactions, ObjectProvider<OutboxTarget> targets,
				MessagingNode node, AtmosphereProperties properties) {
			AtmosphereProperties.Outbox settings = properties.outbox();
			boolean forwards = targets.stream().allMatch((target) -> target == log);
			return new Outbox(log, new EnvelopeCodec((int) properties.relay().maxMessageSize().toBytes()),
					new OutboxSettings(forwards ? LEASE : SELDOM, settings.maxAttempts(), settings.maxHold(),
							forwards ? POLL : SELDOM),
					node.broadcaster()::forward, node.broadcaster()::read, node.monitor(),
					ClusterLink.ofOutbox(node.control()), node.timers(), node.events()::publish);
		}

		@Bean
		OutboxReceiver atmosphereOutboxReceiver(Outbox outbox) {
			return outbox::received;
		}

		/**
		 * Starts after the node has joined the cluster, and stops before it leaves.
		 */
		@Bean
		PhasedLifecycle atmosphereOutboxLifecycle(Outbox outbox, MessagingNode node) {
			UUID id = node.identity().id();
			return new PhasedLifecycle(MessagingLifecycle.PHASE + 2, () -> outbox.start(id), outbox::stop);
		}

		@Bean
		OutboxOperations atmosphereOutboxOperations(Outbox outbox) {
			return new OutboxOperations() {

				@Override
				public List<?> list(long offset, int limit) {
					return outbox.setAside(offset, limit);
				}

				@Override
				public boolean resend(UUID message) {
					return outbox.resend(message);
				}

				@Override
				public boolean discard(UUID message) {
					return outbox.discard(message);
				}

			};
		}

	}

	/**
	 * The outbox's meters.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ MeterBinder.class, Outbox.class, JdbcTemplate.class })
	@ConditionalOnBean(MessagingDataSource.class)
	@ConditionalOnBooleanProperty("atmosphere.outbox.enabled")
	static class MeterConfiguration {

		@Bean
		OutboxMeters atmosphereOutboxMeters(Outbox outbox) {
			return new OutboxMeters(outbox.statistics());
		}

	}

	/**
	 * The outbox's health.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class, Outbox.class,
			JdbcTemplate.class })
	@ConditionalOnBean(MessagingDataSource.class)
	@ConditionalOnBooleanProperty("atmosphere.outbox.enabled")
	@ConditionalOnEnabledHealthIndicator("atmosphereoutbox")
	static class HealthConfiguration {

		@Bean
		@ConditionalOnMissingBean(name = { "atmosphereOutboxHealthIndicator", "atmosphereOutboxHealthContributor" })
		OutboxHealthIndicator atmosphereOutboxHealthContributor(Outbox outbox, AtmosphereProperties properties) {
			return new OutboxHealthIndicator(outbox.statistics(), properties.outbox().maxWait(), outbox.maxAge());
		}

	}

}
