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

package io.github.atmosphererelay.contract.broker;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * A database as the broker of the JDBC relay, with its tables. The drivers, and the
 * module with the scripts of the tables, are for the module of the test to bring.
 */
public abstract class DatabaseBroker implements Broker {

	private static final String DATABASE = "messages";

	private final DatabaseServer server;

	DatabaseBroker(DatabaseServer server, String platform) {
		this.server = server;
		try {
			server.createDatabase(DATABASE);
			createTables("/io/github/atmosphererelay/jdbc/schema-" + platform + ".sql");
		}
		catch (RuntimeException ex) {
			server.close();
			throw ex;
		}
	}

	private void createTables(String script) {
		try (InputStream in = DatabaseBroker.class.getResourceAsStream(script);
				Connection connection = this.server.connect(DATABASE);
				Statement statement = connection.createStatement()) {
			if (in == null) {
				throw new IllegalStateException("The module with " + script + " is not there");
			}
			for (String each : new String(in.readAllBytes(), StandardCharsets.UTF_8).split(";")) {
				if (!each.isBlank()) {
					statement.execute(each);
				}
			}
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Connect to the database of the tables.
	 * @return a connection, to be closed
	 * @throws SQLException if the server does not answer
	 */
	public Connection connect() throws SQLException {
		return this.server.connect(DATABASE);
	}

	@Override
	public String[] directProperties() {
		return properties(this.server.jdbcUrl(DATABASE));
	}

	@Override
	public String[] proxiedProperties() {
		return properties(this.server.proxiedJdbcUrl(DATABASE));
	}

	private String[] properties(String url) {
		return new String[] { "atmosphere.relay.type=jdbc", "spring.datasource.url=" + url,
				"spring.datasource.username=" + this.server.user(),
				"spring.datasource.password=" + this.server.password(), "atmosphere.jdbc.initialize-schema=never",
				"atmosphere.relay.jdbc.clean-interval=200ms", "management.health.redis.enabled=false",
				"management.health.db.enabled=false" };
	}

	@Override
	public TcpProxy proxy() {
		return this.server.proxy();
	}

	@Override
	public void kill() {
		this.server.kill();
	}

	@Override
	public void start() {
		this.server.start();
	}

	@Override
	public boolean keepsWhatItAcknowledged() {
		return true;
	}

	@Override
	public void close() {
		this.server.close();
	}

}
