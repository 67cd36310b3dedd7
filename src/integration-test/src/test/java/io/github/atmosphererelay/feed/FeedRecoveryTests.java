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
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import io.github.atmosphererelay.contract.broker.KafkaServer;
import io.github.atmosphererelay.feed.internal.Feed;
import io.github.atmosphererelay.feed.internal.Feeds;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Clients of a feed that recover: each has exactly what its keys have published, in order
 * and once.
 */
@Timeout(400)
@Reconciles
class FeedRecoveryTests {

	private static final int PARTITIONS = 12;

	private static KafkaServer server;

	private final List<AutoCloseable> open = new ArrayList<>();

	@BeforeAll
	static void startBroker() {
		server = KafkaServer.create(FeedTopic.NOT_BY_ITSELF);
	}

	@AfterAll
	static void stopBroker() {
		server.close();
	}

	@AfterEach
	void closeAll() throws Exception {
		for (int i = this.open.size() - 1; i >= 0; i--) {
			this.open.get(i).close();
		}
	}

	private <T extends AutoCloseable> T closing(T resource) {
		this.open.add(resource);
		return resource;
	}

	private TestNode node(FeedTopic topic, String... properties) {
		TestNode node = closing(TestNode.start(Stream.concat(
				Stream.of("spring.kafka.bootstrap-servers=" + server.adminServers(),
						"atmosphere.feeds[0].topic=" + topic.name(), "atmosphere.feeds[0].name=prices",
						"atmosphere.feeds[0].channel=prices/{key}", "atmosphere.recovery.max-messages=20000"),
				Stream.of(properties))
			.toArray(String[]::new)));
		MachineTime.await(Duration.ofSeconds(20)).until(() -> feed(node).isUp());
		return node;
	}

	private static Feed feed(TestNode node) {
		return node.bean(Feeds.class).all().get(0);
	}

	@Test
	void everyClientHasAllRecordsOfItsKeysOnceAndInOrderOverCutsAndNodesThatComeAndGo() {
		FeedTopic topic = closing(FeedTopic.create(server, PARTITIONS));
		TestNode a = node(topic);
		TestNode b = node(topic);
		FeedTraffic traffic = closing(new FeedTraffic(topic, PARTITIONS, 40)).ports(a.port(), b.port());
		traffic.clients(30, 4).writeEvery(Duration.ofMillis(3)).cutEvery(Duration.ofSeconds(2), Duration.ofMillis(500));
		MachineTime.await(Duration.ofSeconds(30)).until(() -> traffic.written() > 800);
		// Its memory begins only now, so what clients ask it for it has to read
		TestNode c = node(topic);
		traffic.ports(b.port(), c.port());
		a.close();
		MachineTime.await(Duration.ofSeconds(30)).until(() -> traffic.written() > 2000);
		traffic.settle();
		traffic.reconcile(1);
		assertThat(traffic.told()).isZero();
		assertThat(traffic.recoveries()).isGreaterThan(100);
		assertThat(feed(c).statistics().scans()).isPositive();
	}

	@Test
	void whatIsNoLongerInMemoryIsReadInAFewSharedScans() {
		FeedTopic topic = closing(FeedTopic.create(server, PARTITIONS));
		TestNode a = node(topic);
		FeedTraffic traffic = closing(new FeedTraffic(topic, PARTITIONS, 40)).ports(a.port());
		traffic.clients(30, 4).write(1000).settle();
		TestNode b = node(topic, "atmosphere.feeds[0].recovery-bytes=10KB");
		traffic.ports(b.port()).cutAll(Duration.ofSeconds(1));
		traffic.write(3000);
		traffic.awaitLive();
		traffic.settle();
		traffic.reconcile(1);
		assertThat(traffic.told()).isZero();
		assertThat(feed(b).statistics().scans()).isBetween(1L, 100L);
		assertThat(traffic.recoveries()).isEqualTo(120);
	}

	@Test
	void aTopicWithMorePartitionsIsANewEpochOfWhichClientsAreTold() {
		FeedTopic topic = closing(FeedTopic.create(server, 4));
		TestNode a = node(topic);
		FeedTraffic traffic = closing(new FeedTraffic(topic, 4, 40)).ports(a.port());
		traffic.clients(10, 4).write(400).settle();
		topic.addPartitions(8);
		MachineTime.await(Duration.ofSeconds(20)).until(() -> feed(a).partitions() == 8);
		traffic.awaitLive();
		traffic.epoch(8);
		traffic.write(400).settle();
		traffic.reconcile(2);
		assertThat(traffic.told()).isEqualTo(traffic.clientChannels());
	}

	@Test
	void aTopicThatIsMadeAgainIsANewEpochOfWhichClientsAreTold() {
		FeedTopic topic = closing(FeedTopic.create(server, 4));
		TestNode a = node(topic);
		FeedTraffic traffic = closing(new FeedTraffic(topic, 4, 40)).ports(a.port());
		traffic.clients(10, 4).write(400).settle();
		topic.delete();
		MachineTime.await(Duration.ofSeconds(20)).until(() -> feed(a).problem() != null);
		topic.make(4);
		traffic.epoch(4);
		MachineTime.await(Duration.ofSeconds(20)).until(() -> feed(a).isUp());
		traffic.awaitLive();
		traffic.write(400).settle();
		traffic.reconcile(2);
		assertThat(traffic.told()).isEqualTo(traffic.clientChannels());
	}

	@Test
	void aRestartOfTheBrokerCostsNobodyAnything() {
		FeedTopic topic = closing(FeedTopic.create(server, PARTITIONS));
		TestNode a = node(topic);
		TestNode b = node(topic);
		FeedTraffic traffic = closing(new FeedTraffic(topic, PARTITIONS, 40)).ports(a.port(), b.port());
		traffic.clients(20, 4).writeEvery(Duration.ofMillis(5)).cutEvery(Duration.ofSeconds(2), Duration.ofMillis(500));
		MachineTime.await(Duration.ofSeconds(30)).until(() -> traffic.written() > 300);
		server.kill();
		MachineTime.await(Duration.ofSeconds(30)).until(() -> feed(a).problem() != null);
		server.start();
		MachineTime.await(Duration.ofSeconds(30)).until(() -> feed(a).isUp() && feed(b).isUp());
		int written = traffic.written();
		MachineTime.await(Duration.ofSeconds(30)).until(() -> traffic.written() > written + 300);
		traffic.settle();
		traffic.reconcile(1);
		assertThat(traffic.told()).isZero();
	}

}
