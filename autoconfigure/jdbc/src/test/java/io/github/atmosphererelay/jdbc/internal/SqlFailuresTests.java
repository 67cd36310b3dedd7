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

import java.io.PrintWriter;
import java.io.StringWriter;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import com.github.f4b6a3.uuid.UuidCreator;
import com.zaxxer.hikari.HikariDataSource;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.dao.DataAccessException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * Tests for {@link SqlFailures}.
 */
@Timeout(60)
class SqlFailuresTests {

	private static final String SECRET = "what nobody else may read";

	@Test
	void aBatchThatFailsDoesNotTellWhatItWouldHaveWritten() throws Exception {
		HikariDataSource pool = TestDatabases.POSTGRESQL.pool();
		Database database = new Database(pool, Duration.ofSeconds(10));
		ShardedLog log = new ShardedLog(TestDatabases.newName(), database.dialect(), new EnvelopeCodec(1024), 60_000);
		log.createShards(database.jdbc());
		try (Connection other = pool.getConnection()) {
			other.setAutoCommit(false);
			other.createStatement().execute("LOCK TABLE ATMOSPHERE_MESSAGE IN ACCESS EXCLUSIVE MODE");
			DataAccessException failure = catchThrowableOfType(DataAccessException.class,
					() -> database.inTransaction((jdbc) -> {
						jdbc.execute("SET LOCAL lock_timeout = 200");
						return log.append(jdbc, List.of(envelope(), envelope()), true);
					}));
			StringWriter told = new StringWriter();
			failure.printStackTrace(new PrintWriter(told));
			assertThat(told.toString()).contains("lock timeout").doesNotContain(SECRET).doesNotContain(hex(SECRET));
			other.rollback();
		}
	}

	private static Envelope envelope() {
		return new Envelope(UuidCreator.getTimeOrderedEpochFast(), UUID.randomUUID(), Envelope.Kind.MESSAGE,
				System.currentTimeMillis(), new Audience.Channel("orders", null), Map.of(), Payload.text(SECRET), null,
				new LogOptions(10, Duration.ofHours(1), UUID.randomUUID().toString(), Duration.ofMinutes(1)));
	}

	private static String hex(String text) {
		StringBuilder hex = new StringBuilder();
		text.chars().forEach((each) -> hex.append(String.format("%02x", each)));
		return hex.toString();
	}

}
