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
import java.sql.DriverManager;
import java.sql.SQLException;

/**
 * PgBouncer, as installed on this machine, in front of a PostgreSQL. It gives a client a
 * connection to the server for the length of a transaction only, so that what belongs to
 * a connection, such as {@code LISTEN}, does not work through it.
 */
public final class PgBouncer implements AutoCloseable {

	private static final String PRODUCT = "PgBouncer";

	private final DatabaseServer server;

	private final Path program = Programs.require("pgbouncer", PRODUCT);

	private final Account account = Account.unprivileged(PRODUCT);

	private final ServerProcess process = new ServerProcess("pgbouncer", "KILL");

	private final int port = Ports.free();

	private PgBouncer(DatabaseServer server) {
		this.server = server;
	}

	/**
	 * Start a PgBouncer. Skips the test if the program is not installed.
	 * @param postgres the server behind it
	 * @return the running PgBouncer
	 */
	public static PgBouncer inFrontOf(DatabaseServer postgres) {
		if (!(postgres instanceof PostgresServer)) {
			throw new IllegalArgumentException("Not a PostgreSQL: " + postgres);
		}
		PgBouncer bouncer = new PgBouncer(postgres);
		try {
			bouncer.start();
			return bouncer;
		}
		catch (IOException ex) {
			bouncer.close();
			throw new UncheckedIOException(ex);
		}
		catch (RuntimeException ex) {
			bouncer.close();
			throw ex;
		}
	}

	private void start() throws IOException {
		Path configuration = this.process.directory().resolve("pgbouncer.ini");
		Files.writeString(configuration, """
				[databases]
				* = host=127.0.0.1 port=%d user=%s
				[pgbouncer]
				listen_addr = 127.0.0.1
				listen_port = %d
				unix_socket_dir =
				auth_type = any
				pool_mode = transaction
				max_client_conn = 300
				default_pool_size = 20
				ignore_startup_parameters = extra_float_digits
				""".formatted(this.server.port(), this.server.user(), this.port));
		this.account.own(this.process.directory());
		this.process.launch(this.account.command(this.program.toString(), configuration.toString()));
		this.process.awaitAnswer(PRODUCT, () -> connect(this.server.firstDatabase()));
	}

	/**
	 * Return the port at which it listens.
	 * @return the port
	 */
	public int port() {
		return this.port;
	}

	/**
	 * Return the URL of a database through this PgBouncer. The driver prepares no
	 * statements on the server: the next transaction could be on another connection,
	 * which does not know them.
	 * @param database the name of the database
	 * @return the URL, which ends with a parameter
	 */
	public String jdbcUrl(String database) {
		return this.server.jdbcUrl(database, this.port) + "?prepareThreshold=0";
	}

	/**
	 * Connect to a database through this PgBouncer.
	 * @param database the name of the database
	 * @return a connection, to be closed
	 * @throws SQLException if it does not answer
	 */
	public Connection connect(String database) throws SQLException {
		return DriverManager.getConnection(jdbcUrl(database), this.server.user(), this.server.password());
	}

	ServerProcess process() {
		return this.process;
	}

	@Override
	public void close() {
		this.process.close();
	}

}
