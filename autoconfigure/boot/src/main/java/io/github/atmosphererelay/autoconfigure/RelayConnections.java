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

import java.sql.Connection;
import java.sql.Driver;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Properties;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.Credentials;
import io.github.atmosphererelay.relay.jdbc.internal.ConnectionSource;
import io.github.atmosphererelay.relay.jdbc.internal.DriverConnections;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.jdbc.DatabaseDriver;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;
import org.springframework.jdbc.support.JdbcUtils;
import org.springframework.util.ClassUtils;

/**
 * Finds out how the JDBC relay connects: to the database of a {@code DataSource}, but not
 * through its pool.
 */
final class RelayConnections {

	private static final boolean HIKARI = ClassUtils.isPresent("com.zaxxer.hikari.HikariDataSource",
			RelayConnections.class.getClassLoader());

	private final DataSource dataSource;

	private final AtmosphereProperties.JdbcRelay properties;

	private final Duration timeout;

	/**
	 * Create connections.
	 * @param dataSource the application's data source, which is only read
	 * @param properties the relay's properties
	 * @param timeout how long to wait for a connection
	 */
	RelayConnections(DataSource dataSource, AtmosphereProperties.JdbcRelay properties, Duration timeout) {
		this.dataSource = dataSource;
		this.properties = properties;
		this.timeout = timeout;
	}

	/**
	 * Return the source of the relay's connections.
	 * @throws RelayNotConfiguredException if the data source does not tell its URL
	 */
	ConnectionSource source() {
		String url = this.properties.url();
		if (url != null) {
			return source(driver(url), url, this.properties.username(), this.properties.password(), new Properties());
		}
		derivedSource();
		// Again for each connection, because the password may have changed since
		return () -> {
			Connection connection = derivedSource().open();
			try {
				prepare(connection);
				return connection;
			}
			catch (SQLException | RuntimeException ex) {
				JdbcUtils.closeConnection(connection);
				throw ex;
			}
		};
	}

	private ConnectionSource derivedSource() {
		SimpleDriverDataSource derived = derive();
		String url = derived.getUrl();
		Driver driver = derived.getDriver();
		if (url == null || driver == null) {
			throw unknown(null);
		}
		Login login = login(derived);
		return source(driver, url, login.username(), login.password(), driverProperties());
	}

	/**
	 * Look at the database in the same way as the pool's connections do.
	 */
	private void prepare(Connection connection) throws SQLException {
		HikariDataSource pool = pool();
		if (pool == null) {
			return;
		}
		if (pool.getCatalog() != null) {
			connection.setCatalog(pool.getCatalog());
		}
		if (pool.getSchema() != null) {
			connection.setSchema(pool.getSchema());
		}
		if (pool.getConnectionInitSql() != null) {
			try (Statement statement = connection.createStatement()) {
				statement.execute(pool.getConnectionInitSql());
			}
		}
	}

	private Login login(SimpleDriverDataSource derived) {
		HikariDataSource pool = pool();
		if (pool != null) {
			Credentials credentials = (pool.getCredentialsProvider() != null)
					? pool.getCredentialsProvider().getCredentials() : pool.getCredentials();
			return new Login(credentials.getUsername(), credentials.getPassword());
		}
		return new Login(derived.getUsername(), derived.getPassword());
	}

	/**
	 * Return the source of the connection on which PostgreSQL notifies.
	 * @param source the source of the other connections
	 */
	ConnectionSource listenSource(ConnectionSource source) {
		String url = this.properties.listenUrl();
		if (url == null) {
			return source;
		}
		Driver driver = driver(url);
		return () -> {
			String username = this.properties.username();
			String password = this.properties.password();
			if (this.properties.url() == null) {
				Login login = login(derive());
				username = (username != null) ? username : login.username();
				password = (password != null) ? password : login.password();
			}
			return source(driver, url, username, password, driverProperties()).open();
		};
	}

	private ConnectionSource source(Driver driver, String url, @Nullable String username, @Nullable String password,
			Properties properties) {
		Properties all = new Properties();
		properties.stringPropertyNames().forEach((name) -> all.setProperty(name, properties.getProperty(name)));
		if (username != null) {
			all.setProperty("user", username);
		}
		if (password != null) {
			all.setProperty("password", password);
		}
		return new DriverConnections(driver, url, all, this.timeout);
	}

	private SimpleDriverDataSource derive() {
		try {
			return DataSourceBuilder.derivedFrom(this.dataSource).type(SimpleDriverDataSource.class).build();
		}
		catch (RuntimeException ex) {
			throw unknown(ex);
		}
	}

	private RelayNotConfiguredException unknown(@Nullable RuntimeException cause) {
		return new RelayNotConfiguredException(
				"The jdbc relay needs connections of its own, and cannot find out how to connect from the DataSource "
						+ this.dataSource.getClass().getName() + ((cause != null) ? ": " + cause.getMessage() : "."),
				"Set 'atmosphere.relay.jdbc.url', and 'username' and 'password' there, to those of the database that"
						+ " has the tables.");
	}

	private Properties driverProperties() {
		Properties properties = new Properties();
		HikariDataSource pool = pool();
		if (pool != null) {
			pool.getDataSourceProperties()
				.forEach((name, value) -> properties.setProperty(String.valueOf(name), String.valueOf(value)));
		}
		return properties;
	}

	private @Nullable HikariDataSource pool() {
		try {
			return (HIKARI && this.dataSource.isWrapperFor(HikariDataSource.class))
					? this.dataSource.unwrap(HikariDataSource.class) : null;
		}
		catch (SQLException ex) {
			throw new IllegalStateException("The pool does not tell its properties", ex);
		}
	}

	private static Driver driver(String url) {
		String name = DatabaseDriver.fromJdbcUrl(url).getDriverClassName();
		try {
			if (name == null) {
				throw new IllegalArgumentException("The driver of this URL is not known");
			}
			Class<?> type = ClassUtils.forName(name, RelayConnections.class.getClassLoader());
			return (Driver) type.getDeclaredConstructor().newInstance();
		}
		catch (ReflectiveOperationException | LinkageError | RuntimeException ex) {
			throw new RelayNotConfiguredException("The jdbc relay has no driver for '" + url + "': " + ex.getMessage(),
					"Correct 'atmosphere.relay.jdbc.url', or add the driver.");
		}
	}

	/**
	 * With which to log in at present.
	 */
	private record Login(@Nullable String username, @Nullable String password) {
	}

}
