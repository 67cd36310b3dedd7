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
import java.util.stream.Stream;

import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Clients of a feed that recover: each has exactly what its keys have published, in order
 * and once.
 */
@Timeout(400)
@Reconciles
class FeedRecoveryTests extends AbstractFeedTests {

	private static final int PARTITIONS = 12;

	private TestNode recoveringNode(FeedTopic topic, String... properties) {
		return readingNode(topic,
				Stream.concat(Stream.of("atmosphere.recovery.max-messages=20000"), Stream.of(properties))
					.toArray(String[]::new));
	}

	@Test
	void whatIsNoLongerInMemoryIsReadInAFewSharedScans() {
		FeedTopic topic = topic(PARTITIONS);
		TestNode a = recoveringNode(topic);
		FeedTraffic traffic = closing(new FeedTraffic(topic, PARTITIONS, 40)).ports(a.port());
		traffic.clients(30, 4).write(1000).settle();
		TestNode b = recoveringNode(topic, "atmosphere.feeds[0].recovery-bytes=10KB");
		traffic.ports(b.port()).cutAll(Duration.ofSeconds(1));
		traffic.write(3000);
		traffic.awaitLive();
		traffic.settle();
		traffic.reconcile(1);
		assertThat(traffic.told()).isZero();
		assertThat(traffic.recoveries()).isGreaterThanOrEqualTo(120);
		assertThat(feed(b).statistics().scans()).isBetween(1L, traffic.recoveries() - 1L);
	}

	@Test
	void aTopicWithMorePartitionsIsANewEpochOfWhichClientsAreTold() {
		FeedTopic topic = topic(4);
		TestNode a = recoveringNode(topic);
		FeedTraffic traffic = closing(new FeedTraffic(topic, 4, 40)).ports(a.port());
		traffic.clients(10, 4).write(400).settle();
		topic.addPartitions(8);
		MachineTime.await(LIMIT).until(() -> feed(a).partitions() == 8);
		traffic.awaitLive();
		traffic.epoch(8);
		traffic.write(400).settle();
		traffic.reconcile(2);
		assertThat(traffic.told()).isEqualTo(traffic.clientChannels());
	}

	@Test
	void aTopicThatIsMadeAgainIsANewEpochOfWhichClientsAreTold() {
		FeedTopic topic = topic(4);
		TestNode a = recoveringNode(topic);
		FeedTraffic traffic = closing(new FeedTraffic(topic, 4, 40)).ports(a.port());
		traffic.clients(10, 4).write(400).settle();
		topic.delete();
		MachineTime.await(LIMIT).until(() -> feed(a).problem() != null);
		topic.make(4);
		traffic.epoch(4);
		MachineTime.await(LIMIT).until(() -> feed(a).isUp());
		traffic.awaitLive();
		traffic.write(400).settle();
		traffic.reconcile(2);
		assertThat(traffic.told()).isEqualTo(traffic.clientChannels());
	}

}
