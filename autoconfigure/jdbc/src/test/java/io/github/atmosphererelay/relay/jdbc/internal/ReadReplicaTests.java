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

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.test.MachineTime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What {@link JdbcReader} does behind something that sends reads to a replica, which the
 * documentation forbids: a replica that lags must not look like a database that has gone
 * back in time.
 */
@Timeout(60)
class ReadReplicaTests {

	private static final Duration TEN_SECONDS = Duration.ofSeconds(10);

	private static final Address ROOM = new Address.Channel("room");

	private final String cluster = "replica-" + UUID.randomUUID();

	private final String primaryUrl = "jdbc:h2:mem:" + UUID.randomUUID();

	private final String replicaUrl = "jdbc:h2:mem:" + UUID.randomUUID();

	private final AtomicInteger polls = new AtomicInteger();

	private volatile boolean lagging;

	private Connection primaryAlive;

	private Connection replicaAlive;

	@BeforeEach
	void createDatabases() throws SQLException {
		this.primaryAlive = create(this.primaryUrl);
		this.replicaAlive = create(this.replicaUrl);
	}

	@AfterEach
	void close() throws SQLException {
		this.primaryAlive.close();
		this.replicaAlive.close();
	}

	private static Connection create(String url) throws SQLException {
		Connection alive = DriverManager.getConnection(url);
		new ResourceDatabasePopulator(new ClassPathResource("io/github/atmosphererelay/jdbc/schema-h2.sql"))
			.execute(new DriverManagerDataSource(url));
		return alive;
	}

	@Test
	void aReplicaThatLagsIsNotANewEpoch() {
		RelayNode node = new RelayNode(new JdbcRelay(this::open,
				new JdbcRelaySettings(this.cluster, new EnvelopeCodec(1024), 100, Duration.ofSeconds(3))))
			.start();
		try {
			node.awaitRoundTrip(TEN_SECONDS);
			node.subscribe(ROOM);
			JdbcTemplate primary = new JdbcTemplate(new DriverManagerDataSource(this.primaryUrl));
			Envelope before = node.publish("room", "before");
			MachineTime.await(TEN_SECONDS).until(() -> node.receivedIds().contains(before.id()));
			List<String> epochs = epochs(primary);
			// The counters of the replica, with those epochs, before anything was written
			JdbcTemplate replica = new JdbcTemplate(new DriverManagerDataSource(this.replicaUrl));
			for (int shard = 0; shard < ShardedLog.SHARDS; shard++) {
				replica.update("INSERT INTO ATMOSPHERE_SHARD (LOG_NAME, SHARD, EPOCH, HEAD) VALUES (?, ?, ?, 0)",
						this.cluster, shard, epochs.get(shard));
			}
			this.lagging = true;
			Envelope meanwhile = node.publish("room", "meanwhile");
			this.polls.set(0);
			MachineTime.await(TEN_SECONDS).until(() -> this.polls.get() >= 5);
			assertThat(epochs(primary)).isEqualTo(epochs);
			this.lagging = false;
			MachineTime.await(TEN_SECONDS).until(() -> node.receivedIds().contains(meanwhile.id()));
			assertThat(node.gaps()).isEmpty();
		}
		finally {
			node.relay().stop();
		}
	}

	private List<String> epochs(JdbcTemplate jdbc) {
		return jdbc.queryForList("SELECT EPOCH FROM ATMOSPHERE_SHARD WHERE LOG_NAME = ? ORDER BY SHARD", String.class,
				this.cluster);
	}

	/**
	 * Open a connection that sends its queries outside of transactions to the replica
	 * while that lags.
	 */
	private Connection open() throws SQLException {
		Connection primary = DriverManager.getConnection(this.primaryUrl);
		Connection replica = DriverManager.getConnection(this.replicaUrl);
		return (Connection) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] { Connection.class },
				(proxy, method, arguments) -> {
					boolean read = this.lagging && primary.getAutoCommit()
							&& method.getName().equals("prepareStatement")
							&& String.valueOf(arguments[0]).startsWith("SELECT");
					if (read && String.valueOf(arguments[0]).contains("UNION ALL")) {
						this.polls.incrementAndGet();
					}
					if (method.getName().equals("close")) {
						replica.close();
					}
					try {
						return method.invoke(read ? replica : primary, arguments);
					}
					catch (InvocationTargetException ex) {
						throw ex.getCause();
					}
				});
	}

}
