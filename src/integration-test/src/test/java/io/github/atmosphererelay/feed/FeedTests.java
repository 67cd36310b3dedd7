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

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.channel.ReadOnlyChannelException;
import io.github.atmosphererelay.feed.internal.Feed;
import io.github.atmosphererelay.feed.internal.SkipReason;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What the records of a topic become, for plain WebSockets, without a relay.
 */
@Timeout(300)
@Reconciles
class FeedTests extends AbstractFeedTests {

	@Test
	void eachNodeHandsItsClientsTheRecordsOfTheirKeys() {
		FeedTopic topic = topic(3);
		List<TestNode> nodes = List.of(readingNode(topic), readingNode(topic));
		List<TestClient> acme = nodes.stream().map((node) -> subscribe(node, "prices/ACME")).toList();
		List<TestClient> none = nodes.stream().map((node) -> subscribe(node, "prices/NONE")).toList();
		topic.put("ACME", "{\"price\":1}");
		topic.put("OTHER", "{\"price\":2}");
		topic.put("ACME", "[3]");
		topic.put("ACME", null);
		topic.put("ACME", "\"last\"");
		acme.forEach((client) -> {
			client.awaitCount(5);
			assertThat(client.texts().subList(1, 5)).containsExactly("{\"price\":1}", "[3]", "null", "\"last\"");
		});
		none.forEach((client) -> assertThat(client.count()).isOne());
		nodes.forEach((node) -> {
			assertThat(feed(node).statistics().records()).isEqualTo(5);
			assertThat(feed(node).statistics().delivered()).isEqualTo(4);
			assertThat(feed(node).statistics().unwanted()).isOne();
		});
	}

	@Test
	void whatCannotBeMappedIsCountedAndTheRestFlows() {
		FeedTopic topic = topic(1);
		TestNode node = readingNode(topic);
		TestClient client = subscribe(node, "prices/a");
		topic.put("a", "1");
		topic.put("a", "{broken");
		topic.put("a", "");
		topic.put(null, "1");
		topic.put("a b", "1");
		topic.put("a/b", "1");
		FeedTopic.await(topic.send(new ProducerRecord<>(topic.name(), new byte[] { (byte) 0xC3, 0x28 },
				"1".getBytes(StandardCharsets.UTF_8))));
		topic.put("a", "2");
		assertThat(client.awaitCount(3).texts().subList(1, 3)).containsExactly("1", "2");
		Feed feed = feed(node);
		assertThat(feed.statistics().skipped(SkipReason.INVALID_VALUE)).isEqualTo(2);
		assertThat(feed.statistics().skipped(SkipReason.NO_KEY)).isOne();
		assertThat(feed.statistics().skipped(SkipReason.INVALID_CHANNEL)).isEqualTo(2);
		assertThat(feed.statistics().skipped(SkipReason.NO_CHANNEL)).isOne();
		assertThat(feed.statistics().mapped()).isEqualTo(2);
	}

	@Test
	void aRecordOfTwoMegabytesIsCountedAndTheRestFlows() {
		FeedTopic topic = topic(1, Map.of("max.message.bytes", String.valueOf(4 * 1024 * 1024)));
		TestNode node = readingNode(topic);
		TestClient client = subscribe(node, "prices/a");
		topic.put("a", "1");
		topic.put("a", "\"" + "x".repeat(2 * 1024 * 1024) + "\"");
		topic.put("a", "2");
		assertThat(client.awaitCount(3).texts().subList(1, 3)).containsExactly("1", "2");
		assertThat(feed(node).statistics().skipped(SkipReason.TOO_LARGE)).isOne();
	}

	@Test
	void aHeaderOrAPartOfTheValueNamesTheChannel() {
		FeedTopic topic = topic(2);
		TestNode node = readingNode(topic, "atmosphere.feeds[0].channel=by-header/{header:customer}",
				"atmosphere.feeds[0].name=headers", "atmosphere.feeds[1].topic=" + topic.name(),
				"atmosphere.feeds[1].channel=by-value/{json:/customer/id}");
		TestClient byHeader = subscribe(node, "by-header/7");
		TestClient byValue = subscribe(node, "by-value/7");
		ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic.name(), null,
				FeedTopic.bytes("{\"customer\":{\"id\":7}}"));
		record.headers().add("customer", FeedTopic.bytes("7"));
		FeedTopic.await(topic.send(record));
		assertThat(byHeader.awaitCount(2).texts().get(1)).isEqualTo("{\"customer\":{\"id\":7}}");
		assertThat(byValue.awaitCount(2).texts().get(1)).isEqualTo("{\"customer\":{\"id\":7}}");
	}

	@Test
	void bytesArriveAsBytes() {
		FeedTopic topic = topic(1);
		TestNode node = readingNode(topic, "atmosphere.feeds[0].channel=raw/{*key}", "atmosphere.feeds[0].value=bytes");
		TestClient client = subscribe(node, "raw/a/b");
		byte[] value = { 0, 1, (byte) 0xFF };
		FeedTopic.await(topic.send(new ProducerRecord<>(topic.name(), FeedTopic.bytes("a/b"), value)));
		assertThat(client.awaitCount(2).received().get(1)).isEqualTo(value);
	}

	@Test
	void nobodyElsePublishesInTheChannelsOfAFeed() {
		TestNode node = readingNode(topic(1));
		assertThatExceptionOfType(ReadOnlyChannelException.class)
			.isThrownBy(() -> node.broadcaster().broadcast("prices/a", "1"));
	}

	@Test
	void aTopicThatIsNotThereIsReadOnceItIs() {
		FeedTopic topic = topic(1);
		topic.delete();
		TestNode node = node(topic);
		MachineTime.await(LIMIT).until(() -> String.valueOf(feed(node).problem()).contains("does not exist"));
		assertThat(feed(node).isUp()).isFalse();
		topic.make(1);
		MachineTime.await(LIMIT).until(() -> feed(node).isUp());
		TestClient client = subscribe(node, "prices/a");
		topic.put("a", "1");
		assertThat(client.awaitCount(2).texts().get(1)).isEqualTo("1");
	}

}
