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

import java.time.Duration;
import java.util.Locale;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;

import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

/**
 * A pool of connections to a database of a test, with this library's tables.
 */
public final class TestDatabase {

	private TestDatabase() {
	}

	/**
	 * Pool the connections of a data source.
	 */
	public static HikariDataSource pool(DataSource connections, int size) {
		HikariDataSource pool = new HikariDataSource();
		pool.setDataSource(connections);
		pool.setMaximumPoolSize(size);
		pool.setMinimumIdle(0);
		return pool;
	}

	/**
	 * Create the tables twice, as a second node does.
	 */
	public static Database withTables(DataSource dataSource) {
		Database database = new Database(dataSource, Duration.ofSeconds(10));
		ResourceDatabasePopulator schema = new ResourceDatabasePopulator(
				new ClassPathResource("io/github/atmosphererelay/jdbc/schema-"
						+ database.dialect().name().toLowerCase(Locale.ROOT) + ".sql"));
		schema.execute(dataSource);
		schema.execute(dataSource);
		return database;
	}

}
