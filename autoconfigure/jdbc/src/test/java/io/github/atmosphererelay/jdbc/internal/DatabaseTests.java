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

package io.github.atmosphererelay.jdbc.internal;

import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import com.github.f4b6a3.uuid.UuidCreator;
import com.zaxxer.hikari.HikariDataSource;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Access by connections of an application that are as unsuitable as they can be: they do
 * not commit by themselves, are at SERIALIZABLE, and no pool rolls back what was left
 * open.
 */
@Timeout(60)
class DatabaseTests {

	@ParameterizedTest
	@EnumSource
	void queriesSeeWhatIsCommittedAndWaitForNobodyWhateverTheDefaultsOfTheConnectionAre(TestDatabases server)
			throws Exception {
		HikariDataSource pool = server.pool();
		Database healthy = new Database(pool, Duration.ofSeconds(10));
		ShardedLog log = new ShardedLog(TestDatabases.newName(), healthy.dialect(), new EnvelopeCodec(4096), 60_000);
		log.createShards(new JdbcTemplate(pool));
		try (Connection connection = pool.getConnection()) {
			connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
			connection.setAutoCommit(false);
			Database database = new Database(new SingleConnectionDataSource(connection, true), Duration.ofSeconds(5));
			assertThat(sum(log, database.jdbc())).isZero();
			for (int round = 1; round <= 3; round++) {
				long committed = round - 1;
				new TransactionTemplate(new DataSourceTransactionManager(pool)).executeWithoutResult((status) -> {
					log.append(new JdbcTemplate(pool), List.of(envelope()), false);
					// While another transaction is about to commit
					assertThat(sum(log, database.jdbc())).isEqualTo(committed);
				});
				assertThat(sum(log, database.jdbc())).isEqualTo(round);
				assertThat(connection.getAutoCommit()).as("reset").isFalse();
			}
			database.inTransaction((jdbc) -> log.append(jdbc, List.of(envelope()), false));
			assertThat(sum(log, healthy.jdbc())).isEqualTo(4);
			connection.rollback();
			connection.setAutoCommit(true);
			connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
		}
	}

	private static long sum(ShardedLog log, JdbcOperations jdbc) {
		return log.heads(jdbc).stream().mapToLong(ShardHead::number).sum();
	}

	private static Envelope envelope() {
		return new Envelope(UuidCreator.getTimeOrderedEpochFast(), UUID.randomUUID(), Envelope.Kind.MESSAGE,
				System.currentTimeMillis(), new Audience.Channel("room/1", null), Map.of(), Payload.text("x"), null,
				null);
	}

}
