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

package io.github.atmosphererelay.outbox;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Stream;

import javax.sql.DataSource;

import io.github.atmosphererelay.autoconfigure.AtmosphereDatabaseAutoConfiguration;
import io.github.atmosphererelay.contract.broker.DatabaseServer;
import io.github.atmosphererelay.contract.broker.DatabaseServers;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * Nodes that create the tables, or would, while transactions are open that have written
 * messages.
 */
class StartBesideTransactionTests {

	private static final String NAME = "start";

	static Stream<Named<Supplier<DatabaseServer>>> servers() {
		return Stream.of(Named.of("PostgreSQL", DatabaseServers::postgres),
				Named.of("MariaDB", DatabaseServers::mariaDb), Named.of("H2", DatabaseServers::h2));
	}

	@ParameterizedTest
	@MethodSource("servers")
	void aNodeThatStartsDoesNotWaitForAnOpenTransaction(Supplier<DatabaseServer> servers) throws SQLException {
		DatabaseServer server = servers.get();
		server.createDatabase(NAME);
		DataSource dataSource = new DriverManagerDataSource(server.jdbcUrl(NAME), server.user(), server.password());
		start(dataSource);
		try (Connection connection = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			try (PreparedStatement inbox = connection.prepareStatement("DELETE FROM ATMOSPHERE_GROUP_INBOX");
					PreparedStatement messages = connection.prepareStatement("DELETE FROM ATMOSPHERE_MESSAGE")) {
				inbox.executeUpdate();
				messages.executeUpdate();
			}
			assertThat(CompletableFuture.runAsync(() -> start(dataSource))).succeedsWithin(Duration.ofSeconds(30));
			connection.rollback();
		}
	}

	@ParameterizedTest
	@MethodSource("servers")
	void aLostTableIsCreatedAgainWithItsIndex(Supplier<DatabaseServer> servers) {
		DatabaseServer server = servers.get();
		server.createDatabase(NAME + "again");
		DataSource dataSource = new DriverManagerDataSource(server.jdbcUrl(NAME + "again"), server.user(),
				server.password());
		start(dataSource);
		JdbcTemplate jdbc = new JdbcTemplate(dataSource);
		jdbc.execute("DROP TABLE ATMOSPHERE_GROUP_INBOX");
		start(dataSource);
		assertThatNoException().isThrownBy(() -> jdbc.execute(server.jdbcUrl("").contains("mariadb")
				? "DROP INDEX ATMOSPHERE_GROUP_INBOX_IX1 ON ATMOSPHERE_GROUP_INBOX"
				: "DROP INDEX ATMOSPHERE_GROUP_INBOX_IX1"));
	}

	private static void start(DataSource dataSource) {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(AtmosphereDatabaseAutoConfiguration.class))
			.withBean(DataSource.class, () -> dataSource)
			.withPropertyValues("atmosphere.relay.type=jdbc", "atmosphere.jdbc.initialize-schema=always")
			.run((context) -> assertThat(context).hasNotFailed());
	}

}
