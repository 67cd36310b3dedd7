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
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.DatabaseServer;
import io.github.atmosphererelay.contract.broker.DatabaseServers;
import io.github.atmosphererelay.contract.broker.PgBouncer;
import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.test.MachineTime;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the writers of two nodes do while somebody holds the counter of one shard for
 * longer than they wait for it: they leave no statements behind on the server, keep their
 * connections, and go on writing to the other shards.
 */
@Timeout(90)
class LockedCounterTests {

	private static final Duration TEN_SECONDS = Duration.ofSeconds(10);

	/** Several times as long as a writer waits for a lock, and for an answer. */
	private static final Duration HELD = Duration.ofSeconds(7);

	private static final Duration PUBLISH_TIMEOUT = Duration.ofSeconds(1);

	private static final String LOCKED = "room/locked";

	private final String cluster = "locked-" + UUID.randomUUID();

	private final Map<Envelope, CompletableFuture<Receipt>> locked = new LinkedHashMap<>();

	private final Map<Envelope, CompletableFuture<Receipt>> free = new LinkedHashMap<>();

	@Test
	void aLockedCounterOfPostgresStopsOneShardAlone() throws Exception {
		check(new JdbcTestBroker(DatabaseServers.postgres()), null);
	}

	@Test
	void aLockedCounterOfPostgresBehindAPoolerStopsOneShardAlone() throws Exception {
		DatabaseServer server = DatabaseServers.postgres();
		try (PgBouncer bouncer = PgBouncer.inFrontOf(server)) {
			check(new JdbcTestBroker(server), bouncer.port());
		}
	}

	@Test
	void aLockedCounterOfMariaDbStopsOneShardAlone() throws Exception {
		check(new JdbcTestBroker(DatabaseServers.mariaDb()), null);
	}

	@Test
	void aLockedCounterOfH2StopsOneShardAlone() throws Exception {
		check(new JdbcTestBroker(DatabaseServers.h2()), null);
	}

	/**
	 * Return a channel of another shard than the one that is locked, and than those of
	 * the nodes themselves.
	 */
	private static String freeChannel(int index) {
		int shard = ShardedLog.shardOf(new Address.Channel(LOCKED));
		int found = -1;
		int i = 0;
		while (true) {
			String channel = "room/" + i++;
			if (ShardedLog.shardOf(new Address.Channel(channel)) != shard && ++found == index) {
				return channel;
			}
		}
	}

	private void check(JdbcTestBroker broker, @Nullable Integer port) throws Exception {
		ConnectionSource source = broker.source((port != null) ? port : broker.server().port());
		List<RelayNode> nodes = new ArrayList<>();
		try (Connection holder = broker.connect()) {
			for (int i = 0; i < 2; i++) {
				RelayNode node = new RelayNode(
						new JdbcRelay(source, broker.settings(this.cluster, new EnvelopeCodec(1024), PUBLISH_TIMEOUT)))
					.start();
				nodes.add(node);
				node.awaitRoundTrip(TEN_SECONDS);
				node.subscribe(new Address.Channel(LOCKED));
				for (int channel = 0; channel < 5; channel++) {
					node.subscribe(new Address.Channel(freeChannel(channel)));
				}
			}
			int[] disconnects = nodes.stream().mapToInt(RelayNode::disconnects).toArray();
			hold(holder);
			int waiting = publishWhileHeld(broker, nodes);
			holder.rollback();
			assertThat(waiting).as("statements that wait on the server").isLessThanOrEqualTo(nodes.size());
			assertThat(nodes.stream().mapToInt(RelayNode::disconnects)).as("lost connections")
				.containsExactly(disconnects[0], disconnects[1]);
			assertOutcomes(nodes);
		}
		finally {
			nodes.forEach((node) -> node.relay().stop());
		}
	}

	private void hold(Connection holder) throws SQLException {
		holder.setAutoCommit(false);
		JdbcTemplate jdbc = new JdbcTemplate(new SingleConnectionDataSource(holder, true));
		assertThat(jdbc.queryForList("SELECT HEAD FROM ATMOSPHERE_SHARD WHERE LOG_NAME = ? AND SHARD = ? FOR UPDATE",
				Long.class, this.cluster, ShardedLog.shardOf(new Address.Channel(LOCKED))))
			.hasSize(1);
	}

	/**
	 * Publish to the shard that is locked and to others, one after the other.
	 * @return how many statements have waited for a lock at most
	 */
	private int publishWhileHeld(JdbcTestBroker broker, List<RelayNode> nodes) throws Exception {
		int waiting = 0;
		long end = System.nanoTime() + HELD.toNanos();
		try (Connection connection = broker.connect(); Statement statement = connection.createStatement()) {
			for (int i = 0; System.nanoTime() - end < 0; i++) {
				for (RelayNode node : nodes) {
					publish(node, LOCKED, this.locked);
					publish(node, freeChannel(i % 5), this.free);
				}
				waiting = Math.max(waiting, waiting(broker, statement));
				TimeUnit.MILLISECONDS.sleep(20);
			}
		}
		return waiting;
	}

	private static void publish(RelayNode node, String channel, Map<Envelope, CompletableFuture<Receipt>> sent) {
		Envelope envelope = node.envelope(channel, "x");
		sent.put(envelope, node.relay().publish(envelope));
	}

	private static int waiting(JdbcTestBroker broker, Statement statement) throws SQLException {
		if (!broker.server().jdbcUrl("x").startsWith("jdbc:postgresql:")) {
			return 0;
		}
		try (var row = statement.executeQuery("SELECT COUNT(*) FROM PG_STAT_ACTIVITY WHERE DATNAME = '"
				+ broker.database() + "' AND WAIT_EVENT_TYPE = 'Lock'")) {
			row.next();
			return row.getInt(1);
		}
	}

	private void assertOutcomes(List<RelayNode> nodes) {
		List<UUID> failed = new ArrayList<>();
		this.locked.forEach((envelope, future) -> {
			if (outcome(future) == null) {
				failed.add(envelope.id());
			}
		});
		assertThat(failed).hasSizeGreaterThan(this.locked.size() / 2);
		List<UUID> relayed = new ArrayList<>();
		this.free.forEach((envelope, future) -> {
			Outcome outcome = outcome(future);
			if (outcome == Outcome.RELAYED) {
				relayed.add(envelope.id());
			}
			else if (outcome == null) {
				failed.add(envelope.id());
			}
		});
		// Until the writer knows which counter is locked, what waits behind it may fail
		assertThat(relayed).hasSizeGreaterThan(this.free.size() / 2);
		Envelope after = nodes.get(0).publish(LOCKED, "after");
		for (RelayNode node : nodes) {
			MachineTime.await(TEN_SECONDS).until(() -> node.receivedIds().contains(after.id()));
			MachineTime.await(TEN_SECONDS).until(() -> node.receivedIds().containsAll(relayed));
			assertThat(node.receivedIds()).doesNotHaveDuplicates().doesNotContainAnyElementsOf(failed);
		}
	}

	private static @Nullable Outcome outcome(CompletableFuture<Receipt> future) {
		Receipt receipt = future.orTimeout(10, TimeUnit.SECONDS).exceptionally((ex) -> null).join();
		return (receipt != null) ? Objects.requireNonNull(receipt.outcome()) : null;
	}

}
