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

package io.github.atmosphererelay.listening;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.atmosphererelay.actuate.internal.AtmosphereHealthIndicator;
import io.github.atmosphererelay.contract.broker.Ports;
import io.github.atmosphererelay.listening.internal.BucketAgreement;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.http.internal.HttpRelay;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.health.contributor.Health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Subscribers by pattern on two nodes without a broker.
 */
@Reconciles
class PatternListeningOverHttpTests {

	private final List<TestNode> nodes = new ArrayList<>();

	@AfterEach
	void close() {
		this.nodes.forEach(TestNode::close);
	}

	private void start(int... buckets) {
		int[] ports = { Ports.free(), Ports.free() };
		for (int i = 0; i < ports.length; i++) {
			this.nodes.add(TestNode.start("server.port=" + ports[i], "atmosphere.relay.type=http",
					"atmosphere.relay.http.secret=0123456789abcdef0123456789abcdef",
					"atmosphere.relay.http.peers=http://localhost:" + ports[0] + ",http://localhost:" + ports[1],
					"atmosphere.channels[0].pattern=many/**", "atmosphere.channels[0].buckets=" + buckets[i]));
		}
		awaitConnected();
	}

	private void awaitConnected() {
		await().atMost(Duration.ofSeconds(30))
			.until(() -> this.nodes.stream()
				.allMatch((node) -> node.bean(HttpRelay.class).livePeers() == 1 && node.messaging().monitor().isUp()));
	}

	@Test
	void everyNodeHearsEveryMessageOnceAndInTheOrderOfItsNode() {
		start(4, 4);
		List<List<ChannelItem>> received = new ArrayList<>();
		for (TestNode node : this.nodes) {
			List<ChannelItem> items = new CopyOnWriteArrayList<>();
			node.bean(FluxChannelSubscriber.class).fluxMatching("many/{id}").subscribe(items::add);
			received.add(items);
		}
		awaitHeard();
		Map<String, List<Integer>> relayed = new TreeMap<>();
		for (int number = 0; count(relayed) < 400; number++) {
			// On a busy machine a node may not answer for a second, is not waited for,
			// and the receipt says so. Each message has a number of its own, because
			// such a message may arrive.
			assertThat(number).as("relayed: %s", relayed).isLessThan(1000);
			TestNode node = this.nodes.get(number % 2);
			String channel = "many/" + number % 15;
			if (node.broadcaster().broadcast(channel, Integer.toString(number)).join().outcome() == Outcome.RELAYED) {
				add(relayed, channel, node.messaging().identity().id(), number);
			}
			else {
				awaitConnected();
			}
		}
		await().atMost(Duration.ofSeconds(30))
			.untilAsserted(() -> assertThat(received).allSatisfy((items) -> assertThat(numbers(items))
				.allSatisfy((key, numbers) -> assertThat(numbers).isSorted().doesNotHaveDuplicates())
				.allSatisfy((key, numbers) -> assertThat(numbers).containsAll(relayed.getOrDefault(key, List.of())))
				.containsKeys(relayed.keySet().toArray(String[]::new))));
	}

	private static int count(Map<String, List<Integer>> numbers) {
		return numbers.values().stream().mapToInt(List::size).sum();
	}

	private static void add(Map<String, List<Integer>> numbers, String channel, UUID publisher, int number) {
		numbers.computeIfAbsent(channel + " " + publisher, (same) -> new ArrayList<>()).add(number);
	}

	/**
	 * Wait until each node knows what the other follows.
	 */
	private void awaitHeard() {
		for (TestNode node : this.nodes) {
			for (int i = 0; i < 4; i++) {
				assertThat(node.messaging()
					.interest()
					.ready(new Address.Bucket("channels", i), Duration.ofSeconds(20))
					.join()).isEqualTo(SubscriptionState.CONFIRMED);
			}
		}
	}

	private static Map<String, List<Integer>> numbers(List<ChannelItem> items) {
		Map<String, List<Integer>> numbers = new TreeMap<>();
		for (ChannelItem item : items) {
			if (item instanceof Publication publication) {
				add(numbers, publication.channel(), publication.origin(),
						Integer.parseInt(publication.payload().asText()));
			}
		}
		return numbers;
	}

	@Test
	void nodesWithOtherBucketsAreReported() {
		start(4, 8);
		for (int i = 0; i < 2; i++) {
			TestNode node = this.nodes.get(i);
			TestNode other = this.nodes.get(1 - i);
			String difference = "many/** has " + (8 - 4 * i) + " there and " + (4 + 4 * i) + " here";
			await().untilAsserted(() -> assertThat(node.bean(BucketAgreement.class).differences())
				.isEqualTo(Map.of(other.messaging().identity().id(), difference)));
			Health health = node.bean(AtmosphereHealthIndicator.class).health();
			assertThat(health.getStatus()).isEqualTo(AtmosphereHealthIndicator.DEGRADED);
			assertThat(health.getDetails()).containsKey("differentBuckets");
		}
	}

}
