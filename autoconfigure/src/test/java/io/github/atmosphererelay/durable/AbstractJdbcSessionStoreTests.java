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

package io.github.atmosphererelay.durable;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;

import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link JdbcSessionStore} with H2.
 */
class JdbcSessionStoreTests extends AbstractSessionStoreTests {

	private static JdbcTemplate jdbc;

	private static JdbcSessionStore store;

	@BeforeAll
	static void start() {
		jdbc = database("store");
		store = new JdbcSessionStore(jdbc, Duration.ofMinutes(1));
	}

	private static JdbcTemplate database(String name) {
		JdbcDataSource dataSource = new JdbcDataSource();
		dataSource.setURL("jdbc:h2:mem:" + name + ";DB_CLOSE_DELAY=-1");
		ResourceDatabasePopulator schema = new ResourceDatabasePopulator(
				new ClassPathResource("schema-h2.sql", JdbcSessionStore.class));
		schema.execute(dataSource);
		// A second node finds the table, and is content.
		schema.execute(dataSource);
		return new JdbcTemplate(dataSource);
	}

	@Override
	SessionStore store() {
		return store;
	}

	@Test
	void expiredRowsAreRemovedByOneNodeUntilItsLeaseIsOver() {
		JdbcTemplate jdbc = database("leases");
		JdbcSessionStore one = new JdbcSessionStore(jdbc, Duration.ofMinutes(1));
		JdbcSessionStore other = new JdbcSessionStore(jdbc, Duration.ofMinutes(1));
		Instant now = now();
		saveExpiring(one, "first", now);
		assertThat(one.removeExpired(now.plusSeconds(2))).isEqualTo(10);
		saveExpiring(one, "second", now);
		assertThat(other.removeExpired(now.plusSeconds(3))).isZero();
		assertThat(other.removeExpired(now.plusSeconds(120))).isEqualTo(10);
		assertThat(one.removeExpired(now.plusSeconds(121))).isZero();
		assertThat(one.find("*cleanup")).isNull();
	}

	private static void saveExpiring(JdbcSessionStore store, String name, Instant now) {
		List<StoredSession> sessions = IntStream.range(0, 10)
			.mapToObj((i) -> session(name + i, "one", 1, now.plusSeconds(1)))
			.toList();
		assertThat(store.save(sessions)).isEmpty();
	}

}
