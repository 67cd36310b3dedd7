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
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import javax.sql.DataSource;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.boot.jdbc.init.DatabaseInitializationProperties;
import org.springframework.boot.jdbc.init.PropertiesBasedDataSourceScriptDatabaseInitializer;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.Resource;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.init.ScriptUtils;

/**
 * Creates this library's tables, and leaves out statements for indexes that exist.
 * PostgreSQL locks a table against writers before it looks whether the index exists: a
 * node that starts would wait for the oldest transaction that has written a message, and
 * the writers of all nodes would wait for that node.
 */
final class SchemaInitializer
		extends PropertiesBasedDataSourceScriptDatabaseInitializer<DatabaseInitializationProperties> {

	private static final Log logger = LogFactory.getLog(SchemaInitializer.class);

	private static final String SEPARATOR = ScriptUtils.DEFAULT_STATEMENT_SEPARATOR;

	private static final Pattern INDEX = Pattern.compile(
			"CREATE\\s+(?:UNIQUE\\s+)?INDEX\\s+IF\\s+NOT\\s+EXISTS\\s+(\\w+)\\s+ON\\s+(\\w+)\\b[^;]*(?:;|\\z)",
			Pattern.CASE_INSENSITIVE);

	SchemaInitializer(DataSource dataSource, SchemaInitialization initialization, String schema) {
		super(dataSource, SchemaProperties.of(initialization, schema));
	}

	@Override
	protected void runScripts(Scripts scripts) {
		if (!SEPARATOR.equals(scripts.getSeparator())) {
			super.runScripts(scripts);
			return;
		}
		Charset encoding = (scripts.getEncoding() != null) ? scripts.getEncoding() : StandardCharsets.UTF_8;
		List<Resource> needed = new ArrayList<>();
		for (Resource script : scripts) {
			needed.add(withoutExistingIndexes(script, encoding));
		}
		super.runScripts(new Scripts(needed).continueOnError(scripts.isContinueOnError())
			.separator(SEPARATOR)
			.encoding(encoding));
	}

	private Resource withoutExistingIndexes(Resource script, Charset encoding) {
		try {
			String statements = INDEX.matcher(script.getContentAsString(encoding))
				.replaceAll((index) -> exists(index.group(1), index.group(2)) ? ""
						: Matcher.quoteReplacement(index.group()));
			return new ByteArrayResource(statements.getBytes(encoding), script.getDescription());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(script.getDescription() + " cannot be read", ex);
		}
	}

	private boolean exists(String index, String table) {
		try {
			return Boolean.TRUE.equals(new JdbcTemplate(getDataSource())
				.execute((ConnectionCallback<Boolean>) (connection) -> exists(connection, index, table)));
		}
		catch (DataAccessException ex) {
			logger.debug("The database does not tell the indexes of " + table, ex);
			return false;
		}
	}

	private static boolean exists(Connection connection, String index, String table) throws SQLException {
		DatabaseMetaData database = connection.getMetaData();
		String stored = database.storesLowerCaseIdentifiers() ? table.toLowerCase(Locale.ROOT)
				: table.toUpperCase(Locale.ROOT);
		try (ResultSet indexes = database.getIndexInfo(connection.getCatalog(), connection.getSchema(), stored, false,
				true)) {
			while (indexes.next()) {
				if (index.equalsIgnoreCase(indexes.getString("INDEX_NAME"))) {
					return true;
				}
			}
		}
		return false;
	}

}
