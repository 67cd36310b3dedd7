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

import java.io.IOException;

import javax.sql.DataSource;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Tests for {@link JdbcSessionStore} with a real PostgreSQL, whose program a library
 * carries.
 */
class JdbcSessionStoreOnPostgresTests extends AbstractJdbcSessionStoreTests {

	private EmbeddedPostgres server;

	JdbcSessionStoreOnPostgresTests() {
		super("schema-postgresql.sql");
	}

	@Override
	@BeforeAll
	void createStore() throws Exception {
		try {
			this.server = EmbeddedPostgres.start();
		}
		catch (IOException | RuntimeException ex) {
			// It refuses to run as root, and cannot always become somebody else
			System.out.println("SKIPPED the session store on PostgreSQL: " + ex.getMessage());
			Assumptions.abort(ex.getMessage());
		}
		super.createStore();
	}

	@AfterAll
	void stop() throws IOException {
		if (this.server != null) {
			this.server.close();
		}
	}

	@Override
	DataSource database(String name) {
		new JdbcTemplate(this.server.getPostgresDatabase()).execute("CREATE DATABASE " + name);
		return this.server.getDatabase("postgres", name);
	}

}
