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
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What subscribers begin with, and what they get of what comes too fast.
 */
@Timeout(300)
@Reconciles
class FeedSnapshotTests extends AbstractFeedTests {

	private FeedTopic compactedTopic(int partitions) {
		return topic(partitions, Map.of("cleanup.policy", "compact"));
	}

	private TestClient connect(TestNode node, String channelAndQuery) {
		return closing(node.connect(channelAndQuery));
	}

	@Test
	void aSubscriberBeginsWithTheNewestValueOfItsKey() {
		FeedTopic topic = compactedTopic(3);
		for (int i = 0; i < 50; i++) {
			topic.send("k" + i % 10, String.valueOf(i));
		}
		topic.put("k3", null);
		TestNode node = readingNode(topic, "atmosphere.feeds[0].snapshot=true");
		assertThat(connect(node, "prices/k7").awaitCount(1).texts()).containsExactly("47");
		TestClient removed = connect(node, "prices/k3?ack=true").awaitCount(1);
		TestClient unknown = connect(node, "prices/none?ack=true").awaitCount(1);
		topic.put("k3", "3");
		topic.put("none", "0");
		assertThat(removed.awaitCount(2).texts().get(1)).isEqualTo("3");
		assertThat(unknown.awaitCount(2).texts().get(1)).isEqualTo("0");
		assertThat(connect(node, "prices/none").awaitCount(1).texts()).containsExactly("0");
	}

	/**
	 * The value and what follows it: nothing between them is missing, and nothing comes
	 * twice.
	 */
	@Test
	void whatFollowsTheValueIsTheNextOneHoweverFastValuesCome() {
		FeedTopic topic = compactedTopic(1);
		topic.put("k", "0");
		TestNode node = readingNode(topic, "atmosphere.feeds[0].snapshot=true");
		AtomicInteger written = new AtomicInteger();
		ScheduledExecutorService writer = Executors.newSingleThreadScheduledExecutor();
		closing(writer::shutdownNow);
		writer.scheduleWithFixedDelay(() -> topic.put("k", String.valueOf(written.incrementAndGet())), 0, 200,
				TimeUnit.MICROSECONDS);
		List<TestClient> clients = new ArrayList<>();
		for (int i = 0; i < 30; i++) {
			clients.add(connect(node, "prices/k?positions=true").awaitCount(5));
		}
		for (TestClient client : clients) {
			List<Integer> values = client.texts()
				.stream()
				.filter((text) -> text.contains("\"message\"") || text.contains("\"data\""))
				.map(FeedSnapshotTests::value)
				.toList();
			assertThat(values).hasSizeGreaterThan(1);
			for (int i = 1; i < values.size(); i++) {
				assertThat(values.get(i)).as("%s", values).isEqualTo(values.get(i - 1) + 1);
			}
		}
	}

	private static int value(String frame) {
		return Integer.parseInt(frame.replaceAll(".*\"(message|data)\":\"?(\\d+)\"?.*", "$2"));
	}

	@Test
	void valuesThatDoNotFitAreReportedAndSubscribersBeginWithout() {
		FeedTopic topic = compactedTopic(1);
		for (int i = 0; i < 50; i++) {
			topic.put("k" + i, String.valueOf(i));
		}
		TestNode node = readingNode(topic, "atmosphere.feeds[0].snapshot=true",
				"atmosphere.feeds[0].snapshot-bytes=5KB");
		TestClient client = connect(node, "prices/k7?ack=true").awaitCount(1);
		topic.put("k7", "1");
		assertThat(client.awaitCount(2).texts().get(1)).isEqualTo("1");
		assertThat(feed(node).statistics().missingSnapshots()).isOne();
		assertThat(feed(node).snapshotBytes()).isZero();
	}

	@Test
	void aClientGetsAsManyMessagesAsTheRateAllowsAndTheNewestInTheEnd() {
		FeedTopic topic = compactedTopic(1);
		TestNode node = readingNode(topic, "atmosphere.feeds[0].conflate=latest", "atmosphere.feeds[0].max-rate=10");
		TestClient client = connect(node, "prices/k?ack=true").awaitCount(1);
		TestClient other = connect(node, "prices/other?ack=true").awaitCount(1);
		long begin = System.nanoTime();
		topic.put("k", "1");
		client.awaitCount(2);
		for (int i = 2; i <= 200; i++) {
			topic.put("k", String.valueOf(i));
		}
		topic.put("other", "1");
		assertThat(other.awaitCount(2).texts().get(1)).isEqualTo("1");
		MachineTime.await(Duration.ofSeconds(10)).until(() -> client.texts().get(client.count() - 1).equals("200"));
		double seconds = (System.nanoTime() - begin) / 1e9;
		assertThat(client.count() - 1).isBetween(2, 2 + (int) (seconds * 10));
		assertThat(client.texts().get(1)).isEqualTo("1");
	}

}
