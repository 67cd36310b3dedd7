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

package io.github.atmosphererelay.recovery;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TakesLong;

/**
 * The npm client {@code centrifuge} and nodes on the JDBC relay with PostgreSQL.
 */
@TakesLong
class CentrifugeOnPostgresTests extends AbstractCentrifugeFaultTests {

	@Override
	Broker startBroker() {
		return new Broker.Postgres();
	}

	/** The log is cut a moment later. */
	@Override
	int trim(String channel, int published) throws Exception {
		int all = published + 30;
		publish(1, channel, published, all);
		try (Connection connection = ((Broker.Postgres) broker()).connect();
				PreparedStatement statement = connection
					.prepareStatement("SELECT COUNT(*) FROM ATMOSPHERE_MESSAGE WHERE CHANNEL = ?")) {
			statement.setString(1, channel);
			MachineTime.await(Duration.ofSeconds(10)).until(() -> {
				try (ResultSet row = statement.executeQuery()) {
					row.next();
					return row.getInt(1) < all;
				}
			});
		}
		return all;
	}

}
