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

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.DatabaseServer;
import io.github.atmosphererelay.contract.broker.DatabaseServers;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link JdbcRelay} while its database is killed, started again, and stands still: what
 * was confirmed is in the log and was delivered, once and in order.
 */
@Reconciles
@Timeout(120)
class JdbcRelayRestartTests {

	private static final Duration TWENTY_SECONDS = Duration.ofSeconds(20);

	private static final LogOptions LONG = new LogOptions(100_000, Duration.ofHours(1), null, Duration.ofMinutes(5));

	@Test
	void nothingConfirmedIsLostWhenPostgresIsKilled() throws InterruptedException {
		check(DatabaseServers::newPostgres);
	}

	@Test
	void nothingConfirmedIsLostWhenMariaDbIsKilled() throws InterruptedException {
		check(DatabaseServers::newMariaDb);
	}

	@Test
	void nothingConfirmedIsLostWhenH2IsKilled() throws InterruptedException {
		check(DatabaseServers::newH2);
	}

	/**
	 * A server that was a standby in between has a new timeline, whether it has lost
	 * something or not.
	 */
	@Test
	void aPromotedPostgresIsANewEpoch() throws Exception {
		try (DatabaseServer server = DatabaseServers.newPostgres()) {
			JdbcTestBroker broker = new JdbcTestBroker(server);
			RelayNode node = new RelayNode(broker.relay("promoted", new EnvelopeCodec(1024))).start();
			try {
				node.awaitRoundTrip(TWENTY_SECONDS);
				node.subscribe(new Address.Channel("log"));
				Position before = append(node);
				Position last = append(node);
				assertThat(last.epoch()).isEqualTo(before.epoch());
				String directory = broker.jdbc().queryForObject("SHOW data_directory", String.class);
				server.kill();
				Files.createFile(Path.of(directory, "standby.signal"));
				server.start();
				broker.jdbc().execute("SELECT PG_PROMOTE()");
				node.awaitRoundTrip(TWENTY_SECONDS);
				assertThat(append(node).epoch()).isNotEqualTo(last.epoch());
				assertThat(node.log()
					.read("log", last, 10, ReadDirection.FORWARD)
					.orTimeout(10, TimeUnit.SECONDS)
					.join()
					.complete()).isFalse();
				assertThat(node.gaps()).contains(new Address.Channel("log"));
				String epoch = append(node).epoch();
				server.kill();
				server.start();
				node.awaitRoundTrip(TWENTY_SECONDS);
				assertThat(append(node).epoch()).as("after an ordinary restart").isEqualTo(epoch);
			}
			finally {
				node.relay().stop();
			}
		}
	}

	/**
	 * Append, again and again while the relay is about to connect.
	 */
	private static Position append(RelayNode node) {
		AtomicReference<@Nullable Receipt> last = new AtomicReference<>();
		MachineTime.await(TWENTY_SECONDS).until(() -> {
			last.set(node.relay()
				.publish(node.recorded("log", "x", LONG))
				.orTimeout(10, TimeUnit.SECONDS)
				.exceptionally((ex) -> null)
				.join());
			Receipt receipt = last.get();
			return receipt != null && receipt.outcome() == Outcome.RELAYED;
		});
		return Objects.requireNonNull(Objects.requireNonNull(last.get()).position());
	}

	private void check(Supplier<DatabaseServer> start) throws InterruptedException {
		try (DatabaseServer server = start.get()) {
			JdbcTestBroker broker = new JdbcTestBroker(server);
			String cluster = "restart-" + UUID.randomUUID();
			RelayNode one = new RelayNode(broker.relay(cluster, new EnvelopeCodec(1024))).start();
			RelayNode two = new RelayNode(broker.relay(cluster, new EnvelopeCodec(1024))).start();
			try {
				one.awaitRoundTrip(TWENTY_SECONDS);
				two.awaitRoundTrip(TWENTY_SECONDS);
				two.subscribe(new Address.Channel("log"));
				Map<Envelope, CompletableFuture<Receipt>> sent = new LinkedHashMap<>();
				for (int round = 0; round < 3; round++) {
					publish(one, sent);
					if (round == 1) {
						server.pause();
						publish(one, sent);
						server.resume();
					}
					else {
						server.kill();
						publish(one, sent);
						server.start();
					}
					one.awaitRoundTrip(TWENTY_SECONDS);
				}
				publish(one, sent);
				reconcile(two, sent);
			}
			finally {
				one.relay().stop();
				two.relay().stop();
			}
		}
	}

	private static void publish(RelayNode node, Map<Envelope, CompletableFuture<Receipt>> sent)
			throws InterruptedException {
		for (int i = 0; i < 200; i++) {
			Envelope envelope = node.recorded("log", "message " + sent.size(), LONG);
			sent.put(envelope, node.relay().publish(envelope));
			TimeUnit.MILLISECONDS.sleep(1);
		}
	}

	private static void reconcile(RelayNode receiver, Map<Envelope, CompletableFuture<Receipt>> sent) {
		List<UUID> confirmed = new ArrayList<>();
		List<UUID> refused = new ArrayList<>();
		sent.forEach((envelope, future) -> {
			Receipt receipt = future.orTimeout(20, TimeUnit.SECONDS).exceptionally((ex) -> null).join();
			classify(envelope, receipt, confirmed, refused);
		});
		assertThat(confirmed).hasSizeGreaterThan(200);
		MachineTime.await(TWENTY_SECONDS)
			.untilAsserted(() -> assertThat(receiver.receivedIds()).contains(confirmed.get(confirmed.size() - 1)));
		List<UUID> received = receiver.receivedIds();
		assertThat(received).doesNotHaveDuplicates().doesNotContainAnyElementsOf(refused);
		assertThat(received.stream().filter(confirmed::contains)).isEqualTo(confirmed);
		List<UUID> log = receiver.log()
			.read("log", null, 10_000, ReadDirection.FORWARD)
			.orTimeout(20, TimeUnit.SECONDS)
			.join()
			.publications()
			.stream()
			.map(Publication::id)
			.toList();
		assertThat(log).isEqualTo(received);
	}

	private static void classify(Envelope envelope, @Nullable Receipt receipt, List<UUID> confirmed,
			List<UUID> refused) {
		if (receipt == null) {
			refused.add(envelope.id());
		}
		else if (receipt.outcome() == Outcome.RELAYED) {
			confirmed.add(envelope.id());
		}
	}

}
