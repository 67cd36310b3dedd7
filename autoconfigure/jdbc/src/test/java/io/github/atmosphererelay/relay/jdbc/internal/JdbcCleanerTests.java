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

import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.DatabaseServers;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.test.MachineTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Tests for {@link JdbcCleaner} when the database refuses a part of its work.
 */
@Timeout(60)
class JdbcCleanerTests {

	private static final Duration TEN_SECONDS = Duration.ofSeconds(10);

	@Test
	void oneStepThatFailsDoesNotKeepTheOthersFromTheirWork() {
		JdbcTestBroker broker = new JdbcTestBroker(DatabaseServers.postgres());
		String cluster = "clean-" + UUID.randomUUID();
		broker.jdbc().execute("ALTER TABLE ATMOSPHERE_TRIM RENAME TO ELSEWHERE");
		RelayNode node = new RelayNode(
				new JdbcRelay(broker.source(broker.server().port()), broker.tidy(cluster, new EnvelopeCodec(1024))))
			.start();
		try {
			node.awaitRoundTrip(TEN_SECONDS);
			node.relay()
				.publish(node.recorded("log", "x",
						new LogOptions(10, Duration.ofMillis(200), "key", Duration.ofMillis(200))))
				.orTimeout(10, TimeUnit.SECONDS)
				.join();
			MachineTime.await(TEN_SECONDS).until(() -> count(broker, "ATMOSPHERE_KEY") == 0);
			broker.jdbc().execute("ALTER TABLE ELSEWHERE RENAME TO ATMOSPHERE_TRIM");
			MachineTime.await(TEN_SECONDS).until(() -> count(broker, "ATMOSPHERE_TRIM") == 1);
		}
		finally {
			node.relay().stop();
		}
	}

	private static int count(JdbcTestBroker broker, String table) {
		Integer count = broker.jdbc().queryForObject("SELECT COUNT(*) FROM " + table, Integer.class);
		return (count != null) ? count : 0;
	}

}
