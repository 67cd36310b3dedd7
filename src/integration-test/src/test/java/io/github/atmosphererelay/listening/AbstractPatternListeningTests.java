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
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.ReadDirection;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Subscribers by pattern, beside those by name, on two nodes that share a broker.
 */
abstract class AbstractPatternListeningTests extends AbstractListeningTests {

	private static final Duration PATIENCE = Duration.ofSeconds(40);

	private List<ChannelItem> listen(int node, String pattern) {
		List<ChannelItem> items = new CopyOnWriteArrayList<>();
		this.cluster.node(node).bean(FluxChannelSubscriber.class).fluxMatching(pattern).subscribe(items::add);
		return items;
	}

	private void awaitBuckets(String name, int number) {
		for (int i = 0; i < number; i++) {
			awaitConfirmed(new Address.Bucket(name, i));
		}
	}

	private String id(int node) {
		return this.cluster.node(node).bean(MessagingNode.class).identity().id().toString();
	}

	private static List<Publication> publications(List<ChannelItem> items) {
		return items.stream().filter(Publication.class::isInstance).map(Publication.class::cast).toList();
	}

	/**
	 * Return the texts by channel or, for an ephemeral one, by channel and node.
	 */
	private static Map<String, List<String>> texts(List<ChannelItem> items) {
		Map<String, List<String>> texts = new TreeMap<>();
		for (Publication each : publications(items)) {
			String key = (each.position() != null) ? each.channel() : each.channel() + " " + each.origin();
			texts.computeIfAbsent(key, (same) -> new ArrayList<>()).add(each.payload().asText());
		}
		return texts;
	}

	private Outcome publish(int node, String channel, String text) {
		return broadcaster(node).broadcast(channel, text)
			.orTimeout(20, TimeUnit.SECONDS)
			.handle((receipt, ex) -> (ex != null) ? Outcome.LOCAL_ONLY : receipt.outcome())
			.join();
	}

	@Test
	void everyNodeHearsEveryMessageOfTheEphemeralChannelsOfAPatternOnce() {
		List<ChannelItem> first = listen(0, "many/a{id}");
		List<ChannelItem> second = listen(1, "many/*");
		// Brings messages to the node on another way, too
		this.cluster.node(1).bean(FluxChannelSubscriber.class).flux("many/a7").subscribe();
		awaitBuckets("channels", 8);
		Map<String, List<String>> sent = new TreeMap<>();
		for (int i = 0; i < 600; i++) {
			String channel = "many/a" + i % 25;
			assertThat(publish(i % 2, channel, Integer.toString(i))).isEqualTo(Outcome.RELAYED);
			sent.computeIfAbsent(channel + " " + id(i % 2), (same) -> new ArrayList<>()).add(Integer.toString(i));
		}
		await().atMost(PATIENCE).untilAsserted(() -> {
			assertThat(texts(first)).isEqualTo(sent);
			assertThat(texts(second)).isEqualTo(sent);
		});
		assertThat(Stream.of(first, second).flatMap(List::stream)).noneMatch(Discontinuity.class::isInstance);
	}

	@Test
	void everyNodeHearsEveryMessageOfTheRecordedChannelsOfAPatternInTheOrderOfTheLogs() {
		List<ChannelItem> first = listen(0, "manylogs/b/{part}");
		List<ChannelItem> second = listen(1, "manylogs/b/**");
		awaitBuckets("logs", 4);
		Map<String, List<String>> sent = new TreeMap<>();
		for (int i = 0; i < 600; i++) {
			String channel = "manylogs/b/" + i % 25;
			assertThat(publish(i % 2, channel, Integer.toString(i))).isEqualTo(Outcome.RELAYED);
			sent.computeIfAbsent(channel, (same) -> new ArrayList<>()).add(Integer.toString(i));
		}
		await().atMost(PATIENCE).untilAsserted(() -> {
			assertThat(texts(first)).isEqualTo(sent);
			assertThat(texts(second)).isEqualTo(sent);
		});
		assertThat(Stream.of(first, second).flatMap(List::stream)).noneMatch(Discontinuity.class::isInstance);
	}

	@Test
	void recordedChannelsAreCompleteAndEphemeralOnesReportTheGapAfterTheConnectionWasCut() {
		List<List<ChannelItem>> recorded = List.of(listen(0, "manylogs/c/*"), listen(1, "manylogs/c/*"));
		List<List<ChannelItem>> ephemeral = List.of(listen(0, "many/c{id}"), listen(1, "many/c{id}"));
		awaitBuckets("logs", 4);
		awaitBuckets("channels", 8);
		publishSome(0, 40, 13);
		// What is on its way when the connection is cut may be lost
		for (int node = 0; node < 2; node++) {
			List<ChannelItem> items = ephemeral.get(node);
			await().atMost(PATIENCE).until(() -> publications(items).size() == 40);
		}
		this.broker.proxy().cut();
		publishSome(40, 40, 13);
		awaitUp(false);
		publishSome(80, 40, 13);
		this.broker.proxy().resume();
		awaitUp(true);
		awaitBuckets("logs", 4);
		awaitBuckets("channels", 8);
		// No message follows in the other channels by which what is missing there could
		// be found
		publishSome(120, 40, 6);
		await().atMost(PATIENCE).untilAsserted(() -> {
			Map<String, List<String>> logs = logs();
			assertThat(texts(recorded.get(0))).isEqualTo(logs);
			assertThat(texts(recorded.get(1))).isEqualTo(logs);
		});
		for (int node = 0; node < 2; node++) {
			List<ChannelItem> items = ephemeral.get(node);
			String other = id(1 - node);
			await().atMost(PATIENCE).until(() -> items.stream().anyMatch(Discontinuity.class::isInstance));
			await().atMost(PATIENCE)
				.untilAsserted(
						() -> assertThat(numbers(items, other)).filteredOn((number) -> number >= 120).hasSize(20));
			// A publisher's order is that of each channel
			assertThat(numbers(items, other)).filteredOn((number) -> number % 4 / 2 == 0).isSorted();
			assertThat(numbers(items, other)).filteredOn((number) -> number % 4 / 2 == 1).isSorted();
			assertThat(numbers(items, other)).doesNotHaveDuplicates().filteredOn((number) -> number < 40).hasSize(20);
			assertThat(numbers(items, id(node))).hasSize(80).doesNotHaveDuplicates();
		}
	}

	/**
	 * Publish on both nodes in turn, in recorded and in ephemeral channels. What fails is
	 * not in the log, or the listeners find it there.
	 */
	private void publishSome(int from, int count, int channels) {
		for (int i = from; i < from + count; i++) {
			publish(i % 2, "manylogs/c/" + i % channels, Integer.toString(i));
			publish(i % 2, "many/c" + i % 4 / 2, Integer.toString(i));
		}
	}

	private static List<Integer> numbers(List<ChannelItem> items, String origin) {
		return publications(items).stream()
			.filter((each) -> each.origin().toString().equals(origin))
			.map((each) -> Integer.valueOf(each.payload().asText()))
			.toList();
	}

	private Map<String, List<String>> logs() {
		Map<String, List<String>> logs = new TreeMap<>();
		for (int i = 0; i < 13; i++) {
			String channel = "manylogs/c/" + i;
			List<String> texts = broadcaster(0).history(channel, null, 1000, ReadDirection.FORWARD)
				.orTimeout(10, TimeUnit.SECONDS)
				.join()
				.publications()
				.stream()
				.map((publication) -> publication.payload().asText())
				.toList();
			if (!texts.isEmpty()) {
				logs.put(channel, texts);
			}
		}
		return logs;
	}

}
