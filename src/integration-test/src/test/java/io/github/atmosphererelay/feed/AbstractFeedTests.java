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
import java.util.stream.Stream;

import io.github.atmosphererelay.contract.broker.KafkaServer;
import io.github.atmosphererelay.feed.internal.Feed;
import io.github.atmosphererelay.feed.internal.Feeds;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterEach;

/**
 * The broker of all tests of feeds, and what each test opens.
 */
abstract class AbstractFeedTests {

	static final Duration LIMIT = Duration.ofSeconds(30);

	private final List<AutoCloseable> open = new ArrayList<>();

	@AfterEach
	void closeAll() throws Exception {
		for (int i = this.open.size() - 1; i >= 0; i--) {
			this.open.get(i).close();
		}
	}

	static KafkaServer server() {
		return FeedBroker.get();
	}

	final <T extends AutoCloseable> T closing(T resource) {
		this.open.add(resource);
		return resource;
	}

	final FeedTopic topic(int partitions) {
		return topic(partitions, Map.of());
	}

	final FeedTopic topic(int partitions, Map<String, String> config) {
		return closing(FeedTopic.create(server(), partitions, config));
	}

	/**
	 * Start a node that has a feed of the topic, with the channels
	 * <code>prices/{key}</code> unless the properties say otherwise.
	 */
	final TestNode node(FeedTopic topic, String... properties) {
		return node(List.of(), topic, properties);
	}

	final TestNode node(List<Class<?>> configuration, FeedTopic topic, String... properties) {
		List<String> all = new ArrayList<>(List.of(properties));
		Stream
			.of("spring.kafka.bootstrap-servers=" + server().adminServers(),
					"atmosphere.feeds[0].topic=" + topic.name(), "atmosphere.feeds[0].channel=prices/{key}")
			.filter((each) -> Stream.of(properties)
				.noneMatch((own) -> own.startsWith(each.substring(0, each.indexOf('=') + 1))))
			.forEach(all::add);
		return closing(TestNode.start(configuration, all.toArray(String[]::new)));
	}

	/**
	 * Start a node, and wait until it reads the topic.
	 */
	final TestNode readingNode(FeedTopic topic, String... properties) {
		return readingNode(List.of(), topic, properties);
	}

	final TestNode readingNode(List<Class<?>> configuration, FeedTopic topic, String... properties) {
		TestNode node = node(configuration, topic, properties);
		awaitReading(node);
		return node;
	}

	static void awaitReading(TestNode node) {
		MachineTime.await(LIMIT).until(() -> node.bean(Feeds.class).all().stream().allMatch(Feed::isUp));
	}

	static Feed feed(TestNode node) {
		return node.bean(Feeds.class).all().get(0);
	}

	/**
	 * Connect, and wait until the channel is subscribed to.
	 */
	final TestClient subscribe(TestNode node, String channel) {
		return closing(node.connect(channel + "?ack=true")).awaitCount(1);
	}

}
