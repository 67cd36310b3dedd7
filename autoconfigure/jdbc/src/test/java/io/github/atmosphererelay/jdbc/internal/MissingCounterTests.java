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

import java.util.List;
import java.util.Objects;

import javax.sql.DataSource;

import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * What becomes of a batch one of whose counters is missing: nobody knows what is written
 * unless all of it is refused.
 */
class MissingCounterTests {

	@ParameterizedTest
	@EnumSource(value = TestDatabases.class, names = { "POSTGRESQL", "MARIADB", "H2" })
	void nothingOfABatchIsWrittenIfACounterIsMissing(TestDatabases database) {
		JdbcTemplate jdbc = new JdbcTemplate(database.pool());
		EnvelopeCodec codec = new EnvelopeCodec(1024);
		ShardedLog log = new ShardedLog(TestDatabases.newName(), DatabaseDialect.of(jdbc), codec, 60_000);
		log.createShards(jdbc);
		jdbc.update("DELETE FROM ATMOSPHERE_SHARD WHERE LOG_NAME = ? AND SHARD = 5", log.name());
		List<EncodedEnvelope> envelopes = List
			.of(Envelopes.to(Envelopes.channelOf(3), null), Envelopes.to(Envelopes.channelOf(5), null),
					Envelopes.to(Envelopes.channelOf(7), null))
			.stream()
			.map((envelope) -> new EncodedEnvelope(envelope, codec.encode(envelope)))
			.toList();
		assertThatException().isThrownBy(() -> append(jdbc, log, envelopes));
		assertThat(log.heads(jdbc)).extracting(ShardHead::number).containsOnly(0L);
		assertThat(jdbc.queryForObject("SELECT COUNT(*) FROM ATMOSPHERE_MESSAGE WHERE LOG_NAME = ?", Integer.class,
				log.name()))
			.isZero();
		log.createShards(jdbc);
		assertThat(append(jdbc, log, envelopes)).extracting((result) -> result.position().offset())
			.containsOnly((log.dialect() == DatabaseDialect.H2) ? 0L : 1L);
		assertThat(log.heads(jdbc)).filteredOn((head) -> head.number() == 1)
			.extracting(ShardHead::shard)
			.containsExactlyInAnyOrder(3, 5, 7);
	}

	private static List<AppendResult> append(JdbcTemplate jdbc, ShardedLog log, List<EncodedEnvelope> envelopes) {
		if (log.dialect() != DatabaseDialect.H2) {
			return log.appendAtOnce(jdbc, envelopes);
		}
		DataSource pool = Objects.requireNonNull(jdbc.getDataSource());
		return Objects.requireNonNull(new TransactionTemplate(new DataSourceTransactionManager(pool))
			.execute((status) -> log.appendAtOnce(jdbc, envelopes)));
	}

}
