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

package io.github.atmosphererelay.relay.jdbc.internal;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;
import java.util.Properties;
import java.util.UUID;

import javax.sql.DataSource;

import io.github.atmosphererelay.contract.RelayBroker;
import io.github.atmosphererelay.contract.broker.DatabaseServer;
import io.github.atmosphererelay.contract.broker.TcpProxy;
import io.github.atmosphererelay.jdbc.internal.DatabaseDialect;
import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;

import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * A database of its own on a server, with the tables, and the relays over it.
 */
final class JdbcTestBroker implements RelayBroker {

	/** Longer than a busy machine now and then stands still. */
	private static final Duration PATIENT = Duration.ofSeconds(3);

	private static final Duration TIMEOUT = Duration.ofSeconds(1);

	private final DatabaseServer server;

	private final String database;

	private final DriverManagerDataSource dataSource;

	JdbcTestBroker(DatabaseServer server) {
		this.server = server;
		this.database = "relay_" + UUID.randomUUID().toString().replace("-", "").substring(0, 12);
		server.createDatabase(this.database);
		this.dataSource = new DriverManagerDataSource(server.jdbcUrl(this.database), server.user(), server.password());
		DatabaseDialect dialect = DatabaseDialect.of(jdbc());
		new ResourceDatabasePopulator(new ClassPathResource(
				"io/github/atmosphererelay/jdbc/schema-" + dialect.name().toLowerCase(Locale.ROOT) + ".sql"))
			.execute(this.dataSource);
	}

	JdbcTemplate jdbc() {
		return new JdbcTemplate(this.dataSource);
	}

	DataSource dataSource() {
		return this.dataSource;
	}

	DatabaseServer server() {
		return this.server;
	}

	String database() {
		return this.database;
	}

	/**
	 * Return a source of connections at a port of this machine.
	 */
	ConnectionSource source(int port) {
		return source(this.server.jdbcUrl(this.database, port));
	}

	ConnectionSource source(String url) {
		Properties properties = new Properties();
		properties.setProperty("user", this.server.user());
		properties.setProperty("password", this.server.password());
		try {
			Driver driver = DriverManager.getDriver(url);
			return new DriverConnections(driver, url, properties, TIMEOUT);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	JdbcRelaySettings settings(String cluster, EnvelopeCodec codec, Duration timeout) {
		return new JdbcRelaySettings(cluster, codec, 10_000, timeout);
	}

	/**
	 * Return settings with which old rows are removed at once.
	 */
	JdbcRelaySettings tidy(String cluster, EnvelopeCodec codec) {
		return new JdbcRelaySettings(cluster, codec, 10_000, PATIENT, Duration.ofSeconds(1),
				JdbcRelaySettings.DEFAULT_IDLE_INTERVAL, Duration.ofMillis(50), ListenMode.AUTO);
	}

	@Override
	public JdbcRelay relay(String cluster, EnvelopeCodec codec) {
		return new JdbcRelay(source(this.server.port()), settings(cluster, codec, PATIENT));
	}

	@Override
	public JdbcRelay proxiedRelay(String cluster, EnvelopeCodec codec) {
		return new JdbcRelay(source(proxy().port()), settings(cluster, codec, TIMEOUT));
	}

	@Override
	public TcpProxy proxy() {
		return this.server.proxy();
	}

	@Override
	public void publishRaw(String cluster, Address address, byte[] bytes) {
		int shard = ShardedLog.shardOf(address);
		new TransactionTemplate(new DataSourceTransactionManager(this.dataSource)).executeWithoutResult((status) -> {
			JdbcTemplate jdbc = jdbc();
			jdbc.update("UPDATE ATMOSPHERE_SHARD SET HEAD = HEAD + 1 WHERE LOG_NAME = ? AND SHARD = ?", cluster, shard);
			Long number = jdbc.queryForObject("SELECT HEAD FROM ATMOSPHERE_SHARD WHERE LOG_NAME = ? AND SHARD = ?",
					Long.class, cluster, shard);
			jdbc.update(
					"INSERT INTO ATMOSPHERE_MESSAGE (LOG_NAME, SHARD, NUMBER, CREATED_AT, EXPIRES_AT, SIZE_BYTES,"
							+ " ENVELOPE) VALUES (?, ?, ?, ?, ?, ?, ?)",
					cluster, shard, number, System.currentTimeMillis(), System.currentTimeMillis() + 60_000,
					bytes.length, bytes);
		});
	}

	Connection connect() throws SQLException {
		return this.dataSource.getConnection();
	}

	@Override
	public long connections() {
		return this.server.connections();
	}

}
