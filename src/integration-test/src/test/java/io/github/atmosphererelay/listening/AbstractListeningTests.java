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
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.test.BrokerCluster;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.testkit.RelayCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Subscribers of the application on two nodes that share a broker.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Reconciles
abstract class AbstractListeningTests {

	Broker broker;

	RelayCluster cluster;

	abstract Broker startBroker();

	@BeforeAll
	void start() {
		this.broker = startBroker();
		this.cluster = BrokerCluster.of(this.broker.proxiedProperties())
			.property("atmosphere.channels[0].pattern=live/**")
			.property("atmosphere.channels[1].pattern=orders/**")
			.property("atmosphere.channels[1].history.size=5000")
			.property("atmosphere.channels[2].pattern=many/{name}")
			.property("atmosphere.channels[2].buckets=8")
			.property("atmosphere.channels[3].pattern=manylogs/{name}/{part}")
			.property("atmosphere.channels[3].history.size=5000")
			.property("atmosphere.channels[3].buckets=4")
			.timeout(Duration.ofSeconds(30))
			.start();
	}

	@AfterAll
	void stop() {
		this.cluster.close();
		this.broker.close();
	}

	Broadcaster broadcaster(int node) {
		return this.cluster.node(node).bean(Broadcaster.class);
	}

	private List<String> listen(int node, String channel, ListenOptions options) {
		List<String> texts = new CopyOnWriteArrayList<>();
		this.cluster.node(node)
			.bean(FluxChannelSubscriber.class)
			.flux(channel, options)
			.subscribe((item) -> texts.add(text(item)));
		return texts;
	}

	private static String text(ChannelItem item) {
		return (item instanceof Publication publication) ? publication.payload().asText() : item.toString();
	}

	private void awaitConfirmed(String channel) {
		awaitConfirmed(new Address.Channel(channel));
	}

	void awaitConfirmed(Address address) {
		for (int node = 0; node < 2; node++) {
			assertThat(this.cluster.node(node)
				.bean(MessagingNode.class)
				.interest()
				.ready(address, Duration.ofSeconds(20))
				.join()).isEqualTo(SubscriptionState.CONFIRMED);
		}
	}

	void awaitUp(boolean up) {
		await().atMost(Duration.ofSeconds(30))
			.until(() -> this.cluster.node(0).bean(MessagingNode.class).monitor().isUp() == up
					&& this.cluster.node(1).bean(MessagingNode.class).monitor().isUp() == up);
	}

	/**
	 * Publish on both nodes in turn.
	 */
	private List<String> publish(String channel, int first, int count) {
		List<String> texts = IntStream.range(first, first + count).mapToObj(Integer::toString).toList();
		for (int i = 0; i < count; i++) {
			broadcaster(i % 2).broadcast(channel, texts.get(i)).orTimeout(10, TimeUnit.SECONDS).join();
		}
		return texts;
	}

	@Test
	void everyNodeHearsEveryMessageOfAnEphemeralChannelOnce() {
		List<String> first = listen(0, "live/a", ListenOptions.fromNow());
		List<String> second = listen(1, "live/a", ListenOptions.fromNow());
		awaitConfirmed("live/a");
		List<String> sent = publish("live/a", 0, 400);
		await().atMost(Duration.ofSeconds(20)).until(() -> first.size() >= 400 && second.size() >= 400);
		assertThat(first).containsExactlyInAnyOrderElementsOf(sent);
		assertThat(second).containsExactlyInAnyOrderElementsOf(sent);
		for (int node = 0; node < 2; node++) {
			int parity = node;
			List<String> own = sent.stream().filter((text) -> Integer.parseInt(text) % 2 == parity).toList();
			assertThat(first).containsSubsequence(own);
			assertThat(second).containsSubsequence(own);
		}
	}

	@Test
	void subscribersOfARecordedChannelGetItsLogFromTheBeginningAndGoOnLive() {
		List<String> sent = new ArrayList<>(publish("orders/a", 0, 300));
		List<String> first = listen(0, "orders/a", ListenOptions.fromBeginning());
		List<String> second = listen(1, "orders/a", ListenOptions.fromBeginning().buffer(7, 1000));
		sent.addAll(publish("orders/a", 300, 300));
		awaitTexts(first, sent);
		awaitTexts(second, sent);
		sent.addAll(publish("orders/a", 600, 20));
		awaitTexts(first, sent);
		awaitTexts(second, sent);
	}

	@Test
	void everythingFollowsAfterTheConnectionToTheBrokerWasCut() {
		List<String> first = listen(0, "orders/b", ListenOptions.fromBeginning());
		List<String> sent = new ArrayList<>(publish("orders/b", 0, 50));
		awaitTexts(first, sent);
		this.broker.proxy().cut();
		List<String> second = listen(1, "orders/b", ListenOptions.fromBeginning());
		awaitUp(false);
		this.broker.proxy().resume();
		awaitUp(true);
		sent.addAll(publish("orders/b", 50, 50));
		awaitTexts(first, sent);
		awaitTexts(second, sent);
	}

	private static void awaitTexts(List<String> texts, List<String> sent) {
		await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> assertThat(texts).isEqualTo(sent));
	}

}
