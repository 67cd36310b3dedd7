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

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.contract.broker.Ports;
import io.github.atmosphererelay.feed.internal.ForwardingStatistics;
import io.github.atmosphererelay.routing.Route;
import io.github.atmosphererelay.routing.Routes;
import io.github.atmosphererelay.routing.internal.RoutingService;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import io.github.atmosphererelay.test.UsersByParameter;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Feeds whose clients are led to the nodes that read their partitions, beside Redis as
 * the relay.
 */
@Timeout(300)
@Reconciles
class RoutedFeedTests extends AbstractFeedTests {

	private static final int PARTITIONS = 12;

	private static final int KEYS = 40;

	private static final int MOVED = 4101;

	private static Broker.Redis redis;

	private final List<Integer> ports = IntStream.range(0, 4).mapToObj((number) -> Ports.free()).toList();

	private final String cluster = "c-" + UUID.randomUUID();

	private final List<TestNode> nodes = new CopyOnWriteArrayList<>();

	private FeedTopic topic;

	private String[] way = {};

	@BeforeAll
	static void startRedis() {
		redis = new Broker.Redis();
	}

	@AfterAll
	static void stopRedis() {
		redis.close();
	}

	private void by(String backChannel, String forwarding) {
		List<String> properties = new ArrayList<>(List.of("atmosphere.redistribution.back-channel=" + backChannel,
				"atmosphere.redistribution.forwarding=" + forwarding));
		if (forwarding.equals("http")) {
			properties.add("atmosphere.relay.http.secret=a-secret-of-more-than-thirty-two-characters");
			properties.add("atmosphere.relay.http.peers="
					+ String.join(",", this.ports.stream().map((port) -> "http://localhost:" + port).toList()));
		}
		this.way = properties.toArray(String[]::new);
	}

	private TestNode startNode() {
		int number = this.nodes.size();
		String[] properties = Stream
			.of(Stream.of(redis.directProperties()), Stream.of(this.way),
					Stream.of("server.port=" + this.ports.get(number), "atmosphere.cluster.name=" + this.cluster,
							"atmosphere.cluster.node-name=n" + number,
							"atmosphere.cluster.address=http://localhost:" + this.ports.get(number),
							"atmosphere.cluster.heartbeat-interval=500ms", "atmosphere.cluster.node-timeout=5s",
							"atmosphere.routing.enabled=true", "atmosphere.routing.lookup=true",
							"atmosphere.routing.settle-time=500ms", "atmosphere.routing.move-delay=2s",
							"atmosphere.recovery.max-messages=20000", "atmosphere.feeds[0].mode=routed"))
			.flatMap((each) -> each)
			.toArray(String[]::new);
		TestNode node = node(List.of(UsersByParameter.class), this.topic, properties);
		this.nodes.add(node);
		return node;
	}

	private void start(int count) {
		this.topic = topic(PARTITIONS);
		IntStream.range(0, count).forEach((number) -> startNode());
		awaitPlaces();
	}

	/**
	 * Wait until all nodes agree on the ring, share the partitions, and tell the same of
	 * each channel.
	 */
	private void awaitPlaces() {
		MachineTime.await(Duration.ofSeconds(60))
			.until(() -> this.nodes.stream().allMatch((node) -> node.bean(Routes.class).isAgreed())
					&& this.nodes.stream().noneMatch((node) -> feed(node).redistributed().isEmpty())
					&& this.nodes.stream().mapToInt((node) -> feed(node).redistributed().size()).sum() == PARTITIONS
					&& IntStream.range(0, KEYS).allMatch((key) -> isPlaced("prices/k" + key)));
	}

	private boolean isPlaced(String channel) {
		Set<String> owners = new TreeSet<>();
		for (TestNode node : this.nodes) {
			Route route = node.bean(Routes.class).findByChannel(channel);
			if (route == null) {
				return false;
			}
			owners.add(route.node());
		}
		TestNode owner = named(owners.iterator().next());
		return owners.size() == 1 && owner != null && feed(owner).redistributed().contains(partition(channel));
	}

	private int partition(String channel) {
		byte[] key = FeedTopic.bytes(channel.substring("prices/".length()));
		return Utils.toPositive(Utils.murmur2(key)) % PARTITIONS;
	}

	private @Nullable TestNode named(String name) {
		return this.nodes.stream()
			.filter((node) -> node.bean(Routes.class).self().equals(name))
			.findFirst()
			.orElse(null);
	}

	private @Nullable TestNode owner(String channel) {
		Route route = this.nodes.get(0).bean(Routes.class).findByChannel(channel);
		return (route != null) ? named(route.node()) : null;
	}

	private URI door(String channel) {
		TestNode owner = owner(channel);
		return URI.create("ws://localhost:" + ((owner != null) ? owner : this.nodes.get(0)).port()
				+ "/atmosphere/connection/websocket");
	}

	private long sum(ToLongFunction<TestNode> value) {
		return this.nodes.stream().mapToLong(value).sum();
	}

	private static ForwardingStatistics forwarding(TestNode node) {
		return feed(node).statistics().forwarding();
	}

	/**
	 * Return the payloads that were forwarded to other nodes.
	 */
	private static long forwardedToOthers(TestNode node) {
		UUID self = node.messaging().identity().id();
		return forwarding(node).bytesByNode()
			.entrySet()
			.stream()
			.filter((each) -> !each.getKey().equals(self))
			.mapToLong((each) -> each.getValue())
			.sum();
	}

	@Test
	void whereClientsAreAtTheNodesThatReadTheirPartitionsEachRecordIsReadOnceAndNothingIsForwarded() throws Exception {
		start(3);
		List<TestClient> clients = IntStream.range(0, KEYS)
			.mapToObj((key) -> subscribe(owner("prices/k" + key), "prices/k" + key))
			.toList();
		for (int i = 0; i < 400; i++) {
			this.topic.send("k" + i % KEYS, String.valueOf(i));
		}
		for (int key = 0; key < KEYS; key++) {
			int first = key;
			assertThat(clients.get(key).awaitCount(11).texts().subList(1, 11))
				.isEqualTo(IntStream.range(0, 10).mapToObj((i) -> String.valueOf(first + i * KEYS)).toList());
		}
		assertThat(sum((node) -> feed(node).statistics().records())).isEqualTo(400);
		assertThat(sum(RoutedFeedTests::forwardedToOthers)).isZero();
		assertThat(sum((node) -> feed(node).statistics().scans())).isZero();
		String channel = "prices/k1";
		for (TestNode node : this.nodes) {
			assertThat(HttpClient.newHttpClient()
				.send(HttpRequest.newBuilder(node.http("/atmosphere/api/route?channel=" + channel)).build(),
						BodyHandlers.ofString())
				.body()).contains("\"node\":\"" + owner(channel).bean(Routes.class).self() + "\"",
						"\"here\":" + (node == owner(channel)));
		}
	}

	@ParameterizedTest
	@CsvSource({ "kafka, kafka", "cache, http" })
	void clientsThatAreElsewhereGetTheirRecordsNevertheless(String backChannel, String forwarding) {
		by(backChannel, forwarding);
		start(2);
		List<TestClient> clients = this.nodes.stream()
			.flatMap((node) -> IntStream.range(0, KEYS).mapToObj((key) -> subscribe(node, "prices/k" + key)))
			.toList();
		IntStream.range(0, 3 * KEYS).forEach((i) -> this.topic.send("k" + i % KEYS, String.valueOf(i)));
		for (int i = 0; i < clients.size(); i++) {
			int key = i % KEYS;
			assertThat(clients.get(i).awaitCount(4).texts().subList(1, 4))
				.isEqualTo(Stream.of(key, key + KEYS, key + 2 * KEYS).map(String::valueOf).toList());
		}
		assertThat(sum(RoutedFeedTests::forwardedToOthers)).isPositive();
	}

	@Test
	void clientsThatComeBackToTheirNodeGetWhatTheyMissedFromItsMemory() {
		start(2);
		FeedTraffic traffic = closing(new FeedTraffic(this.topic, PARTITIONS, KEYS));
		traffic.users(KEYS, this::door).write(4 * KEYS).settle();
		traffic.writeEvery(Duration.ofMillis(5), 4, 3000);
		for (int i = 1; i <= 3; i++) {
			int written = 500 * i;
			MachineTime.await(LIMIT).until(() -> traffic.written() > written);
			traffic.cutAll(Duration.ofMillis(300));
		}
		MachineTime.await(LIMIT).until(() -> traffic.written() == 3000);
		traffic.settle();
		traffic.reconcile(1);
		assertThat(traffic.told()).isZero();
		assertThat(traffic.recoveries()).isGreaterThanOrEqualTo(2 * KEYS);
		assertThat(sum((node) -> feed(node).statistics().scans())).isZero();
	}

	@Test
	void afterAReassignmentClientsMoveToTheNodesThatReadTheirPartitionsNowAndMissNothing() {
		start(2);
		FeedTraffic traffic = closing(new FeedTraffic(this.topic, PARTITIONS, KEYS));
		traffic.users(2 * KEYS, this::door).writeEvery(Duration.ofMillis(10), 4, 8000);
		MachineTime.await(LIMIT).until(() -> traffic.written() > 400);
		TestNode joined = startNode();
		awaitPlaces();
		assertThat(feed(joined).redistributed()).isNotEmpty();
		awaitInPlace();
		assertThat(traffic.closes(MOVED)).isPositive()
			.isEqualTo(sum((node) -> node.bean(RoutingService.class).statistics().moves()));
		// One that stops gives its clients back
		this.nodes.remove(joined);
		joined.close();
		awaitPlaces();
		traffic.settle();
		traffic.reconcile(1);
		assertThat(traffic.told()).isZero();
	}

	/**
	 * Wait until each session is at the node that serves its channel.
	 */
	private void awaitInPlace() {
		MachineTime.await(Duration.ofSeconds(60)).untilAsserted(() -> {
			for (TestNode node : this.nodes) {
				for (LocalSession session : node.messaging().registry().sessions()) {
					assertThat(session.channels()).allMatch((channel) -> owner(channel) == node);
				}
			}
		});
		MachineTime.await(LIMIT)
			.until(() -> this.nodes.stream().noneMatch((node) -> node.bean(RoutingService.class).isMoving()));
	}

	@Test
	void anonymousClientsStayWhereTheyAreAndGetTheirRecords() {
		start(2);
		List<String> all = IntStream.range(0, KEYS).mapToObj((key) -> "prices/k" + key).toList();
		TestNode first = this.nodes.get(0);
		List<TestClient> anonymous = all.stream()
			.filter((channel) -> owner(channel) == first)
			.map((channel) -> subscribe(first, channel))
			.toList();
		startNode();
		awaitPlaces();
		MachineTime.await(LIMIT)
			.until(() -> this.nodes.stream().noneMatch((node) -> node.bean(RoutingService.class).isMoving()));
		all.forEach((channel) -> this.topic.put(channel.substring("prices/".length()), "1"));
		assertThat(anonymous).isNotEmpty().allSatisfy((client) -> {
			assertThat(client.awaitCount(2).texts().get(1)).isEqualTo("1");
			assertThat(client.isClosed()).isFalse();
		});
		assertThat(sum((node) -> node.bean(RoutingService.class).statistics().moves())).isZero();
	}

}
