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
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.DatabaseServer;
import io.github.atmosphererelay.contract.broker.DatabaseServers;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.test.MachineTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the end of {@link JdbcRelay}: it comes within seconds and ends everything,
 * whatever the database and the caller do.
 */
@Timeout(60)
class JdbcRelayStopTests {

	private static final Duration TEN_SECONDS = Duration.ofSeconds(10);

	/** No read ends because its time is over before the relay is stopped. */
	private static final Duration PATIENT = Duration.ofSeconds(4);

	/**
	 * The time of one answer, which a driver may take to give a connection up, and a bit.
	 */
	private static final Duration LIMIT = Duration.ofSeconds(15);

	private final String cluster = "stop-" + UUID.randomUUID();

	@Test
	void endsWithinSecondsWhileReadsWaitForAPostgresThatIsFrozen() {
		checkFrozen(DatabaseServers.postgres());
	}

	@Test
	void endsWithinSecondsWhileReadsWaitForAMariaDbThatIsFrozen() {
		checkFrozen(DatabaseServers.mariaDb());
	}

	@Test
	void endsWithinSecondsWhileReadsWaitForAnH2ThatIsFrozen() {
		checkFrozen(DatabaseServers.h2());
	}

	private void checkFrozen(DatabaseServer server) {
		JdbcTestBroker broker = new JdbcTestBroker(server);
		RelayNode node = new RelayNode(new JdbcRelay(broker.source(broker.proxy().port()),
				broker.settings(this.cluster, new EnvelopeCodec(1024), PATIENT)))
			.start();
		List<CompletableFuture<LogPage>> pages = new ArrayList<>();
		try {
			node.awaitRoundTrip(TEN_SECONDS);
			broker.proxy().stall();
			for (int i = 0; i < 100; i++) {
				pages.add(node.log().read("log", null, 10, ReadDirection.FORWARD));
			}
			MachineTime start = MachineTime.start();
			node.relay().stop();
			assertThat(start.elapsed()).isLessThan(LIMIT);
			assertThat(pages).allSatisfy((page) -> assertThat(page).isCompletedExceptionally())
				.allSatisfy((page) -> assertThat(page.<Throwable>handle((result, ex) -> ex).join())
					.isInstanceOf(RelayUnavailableException.class));
		}
		finally {
			broker.proxy().resume();
			node.relay().stop();
		}
	}

	@Test
	void aCallerThatIsInterruptedEndsEverythingToo() {
		JdbcTestBroker broker = new JdbcTestBroker(DatabaseServers.postgres());
		RelayNode node = new RelayNode(broker.relay(this.cluster, new EnvelopeCodec(1024))).start();
		try {
			node.awaitRoundTrip(TEN_SECONDS);
			MachineTime.await(TEN_SECONDS)
				.untilAsserted(() -> assertThat(node.relay().details()).containsEntry("wakeUp", "listening"));
			Thread.currentThread().interrupt();
			node.relay().stop();
		}
		finally {
			assertThat(Thread.interrupted()).isTrue();
			node.relay().stop();
		}
		MachineTime.await(TEN_SECONDS).until(() -> connections(broker) == 0);
		assertThat(broker.jdbc()
			.queryForObject("SELECT COUNT(*) FROM ATMOSPHERE_LEASE WHERE LOG_NAME = ? AND OWNER_ID IS NOT NULL",
					Integer.class, this.cluster))
			.isZero();
	}

	private static int connections(JdbcTestBroker broker) {
		Integer count = broker.jdbc()
			.queryForObject("SELECT COUNT(*) FROM PG_STAT_ACTIVITY WHERE DATNAME = ? AND PID <> PG_BACKEND_PID()",
					Integer.class, broker.database());
		return (count != null) ? count : 0;
	}

}
