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

package io.github.atmosphererelay.durable.jdbc.internal;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;

import javax.sql.DataSource;

import io.github.atmosphererelay.contract.AbstractSessionStoreTests;
import io.github.atmosphererelay.durable.SessionStore;
import io.github.atmosphererelay.durable.StoredSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What {@link JdbcSessionStore} promises on every database.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AbstractJdbcSessionStoreTests extends AbstractSessionStoreTests {

	private final String script;

	private JdbcSessionStore store;

	AbstractJdbcSessionStoreTests(String script) {
		this.script = script;
	}

	/**
	 * Return a database without a table.
	 */
	abstract DataSource database(String name) throws Exception;

	@BeforeAll
	void createStore() throws Exception {
		this.store = new JdbcSessionStore(withTable("store"), Duration.ofMinutes(1));
	}

	private JdbcTemplate withTable(String name) throws Exception {
		DataSource database = database(name);
		ResourceDatabasePopulator schema = new ResourceDatabasePopulator(
				new ClassPathResource("io/github/atmosphererelay/durable/" + this.script));
		schema.execute(database);
		// A second node finds the table, and is content.
		schema.execute(database);
		return new JdbcTemplate(database);
	}

	@Override
	protected SessionStore store() {
		return this.store;
	}

	@Test
	void expiredRowsAreRemovedByOneNodeUntilItsLeaseIsOver() throws Exception {
		JdbcTemplate jdbc = withTable("leases");
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
