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

package io.github.atmosphererelay.relay;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Nodes that create the tables on PostgreSQL when they start.
 */
class SchemaOnPostgresTests {

	private final Broker.Postgres broker = new Broker.Postgres();

	@AfterEach
	void stop() {
		this.broker.close();
	}

	private void startAndStop() {
		TestNode
			.start(Stream
				.concat(Stream.of(this.broker.directProperties()).filter((each) -> !each.contains("initialize-schema")),
						Stream.of("atmosphere.jdbc.initialize-schema=always"))
				.toArray(String[]::new))
			.close();
	}

	@Test
	void aNodeThatStartsDoesNotWaitForATransactionThatHasWritten() throws SQLException {
		try (Connection writer = this.broker.connect(); Statement statement = writer.createStatement()) {
			writer.setAutoCommit(false);
			statement.execute("INSERT INTO ATMOSPHERE_GROUP_INBOX (LOG_NAME, GROUP_NAME, MESSAGE_ID, HANDLED_AT)"
					+ " VALUES ('log', 'billing', 'id', 0)");
			assertThat(CompletableFuture.runAsync(this::startAndStop)).succeedsWithin(Duration.ofSeconds(60));
			writer.rollback();
		}
	}

	@Test
	void whatIsMissingIsCreated() throws SQLException {
		try (Connection connection = this.broker.connect(); Statement statement = connection.createStatement()) {
			statement.execute("DROP TABLE ATMOSPHERE_GROUP_INBOX");
			statement.execute("DROP INDEX ATMOSPHERE_MESSAGE_IX2");
			startAndStop();
			try (ResultSet row = statement.executeQuery("SELECT to_regclass('ATMOSPHERE_GROUP_INBOX_IX1') IS NOT NULL"
					+ " AND to_regclass('ATMOSPHERE_MESSAGE_IX2') IS NOT NULL")) {
				row.next();
				assertThat(row.getBoolean(1)).isTrue();
			}
		}
	}

}
