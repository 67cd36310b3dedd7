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

package io.github.atmosphererelay.relay;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import io.github.atmosphererelay.contract.broker.DatabaseServer;
import io.github.atmosphererelay.contract.broker.DatabaseServers;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.jdbc.internal.DriverConnections;
import io.github.atmosphererelay.relay.jdbc.internal.JdbcRelay;
import io.github.atmosphererelay.relay.jdbc.internal.JdbcRelaySettings;
import io.github.atmosphererelay.relay.redis.internal.RedisRelay;
import io.github.atmosphererelay.relay.redis.internal.RedisRelaySettings;
import io.github.atmosphererelay.test.MachineTime;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

import org.springframework.core.io.ClassPathResource;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the relays over Redis and over databases carry between two nodes of one process,
 * in one run: {@code -Datmosphere.test.figures=true} prints a table, and
 * {@code -Datmosphere.test.figures.relays=postgresql} measures one relay alone. Each node
 * publishes to 20 channels that the other follows.
 */
@EnabledIfSystemProperty(named = "atmosphere.test.figures", matches = "true")
class RelayFiguresTests {

	private static final int CHANNELS = 20;

	private static final int RATE = 2000;

	private static final int SECONDS = Integer.getInteger("atmosphere.test.figures.seconds", 10);

	private static final int MAX_OPEN = 4000;

	private static final LogOptions RECORDED = new LogOptions(1000, Duration.ofHours(1), null, Duration.ofMinutes(5));

	@Test
	void figures() throws Exception {
		System.out.printf("%-12s %-10s %14s %8s %8s %8s %12s%n", "relay", "channels", "offered/s", "p50 ms", "p99 ms",
				"max ms", "greatest/s");
		redis();
		if (isWanted("postgresql")) {
			try (DatabaseServer server = DatabaseServers.newPostgres()) {
				database("postgresql", server);
			}
		}
		if (isWanted("mariadb")) {
			try (DatabaseServer server = DatabaseServers.newMariaDb()) {
				database("mariadb", server);
			}
		}
		if (isWanted("h2")) {
			try (DatabaseServer server = DatabaseServers.newH2()) {
				database("h2", server);
			}
		}
	}

	private static boolean isWanted(String relay) {
		return System.getProperty("atmosphere.test.figures.relays", "redis,postgresql,mariadb,h2").contains(relay);
	}

	private static void redis() throws Exception {
		if (!isWanted("redis")) {
			return;
		}
		try (RedisServers.Standalone redis = RedisServers.standalone()) {
			measure("redis", () -> new RedisRelay(
					new LettuceConnectionFactory(new RedisStandaloneConfiguration(RedisServers.HOST, redis.port())),
					new RedisRelaySettings("figures:", new EnvelopeCodec(4096), 10_000, Duration.ofSeconds(5))));
		}
	}

	private static void database(String platform, DatabaseServer server) throws Exception {
		server.createDatabase("figures");
		String url = server.jdbcUrl("figures");
		new ResourceDatabasePopulator(
				new ClassPathResource("io/github/atmosphererelay/jdbc/schema-" + platform + ".sql"))
			.execute(new DriverManagerDataSource(url, server.user(), server.password()));
		if (platform.equals("h2")) {
			durable(server);
		}
		Properties properties = new Properties();
		properties.setProperty("user", server.user());
		properties.setProperty("password", server.password());
		DriverConnections connections = new DriverConnections(DriverManager.getDriver(url), url, properties,
				Duration.ofSeconds(5));
		measure(platform, () -> new JdbcRelay(connections,
				new JdbcRelaySettings("figures", new EnvelopeCodec(4096), 10_000, Duration.ofSeconds(5))));
	}

	/** As the documentation says. */
	private static void durable(DatabaseServer server) throws SQLException {
		try (Connection connection = server.connect("figures"); Statement statement = connection.createStatement()) {
			statement.execute("SET WRITE_DELAY 0");
		}
	}

	private static void measure(String name, RelayMaker maker) throws Exception {
		for (boolean recorded : new boolean[] { false, true }) {
			Node one = new Node(maker.make());
			Node two = new Node(maker.make());
			try {
				one.start();
				two.start();
				run(one, two, recorded, RATE, 2);
				Result steady = run(one, two, recorded, RATE, SECONDS);
				Result greatest = run(one, two, recorded, Integer.MAX_VALUE, SECONDS);
				System.out.printf(Locale.ROOT, "%-12s %-10s %14.0f %8.1f %8.1f %8.1f %12.0f%n", name,
						recorded ? "recorded" : "ephemeral", steady.rate(), steady.millis(0.5), steady.millis(0.99),
						steady.millis(1), greatest.rate());
			}
			finally {
				one.relay.stop();
				two.relay.stop();
			}
		}
	}

	private static Result run(Node one, Node two, boolean recorded, int rate, int seconds) throws Exception {
		one.reset();
		two.reset();
		long start = System.nanoTime();
		long end = start + TimeUnit.SECONDS.toNanos(seconds);
		int sent = 0;
		Semaphore open = new Semaphore(MAX_OPEN);
		AtomicInteger failed = new AtomicInteger();
		while (System.nanoTime() < end) {
			if (rate != Integer.MAX_VALUE) {
				long due = start + sent * 1_000_000_000L / rate;
				while (System.nanoTime() < due) {
					LockSupport.parkNanos(100_000);
				}
			}
			open.acquire();
			Node node = (sent % 2 == 0) ? one : two;
			String channel = ((sent % 2 == 0) ? "one/" : "two/") + (sent / 2 % CHANNELS);
			node.relay.publish(node.envelope(channel, recorded)).whenComplete((receipt, ex) -> {
				open.release();
				if (ex != null || receipt.outcome() != Outcome.RELAYED) {
					failed.incrementAndGet();
				}
			});
			sent++;
		}
		int all = sent;
		MachineTime.await(Duration.ofSeconds(30)).until(() -> one.count.get() + two.count.get() >= all);
		long took = System.nanoTime() - start;
		assertThat(failed).hasValue(0);
		long[] latencies = new long[all];
		System.arraycopy(one.latencies, 0, latencies, 0, one.count.get());
		System.arraycopy(two.latencies, 0, latencies, one.count.get(), two.count.get());
		Arrays.sort(latencies);
		return new Result(all * 1e9 / took, latencies);
	}

	/**
	 * Makes a relay.
	 */
	private interface RelayMaker {

		ClusterRelay make();

	}

	/**
	 * What was measured.
	 *
	 * @param rate messages per second
	 * @param latencies from publishing to receiving, in nanoseconds, sorted
	 */
	private record Result(double rate, long[] latencies) {

		private double millis(double part) {
			return this.latencies[(int) Math.min(this.latencies.length - 1, this.latencies.length * part)] / 1e6;
		}

	}

	/**
	 * A node that only measures.
	 */
	private static final class Node implements RelayListener {

		private final UUID id = UUID.randomUUID();

		private final ClusterRelay relay;

		private final AtomicInteger count = new AtomicInteger();

		private final long[] latencies = new long[5_000_000];

		private Node(ClusterRelay relay) {
			this.relay = relay;
		}

		private void start() {
			this.relay.start(this);
			for (int i = 0; i < CHANNELS; i++) {
				for (String side : new String[] { "one/", "two/" }) {
					this.relay.subscribe(new Address.Channel(side + i)).orTimeout(60, TimeUnit.SECONDS).join();
				}
			}
		}

		private void reset() {
			this.count.set(0);
		}

		private Envelope envelope(String channel, boolean recorded) {
			return new Envelope(UUID.randomUUID(), this.id, Envelope.Kind.MESSAGE, System.nanoTime(),
					new Audience.Channel(channel, null), Map.of(), Payload.text("x".repeat(200)), null,
					recorded ? RECORDED : null);
		}

		@Override
		public void received(Envelope envelope, @Nullable Position position) {
			if (!envelope.origin().equals(this.id)) {
				int index = this.count.get();
				this.latencies[index] = System.nanoTime() - envelope.time();
				this.count.set(index + 1);
			}
		}

		@Override
		public void rejected(WireFormatException.Reason reason) {
			throw new IllegalStateException(reason.name());
		}

		@Override
		public void gap(Address address) {
			throw new IllegalStateException("gap");
		}

		@Override
		public void connectionChanged(boolean connected) {
			// Of no interest
		}

	}

}
