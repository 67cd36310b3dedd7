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

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link PgBouncer}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PgBouncerTests {

	private DatabaseServer server;

	@BeforeAll
	void start() {
		this.server = DatabaseServers.newPostgres();
		this.server.createDatabase("bounced");
	}

	@AfterAll
	void stop() {
		if (this.server != null) {
			this.server.close();
		}
	}

	@Test
	void clientsShareTheConnectionsToTheServer() throws SQLException {
		List<Connection> clients = new ArrayList<>();
		try (PgBouncer bouncer = PgBouncer.inFrontOf(this.server)) {
			for (int i = 0; i < 40; i++) {
				clients.add(bouncer.connect("bounced"));
			}
			for (int round = 0; round < 10; round++) {
				for (Connection client : clients) {
					assertThat(answer(client)).isEqualTo(42);
				}
			}
			// One to the first database, which has shown that it runs, and one to this
			// one
			assertThat(this.server.connections()).isEqualTo(2);
		}
		finally {
			for (Connection client : clients) {
				client.close();
			}
		}
	}

	private static int answer(Connection client) throws SQLException {
		try (PreparedStatement statement = client.prepareStatement("SELECT CAST(? AS INT)")) {
			statement.setInt(1, 42);
			try (ResultSet row = statement.executeQuery()) {
				row.next();
				return row.getInt(1);
			}
		}
	}

	@Test
	void closeLeavesNoProcessAndNoFolder() throws SQLException {
		PgBouncer bouncer = PgBouncer.inFrontOf(this.server);
		List<Long> ids = bouncer.process().ids();
		Path directory = bouncer.process().directory();
		assertThat(ids).isNotEmpty().allMatch(ServerProcess::runs);
		bouncer.close();
		assertThat(ids).noneMatch(ServerProcess::runs);
		assertThat(directory).doesNotExist();
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> bouncer.connect("bounced"));
	}

}
