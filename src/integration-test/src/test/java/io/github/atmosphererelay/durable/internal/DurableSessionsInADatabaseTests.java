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

package io.github.atmosphererelay.durable.internal;

import java.time.Duration;
import java.util.List;

import javax.sql.DataSource;

import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Durable sessions in a relational database.
 */
class DurableSessionsInADatabaseTests extends AbstractDurableSessionsTests {

	@Override
	List<String> storeArguments() {
		return List.of("atmosphere.durable-sessions.store=jdbc", "test.database=durable");
	}

	@Override
	void storeOfAIsAway(boolean away) {
		DurableApplication.databaseOfAIsAway = away;
	}

	@Test
	void expiredRowsAreRemoved() {
		try (TestNode node = start("c", List.of("atmosphere.durable-sessions.store=jdbc", "test.database=expiring"),
				"atmosphere.durable-sessions.ttl=1200ms")) {
			DurableClient client = DurableClient.connect(node, "log/expiring?durable=true");
			String token = client.token();
			client.subscribed("log/expiring");
			client.cut();
			JdbcTemplate jdbc = new JdbcTemplate(node.bean(DataSource.class));
			MachineTime.await(Duration.ofSeconds(20)).until(() -> rows(jdbc) == 0);
			DurableClient back = DurableClient.connect(node, "log/expiring?session=" + token);
			assertThat(back.isRestored()).isFalse();
			assertThat(rows(jdbc)).isOne();
			assertThat(node.bean(DurableSessions.class).statistics().removed()).isOne();
			back.cut();
		}
	}

	private static int rows(JdbcTemplate jdbc) {
		Integer rows = jdbc.queryForObject("SELECT COUNT(*) FROM ATMOSPHERE_SESSION WHERE SESSION_KEY NOT LIKE '*%'",
				Integer.class);
		return (rows != null) ? rows : 0;
	}

}
