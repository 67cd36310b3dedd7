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
import java.util.UUID;

import javax.sql.DataSource;

import io.github.atmosphererelay.actuate.internal.AtmosphereHealthIndicator;
import io.github.atmosphererelay.actuate.internal.OutboxHealthIndicator;
import io.github.atmosphererelay.actuate.internal.OutboxMeters;
import io.github.atmosphererelay.actuate.internal.OutboxOperations;
import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.broadcast.OutboxException;
import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.outbox.internal.Outbox;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.test.MachineTime;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionExecutionListener;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link AtmosphereOutboxAutoConfiguration}.
 */
class OutboxConfigurationTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(AtmosphereAutoConfiguration.class,
				AtmosphereDatabaseAutoConfiguration.class, AtmosphereOutboxAutoConfiguration.class))
		.withPropertyValues("atmosphere.relay.type=local", "atmosphere.channels[0].pattern=chat/**",
				"atmosphere.channels[1].pattern=log/**", "atmosphere.channels[1].history.size=10");

	private final ApplicationContextRunner withDatabase = this.runner
		.withBean(JdbcDataSource.class, OutboxConfigurationTests::database)
		.withUserConfiguration(Transactions.class);

	private final ApplicationContextRunner enabled = this.withDatabase
		.withPropertyValues("atmosphere.outbox.enabled=true");

	@Test
	void withoutTheOutboxAMessageIsSentAtOnce() {
		this.withDatabase.run((context) -> {
			assertThat(context).doesNotHaveBean(Outbox.class).doesNotHaveBean(OutboxOperations.class);
			Broadcaster broadcaster = context.getBean(Broadcaster.class);
			transaction(context.getBean(PlatformTransactionManager.class)).executeWithoutResult((status) -> {
				assertThat(broadcaster.broadcast("chat/lobby", "hello").join().outcome()).isEqualTo(Outcome.LOCAL_ONLY);
				assertThat(broadcaster.broadcast("chat/lobby", "later", PublishOptions.DEFAULTS.afterCommit())
					.join()
					.outcome()).isEqualTo(Outcome.PENDING);
			});
		});
	}

	@Test
	void withoutTheOutboxThePropertyLetsMessagesWaitForTheCommit() {
		this.withDatabase.withPropertyValues("atmosphere.publish.after-commit=true").run((context) -> {
			Broadcaster broadcaster = context.getBean(Broadcaster.class);
			TransactionTemplate transaction = transaction(context.getBean(PlatformTransactionManager.class));
			transaction.executeWithoutResult((status) -> {
				assertThat(broadcaster.broadcast("log/one", "never").join().outcome()).isEqualTo(Outcome.PENDING);
				status.setRollbackOnly();
			});
			transaction.executeWithoutResult((status) -> broadcaster.broadcast("log/one", "after"));
			assertThat(history(broadcaster)).isOne();
		});
	}

	@Test
	void withTheOutboxAMessageLeavesWithTheCommitAndNotAfterARollback() {
		this.enabled.run((context) -> {
			assertThat(context).hasSingleBean(Outbox.class)
				.hasSingleBean(OutboxOperations.class)
				.doesNotHaveBean(TransactionExecutionListener.class);
			Broadcaster broadcaster = context.getBean(Broadcaster.class);
			TransactionTemplate transaction = transaction(context.getBean(PlatformTransactionManager.class));
			transaction.executeWithoutResult((status) -> {
				assertThat(broadcaster.broadcast("log/one", "never").join().outcome()).isEqualTo(Outcome.PENDING);
				status.setRollbackOnly();
			});
			transaction.executeWithoutResult((status) -> {
				broadcaster.broadcast("log/one", "one");
				broadcaster.broadcast("log/one", "two");
				assertThat(history(broadcaster)).isZero();
			});
			MachineTime.await(Duration.ofSeconds(10)).until(() -> history(broadcaster) == 2);
			assertThat(new JdbcTemplate(context.getBean(JdbcDataSource.class)).queryForObject(
					"SELECT COUNT(*) FROM ATMOSPHERE_SHARD WHERE LOG_NAME = 'application/outbox'", Integer.class))
				.isEqualTo(16);
			assertThat(broadcaster.broadcast("log/one", "outside").join().outcome()).isEqualTo(Outcome.LOCAL_ONLY);
		});
	}

	@Test
	void publishingOutsideOfATransactionCanBeAnError() {
		this.enabled.withPropertyValues("atmosphere.outbox.required=true")
			.run((context) -> assertThatExceptionOfType(OutboxException.class)
				.isThrownBy(() -> context.getBean(Broadcaster.class).broadcast("chat/lobby", "x")));
	}

	@Test
	void metersAndHealthTellWhatWaits() {
		this.enabled.run((context) -> {
			OutboxMeters meters = context.getBean(OutboxMeters.class);
			SimpleMeterRegistry registry = new SimpleMeterRegistry();
			meters.bindTo(registry);
			assertThat(registry.get("atmosphere.outbox.waiting").gauge().value()).isZero();
			OutboxHealthIndicator health = context.getBean(OutboxHealthIndicator.class);
			assertThat(health.health().getStatus()).isEqualTo(Status.UP);
			assertThat(health.health().getDetails()).containsKeys("waiting", "oldest", "setAside");
		});
	}

	/**
	 * Another node holds all leases, and does nothing.
	 */
	@Test
	void theHealthIsDegradedWhileTheTablesCannotBeRead() {
		this.enabled.run((context) -> {
			OutboxHealthIndicator health = new OutboxHealthIndicator(context.getBean(Outbox.class).statistics(),
					Duration.ofMinutes(1), Duration.ZERO);
			assertThat(health.health().getStatus()).isEqualTo(AtmosphereHealthIndicator.DEGRADED);
			assertThat(health.health().getDetails()).containsKey("lastSeen");
		});
	}

	@Test
	void theHealthIsDegradedWhileAMessageWaitsTooLong() {
		JdbcDataSource database = database();
		this.runner.withBean(JdbcDataSource.class, () -> database)
			.withUserConfiguration(Transactions.class)
			.withPropertyValues("atmosphere.outbox.enabled=true", "atmosphere.outbox.max-wait=1ms")
			.run((context) -> {
				context.getBean(Outbox.class).stop();
				transaction(context.getBean(PlatformTransactionManager.class)).executeWithoutResult(
						(status) -> context.getBean(Broadcaster.class).broadcast("chat/lobby", "waits"));
				new JdbcTemplate(database).update("UPDATE ATMOSPHERE_LEASE SET OWNER_ID = ?, GENERATION = 99",
						UUID.randomUUID().toString());
				context.getBean(Outbox.class).start(UUID.randomUUID());
				OutboxHealthIndicator health = context.getBean(OutboxHealthIndicator.class);
				MachineTime.await(Duration.ofSeconds(5))
					.until(() -> health.health().getStatus().equals(AtmosphereHealthIndicator.DEGRADED));
				assertThat(health.health().getDetails()).containsEntry("waiting", 1L);
			});
	}

	@Test
	void aTransactionManagerIsRequired() {
		this.runner.withBean(JdbcDataSource.class, OutboxConfigurationTests::database)
			.withPropertyValues("atmosphere.outbox.enabled=true")
			.run((context) -> assertThat(context).getFailure()
				.isInstanceOfSatisfying(DatabaseNotConfiguredException.class,
						(ex) -> assertThat(ex.action()).contains("JdbcTransactionManager")));
	}

	@Test
	void jdbcIsRequired() {
		this.runner.withClassLoader(new FilteredClassLoader(JdbcTemplate.class))
			.withPropertyValues("atmosphere.outbox.enabled=true")
			.run((context) -> assertThat(context).getFailure()
				.isInstanceOfSatisfying(DatabaseNotConfiguredException.class,
						(ex) -> assertThat(ex.action()).contains("spring-boot-starter-jdbc")));
	}

	private static int history(Broadcaster broadcaster) {
		return broadcaster.history("log/one", null, 10).join().publications().size();
	}

	private static TransactionTemplate transaction(PlatformTransactionManager manager) {
		return new TransactionTemplate(manager);
	}

	private static JdbcDataSource database() {
		JdbcDataSource dataSource = new JdbcDataSource();
		dataSource.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
		return dataSource;
	}

	/**
	 * An application with a transaction manager.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Transactions {

		@Bean
		JdbcTransactionManager transactionManager(DataSource dataSource) {
			return new JdbcTransactionManager(dataSource);
		}

	}

}
