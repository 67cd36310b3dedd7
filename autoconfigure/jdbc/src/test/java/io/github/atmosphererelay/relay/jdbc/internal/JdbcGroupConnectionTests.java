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
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.DatabaseServers;
import io.github.atmosphererelay.contract.broker.PgBouncer;
import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.GroupTransactions;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Groups over connections that differ from others: through PgBouncer, where each
 * transaction may have another one, and with a driver of MariaDB that counts only the
 * rows that an update has changed.
 */
@Reconciles
@Timeout(240)
class JdbcGroupConnectionTests {

	private static final Duration LIMIT = Duration.ofSeconds(45);

	private static final int CHANNELS = 20;

	private final String cluster = "groups-" + UUID.randomUUID();

	private final List<RelayNode> nodes = new ArrayList<>();

	@AfterEach
	void stop() {
		this.nodes.forEach((node) -> node.relay().stop());
	}

	@Test
	void nodesShareTheWorkThroughAPooler() throws Throwable {
		JdbcTestBroker broker = new JdbcTestBroker(DatabaseServers.postgres());
		try (PgBouncer bouncer = PgBouncer.inFrontOf(broker.server())) {
			share(broker, bouncer.jdbcUrl(broker.database()));
			stop();
		}
	}

	@Test
	void nodesShareTheWorkWithADriverThatCountsChangedRowsOnly() throws Throwable {
		JdbcTestBroker broker = new JdbcTestBroker(DatabaseServers.mariaDb());
		share(broker, broker.server().jdbcUrl(broker.database()) + "?useAffectedRows=true");
	}

	private RelayNode start(JdbcTestBroker broker, String url) {
		RelayNode node = new RelayNode(new JdbcRelay(broker.source(url),
				broker.settings(this.cluster, new EnvelopeCodec(1000), Duration.ofSeconds(3))))
			.start()
			.awaitRoundTrip(LIMIT);
		this.nodes.add(node);
		return node;
	}

	/**
	 * Two nodes take their share, and one leaves: each message is handled once, in a
	 * transaction.
	 */
	private void share(JdbcTestBroker broker, String url) throws Throwable {
		DataSource dataSource = new DriverManagerDataSource(url, broker.server().user(), broker.server().password());
		JdbcTemplate jdbc = new JdbcTemplate(dataSource);
		jdbc.execute("CREATE TABLE GROUP_WORK (TEXT VARCHAR(40) PRIMARY KEY)");
		RelayNode one = start(broker, url);
		RelayNode two = start(broker, url);
		publish(one, 0, 10);
		Worker first = new Worker(one, dataSource);
		Worker second = new Worker(two, dataSource);
		MachineTime.await(LIMIT)
			.until(() -> first.member.lanes().size() == ShardedLog.SHARDS / 2
					&& second.member.lanes().size() == ShardedLog.SHARDS / 2);
		MachineTime.await(LIMIT).until(() -> first.work() + second.work() == 10 * CHANNELS);
		assertThat(first.done).isNotEmpty();
		assertThat(second.done).isNotEmpty();
		second.member.leave();
		publish(two, 10, 5);
		MachineTime.await(LIMIT).until(() -> first.member.lanes().size() == ShardedLog.SHARDS);
		MachineTime.await(LIMIT).until(() -> first.work() + second.done.size() == 15 * CHANNELS);
		assertThat(first.member.lag()).isZero();
		Set<String> expected = new HashSet<>();
		for (int i = 0; i < 15 * CHANNELS; i++) {
			expected.add("orders/" + i % CHANNELS + " text " + i / CHANNELS);
		}
		assertThat(jdbc.queryForList("SELECT TEXT FROM GROUP_WORK", String.class))
			.containsExactlyInAnyOrderElementsOf(expected);
		assertThat(jdbc.queryForObject("SELECT COUNT(*) FROM ATMOSPHERE_GROUP_CHANNEL", Long.class)).isZero();
	}

	private static void publish(RelayNode node, int first, int count) {
		LogOptions options = new LogOptions(10_000, Duration.ofHours(1), null, Duration.ofMinutes(5));
		List<CompletableFuture<Receipt>> sent = new ArrayList<>();
		for (int i = first; i < first + count; i++) {
			for (int channel = 0; channel < CHANNELS; channel++) {
				sent.add(node.relay().publish(node.recorded("orders/" + channel, "text " + i, options)));
			}
		}
		sent.forEach((receipt) -> receipt.orTimeout(30, TimeUnit.SECONDS).join());
	}

	/**
	 * A node's member of the group, which handles in transactions.
	 */
	private static final class Worker {

		private final LaneReadings member;

		private final GroupTransactions transactions;

		private final JdbcTemplate jdbc;

		/** What was read and handled. */
		private final List<ChannelItem> done = new ArrayList<>();

		private Worker(RelayNode node, DataSource dataSource) {
			this.member = new LaneReadings(node, "billing", GroupOptions.Start.EARLIEST);
			this.transactions = ((JdbcRelay) node.relay())
				.groupTransactions(new DataSourceTransactionManager(dataSource), dataSource, Duration.ofHours(1));
			this.jdbc = new JdbcTemplate(dataSource);
		}

		/**
		 * Handle what there is.
		 * @return how much was handled until now
		 */
		private int work() throws Exception {
			this.member.readOnce();
			List<ChannelItem> items = this.member.items();
			for (ChannelItem item : items.subList(this.done.size(), items.size())) {
				handle((Publication) item);
				this.member.commit(item);
				this.done.add(item);
			}
			return this.done.size();
		}

		private void handle(Publication message) throws Exception {
			try {
				this.transactions.handle("billing", this.member.laneOf(message.channel()), message, () -> this.jdbc
					.update("INSERT INTO GROUP_WORK VALUES (?)", message.channel() + " " + message.payload().asText()));
			}
			catch (Throwable ex) {
				throw new IllegalStateException(ex);
			}
		}

	}

}
