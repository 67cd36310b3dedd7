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
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A real database server in a process of its own, on a port of the loopback interface
 * that stays the same. It can be killed and started again with the same data. What it has
 * acknowledged as committed survives that. It accepts at least 200 connections. It ends
 * with the process that has started it, and its data with it.
 * <p>
 * {@link DatabaseServers} starts servers. URLs and connections may be asked for by any
 * thread; all else is for one thread at a time.
 */
public abstract class DatabaseServer implements AutoCloseable {

	private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]{0,50}");

	private final String product;

	private final String user;

	private final String password;

	private final ServerProcess process;

	private final int port = Ports.free();

	private final TcpProxy proxy = TcpProxy.start("127.0.0.1", this.port);

	private boolean shared;

	DatabaseServer(String product, String user, String password, ServerProcess process) {
		this.product = product;
		this.user = user;
		this.password = password;
		this.process = process;
	}

	/**
	 * Return the URL of a database at a port of this machine, at which the server or
	 * something in front of it listens.
	 * @param database the name of the database
	 * @param port the port
	 * @return a URL. Parameters may be appended as the driver wants them: with {@code ?}
	 * for PostgreSQL and MariaDB, and with {@code ;} for H2
	 */
	public abstract String jdbcUrl(String database, int port);

	/**
	 * Create the data of the server, before its first start.
	 * @throws IOException if a file cannot be written
	 */
	abstract void createData() throws IOException;

	/**
	 * Return the command that runs the server in the foreground.
	 * @param port the port to listen at
	 * @return the program and its arguments
	 */
	abstract List<String> command(int port);

	/**
	 * Return a database that exists from the beginning.
	 * @return its name
	 */
	abstract String firstDatabase();

	/**
	 * Create an empty database, in place of one of that name.
	 * @param name the name
	 * @throws SQLException if it cannot be created
	 */
	abstract void replaceDatabase(String name) throws SQLException;

	/**
	 * Return a query for the number of other connections of clients.
	 * @return the text of the query
	 */
	abstract String connectionsQuery();

	/**
	 * Return the URL of a database for a direct connection.
	 * @param database the name of the database
	 * @return the URL
	 */
	public String jdbcUrl(String database) {
		return jdbcUrl(database, this.port);
	}

	/**
	 * Return the URL of a database for connections through {@link #proxy()}.
	 * @param database the name of the database
	 * @return the URL
	 */
	public String proxiedJdbcUrl(String database) {
		return jdbcUrl(database, this.proxy.port());
	}

	/**
	 * Return the user, who may do everything.
	 * @return the name of the user
	 */
	public String user() {
		return this.user;
	}

	/**
	 * Return the password of the user.
	 * @return the password, perhaps empty
	 */
	public String password() {
		return this.password;
	}

	/**
	 * Return the port at which the server listens.
	 * @return the port
	 */
	public int port() {
		return this.port;
	}

	/**
	 * Return the proxy that disturbs connections. A test that disturbs the proxy of a
	 * shared server calls {@link TcpProxy#resume()} at its end.
	 * @return the proxy
	 */
	public TcpProxy proxy() {
		return this.proxy;
	}

	/**
	 * Create an empty database. One of that name is dropped before.
	 * @param name small letters, digits and underscores, beginning with a letter
	 */
	public void createDatabase(String name) {
		if (!NAME.matcher(name).matches()) {
			throw new IllegalArgumentException("Not a name of a database: " + name);
		}
		try {
			replaceDatabase(name);
		}
		catch (SQLException ex) {
			throw new IllegalStateException("The database " + name + " could not be created on " + this, ex);
		}
	}

	/**
	 * Connect to a database directly.
	 * @param database the name of the database
	 * @return a connection, to be closed
	 * @throws SQLException if the server does not answer
	 */
	public Connection connect(String database) throws SQLException {
		return DriverManager.getConnection(jdbcUrl(database), this.user, this.password);
	}

	/**
	 * Return how many connections of clients the server has, direct or not, without the
	 * one that asks.
	 * @return the number of connections
	 */
	public int connections() {
		try {
			return countConnections();
		}
		catch (SQLException ex) {
			throw new IllegalStateException(this + " does not answer", ex);
		}
	}

	int countConnections() throws SQLException {
		return countConnections(firstDatabase());
	}

	final int countConnections(String database) throws SQLException {
		try (Connection connection = connect(database);
				Statement statement = connection.createStatement();
				ResultSet row = statement.executeQuery(connectionsQuery())) {
			row.next();
			return row.getInt(1);
		}
	}

	/**
	 * Kill the server as a crash does, with {@code SIGKILL} to all its processes, and
	 * wait until they have ended. Nothing happens if it does not run.
	 * @throws IllegalStateException if the server is shared
	 */
	public void kill() {
		requireOwn();
		this.process.kill();
	}

	/**
	 * Start the server again with its data. Returns when it answers.
	 */
	public void start() {
		this.process.launch(command(this.port));
		this.process.awaitAnswer(this.product, () -> connect(firstDatabase()));
	}

	/**
	 * Let all processes of the server stand still, as on a machine that has frozen.
	 * Connections stay, and what clients send stays unanswered.
	 * @throws IllegalStateException if the server is shared
	 */
	public void pause() {
		requireOwn();
		this.process.pause();
	}

	/**
	 * Let a paused server go on.
	 */
	public void resume() {
		this.process.resume();
	}

	/**
	 * End the server and remove its data.
	 * @throws IllegalStateException if the server is shared
	 */
	@Override
	public void close() {
		requireOwn();
		this.proxy.close();
		this.process.close();
	}

	private void requireOwn() {
		if (this.shared) {
			throw new IllegalStateException("Other tests use this server: a test that disturbs it starts its own");
		}
	}

	/**
	 * Let several tests use this server: none of them can disturb it any more.
	 * @return this server
	 */
	DatabaseServer share() {
		this.shared = true;
		return this;
	}

	ServerProcess process() {
		return this.process;
	}

	@Override
	public String toString() {
		return this.product;
	}

}
