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
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * MariaDB, as installed on this machine.
 */
final class MariaDbServer extends DatabaseServer {

	private static final String PRODUCT = "MariaDB";

	private final Path program;

	private final Path installProgram;

	private final Path data = process().directory().resolve("data");

	private final List<String> settings;

	MariaDbServer(String... settings) {
		this(Programs.require("mariadbd", PRODUCT), Programs.require("mariadb-install-db", PRODUCT), settings);
	}

	private MariaDbServer(Path program, Path installProgram, String... settings) {
		super(PRODUCT, "atmosphere", "atmosphere", new ServerProcess("mariadb-server", "KILL"));
		this.program = program;
		this.installProgram = installProgram;
		this.settings = List.of(settings);
	}

	@Override
	void createData() throws IOException {
		List<String> command = new ArrayList<>(List.of(this.installProgram.toString()));
		command.addAll(options());
		command.addAll(List.of("--auth-root-authentication-method=normal", "--skip-test-db"));
		process().prepare(command);
		// An account for connections by TCP; without names, 127.0.0.1 is not localhost
		Files.writeString(initFile(), """
				CREATE USER IF NOT EXISTS '%1$s'@'127.0.0.1' IDENTIFIED BY '%2$s';
				GRANT ALL PRIVILEGES ON *.* TO '%1$s'@'127.0.0.1' WITH GRANT OPTION;
				""".formatted(user(), password()));
	}

	/**
	 * Return what the program that creates the data and the server have to agree on. The
	 * sizes are small, because the data is often in memory.
	 */
	private List<String> options() {
		List<String> options = new ArrayList<>(
				List.of("--no-defaults", "--datadir=" + this.data, "--skip-name-resolve", "--innodb-log-file-size=32M",
						"--innodb-buffer-pool-size=64M", "--innodb-flush-method=fsync", "--innodb-use-native-aio=0"));
		if ("root".equals(System.getProperty("user.name"))) {
			options.add("--user=root");
		}
		return options;
	}

	private Path initFile() {
		return process().directory().resolve("init.sql");
	}

	@Override
	public String jdbcUrl(String database, int port) {
		return "jdbc:mariadb://127.0.0.1:" + port + "/" + database;
	}

	@Override
	List<String> command(int port) {
		List<String> command = new ArrayList<>(List.of(this.program.toString()));
		command.addAll(options());
		command.addAll(List.of("--bind-address=127.0.0.1", "--port=" + port,
				"--socket=" + process().directory().resolve("socket"),
				"--pid-file=" + process().directory().resolve("pid"), "--init-file=" + initFile(),
				"--max-connections=220", "--lock-wait-timeout=60", "--character-set-server=utf8mb4",
				"--innodb-flush-log-at-trx-commit=1"));
		this.settings.forEach((setting) -> command.add("--" + setting));
		return command;
	}

	@Override
	String firstDatabase() {
		return "mysql";
	}

	@Override
	void replaceDatabase(String name) throws SQLException {
		try (Connection connection = connect(firstDatabase()); Statement statement = connection.createStatement()) {
			statement.execute("DROP DATABASE IF EXISTS " + name);
			statement.execute("CREATE DATABASE " + name);
		}
	}

	@Override
	String connectionsQuery() {
		return "SELECT COUNT(*) FROM information_schema.PROCESSLIST"
				+ " WHERE USER NOT IN ('system user', 'event_scheduler', 'unauthenticated user')"
				+ " AND ID <> CONNECTION_ID()";
	}

}
