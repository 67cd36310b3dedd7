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

import java.sql.Driver;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import io.github.atmosphererelay.relay.jdbc.internal.ConnectionSource;
import io.github.atmosphererelay.relay.jdbc.internal.DriverConnections;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.jdbc.DatabaseDriver;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;
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
		SimpleDriverDataSource derived = derive();
		String derivedUrl = derived.getUrl();
		Driver driver = derived.getDriver();
		if (derivedUrl == null || driver == null) {
			throw unknown(null);
		}
		return source(driver, derivedUrl, derived.getUsername(), derived.getPassword(), driverProperties());
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
		String username = this.properties.username();
		String password = this.properties.password();
		if (this.properties.url() == null) {
			SimpleDriverDataSource derived = derive();
			username = (username != null) ? username : derived.getUsername();
			password = (password != null) ? password : derived.getPassword();
		}
		return source(driver(url), url, username, password, driverProperties());
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
		try {
			if (HIKARI && this.dataSource.isWrapperFor(HikariDataSource.class)) {
				this.dataSource.unwrap(HikariDataSource.class)
					.getDataSourceProperties()
					.forEach((name, value) -> properties.setProperty(String.valueOf(name), String.valueOf(value)));
			}
		}
		catch (SQLException ex) {
			throw new IllegalStateException("The pool does not tell its properties", ex);
		}
		return properties;
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

}
