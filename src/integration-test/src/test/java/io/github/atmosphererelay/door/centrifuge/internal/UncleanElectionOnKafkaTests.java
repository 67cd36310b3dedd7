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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.broker.HeldConsumers;
import io.github.atmosphererelay.contract.broker.KafkaCluster;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.internal.RelayState;
import io.github.atmosphererelay.test.Covers;
import io.github.atmosphererelay.test.KnownFault;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

import org.springframework.boot.kafka.autoconfigure.DefaultKafkaConsumerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Whole applications on a Kafka cluster that loses confirmed messages by an unclean
 * leader election, while one of them stands still.
 */
@Timeout(240)
class UncleanElectionOnKafkaTests {

	private static final Duration PATIENT = Duration.ofSeconds(60);

	private static final int PARTITIONS = 6;

	private static final String CHANNEL = "log/a";

	/** A channel of another partition. */
	private static final String ELSEWHERE = IntStream.range(0, 100)
		.mapToObj((i) -> "log/" + i)
		.filter((name) -> partition(name) != partition(CHANNEL))
		.findFirst()
		.orElseThrow();

	private static final String TOPIC = "unclean-" + UUID.randomUUID();

	private static final HeldConsumers HELD = new HeldConsumers(TOPIC + "-log");

	private final KafkaCluster cluster = KafkaCluster.create();

	private final List<AutoCloseable> open = new ArrayList<>();

	private static int partition(String channel) {
		return Utils.toPositive(Utils.murmur2(("channel:" + channel).getBytes(StandardCharsets.UTF_8))) % PARTITIONS;
	}

	@AfterEach
	void close() throws Exception {
		for (AutoCloseable each : this.open) {
			each.close();
		}
		this.cluster.close();
	}

	private <T extends AutoCloseable> T closing(T client) {
		// Clients before their nodes
		this.open.add(0, client);
		return client;
	}

	@Test
	@Covers(KnownFault.BROKER_FAILS_OVER)
	void clientsOfANodeThatStoodStillAreToldWhatTheyCannotHave() throws Exception {
		this.cluster.createTopic(TOPIC, PARTITIONS, Map.of(), 1);
		this.cluster.createTopic(TOPIC + "-log", PARTITIONS, Map.of("unclean.leader.election.enable", "true",
				"min.insync.replicas", "1", "message.timestamp.type", "LogAppendTime", "retention.ms", "86400000"), 2,
				3);
		TestNode reader = start(List.of());
		TestNode still = start(List.of(Held.class));
		TestClient atReader = subscribe(reader, CHANNEL);
		TestClient plain = subscribe(still, CHANNEL);
		TestClient elsewhere = subscribe(still, ELSEWHERE);
		CentrifugeSocket centrifuge = closing(CentrifugeSocket.connect(still.uri("connection/websocket")));
		JsonNode subscribed = centrifuge.call("subscribe", "{'channel':'" + CHANNEL + "'}");
		publish(reader, CHANNEL, "before");
		await().untilAsserted(() -> assertThat(plain.texts()).containsExactly("before"));
		await().until(() -> offset(centrifuge) > 0);

		this.cluster.kill(3);
		this.cluster.awaitInSync(TOPIC + "-log", 2);
		HELD.hold();
		for (int i = 0; i < 5; i++) {
			publish(reader, CHANNEL, "lost " + i);
		}
		await().untilAsserted(() -> assertThat(atReader.texts()).hasSize(6));
		this.cluster.kill(2);
		this.cluster.start(3);
		this.cluster.awaitLeader(TOPIC + "-log", 3);
		publish(reader, CHANNEL, "instead");
		HELD.release();

		assertThat(plain.awaitClosed(PATIENT).code()).isEqualTo(1013);
		assertThat(plain.texts()).noneMatch((text) -> text.startsWith("lost"));
		await().atMost(PATIENT)
			.until(() -> centrifuge.pushes()
				.stream()
				.anyMatch((push) -> push.path("unsubscribe").path("code").asInt() == 2500));
		JsonNode again = recover(centrifuge, subscribed.path("epoch").asString(), offset(centrifuge));
		assertThat(again.path("was_recovering").asBoolean()).isTrue();
		assertThat(again.path("recovered").asBoolean()).isFalse();

		TestClient next = subscribe(still, CHANNEL);
		publish(reader, CHANNEL, "after");
		publish(reader, ELSEWHERE, "elsewhere");
		await().untilAsserted(() -> assertThat(next.texts()).containsExactly("after"));
		await().untilAsserted(() -> assertThat(elsewhere.texts()).containsExactly("elsewhere"));
		JsonNode back = recover(closing(CentrifugeSocket.connect(still.uri("connection/websocket"))),
				again.path("epoch").asString(), again.path("offset").asLong());
		assertThat(back.path("recovered").asBoolean()).as("since then it has missed nothing").isTrue();
		assertThat(back.path("publications")).hasSize(1);
	}

	/**
	 * Recover, as often as the node asks to try again: it may not have found the leader.
	 */
	private static JsonNode recover(CentrifugeSocket client, String epoch, long offset) {
		JsonNode[] reply = new JsonNode[1];
		await().atMost(PATIENT).until(() -> {
			reply[0] = client.call("subscribe",
					"{'channel':'" + CHANNEL + "','recover':true,'epoch':'" + epoch + "','offset':" + offset + "}");
			return !reply[0].has("code");
		});
		return reply[0];
	}

	/**
	 * Return the offset of the last publication that a client has got.
	 */
	private static long offset(CentrifugeSocket client) {
		return client.pushes().stream().mapToLong((push) -> push.path("pub").path("offset").asLong(0)).max().orElse(0);
	}

	private static void publish(TestNode node, String channel, String text) {
		// The first one waits until the clients have found the leader
		await().atMost(PATIENT)
			.ignoreExceptionsInstanceOf(CompletionException.class)
			.until(() -> node.broadcaster().history(channel, null, 1).orTimeout(10, TimeUnit.SECONDS).join() != null);
		Receipt receipt = node.broadcaster().broadcast(channel, text).orTimeout(30, TimeUnit.SECONDS).join();
		assertThat(receipt.outcome()).isEqualTo(Outcome.RELAYED);
	}

	private TestClient subscribe(TestNode node, String channel) {
		TestClient client = closing(node.connect(channel + "?ack=true"));
		client.awaitCount(1);
		assertThat(client.texts().get(0)).contains("\"degraded\":false");
		client.received().clear();
		return client;
	}

	private TestNode start(List<Class<?>> configuration) {
		TestNode node = TestNode.start(configuration, "atmosphere.channels[0].pattern=log/**",
				"atmosphere.channels[0].history.size=1000", "atmosphere.relay.type=kafka",
				"spring.kafka.bootstrap-servers=" + this.cluster.servers(), "atmosphere.relay.kafka.topic=" + TOPIC,
				"atmosphere.relay.kafka.partitions=" + PARTITIONS, "atmosphere.relay.publish-timeout=4s",
				"management.health.redis.enabled=false");
		closing(node);
		MachineTime.await(Duration.ofSeconds(20)).until(() -> node.messaging().monitor().state() == RelayState.UP);
		return node;
	}

	/**
	 * Consumers that can be held.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Held {

		@Bean
		@SuppressWarnings("unchecked")
		DefaultKafkaConsumerFactoryCustomizer heldConsumers() {
			return (factory) -> ((DefaultKafkaConsumerFactory<byte[], byte[]>) factory).addPostProcessor(HELD::apply);
		}

	}

}
