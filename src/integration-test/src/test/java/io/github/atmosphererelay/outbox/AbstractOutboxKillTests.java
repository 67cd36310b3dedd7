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
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.contract.broker.DatabaseServer;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

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
		OutboxDatabase database = new OutboxDatabase(database());
		try (Broker broker = new Broker.Redis();
				TestNode reader = TestNode.start(OutboxDatabase.arguments(broker).toArray(String[]::new));
				Clients clients = new Clients(reader)) {
			try (OutboxProcess one = new OutboxProcess(database.arguments(8, broker.directProperties()));
					OutboxProcess other = new OutboxProcess(database.arguments(8, broker.directProperties()))) {
				for (int i = 0; i < kills(); i++) {
					OutboxProcess victim = this.random.nextBoolean() ? one : other;
					int written = database.rows();
					int received = clients.received();
					MachineTime.await(START).until(() -> database.rows() > written + 20);
					// In two of three times somebody forwards, which is not so until the
					// leases of the nodes that were killed have ended
					if (i % 3 != 0) {
						MachineTime.await(START).until(() -> clients.received() > received);
					}
					pause(database, this.random.nextInt(30));
					victim.kill();
					victim.launch();
					if (i % 5 == 4) {
						clients.compareUntilNow(database);
					}
				}
			}
			// A node that only forwards what the dead ones have left
			try (OutboxProcess last = new OutboxProcess(database.arguments(0, broker.directProperties()))) {
				MachineTime.await(START).until(() -> database.waiting() == 0);
				Map<String, List<String>> committed = database.committed();
				assertThat(committed).hasSize(OutboxApplication.CHANNELS);
				// Awaited by the clock, for the failure to tell what is wrong
				Awaitility.await()
					.atMost(Duration.ofSeconds(60))
					.pollInterval(Duration.ofSeconds(1))
					.untilAsserted(() -> clients.compare(committed));
				assertThat(database.setAside()).isZero();
			}
		}
	}

	/**
	 * Wait for some more rows, so that a node is killed at any point.
	 */
	private static void pause(OutboxDatabase database, int rows) {
		int written = database.rows();
		MachineTime.await(START).until(() -> database.rows() >= written + rows);
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

		private int received() {
			return this.clients.values().stream().mapToInt(TestClient::count).sum();
		}

		/**
		 * While messages are on their way: what was received is what was committed first.
		 */
		private void compareUntilNow(OutboxDatabase database) {
			Map<String, List<String>> received = new LinkedHashMap<>();
			this.clients.forEach((channel, client) -> received.put(channel, client.texts()));
			Map<String, List<String>> committed = database.committed();
			received.forEach((channel, texts) -> {
				List<String> distinct = List.copyOf(new LinkedHashSet<>(texts));
				List<String> all = committed.getOrDefault(channel, List.of());
				assertSame(channel, distinct, all.subList(0, Math.min(distinct.size(), all.size())));
				assertOnce(channel, texts, distinct);
			});
		}

		private void compare(Map<String, List<String>> committed) {
			this.clients.forEach((channel, client) -> {
				List<String> received = client.texts();
				List<String> distinct = List.copyOf(new LinkedHashSet<>(received));
				assertSame(channel, distinct, committed.getOrDefault(channel, List.of()));
				assertOnce(channel, received, distinct);
			});
		}

		/**
		 * In a recorded channel each message is received once.
		 */
		private static void assertOnce(String channel, List<String> received, List<String> distinct) {
			if (channel.startsWith("log/") && received.size() != distinct.size()) {
				Set<String> seen = new HashSet<>();
				fail("Twice in %s: %s", channel, received.stream().filter((text) -> !seen.add(text)).toList());
			}
		}

		/**
		 * Compare two lists in linear time. AssertJ compares them in quadratic time, and
		 * after some hundred kills they have tens of thousands of elements.
		 */
		private static void assertSame(String channel, List<String> received, List<String> committed) {
			int common = Math.min(received.size(), committed.size());
			for (int i = 0; i < common; i++) {
				String expected = committed.get(i);
				if (!received.get(i).equals(expected)) {
					fail("In %s message %d of %d is %s, which was committed as message %d. Expected was %s, which"
							+ " was received as message %d of %d", channel, i, committed.size(), received.get(i),
							committed.indexOf(received.get(i)), expected, received.indexOf(expected), received.size());
				}
			}
			assertThat(received.size()).as("messages in %s", channel).isEqualTo(committed.size());
		}

		@Override
		public void close() {
			this.clients.values().forEach(TestClient::close);
		}

	}

}
