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

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import com.zaxxer.hikari.HikariDataSource;
import io.github.atmosphererelay.jdbc.internal.DatabaseDialect;
import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.jdbc.internal.TestDatabases;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.jdbc.internal.JdbcRelay;
import io.github.atmosphererelay.relay.jdbc.internal.JdbcRelaySettings;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RelayLogTarget}; those with nodes are in
 * {@code OutboxOnJdbcRelayTests}.
 */
class RelayLogTargetTests {

	/**
	 * Otherwise what an application publishes while it starts, or before the relay's own
	 * connections are open, would fail its transactions.
	 */
	@ParameterizedTest
	@EnumSource
	void aTransactionNeedsNoRelayThatIsConnected(TestDatabases database) {
		HikariDataSource pool = database.pool();
		JdbcTemplate jdbc = new JdbcTemplate(pool);
		String name = TestDatabases.newName();
		EnvelopeCodec codec = new EnvelopeCodec(1_000);
		TransactionTemplate transaction = new TransactionTemplate(new DataSourceTransactionManager(pool));
		transaction.executeWithoutResult(
				(status) -> new ShardedLog(name, DatabaseDialect.of(jdbc), codec, 1_000).createShards(jdbc));
		JdbcRelay relay = new JdbcRelay(() -> {
			throw new SQLException("The database cannot be reached by the relay");
		}, new JdbcRelaySettings(name, codec, 10, Duration.ofSeconds(5)));
		RelayLogTarget target = new RelayLogTarget(relay::shardedLog, (shards) -> relay.committed());
		Envelope envelope = new Envelope(UUID.randomUUID(), UUID.randomUUID(), Envelope.Kind.MESSAGE, 1,
				new Audience.Channel("chat/lobby", null), Map.of(), Payload.text("hello"), null, null);
		transaction.executeWithoutResult((status) -> {
			assertThat(target.dialect(jdbc)).isEqualTo(DatabaseDialect.of(jdbc));
			target.append(jdbc, List.of(envelope));
		});
		assertThat(jdbc.queryForObject("SELECT COUNT(*) FROM ATMOSPHERE_MESSAGE WHERE LOG_NAME = ?", Long.class, name))
			.isOne();
	}

}
