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

package io.github.atmosphererelay.autoconfigure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import javax.sql.DataSource;

import org.springframework.boot.jdbc.init.DatabaseInitializationProperties;
import org.springframework.boot.jdbc.init.PropertiesBasedDataSourceScriptDatabaseInitializer;
import org.springframework.core.io.Resource;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Runs the script of the tables on PostgreSQL only if one of its tables or indexes is
 * missing. There {@code CREATE INDEX IF NOT EXISTS} locks the table before it looks
 * whether the index exists: it waits for each open transaction that has written a
 * message, and all later ones, of all nodes, wait for it.
 */
final class MessagingTablesInitializer
		extends PropertiesBasedDataSourceScriptDatabaseInitializer<DatabaseInitializationProperties> {

	private static final Pattern COMMENT = Pattern.compile("--[^\n]*");

	private static final Pattern CREATION = Pattern.compile(
			"CREATE\\s+(?:TABLE|INDEX)\\s+IF\\s+NOT\\s+EXISTS\\s+(\\w+)\\b.*",
			Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

	MessagingTablesInitializer(DataSource dataSource, DatabaseInitializationProperties properties) {
		super(dataSource, properties);
	}

	@Override
	protected void runScripts(Scripts scripts) {
		if (!isDone(scripts)) {
			super.runScripts(scripts);
		}
	}

	private boolean isDone(Scripts scripts) {
		List<String> names = new ArrayList<>();
		for (Resource script : scripts) {
			for (String statement : COMMENT.matcher(text(script)).replaceAll("").split(";")) {
				Matcher creation = CREATION.matcher(statement.strip());
				if (creation.matches()) {
					names.add(creation.group(1));
				}
				else if (!statement.isBlank()) {
					// A script of the application may do anything
					return false;
				}
			}
		}
		return exist(names);
	}

	private boolean exist(List<String> names) {
		JdbcTemplate jdbc = new JdbcTemplate(getDataSource());
		String product = jdbc.execute((Connection connection) -> connection.getMetaData().getDatabaseProductName());
		return "PostgreSQL".equals(product) && names.stream()
			.allMatch((name) -> Boolean.TRUE
				.equals(jdbc.queryForObject("SELECT to_regclass(?) IS NOT NULL", Boolean.class, name)));
	}

	private static String text(Resource script) {
		try {
			return script.getContentAsString(StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
