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

import java.util.List;
import java.util.UUID;

import javax.sql.DataSource;

import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link AtmosphereDatabaseAutoConfiguration}.
 */
class DatabaseConfigurationTests {

	private static final String[] TABLES = { "ATMOSPHERE_GROUP_CHANNEL", "ATMOSPHERE_GROUP_INBOX",
			"ATMOSPHERE_GROUP_LANE", "ATMOSPHERE_GROUP_MEMBER", "ATMOSPHERE_GROUP_SET_ASIDE", "ATMOSPHERE_KEY",
			"ATMOSPHERE_LEASE", "ATMOSPHERE_MESSAGE", "ATMOSPHERE_SET_ASIDE", "ATMOSPHERE_SHARD", "ATMOSPHERE_TRIM" };

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(AtmosphereDatabaseAutoConfiguration.class))
		.withBean("first", JdbcDataSource.class, DatabaseConfigurationTests::database);

	@Test
	void thereAreNoTablesUnlessSomethingNeedsThem() {
		this.runner.run((context) -> {
			assertThat(context).doesNotHaveBean(MessagingDataSource.class);
			assertThat(tables(context.getBean(DataSource.class))).isEmpty();
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "atmosphere.outbox.enabled=true", "atmosphere.relay.type=jdbc" })
	void theTablesAreCreatedInAnEmbeddedDatabase(String property) {
		this.runner.withPropertyValues(property).run((context) -> {
			assertThat(context.getBean(MessagingDataSource.class).dataSource())
				.isSameAs(context.getBean(DataSource.class));
			assertThat(tables(context.getBean(DataSource.class))).containsExactly(TABLES);
		});
	}

	@Test
	void theTablesAreLeftAloneIfThatIsWanted() {
		this.runner.withPropertyValues("atmosphere.outbox.enabled=true", "atmosphere.jdbc.initialize-schema=never")
			.run((context) -> assertThat(tables(context.getBean(DataSource.class))).isEmpty());
	}

	@Test
	void ofSeveralDataSourcesThePropertyNamesOne() {
		this.runner.withBean("second", JdbcDataSource.class, DatabaseConfigurationTests::database)
			.withPropertyValues("atmosphere.outbox.enabled=true", "atmosphere.jdbc.data-source=second")
			.run((context) -> {
				assertThat(context.getBean(MessagingDataSource.class).dataSource()).isSameAs(context.getBean("second"));
				assertThat(tables(context.getBean("first", DataSource.class))).isEmpty();
				assertThat(tables(context.getBean("second", DataSource.class))).containsExactly(TABLES);
			});
	}

	@Test
	void severalDataSourcesWithoutThePropertyAreRefused() {
		this.runner.withBean("second", JdbcDataSource.class, DatabaseConfigurationTests::database)
			.withPropertyValues("atmosphere.outbox.enabled=true")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOfSatisfying(DatabaseNotConfiguredException.class, (ex) -> {
					assertThat(ex).hasMessageContaining("first").hasMessageContaining("second");
					assertThat(ex.action()).contains("atmosphere.jdbc.data-source");
					assertThat(new DatabaseNotConfiguredFailureAnalyzer().analyze(ex).getAction())
						.isEqualTo(ex.action());
				}));
	}

	@Test
	void aNameThatNoDataSourceHasIsRefused() {
		this.runner.withPropertyValues("atmosphere.outbox.enabled=true", "atmosphere.jdbc.data-source=third")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOf(DatabaseNotConfiguredException.class)
				.hasMessageContaining("third"));
	}

	@Test
	void anApplicationWithoutADataSourceIsRefused() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(AtmosphereDatabaseAutoConfiguration.class))
			.withPropertyValues("atmosphere.outbox.enabled=true")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOfSatisfying(DatabaseNotConfiguredException.class,
						(ex) -> assertThat(ex.action()).contains("spring-boot-starter-jdbc")));
	}

	private static JdbcDataSource database() {
		JdbcDataSource dataSource = new JdbcDataSource();
		dataSource.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
		return dataSource;
	}

	private static List<String> tables(DataSource dataSource) {
		return new JdbcTemplate(dataSource).queryForList(
				"SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME LIKE 'ATMOSPHERE%' ORDER BY 1",
				String.class);
	}

}
