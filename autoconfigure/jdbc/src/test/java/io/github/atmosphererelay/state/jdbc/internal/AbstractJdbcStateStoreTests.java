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

package io.github.atmosphererelay.state.jdbc.internal;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

import javax.sql.DataSource;

import io.github.atmosphererelay.contract.AbstractStateStoreTests;
import io.github.atmosphererelay.state.StateResult;
import io.github.atmosphererelay.state.StateStore;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What {@link JdbcStateStore} promises on every database.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AbstractJdbcStateStoreTests extends AbstractStateStoreTests {

	private final String script;

	private StateStore store;

	private StateStore forgetfulStore;

	AbstractJdbcStateStoreTests(String script) {
		this.script = script;
	}

	/**
	 * Return a database without a table.
	 */
	abstract DataSource database(String name) throws Exception;

	@BeforeAll
	void createStore() throws Exception {
		this.store = new JdbcStateStore(withTable("store"), MAX_VALUE_BYTES, Duration.ofHours(1));
		this.forgetfulStore = new JdbcStateStore(withTable("forgetful"), MAX_VALUE_BYTES, SHORT);
	}

	private JdbcTemplate withTable(String name) throws Exception {
		DataSource database = database(name);
		ResourceDatabasePopulator schema = new ResourceDatabasePopulator(
				new ClassPathResource("io/github/atmosphererelay/state/" + this.script));
		schema.execute(database);
		// A second node finds the table, and is content.
		schema.execute(database);
		return new JdbcTemplate(database);
	}

	@Override
	protected StateStore store() {
		return this.store;
	}

	@Override
	protected StateStore forgetfulStore() {
		return this.forgetfulStore;
	}

	@Test
	void rowsThatHaveExpiredAreRemoved() throws Exception {
		StateStore removing = new JdbcStateStore(withTable("removed"), MAX_VALUE_BYTES, Duration.ofHours(1));
		assertThat(removing.putIfNewer("space", List.of(entry("a", 1, 1, "a"), entry("b", 1, 1, null))))
			.containsOnly(StateResult.NEWER);
		assertThat(removing.removeExpired(Instant.now())).isZero();
		assertThat(removing.removeExpired(Instant.now().plusSeconds(3700))).isEqualTo(2);
	}

}
