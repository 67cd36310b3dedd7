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
		await().until(() -> this.nodes.stream().allMatch((node) -> node.bean(HttpRelay.class).livePeers() == 1));
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
		Map<String, List<String>> sent = new TreeMap<>();
		for (int i = 0; i < 400; i++) {
			TestNode node = this.nodes.get(i % 2);
			String channel = "many/" + i % 15;
			assertThat(node.broadcaster().broadcast(channel, Integer.toString(i)).join().outcome())
				.isEqualTo(Outcome.RELAYED);
			sent.computeIfAbsent(channel + " " + node.messaging().identity().id(), (same) -> new ArrayList<>())
				.add(Integer.toString(i));
		}
		await()
			.untilAsserted(() -> assertThat(received).allSatisfy((items) -> assertThat(texts(items)).isEqualTo(sent)));
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

	private static Map<String, List<String>> texts(List<ChannelItem> items) {
		Map<String, List<String>> texts = new TreeMap<>();
		for (ChannelItem item : items) {
			Publication publication = (Publication) item;
			texts.computeIfAbsent(publication.channel() + " " + publication.origin(), (same) -> new ArrayList<>())
				.add(publication.payload().asText());
		}
		return texts;
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
