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

import java.util.UUID;

import io.github.atmosphererelay.durable.SessionStore;
import io.github.atmosphererelay.durable.internal.DurableSessions;
import io.github.atmosphererelay.durable.internal.MemorySessionStore;
import io.github.atmosphererelay.durable.jdbc.internal.JdbcSessionStore;
import io.github.atmosphererelay.durable.redis.internal.RedisSessionStore;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link AtmosphereDurableSessionsAutoConfiguration}.
 */
class DurableSessionsConfigurationTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(AtmosphereAutoConfiguration.class,
				AtmosphereDurableSessionsAutoConfiguration.class))
		.withPropertyValues("atmosphere.relay.type=local", "atmosphere.channels[0].pattern=chat/**");

	private final ApplicationContextRunner enabled = this.runner
		.withPropertyValues("atmosphere.durable-sessions.enabled=true");

	@Test
	void thereAreNoneUnlessTheyAreSwitchedOn() {
		this.runner.run((context) -> assertThat(context).doesNotHaveBean(DurableSessions.class)
			.doesNotHaveBean(SessionStore.class));
	}

	@Test
	void theyAreKeptInMemoryByDefault() {
		this.enabled.run((context) -> assertThat(context).hasSingleBean(DurableSessions.class)
			.hasSingleBean(MemorySessionStore.class));
	}

	@Test
	void theyAreKeptInTheApplicationsRedis() {
		this.enabled.withPropertyValues("atmosphere.durable-sessions.store=redis")
			.withBean(RedisConnectionFactory.class, () -> mock(RedisConnectionFactory.class))
			.run((context) -> assertThat(context).hasSingleBean(RedisSessionStore.class));
	}

	@Test
	void theyAreKeptInTheApplicationsDatabaseWhoseTableIsCreated() {
		this.enabled.withPropertyValues("atmosphere.durable-sessions.store=jdbc")
			.withBean(JdbcDataSource.class, DurableSessionsConfigurationTests::database)
			.run((context) -> {
				assertThat(context).hasSingleBean(JdbcSessionStore.class);
				assertThat(tables(context.getBean(JdbcDataSource.class))).isOne();
			});
	}

	@Test
	void theTableIsNotCreatedIfThatIsConfigured() {
		this.enabled
			.withPropertyValues("atmosphere.durable-sessions.store=jdbc",
					"atmosphere.durable-sessions.jdbc.initialize-schema=never")
			.withBean(JdbcDataSource.class, DurableSessionsConfigurationTests::database)
			.run((context) -> assertThat(tables(context.getBean(JdbcDataSource.class))).isZero());
	}

	private static JdbcDataSource database() {
		JdbcDataSource dataSource = new JdbcDataSource();
		dataSource.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
		return dataSource;
	}

	private static int tables(JdbcDataSource dataSource) {
		Integer count = new JdbcTemplate(dataSource).queryForObject(
				"SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = 'ATMOSPHERE_SESSION'",
				Integer.class);
		return (count != null) ? count : 0;
	}

	@ParameterizedTest
	@CsvSource({ "redis, RedisConnectionFactory", "jdbc, DataSource" })
	void aStoreWithoutItsConnectionIsRefusedByTheNameOfTheProperty(String store, String bean) {
		this.enabled.withPropertyValues("atmosphere.durable-sessions.store=" + store)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOfSatisfying(InvalidConfigurationPropertyValueException.class, (ex) -> {
					assertThat(ex.getName()).isEqualTo("atmosphere.durable-sessions.store");
					assertThat(ex.getReason()).contains(bean);
				}));
	}

	@Test
	void aStoreWhoseModuleIsNotThereIsRefusedByTheNameOfTheProperty() {
		this.enabled.withClassLoader(new FilteredClassLoader(JdbcTemplate.class))
			.withPropertyValues("atmosphere.durable-sessions.store=jdbc")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOfSatisfying(InvalidConfigurationPropertyValueException.class,
						(ex) -> assertThat(ex.getReason()).contains("spring-boot-starter-jdbc")));
	}

	@Test
	void theApplicationMayBringAStore() {
		this.enabled.withPropertyValues("atmosphere.durable-sessions.store=jdbc")
			.withUserConfiguration(OwnStore.class)
			.withBean(JdbcDataSource.class, DurableSessionsConfigurationTests::database)
			.run((context) -> assertThat(context).hasSingleBean(SessionStore.class)
				.doesNotHaveBean(JdbcSessionStore.class));
	}

	/**
	 * An application with a store of its own.
	 */
	@Configuration(proxyBeanMethods = false)
	static class OwnStore {

		@Bean
		SessionStore ownStore() {
			return new MemorySessionStore();
		}

	}

}
