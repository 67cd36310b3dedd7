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
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.Jedis;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What subscribers begin with where memory and the topic are not enough.
 */
@Timeout(300)
@Reconciles
class FeedStateStoreTests extends AbstractFeedTests {

	private static RedisServers.Standalone redis;

	@BeforeAll
	static void startRedis() {
		redis = RedisServers.standalone();
	}

	@AfterAll
	static void stopRedis() {
		redis.close();
	}

	private TestNode node(FeedTopic topic, Stream<String> properties) {
		return readingNode(topic,
				Stream
					.concat(Stream.of("atmosphere.relay.type=redis", "spring.data.redis.host=" + RedisServers.HOST,
							"spring.data.redis.port=" + redis.port(), "atmosphere.feeds[0].snapshot=true"), properties)
					.toArray(String[]::new));
	}

	private static long stored(FeedTopic topic) {
		try (Jedis jedis = new Jedis(RedisServers.HOST, redis.port())) {
			return jedis.keys("*:state:*" + topic.id() + "*").size();
		}
	}

	private static void awaitStored(FeedTopic topic, int count) {
		MachineTime.await(Duration.ofSeconds(20)).until(() -> stored(topic) == count);
	}

	/**
	 * Remove all records, as the broker does when they are too old.
	 */
	private static void expireRecords(FeedTopic topic, int partitions) throws Exception {
		try (Admin admin = Admin.create(Map.of("bootstrap.servers", server().adminServers()))) {
			admin
				.deleteRecords(IntStream.range(0, partitions)
					.boxed()
					.collect(Collectors.toMap((i) -> new TopicPartition(topic.name(), i),
							(i) -> RecordsToDelete.beforeOffset(-1))))
				.all()
				.get();
		}
	}

	@Test
	void aValueOutlivesItsRecordInATopicThatIsNotCompacted() throws Exception {
		FeedTopic topic = topic(3);
		for (int i = 0; i < 40; i++) {
			topic.send("k" + i % 10, String.valueOf(i));
		}
		topic.put("k3", null);
		TestNode first = node(topic, Stream.empty());
		awaitStored(topic, 10);
		first.close();
		expireRecords(topic, 3);
		TestNode second = node(topic, Stream.empty());
		assertThat(closing(second.connect("prices/k7")).awaitCount(1).texts()).containsExactly("37");
		TestClient removed = subscribe(second, "prices/k3");
		TestClient live = subscribe(second, "prices/k5").awaitCount(2);
		topic.put("k3", "100");
		topic.put("k5", "101");
		assertThat(removed.awaitCount(2).texts().get(1)).isEqualTo("100");
		// The acknowledgement of the subscription comes between the value and what is
		// live
		assertThat(live.awaitCount(3).texts()).element(0).isEqualTo("35");
		assertThat(live.texts()).element(2).isEqualTo("101");
		assertThat(closing(second.connect("prices/k5")).awaitCount(1).texts()).containsExactly("101");
	}

	@Test
	void valuesForWhichMemoryIsNotEnoughAreFoundInTheStore() {
		FeedTopic topic = topic(1, Map.of("cleanup.policy", "compact"));
		for (int i = 0; i < 50; i++) {
			topic.put("k" + i, String.valueOf(i));
		}
		TestNode node = node(topic, Stream.of("atmosphere.feeds[0].snapshot-bytes=5KB"));
		for (int i = 0; i < 50; i += 7) {
			assertThat(closing(node.connect("prices/k" + i)).awaitCount(1).texts()).containsExactly(String.valueOf(i));
		}
		topic.put("k7", "1");
		MachineTime.await(LIMIT).until(() -> closing(node.connect("prices/k7")).awaitCount(1).texts().contains("1"));
		assertThat(feed(node).statistics().missingSnapshots()).isZero();
	}

	@Test
	void aCompactedTopicThatFitsIntoMemoryNeedsNoStore() {
		FeedTopic topic = topic(1, Map.of("cleanup.policy", "compact"));
		topic.put("k", "1");
		TestNode node = node(topic, Stream.empty());
		assertThat(closing(node.connect("prices/k")).awaitCount(1).texts()).containsExactly("1");
		assertThat(stored(topic)).isZero();
	}

}
