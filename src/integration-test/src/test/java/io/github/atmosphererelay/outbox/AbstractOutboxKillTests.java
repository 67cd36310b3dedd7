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

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.contract.broker.DatabaseServer;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowCallbackHandler;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two nodes on which sixteen threads write rows and publish in the same transactions, of
 * which some are rolled back, are killed again and again. In the end a client has got a
 * message for each row that was committed and for no other, in the order of the commits
 * for each channel, and once in recorded channels.
 * <p>
 * {@code -Datmosphere.test.kills} says how often.
 */
@Reconciles
abstract class AbstractOutboxKillTests {

	private static final long SEED = 20_261_129;

	/** Within which a node has started and written, beside others that do so, too. */
	private static final Duration START = Duration.ofMinutes(3);

	private final Random random = new Random(SEED);

	abstract DatabaseServer database();

	/**
	 * Return how often a node is killed.
	 */
	abstract int kills();

	@Test
	void whatWasCommittedIsDeliveredWheneverANodeIsKilled() {
		DatabaseServer database = database();
		database.createDatabase("outbox");
		JdbcTemplate jdbc = new JdbcTemplate(
				new DriverManagerDataSource(database.jdbcUrl("outbox"), database.user(), database.password()));
		createTables(jdbc);
		try (Broker broker = new Broker.Redis();
				TestNode reader = TestNode.start(arguments(broker).toArray(String[]::new));
				Clients clients = new Clients(reader)) {
			try (OutboxProcess one = new OutboxProcess(arguments(broker, database, 8));
					OutboxProcess other = new OutboxProcess(arguments(broker, database, 8))) {
				for (int i = 0; i < kills(); i++) {
					OutboxProcess victim = this.random.nextBoolean() ? one : other;
					int written = rows(jdbc);
					MachineTime.await(START).until(() -> rows(jdbc) > written + 20);
					pause(jdbc, this.random.nextInt(30));
					victim.kill();
					victim.launch();
				}
			}
			// A node that only forwards what the dead ones have left
			try (OutboxProcess last = new OutboxProcess(arguments(broker, database, 0))) {
				MachineTime.await(START).until(() -> waiting(jdbc) == 0);
				Map<String, List<String>> committed = committed(jdbc);
				assertThat(committed).hasSize(OutboxApplication.CHANNELS);
				MachineTime.await(Duration.ofSeconds(20)).untilAsserted(() -> clients.compare(committed));
				assertThat(jdbc.queryForObject("SELECT COUNT(*) FROM ATMOSPHERE_SET_ASIDE", Integer.class)).isZero();
			}
		}
	}

	/**
	 * Wait for some more rows, so that a node is killed at any point.
	 */
	private static void pause(JdbcTemplate jdbc, int rows) {
		int written = rows(jdbc);
		MachineTime.await(START).until(() -> rows(jdbc) >= written + rows);
	}

	private static int rows(JdbcTemplate jdbc) {
		Integer rows = jdbc.queryForObject("SELECT COUNT(*) FROM BUSINESS", Integer.class);
		return (rows != null) ? rows : 0;
	}

	private static int waiting(JdbcTemplate jdbc) {
		Integer rows = jdbc.queryForObject("SELECT COUNT(*) FROM ATMOSPHERE_MESSAGE", Integer.class);
		return (rows != null) ? rows : 0;
	}

	private static void createTables(JdbcTemplate jdbc) {
		jdbc.execute("CREATE TABLE BUSINESS (ID VARCHAR(40) NOT NULL PRIMARY KEY, CHANNEL VARCHAR(40) NOT NULL,"
				+ " NUMBER BIGINT NOT NULL)");
		jdbc.execute("CREATE TABLE CHANNEL (NAME VARCHAR(40) NOT NULL PRIMARY KEY, LAST BIGINT NOT NULL)");
		for (int i = 0; i < OutboxApplication.CHANNELS; i++) {
			jdbc.update("INSERT INTO CHANNEL (NAME, LAST) VALUES (?, 0)", OutboxApplication.channel(i));
		}
	}

	private static Map<String, List<String>> committed(JdbcTemplate jdbc) {
		Map<String, List<String>> committed = new LinkedHashMap<>();
		RowCallbackHandler reader = (row) -> committed.computeIfAbsent(row.getString(1), (channel) -> new ArrayList<>())
			.add(row.getString(2));
		jdbc.query("SELECT CHANNEL, ID FROM BUSINESS ORDER BY CHANNEL, NUMBER", reader);
		return committed;
	}

	private static List<String> arguments(Broker broker) {
		return Stream.concat(Stream.of(broker.directProperties()), Stream.of("atmosphere.channels[0].pattern=log/**",
				"atmosphere.channels[0].history.size=100000", "atmosphere.channels[1].pattern=chat/**"))
			.toList();
	}

	private static List<String> arguments(Broker broker, DatabaseServer database, int writers) {
		return Stream
			.concat(arguments(broker).stream(), Stream.of("server.port=0", "atmosphere.outbox.enabled=true",
					"atmosphere.jdbc.initialize-schema=always", "test.url=" + database.jdbcUrl("outbox"),
					"test.user=" + database.user(), "test.password=" + database.password(), "test.writers=" + writers))
			.toList();
	}

	/**
	 * A client in each channel, which never loses its connection.
	 */
	private static final class Clients implements AutoCloseable {

		private final Map<String, TestClient> clients = new LinkedHashMap<>();

		private Clients(TestNode node) {
			for (int i = 0; i < OutboxApplication.CHANNELS; i++) {
				String channel = OutboxApplication.channel(i);
				this.clients.put(channel, node.connect(channel));
			}
		}

		private void compare(Map<String, List<String>> committed) {
			this.clients.forEach((channel, client) -> {
				List<String> received = client.texts();
				List<String> distinct = List.copyOf(new LinkedHashSet<>(received));
				assertThat(distinct).as(channel).containsExactlyElementsOf(committed.get(channel));
				if (channel.startsWith("log/")) {
					assertThat(received).as(channel).doesNotHaveDuplicates();
				}
			});
		}

		@Override
		public void close() {
			this.clients.values().forEach(TestClient::close);
		}

	}

}
