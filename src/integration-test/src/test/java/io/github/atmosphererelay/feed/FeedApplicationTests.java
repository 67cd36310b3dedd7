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

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.feed.internal.Feed;
import io.github.atmosphererelay.feed.internal.SkipReason;
import io.github.atmosphererelay.listening.ChannelListener;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.Deserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What an application adds to its feeds: beans, listeners, and messages of its own.
 */
@Timeout(300)
@Reconciles
class FeedApplicationTests extends AbstractFeedTests {

	@Test
	void aMappingOfTheApplicationChoosesTheChannelAndFailsForOneRecordOnly() {
		FeedTopic topic = topic(1);
		TestNode node = readingNode(List.of(Beans.class), topic, "atmosphere.feeds[0].channel=letters/{letter}",
				"atmosphere.feeds[0].mapping=byFirstLetter");
		TestClient client = subscribe(node, "letters/a");
		List.of("apple", "-", "!", "berry", "avocado").forEach((value) -> topic.put("key", value));
		assertThat(client.awaitCount(3).texts().subList(1, 3)).containsExactly("apple", "avocado");
		Feed feed = feed(node);
		assertThat(feed.statistics().skipped(SkipReason.LEFT_OUT)).isOne();
		assertThat(feed.statistics().skipped(SkipReason.MAPPING_FAILED)).isOne();
		assertThat(feed.statistics().unwanted()).isOne();
		assertThat(feed.settings().isRecorded()).isFalse();
	}

	@Test
	void aMappingThatHangsStopsItsFeedUntilItReturnsAndNothingElse() {
		FeedTopic stuck = topic(1);
		FeedTopic flowing = topic(1);
		TestNode node = readingNode(List.of(Beans.class), stuck, "atmosphere.feeds[0].channel=letters/{letter}",
				"atmosphere.feeds[0].mapping=waiting", "atmosphere.feeds[1].topic=" + flowing.name(),
				"atmosphere.feeds[1].channel=prices/{key}");
		Gate gate = node.bean(Gate.class);
		closing(gate::open);
		TestClient letters = subscribe(node, "letters/a");
		TestClient prices = subscribe(node, "prices/a");
		List.of("apple", "hang", "avocado").forEach((value) -> stuck.put("key", value));
		letters.awaitCount(2);
		for (int i = 1; i <= 20; i++) {
			flowing.put("a", String.valueOf(i));
		}
		prices.awaitCount(21);
		assertThat(letters.count()).isEqualTo(2);
		assertThat(feed(node).statistics().records()).isOne();
		gate.open();
		assertThat(letters.awaitCount(3).texts().subList(1, 3)).containsExactly("apple", "avocado");
	}

	@Test
	void aDeserializerOfTheApplicationReadsValuesAndFailsForOneRecordOnly() {
		FeedTopic topic = topic(1);
		TestNode node = readingNode(List.of(Beans.class), topic, "atmosphere.feeds[0].deserializer=prices");
		TestClient client = subscribe(node, "prices/a");
		List.of("17", "poison", "", "18").forEach((value) -> topic.put("a", value));
		assertThat(client.awaitCount(4).texts().subList(1, 4)).containsExactly("{\"price\":17}", "null",
				"{\"price\":18}");
		assertThat(feed(node).statistics().skipped(SkipReason.MAPPING_FAILED)).isOne();
	}

	@Test
	void recordsInOtherPartitionsThanTheirKeysBelongToNeedAPartitionerOrNoRecovery() {
		FeedTopic topic = topic(3);
		TestNode without = readingNode(topic);
		TestNode with = readingNode(List.of(Beans.class), topic, "atmosphere.feeds[0].partitioner=second");
		TestNode ephemeral = readingNode(topic, "atmosphere.feeds[0].recovery=0");
		TestClient own = subscribe(with, "prices/b");
		TestClient any = subscribe(ephemeral, "prices/b");
		for (int i = 0; i < 20; i++) {
			FeedTopic.await(topic.send(new ProducerRecord<>(topic.name(), 1, FeedTopic.bytes("k" + i),
					FeedTopic.bytes(String.valueOf(i)))));
		}
		FeedTopic.await(topic.send(new ProducerRecord<>(topic.name(), 1, FeedTopic.bytes("b"), FeedTopic.bytes("1"))));
		assertThat(own.awaitCount(2).texts().get(1)).isEqualTo("1");
		assertThat(any.awaitCount(2).texts().get(1)).isEqualTo("1");
		assertThat(feed(with).statistics().skipped(SkipReason.MISPLACED)).isZero();
		MachineTime.await(LIMIT).until(() -> feed(without).statistics().records() == 21);
		assertThat(feed(without).statistics().skipped(SkipReason.MISPLACED)).isBetween(1L, 20L);
		assertThat(feed(without).statistics().mapped())
			.isEqualTo(21 - feed(without).statistics().skipped(SkipReason.MISPLACED));
	}

	@Test
	void whatIsPublishedInAFeedThatAllowsItIsWrittenToTheTopicAndComesBackFromThere() {
		FeedTopic topic = topic(3);
		String[] properties = { "atmosphere.feeds[0].publish=true", "atmosphere.feeds[0].client-publish=anyone" };
		TestNode a = readingNode(topic, properties);
		TestNode b = readingNode(topic, properties);
		TestClient here = subscribe(a, "prices/x");
		TestClient there = subscribe(b, "prices/x");
		Receipt receipt = a.broadcaster().broadcast("prices/x", 1).orTimeout(20, TimeUnit.SECONDS).join();
		assertThat(receipt.outcome()).isEqualTo(Outcome.RELAYED);
		assertThat(receipt.position()).isNotNull();
		there.awaitCount(2);
		there.send("2");
		for (TestClient client : List.of(here, there)) {
			assertThat(client.awaitCount(3).texts().subList(1, 3)).containsExactly("1", "2");
		}
		topic.put("x", "3");
		for (TestClient client : List.of(here, there)) {
			assertThat(client.awaitCount(4).texts().subList(1, 4)).containsExactly("1", "2", "3");
		}
		assertThat(feed(a).statistics().records()).isEqualTo(3);
		assertThat(feed(a).statistics().skipped(SkipReason.MISPLACED)).isZero();
	}

	@Test
	void listenersOfTheApplicationGetRecordsAndClientsOnlyWhatWasCommitted() throws Exception {
		FeedTopic topic = topic(1);
		TestNode node = readingNode(List.of(Listener.class), topic);
		TestClient client = subscribe(node, "prices/a");
		topic.inTransaction(false, "a", "1");
		topic.inTransaction(true, "a", "2");
		topic.put("b", "3");
		assertThat(client.awaitCount(2).texts().get(1)).isEqualTo("2");
		Listener listener = node.bean(Listener.class);
		MachineTime.await(LIMIT).until(() -> feed(node).statistics().records() == 2 && !listener.heard.isEmpty());
		assertThat(listener.heard).containsExactly(2);
		String feeds = HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(node.http("/actuator/atmosphere/feeds")).build(),
					HttpResponse.BodyHandlers.ofString())
			.body();
		// Two records, two that were aborted or end a transaction each
		assertThat(feeds).contains("\"topic\":\"" + topic.name() + "\"", "\"channels\":\"prices/{value}\"",
				"\"mode\":\"everyone\"", "\"recorded\":true", "\"mapped\":2",
				"\"partitions\":[{\"partition\":0,\"next\":5,\"owner\":null}]");
	}

	@Configuration(proxyBeanMethods = false)
	static class Beans {

		@Bean
		FeedMapping byFirstLetter() {
			return (record) -> {
				String value = new String(record.value(), StandardCharsets.UTF_8);
				if (value.equals("!")) {
					throw new IllegalStateException("poison");
				}
				return value.equals("-") ? null
						: new FeedMessage("letters/" + value.charAt(0), Payload.text(value), Map.of());
			};
		}

		@Bean
		Gate gate() {
			return new Gate();
		}

		@Bean
		FeedMapping waiting(Gate gate) {
			return (record) -> {
				String value = new String(record.value(), StandardCharsets.UTF_8);
				if (value.equals("hang")) {
					gate.pass();
					return null;
				}
				return new FeedMessage("letters/" + value.charAt(0), Payload.text(value), Map.of());
			};
		}

		@Bean
		Deserializer<?> prices() {
			return (Deserializer<Object>) (topic, value) -> (value.length > 0)
					? Map.of("price", Integer.parseInt(new String(value, StandardCharsets.UTF_8))) : null;
		}

		@Bean
		FeedPartitioner second() {
			return (key, partitions) -> 1;
		}

	}

	/**
	 * Holds who passes until it is open.
	 */
	static class Gate {

		private final CompletableFuture<Boolean> opened = new CompletableFuture<>();

		void pass() {
			this.opened.join();
		}

		void open() {
			this.opened.complete(true);
		}

	}

	static class Listener {

		final ConcurrentLinkedQueue<Integer> heard = new ConcurrentLinkedQueue<>();

		@ChannelListener("prices/a")
		void take(int price) {
			this.heard.add(price);
		}

	}

}
