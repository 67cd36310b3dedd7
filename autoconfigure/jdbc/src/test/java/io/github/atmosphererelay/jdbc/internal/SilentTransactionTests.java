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

import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.test.MachineTime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.jdbc.support.JdbcUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How long a transaction that has appended on PostgreSQL keeps the counters when its node
 * is not heard any more.
 */
class SilentTransactionTests {

	private static final String SETTING = "SHOW idle_in_transaction_session_timeout";

	private Connection connection;

	private JdbcTemplate transaction;

	private ShardedLog log;

	@BeforeEach
	void begin() throws Exception {
		this.connection = TestDatabases.POSTGRESQL.pool().getConnection();
		this.transaction = new JdbcTemplate(new SingleConnectionDataSource(this.connection, true));
		this.log = new ShardedLog(TestDatabases.newName(), DatabaseDialect.POSTGRESQL, new EnvelopeCodec(1024), 60_000);
		this.log.createShards(this.transaction);
	}

	@AfterEach
	void close() {
		// The server may have ended it
		JdbcUtils.closeConnection(this.connection);
	}

	private void append() throws Exception {
		this.connection.setAutoCommit(false);
		this.log.append(this.transaction, List.of(Envelopes.to("room", null)), false);
	}

	@Test
	void aTransactionThatFallsSilentGivesTheCountersBackAfterSeconds() throws Exception {
		append();
		JdbcTemplate other = new JdbcTemplate(TestDatabases.POSTGRESQL.pool());
		MachineTime.await(Duration.ofSeconds(20))
			.until(() -> other
				.queryForList("SELECT SHARD FROM ATMOSPHERE_SHARD WHERE LOG_NAME = ? FOR UPDATE SKIP LOCKED",
						Integer.class, this.log.name())
				.size() == ShardedLog.SHARDS);
		assertThat(this.log.heads(other)).extracting(ShardHead::number).containsOnly(0L);
	}

	@ParameterizedTest
	@CsvSource({ "0, 5s", "1h, 5s", "2500ms, 2500ms", "1500000us, 1500ms" })
	void aShorterTimeThatIsSetAlreadyStaysAndTheSettingEndsWithTheTransaction(String before, String within)
			throws Exception {
		this.transaction.execute("SET idle_in_transaction_session_timeout = '" + before + "'");
		String set = this.transaction.queryForObject(SETTING, String.class);
		append();
		assertThat(this.transaction.queryForObject(SETTING, String.class)).isEqualTo(within);
		this.connection.commit();
		assertThat(this.transaction.queryForObject(SETTING, String.class)).isEqualTo(set);
		this.transaction.execute("RESET idle_in_transaction_session_timeout");
		this.connection.commit();
		this.connection.setAutoCommit(true);
	}

}
