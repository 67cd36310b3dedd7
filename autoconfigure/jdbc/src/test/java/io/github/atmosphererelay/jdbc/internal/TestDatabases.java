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

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

import com.zaxxer.hikari.HikariDataSource;
import io.github.atmosphererelay.contract.broker.DatabaseServer;
import io.github.atmosphererelay.contract.broker.DatabaseServers;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * The databases that the tests run on, each a server of its own process. A test uses a
 * log, and rows of the business table, with names of its own.
 */
public enum TestDatabases {

	H2(";LOCK_TIMEOUT=20000"), POSTGRESQL(""), MARIADB("");

	private static final Map<TestDatabases, HikariDataSource> POOLS = new EnumMap<>(TestDatabases.class);

	private static final AtomicInteger NAMES = new AtomicInteger();

	private final String parameters;

	TestDatabases(String parameters) {
		this.parameters = parameters;
	}

	/**
	 * Return the server, or skip the test where its programs are missing.
	 */
	public DatabaseServer server() {
		return switch (this) {
			case H2 -> DatabaseServers.h2();
			case POSTGRESQL -> DatabaseServers.postgres();
			case MARIADB -> DatabaseServers.mariaDb();
		};
	}

	/**
	 * Start a server that the test may disturb, or skip the test where its programs are
	 * missing.
	 */
	DatabaseServer newServer() {
		return switch (this) {
			case H2 -> DatabaseServers.newH2();
			case POSTGRESQL -> DatabaseServers.newPostgres();
			case MARIADB -> DatabaseServers.newMariaDb();
		};
	}

	/**
	 * Return a pool of connections to a database with all tables, which the tests share.
	 */
	public HikariDataSource pool() {
		synchronized (POOLS) {
			return POOLS.computeIfAbsent(this, (database) -> create());
		}
	}

	private HikariDataSource create() {
		DatabaseServer server = server();
		server.createDatabase("outbox");
		HikariDataSource pool = pool(server.jdbcUrl("outbox"));
		TestDatabase.withTables(pool);
		new JdbcTemplate(pool).execute(
				"CREATE TABLE BUSINESS (ID VARCHAR(80) NOT NULL PRIMARY KEY, CHANNEL VARCHAR(80), TEXT VARCHAR(200))");
		return pool;
	}

	/**
	 * Return another pool for a URL of the server.
	 */
	public HikariDataSource pool(String url) {
		HikariDataSource pool = new HikariDataSource();
		pool.setJdbcUrl(url + this.parameters);
		pool.setUsername(server().user());
		pool.setPassword(server().password());
		pool.setMaximumPoolSize(24);
		pool.setMinimumIdle(0);
		return pool;
	}

	/**
	 * Return a name that no other test has.
	 */
	public static String newName() {
		return "test-" + NAMES.incrementAndGet();
	}

}
