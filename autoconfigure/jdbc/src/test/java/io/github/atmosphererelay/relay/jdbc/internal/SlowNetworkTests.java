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
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.DatabaseServer;
import io.github.atmosphererelay.contract.broker.DatabaseServers;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A node that was away, and comes back over a network that takes longer for what it has
 * missed than an answer of the database may take.
 */
@Timeout(120)
class SlowNetworkTests {

	private static final Duration TEN_SECONDS = Duration.ofSeconds(10);

	/** With pieces of 16 KB this is a megabyte per second and connection. */
	private static final Duration DELAY = Duration.ofMillis(16);

	private static final int CHANNELS = 100;

	private static final int MESSAGES = 1100;

	@Test
	@Reconciles
	void aNodeOfPostgresCatchesUpOverASlowNetwork() {
		check(DatabaseServers.postgres());
	}

	private static void check(DatabaseServer server) {
		JdbcTestBroker broker = new JdbcTestBroker(server);
		String cluster = "slow-" + UUID.randomUUID();
		RelayNode near = new RelayNode(broker.relay(cluster, new EnvelopeCodec(64 * 1024)));
		RelayNode far = new RelayNode(broker.proxiedRelay(cluster, new EnvelopeCodec(64 * 1024)));
		try {
			near.start().awaitRoundTrip(TEN_SECONDS);
			far.start().awaitRoundTrip(TEN_SECONDS);
			for (int i = 0; i < CHANNELS; i++) {
				far.subscribe(new Address.Channel("room/" + i));
			}
			int disconnects = far.disconnects();
			broker.proxy().stall();
			MachineTime.await(Duration.ofSeconds(20)).until(() -> far.disconnects() > disconnects);
			List<UUID> sent = publish(near);
			broker.proxy().slow(DELAY);
			MachineTime.await(Duration.ofSeconds(60)).until(() -> far.receivedIds().size() >= MESSAGES);
			assertThat(far.receivedIds()).containsExactlyInAnyOrderElementsOf(sent);
			assertThat(far.gaps()).isEmpty();
		}
		finally {
			broker.proxy().resume();
			near.relay().stop();
			far.relay().stop();
		}
	}

	private static List<UUID> publish(RelayNode node) {
		String text = "x".repeat(7500);
		List<UUID> sent = new ArrayList<>();
		List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
		for (int i = 0; i < MESSAGES; i++) {
			Envelope envelope = node.envelope("room/" + i % CHANNELS, text);
			sent.add(envelope.id());
			receipts.add(node.relay().publish(envelope));
		}
		assertThat(receipts)
			.allSatisfy((receipt) -> assertThat(receipt.orTimeout(30, TimeUnit.SECONDS).join().outcome())
				.isEqualTo(Outcome.RELAYED));
		return sent;
	}

}
