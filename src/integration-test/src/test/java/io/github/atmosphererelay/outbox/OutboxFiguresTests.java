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

import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

import javax.sql.DataSource;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.contract.broker.DatabaseServer;
import io.github.atmosphererelay.contract.broker.DatabaseServers;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestNode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How long it takes from a commit to the WebSocket clients of all nodes, with three nodes
 * of one process that write to PostgreSQL: {@code -Datmosphere.test.figures=true} prints
 * a table. With Redis as the relay messages are forwarded; with the JDBC relay they are
 * not.
 */
@EnabledIfSystemProperty(named = "atmosphere.test.figures", matches = "true")
class OutboxFiguresTests {

	private static final int NODES = 3;

	private static final int THREADS = 4;

	private static final int CHANNELS = 10;

	private static final int SECONDS = Integer.getInteger("atmosphere.test.figures.seconds", 10);

	@Test
	void figures() throws Exception {
		System.out.printf("%-10s %-10s %10s %14s %14s %14s %14s%n", "relay", "channels", "commits/s", "p50 ms",
				"p99 ms", "max ms", "p50 publish ms");
		try (DatabaseServer server = DatabaseServers.newPostgres(); Broker redis = new Broker.Redis()) {
			OutboxDatabase database = new OutboxDatabase(server);
			measure("redis", database.arguments(0, redis.directProperties()));
		}
		try (DatabaseServer server = DatabaseServers.newPostgres()) {
			OutboxDatabase database = new OutboxDatabase(server);
			measure("jdbc", database.arguments(0, "atmosphere.relay.type=jdbc"));
		}
	}

	private static void measure(String name, List<String> arguments) throws Exception {
		List<TestNode> nodes = new ArrayList<>();
		try {
			for (int i = 0; i < NODES; i++) {
				nodes.add(TestNode.start(List.of(OutboxApplication.class),
						Stream
							.concat(arguments.stream(),
									Stream.of("management.health.db.enabled=false",
											"management.health.redis.enabled=false"))
							.toArray(String[]::new)));
			}
			for (TestNode node : nodes) {
				MachineTime.await(Duration.ofSeconds(30)).until(() -> node.messaging().monitor().isUp());
			}
			for (String kind : List.of("chat/", "log/")) {
				run(nodes, kind, 100, 3);
				for (int rate : new int[] { 30, 300 }) {
					run(nodes, kind, rate, SECONDS).print(name, kind.equals("log/") ? "recorded" : "ephemeral");
				}
			}
		}
		finally {
			for (TestNode node : nodes) {
				node.close();
			}
		}
	}

	/**
	 * Commit at a rate, evenly on all nodes.
	 */
	private static Result run(List<TestNode> nodes, String kind, int rate, int seconds) throws Exception {
		int messages = rate * seconds;
		Measurement measurement = new Measurement(messages);
		List<WebSocket> sockets = new ArrayList<>();
		HttpClient http = HttpClient.newHttpClient();
		for (TestNode node : nodes) {
			for (int channel = 0; channel < CHANNELS; channel++) {
				sockets.add(http.newWebSocketBuilder()
					.buildAsync(node.uri(kind + channel + "?ack=true"), measurement.new Listener())
					.get(20, TimeUnit.SECONDS));
			}
		}
		assertThat(measurement.ready.await(30, TimeUnit.SECONDS)).isTrue();
		AtomicInteger next = new AtomicInteger();
		long start = System.nanoTime();
		List<Thread> threads = new ArrayList<>();
		for (int i = 0; i < NODES * THREADS; i++) {
			TestNode node = nodes.get(i % NODES);
			Thread thread = new Thread(() -> write(node, kind, measurement, next, start, rate));
			threads.add(thread);
			thread.start();
		}
		for (Thread thread : threads) {
			thread.join();
		}
		long took = System.nanoTime() - start;
		MachineTime.await(Duration.ofSeconds(30)).until(() -> measurement.delivered.get() >= NODES * messages);
		sockets.forEach(WebSocket::abort);
		return new Result(messages * 1e9 / took, measurement);
	}

	private static void write(TestNode node, String kind, Measurement measurement, AtomicInteger next, long start,
			int rate) {
		TransactionTemplate transaction = new TransactionTemplate(node.bean(PlatformTransactionManager.class));
		JdbcTemplate jdbc = new JdbcTemplate(node.bean(DataSource.class));
		int index = next.getAndIncrement();
		while (index < measurement.messages) {
			long due = start + index * 1_000_000_000L / rate;
			while (System.nanoTime() < due) {
				LockSupport.parkNanos(due - System.nanoTime());
			}
			int number = index;
			measurement.published.set(number, System.nanoTime());
			transaction.executeWithoutResult((status) -> {
				jdbc.update("INSERT INTO BUSINESS (ID, CHANNEL, NUMBER) VALUES (?, ?, ?)", UUID.randomUUID().toString(),
						kind, number);
				node.broadcaster().broadcast(kind + number % CHANNELS, Integer.toString(number));
			});
			measurement.committed.set(number, System.nanoTime());
			index = next.getAndIncrement();
		}
	}

	/**
	 * When each message was committed, and when it came to the client of each node.
	 */
	private static final class Measurement {

		private final int messages;

		private final CountDownLatch ready = new CountDownLatch(NODES * CHANNELS);

		private final AtomicInteger delivered = new AtomicInteger();

		private final AtomicLongArray published;

		private final AtomicLongArray committed;

		/** By the order of their arrival; each with the number of its message. */
		private final long[] arrivals;

		private final int[] numbers;

		private Measurement(int messages) {
			this.messages = messages;
			this.published = new AtomicLongArray(messages);
			this.committed = new AtomicLongArray(messages);
			this.arrivals = new long[NODES * messages];
			this.numbers = new int[NODES * messages];
		}

		private void arrived(int number) {
			long now = System.nanoTime();
			int index = this.delivered.getAndIncrement();
			this.arrivals[index] = now;
			this.numbers[index] = number;
		}

		private long[] latencies(AtomicLongArray since) {
			long[] latencies = new long[this.arrivals.length];
			for (int i = 0; i < latencies.length; i++) {
				// A client may have it before the thread that commits goes on
				latencies[i] = Math.max(0, this.arrivals[i] - since.get(this.numbers[i]));
			}
			Arrays.sort(latencies);
			return latencies;
		}

		/**
		 * A client in one channel. The first frame tells that it is subscribed.
		 */
		private final class Listener implements WebSocket.Listener {

			private boolean subscribed;

			@Override
			public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
				if (this.subscribed) {
					arrived(Integer.parseInt(data.toString()));
				}
				else {
					this.subscribed = true;
					Measurement.this.ready.countDown();
				}
				socket.request(1);
				return null;
			}

		}

	}

	/**
	 * What was measured.
	 *
	 * @param rate commits per second
	 * @param measurement the times
	 */
	private record Result(double rate, Measurement measurement) {

		private void print(String relay, String channels) {
			long[] latencies = this.measurement.latencies(this.measurement.committed);
			System.out.printf(Locale.ROOT, "%-10s %-10s %10.0f %14.1f %14.1f %14.1f %14.1f%n", relay, channels,
					this.rate, millis(latencies, 0.5), millis(latencies, 0.99), millis(latencies, 1),
					millis(this.measurement.latencies(this.measurement.published), 0.5));
		}

		private static double millis(long[] latencies, double part) {
			return latencies[(int) Math.min(latencies.length - 1, latencies.length * part)] / 1e6;
		}

	}

}
