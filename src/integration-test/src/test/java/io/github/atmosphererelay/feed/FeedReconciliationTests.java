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

package io.github.atmosphererelay.feed;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Clients with different interests on three nodes, beside a relay, while clients lose
 * their connections, a node leaves, another comes, and the broker is restarted: each
 * client has exactly what its keys have published, in order and once.
 */
@Timeout(900)
@Reconciles
class FeedReconciliationTests extends AbstractFeedTests {

	private static final int PARTITIONS = 12;

	private static final boolean LONG = Boolean.getBoolean("atmosphere.test.long");

	private static final Duration RUN = Duration.ofSeconds(LONG ? 300 : 60);

	@Test
	void besideRedisClientsOfAFeedHaveAllRecordsOfTheirKeysOnceAndInOrder() {
		try (Broker.Redis redis = new Broker.Redis()) {
			reconcile(LONG ? 100_000 : 4000, redis.directProperties());
		}
	}

	@Test
	void besideKafkaClientsOfAFeedHaveAllRecordsOfTheirKeysOnceAndInOrder() {
		reconcile(LONG ? 100_000 : 3000, "atmosphere.relay.type=kafka", "management.health.redis.enabled=false");
	}

	private void reconcile(int records, String... relay) {
		FeedTopic topic = topic(PARTITIONS);
		TestNode a = relayingNode(topic, relay);
		TestNode b = relayingNode(topic, relay);
		TestNode c = relayingNode(topic, relay);
		relaysTheRest(List.of(a, b, c));
		FeedTraffic traffic = closing(new FeedTraffic(topic, PARTITIONS, 40)).ports(a.port(), b.port(), c.port());
		traffic.clients(LONG ? 300 : 30, 4)
			.writeEvery(Duration.ofMillis(3), 5, records)
			.cutEvery(Duration.ofSeconds(2), Duration.ofMillis(500));
		MachineTime.await(RUN).until(() -> traffic.written() > records / 4);
		// Its memory begins only now, so that it has to read what clients ask it for
		TestNode d = relayingNode(topic, relay);
		traffic.ports(b.port(), c.port(), d.port());
		a.close();
		MachineTime.await(RUN).until(() -> traffic.written() > records / 2);
		server().kill();
		MachineTime.await(LIMIT).until(() -> Stream.of(b, c, d).noneMatch((node) -> feed(node).isUp()));
		server().start();
		Stream.of(b, c, d).forEach(AbstractFeedTests::awaitReading);
		MachineTime.await(RUN).until(() -> traffic.written() == records);
		traffic.settle();
		traffic.reconcile(1);
		assertThat(traffic.told()).isZero();
		assertThat(traffic.recoveries()).isGreaterThan(100);
		assertThat(feed(d).statistics().scans()).isPositive();
	}

	private TestNode relayingNode(FeedTopic topic, String... relay) {
		return readingNode(topic,
				Stream
					.concat(Stream.of(relay),
							Stream.of("atmosphere.recovery.max-messages=20000",
									"atmosphere.channels[0].pattern=chat/{room}"))
					.toArray(String[]::new))
			.awaitUp();
	}

	/**
	 * Check that what is no feed goes through the relay.
	 */
	private void relaysTheRest(List<TestNode> nodes) {
		List<TestClient> clients = nodes.stream().map((node) -> subscribe(node, "chat/lobby")).toList();
		IntStream.range(0, 20).forEach((i) -> nodes.get(0).broadcaster().broadcast("chat/lobby", i).join());
		List<String> all = IntStream.range(0, 20).mapToObj(String::valueOf).toList();
		for (TestClient client : clients) {
			assertThat(client.awaitCount(21).texts().subList(1, 21)).isEqualTo(all);
			client.close();
		}
	}

}
