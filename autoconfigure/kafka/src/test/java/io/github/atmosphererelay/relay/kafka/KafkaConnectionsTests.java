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

package io.github.atmosphererelay.relay.kafka;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.KafkaServer;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.EnvelopeCodec;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.relay.Outcome;
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

	private static final LogOptions LOG = new LogOptions(100, Duration.ofHours(1), null, Duration.ofMinutes(5));

	@Test
	void aNodeHasTheConnectionsThatTheDocumentationTells() {
		try (KafkaServer server = KafkaServer.create()) {
			KafkaTestBroker broker = KafkaTestBroker.of(server);
			RelayNode node = new RelayNode(broker.relay("ephemeral", new EnvelopeCodec(1024))).start()
				.awaitRoundTrip(CONNECT);
			try {
				node.publish("room", "hello");
				System.out.println("EPHEMERAL " + broker.connections());
			}
			finally {
				node.relay().stop();
			}
			RelayNode recorded = new RelayNode(broker.withLogs().relay("recorded", new EnvelopeCodec(1024))).start()
				.awaitRoundTrip(CONNECT);
			try {
				recorded.subscribe(new Address.Channel("log"));
				assertThat(recorded.relay()
					.publish(recorded.recorded("log", "hello", LOG))
					.orTimeout(10, TimeUnit.SECONDS)
					.join()
					.outcome()).isEqualTo(Outcome.RELAYED);
				System.out.println("RECORDED " + broker.connections());
			}
			finally {
				recorded.relay().stop();
			}
		}
	}

}
