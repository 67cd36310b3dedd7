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
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;

/**
 * Opens connections by the driver itself, without a pool. Timeouts are added that the URL
 * and the properties do not set, so that a database that does not answer is noticed while
 * a connection is being opened too. Safe for use by many threads.
 */
public final class DriverConnections implements ConnectionSource {

	private final Driver driver;

	private final String url;

	private final Properties properties;

	/**
	 * Create a source.
	 * @param driver the driver
	 * @param url the database's URL
	 * @param properties the properties to connect with, such as {@code user} and
	 * {@code password}
	 * @param timeout how long to wait for a connection, and for each answer while it is
	 * being opened; at least a second
	 */
	public DriverConnections(Driver driver, String url, Properties properties, Duration timeout) {
		this.driver = driver;
		this.url = url;
		this.properties = new Properties();
		timeouts(url, Math.max(1000, timeout.toMillis())).forEach((name, value) -> {
			if (!isSet(url, name)) {
				this.properties.setProperty(name, value);
			}
		});
		properties.stringPropertyNames()
			.forEach((name) -> this.properties.setProperty(name, properties.getProperty(name)));
	}

	private static Map<String, String> timeouts(String url, long millis) {
		if (url.startsWith("jdbc:postgresql:")) {
			String seconds = Long.toString((millis + 999) / 1000);
			return Map.of("connectTimeout", seconds, "socketTimeout", seconds, "tcpKeepAlive", "true",
					"ApplicationName", "atmosphere-relay");
		}
		if (url.startsWith("jdbc:mariadb:") || url.startsWith("jdbc:mysql:")) {
			return Map.of("connectTimeout", Long.toString(millis), "socketTimeout", Long.toString(millis));
		}
		if (url.startsWith("jdbc:h2:tcp:") || url.startsWith("jdbc:h2:ssl:")) {
			// Its driver can set no timeout later
			return Map.of("NETWORK_TIMEOUT", Long.toString(2 * millis));
		}
		return Map.of();
	}

	private static boolean isSet(String url, String property) {
		String[] parts = url.toLowerCase(Locale.ROOT).split("[?&;]");
		for (String part : parts) {
			if (part.startsWith(property.toLowerCase(Locale.ROOT) + "=")) {
				return true;
			}
		}
		return false;
	}

	@Override
	public Connection open() throws SQLException {
		Connection connection = this.driver.connect(this.url, (Properties) this.properties.clone());
		if (connection == null) {
			throw new SQLException("The driver " + this.driver.getClass().getName() + " does not know the URL");
		}
		return connection;
	}

}
