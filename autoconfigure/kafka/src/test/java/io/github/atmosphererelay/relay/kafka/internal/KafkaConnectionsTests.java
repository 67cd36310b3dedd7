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

package io.github.atmosphererelay.relay.kafka.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.KafkaServer;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.Receipt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How many connections a node has, as the documentation tells operators who have to plan
 * for them.
 */
@Timeout(90)
class KafkaConnectionsTests {

	private static final Duration CONNECT = Duration.ofSeconds(15);

	/** The records of a partition that a node keeps. */
	private static final int AT_HAND = 4096;

	private static final LogOptions LOG = new LogOptions(AT_HAND + 1000, Duration.ofHours(1), null,
			Duration.ofMinutes(5));

	/** One to the address that is configured, and one to the broker that it names. */
	private static final long OF_A_CLIENT = 2;

	/** A producer, a consumer and an administrative client. */
	private static final long CLIENTS = 3;

	private KafkaServer server;

	private RelayNode node;

	@BeforeEach
	void startBroker() {
		this.server = KafkaServer.create();
	}

	@AfterEach
	void stop() {
		this.node.relay().stop();
		this.server.close();
	}

	@Test
	void aNodeHasThreeClients() {
		KafkaTestBroker broker = start(KafkaTestBroker.of(this.server));
		this.node.subscribe(new Address.Channel("room"));
		this.node.publish("room", "hello");
		assertThat(broker.connections()).isEqualTo(CLIENTS * OF_A_CLIENT);
	}

	@Test
	void recordedChannelsNeedNoMoreUntilRecordsAreReadThatAreNotInMemory() {
		KafkaTestBroker broker = start(KafkaTestBroker.of(this.server).withLogs());
		this.node.subscribe(new Address.Channel("log"));
		List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
		for (int i = 0; i < AT_HAND + 1000; i++) {
			receipts.add(this.node.relay().publish(this.node.recorded("log", "message " + i, LOG)));
		}
		receipts.forEach((receipt) -> assertThat(receipt.orTimeout(20, TimeUnit.SECONDS).join().outcome())
			.isEqualTo(Outcome.RELAYED));
		assertThat(broker.connections()).isEqualTo(CLIENTS * OF_A_CLIENT);
		assertThat(this.node.log()
			.read("log", null, 1, ReadDirection.FORWARD)
			.orTimeout(10, TimeUnit.SECONDS)
			.join()
			.publications()).extracting((each) -> each.payload().asText()).containsExactly("message 0");
		assertThat(broker.connections()).isEqualTo((CLIENTS + 1) * OF_A_CLIENT);
	}

	private KafkaTestBroker start(KafkaTestBroker broker) {
		this.node = new RelayNode(broker.relay("connections", new EnvelopeCodec(1024))).start().awaitRoundTrip(CONNECT);
		return broker;
	}

}
