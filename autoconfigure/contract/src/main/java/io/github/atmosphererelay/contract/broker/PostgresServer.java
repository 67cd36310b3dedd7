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
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * PostgreSQL, whose programs a library carries.
 */
final class PostgresServer extends DatabaseServer {

	static final String PRODUCT = "PostgreSQL";

	private final Account account;

	private final Path programs;

	private final Path data = process().directory().resolve("data");

	private final List<String> settings;

	PostgresServer(String... settings) {
		this(Account.unprivileged(PRODUCT), PostgresPrograms.directory(), settings);
	}

	private PostgresServer(Account account, Path programs, String... settings) {
		// Killed, it would leave memory that it shares with its processes
		super(PRODUCT, "postgres", "postgres", new ServerProcess("postgres-server", "QUIT"));
		this.account = account;
		this.programs = programs;
		this.settings = List.of(settings);
	}

	@Override
	void createData() throws IOException {
		this.account.own(process().directory());
		process().prepare(this.account.command(this.programs.resolve("initdb").toString(), "--pgdata=" + this.data,
				"--username=" + user(), "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"));
	}

	@Override
	public String jdbcUrl(String database, int port) {
		return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
	}

	@Override
	List<String> command(int port) {
		List<String> all = new ArrayList<>(
				List.of("listen_addresses=127.0.0.1", "port=" + port, "unix_socket_directories=", "max_connections=220",
						"shared_buffers=32MB", "dynamic_shared_memory_type=mmap", "fsync=on", "synchronous_commit=on"));
		all.addAll(this.settings);
		List<String> command = this.account.command(this.programs.resolve("postgres").toString(), "-D",
				this.data.toString());
		all.forEach((setting) -> command.addAll(List.of("-c", setting)));
		return command;
	}

	/**
	 * A killed server leaves the file that keeps a second one from its data. The next one
	 * would not start if another process had got its number meanwhile. The file also
	 * tells which segment of shared memory it leaves.
	 */
	@Override
	public void kill() {
		super.kill();
		Path lock = this.data.resolve("postmaster.pid");
		try {
			if (Files.exists(lock)) {
				// The last word of the seventh line is the segment's id
				List<String> lines = Files.readAllLines(lock);
				String[] memory = (lines.size() > 6) ? lines.get(6).trim().split(" +") : new String[0];
				if (memory.length == 2) {
					Programs.succeeds(List.of("ipcrm", "-m", memory[1]));
				}
				Files.delete(lock);
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	String firstDatabase() {
		return "postgres";
	}

	@Override
	void replaceDatabase(String name) throws SQLException {
		try (Connection connection = connect(firstDatabase()); Statement statement = connection.createStatement()) {
			statement.execute("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
			statement.execute("CREATE DATABASE " + name);
		}
	}

	@Override
	String connectionsQuery() {
		return "SELECT COUNT(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
	}

}
