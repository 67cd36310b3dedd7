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

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.CodeSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * H2 in server mode, in a JVM of its own.
 */
final class H2Server extends DatabaseServer {

	private static final String FIRST_DATABASE = "first";

	private final Set<String> databases = new ConcurrentSkipListSet<>(Set.of(FIRST_DATABASE));

	private final Path jar;

	H2Server() {
		this(findJar());
	}

	private H2Server(Path jar) {
		super("H2", "sa", "", new ServerProcess("h2-server", "KILL"));
		this.jar = jar;
	}

	private static Path findJar() {
		try {
			CodeSource source = Class.forName("org.h2.Driver").getProtectionDomain().getCodeSource();
			return Path.of(source.getLocation().toURI());
		}
		catch (ClassNotFoundException | URISyntaxException ex) {
			throw new IllegalStateException("H2 is not on the class path", ex);
		}
	}

	@Override
	void createData() {
		// It creates a database when somebody connects to it
	}

	/**
	 * By default a commit is written up to half a second later, and lost when the server
	 * is killed before. The statement that changes this holds only until the database is
	 * opened again.
	 */
	@Override
	public String jdbcUrl(String database, int port) {
		return "jdbc:h2:tcp://127.0.0.1:" + port + "/./" + database + ";WRITE_DELAY=0";
	}

	@Override
	List<String> command(int port) {
		return List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx384m",
				"-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Dh2.bindAddress=127.0.0.1", "-cp",
				this.jar.toString(), "org.h2.tools.Server", "-tcp", "-tcpPort", Integer.toString(port), "-baseDir",
				process().directory().toString(), "-ifNotExists");
	}

	@Override
	String firstDatabase() {
		return FIRST_DATABASE;
	}

	@Override
	void replaceDatabase(String name) throws SQLException {
		try (Connection connection = connect(name); Statement statement = connection.createStatement()) {
			statement.execute("DROP ALL OBJECTS");
			// Otherwise it would be closed whenever nobody is connected
			statement.execute("SET DB_CLOSE_DELAY -1");
			statement.execute("SET DEFAULT_LOCK_TIMEOUT 10000");
		}
		this.databases.add(name);
	}

	@Override
	String connectionsQuery() {
		return "SELECT COUNT(*) FROM INFORMATION_SCHEMA.SESSIONS WHERE SESSION_ID <> SESSION_ID()";
	}

	/**
	 * Each of its databases knows its own connections.
	 */
	@Override
	int countConnections() throws SQLException {
		int count = 0;
		for (String database : this.databases) {
			count += countConnections(database);
		}
		return count;
	}

}
