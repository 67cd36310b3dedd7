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

package io.github.atmosphererelay.outbox;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.contract.broker.DatabaseServer;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowCallbackHandler;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/**
 * The database of the nodes with {@link OutboxApplication}, as a test looks at it.
 */
final class OutboxDatabase {

	private static final String NAME = "outbox";

	private final DatabaseServer server;

	private final JdbcTemplate jdbc;

	/**
	 * Create the database with the tables of the application.
	 */
	OutboxDatabase(DatabaseServer server) {
		this.server = server;
		server.createDatabase(NAME);
		this.jdbc = new JdbcTemplate(
				new DriverManagerDataSource(server.jdbcUrl(NAME), server.user(), server.password()));
		this.jdbc.execute("CREATE TABLE BUSINESS (ID VARCHAR(40) NOT NULL PRIMARY KEY, CHANNEL VARCHAR(40) NOT NULL,"
				+ " NUMBER BIGINT NOT NULL)");
		this.jdbc.execute("CREATE TABLE CHANNEL (NAME VARCHAR(40) NOT NULL PRIMARY KEY, LAST BIGINT NOT NULL)");
		for (int i = 0; i < OutboxApplication.CHANNELS; i++) {
			this.jdbc.update("INSERT INTO CHANNEL (NAME, LAST) VALUES (?, 0)", OutboxApplication.channel(i));
		}
	}

	JdbcTemplate jdbc() {
		return this.jdbc;
	}

	/**
	 * Return the number of rows that the application has committed.
	 */
	int rows() {
		return count("BUSINESS");
	}

	/**
	 * Return the number of messages that are not forwarded yet.
	 */
	int waiting() {
		return count("ATMOSPHERE_MESSAGE");
	}

	int setAside() {
		return count("ATMOSPHERE_SET_ASIDE");
	}

	private int count(String table) {
		Integer rows = this.jdbc.queryForObject("SELECT COUNT(*) FROM " + table, Integer.class);
		return (rows != null) ? rows : 0;
	}

	/**
	 * Return the ids of the application's rows by channel, in the order of the commits.
	 */
	Map<String, List<String>> committed() {
		Map<String, List<String>> committed = new LinkedHashMap<>();
		RowCallbackHandler collect = (row) -> committed
			.computeIfAbsent(row.getString(1), (channel) -> new ArrayList<>())
			.add(row.getString(2));
		this.jdbc.query("SELECT CHANNEL, ID FROM BUSINESS ORDER BY CHANNEL, NUMBER", collect);
		return committed;
	}

	/**
	 * Return the properties of a node that has no outbox.
	 */
	static List<String> arguments(Broker broker) {
		return withChannels(broker.directProperties());
	}

	private static List<String> withChannels(String... relay) {
		return Stream.concat(Stream.of(relay),
				Stream.of("atmosphere.channels[0].pattern=log/**", "atmosphere.channels[0].history.size=100000",
						// Shorter than nobody forwards while nodes are killed again and
						// again
						"atmosphere.channels[0].history.idempotency-window=5s",
						"atmosphere.channels[1].pattern=chat/**"))
			.toList();
	}

	/**
	 * Return the properties of a node with an outbox in this database.
	 * @param writers how many threads write
	 * @param relay the properties of the relay
	 */
	List<String> arguments(int writers, String... relay) {
		return Stream.concat(withChannels(relay).stream(),
				Stream.of("server.port=0", "atmosphere.outbox.enabled=true", "atmosphere.jdbc.initialize-schema=always",
						"test.url=" + this.server.jdbcUrl(NAME), "test.user=" + this.server.user(),
						"test.password=" + this.server.password(), "test.writers=" + writers))
			.toList();
	}

}
