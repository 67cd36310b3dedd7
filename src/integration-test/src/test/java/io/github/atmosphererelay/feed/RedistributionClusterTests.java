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

import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.contract.broker.Ports;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TakesLong;
import io.github.atmosphererelay.test.WithProcesses;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Three nodes, two redistributors and a producer in processes of their own, which are
 * killed, stand still, and come again, while clients lose their connections: each client
 * has exactly what its keys have published, in order and once.
 */
@Timeout(1800)
@Reconciles
@WithProcesses
class RedistributionClusterTests extends AbstractFeedTests {

	private static final int PARTITIONS = 12;

	private static final int KEYS = 40;

	private static final boolean LONG = Boolean.getBoolean("atmosphere.test.long");

	private static final Duration RUN = Duration.ofSeconds(LONG ? 600 : 90);

	private static final Duration STARTS = Duration.ofSeconds(240);

	private final List<Integer> ports = IntStream.range(0, 4).mapToObj((number) -> Ports.free()).toList();

	private final List<FeedProcess> nodes = new ArrayList<>();

	private final List<String> common = new ArrayList<>();

	private boolean routed;

	private FeedTraffic traffic;

	private FeedTopic topic;

	private void prepare(Broker.Redis redis, String backChannel, String forwarding) {
		this.topic = topic(PARTITIONS);
		this.common.addAll(List.of(redis.directProperties()));
		this.common.addAll(List.of("spring.kafka.bootstrap-servers=" + server().adminServers(),
				"spring.kafka.consumer.properties.session.timeout.ms=6000",
				"atmosphere.cluster.name=feeds-in-processes", "atmosphere.recovery.max-messages=20000",
				"atmosphere.feeds[0].topic=" + this.topic.name(), "atmosphere.feeds[0].channel=prices/{key}",
				"atmosphere.feeds[0].mode=redistributed", "atmosphere.redistribution.back-channel=" + backChannel,
				"atmosphere.redistribution.forwarding=" + forwarding));
		if (forwarding.equals("http")) {
			this.common.add("atmosphere.relay.http.secret=a-secret-of-more-than-thirty-two-characters");
			this.common.add("atmosphere.relay.http.peers="
					+ String.join(",", this.ports.stream().map((port) -> "http://localhost:" + port).toList()));
		}
	}

	private FeedProcess redistributor() {
		List<String> properties = new ArrayList<>(this.common);
		properties.add("spring.main.web-application-type=none");
		return closing(FeedProcess.node(properties));
	}

	private FeedProcess node(int number) {
		List<String> properties = new ArrayList<>(this.common);
		properties.add("server.port=" + this.ports.get(number));
		properties.add("atmosphere.cluster.node-name=n" + number);
		properties.add("atmosphere.redistribution.redistribute=" + this.routed);
		return closing(FeedProcess.node(properties));
	}

	private void produce(int records, int perSecond) {
		Process producer = FeedProcess.producer(List.of(server().adminServers(), this.topic.name(),
				String.valueOf(KEYS), String.valueOf(records), String.valueOf(perSecond)));
		closing(producer::destroyForcibly);
		this.traffic.follow(producer);
	}

	private void awaitWritten(int records) {
		MachineTime.await(RUN).until(() -> this.traffic.written() >= records);
	}

	private void serve(Integer... numbers) {
		this.traffic.ports(List.of(numbers).stream().map(this.ports::get).toArray(Integer[]::new));
	}

	private static boolean isOpen(int port) {
		try {
			new Socket("localhost", port).close();
			return true;
		}
		catch (IOException ex) {
			return false;
		}
	}

	/**
	 * Wait for what has no visible end, such as the time in which a process stands still.
	 */
	private static void standStill(Duration time) throws InterruptedException {
		Thread.sleep(time.toMillis());
	}

	@Test
	void byKafkaEachClientHasWhatItsKeysPublishWhateverDiesOrStandsStill() throws InterruptedException {
		try (Broker.Redis redis = new Broker.Redis()) {
			reconcile(redis, "kafka", "kafka");
		}
	}

	@ParameterizedTest
	@CsvSource({ "cache, kafka", "kafka, http", "cache, http" })
	@TakesLong
	void byOtherWaysEachClientHasWhatItsKeysPublishWhateverDiesOrStandsStill(String backChannel, String forwarding)
			throws InterruptedException {
		try (Broker.Redis redis = new Broker.Redis()) {
			reconcile(redis, backChannel, forwarding);
		}
	}

	/**
	 * Clients are at any node, most of them at another one than reads their partitions.
	 */
	@Test
	@TakesLong
	void routedEachClientHasWhatItsKeysPublishWhateverDiesOrStandsStill() throws InterruptedException {
		this.routed = true;
		try (Broker.Redis redis = new Broker.Redis()) {
			prepare(redis, "kafka", "kafka");
			this.common.remove("atmosphere.feeds[0].mode=redistributed");
			this.common.addAll(List.of("atmosphere.feeds[0].mode=routed", "atmosphere.routing.enabled=true",
					"atmosphere.routing.settle-time=500ms"));
			int records = LONG ? 100_000 : 6000;
			IntStream.range(0, 3).forEach((number) -> this.nodes.add(node(number)));
			this.traffic = closing(new FeedTraffic(this.topic, PARTITIONS, KEYS));
			serve(0, 1, 2);
			MachineTime.await(STARTS).until(() -> this.ports.subList(0, 3).stream().allMatch((port) -> isOpen(port)));
			this.traffic.clients(LONG ? 300 : 24, 4);
			produce(records, LONG ? 500 : 250);
			this.traffic.cutEvery(Duration.ofSeconds(LONG ? 10 : 4), Duration.ofMillis(500));
			awaitWritten(records / 10);
			this.nodes.get(0).kill();
			this.nodes.add(node(3));
			serve(1, 2, 3);
			awaitWritten(records / 2);
			this.nodes.get(1).pause();
			standStill(Duration.ofSeconds(LONG ? 20 : 8));
			this.nodes.get(1).resume();
			awaitWritten(records * 7 / 10);
			server().kill();
			server().start();
			awaitWritten(records);
			this.traffic.settle();
			this.traffic.reconcile(1);
			assertThat(this.traffic.told()).isZero();
			assertThat(this.traffic.recoveries()).isGreaterThan(100);
		}
	}

	private void reconcile(Broker.Redis redis, String backChannel, String forwarding) throws InterruptedException {
		prepare(redis, backChannel, forwarding);
		int records = LONG ? 100_000 : 6000;
		int perSecond = LONG ? 500 : 250;
		FeedProcess first = redistributor();
		FeedProcess second = redistributor();
		IntStream.range(0, 3).forEach((number) -> this.nodes.add(node(number)));
		this.traffic = closing(new FeedTraffic(this.topic, PARTITIONS, KEYS));
		serve(0, 1, 2);
		// Five processes start at once
		MachineTime.await(STARTS).until(() -> this.ports.subList(0, 3).stream().allMatch((port) -> isOpen(port)));
		this.traffic.clients(LONG ? 300 : 24, 4);
		produce(records, perSecond);
		this.traffic.cutEvery(Duration.ofSeconds(LONG ? 10 : 4), Duration.ofMillis(500));
		awaitWritten(records / 10);
		first.kill();
		awaitWritten(records * 3 / 10);
		first.launch();
		// A node dies, and another comes
		this.nodes.get(0).kill();
		this.nodes.add(node(3));
		serve(1, 2, 3);
		awaitWritten(records / 2);
		second.pause();
		standStill(Duration.ofSeconds(LONG ? 20 : 8));
		second.resume();
		awaitWritten(records * 7 / 10);
		server().kill();
		server().start();
		if (LONG) {
			this.nodes.get(1).pause();
			standStill(Duration.ofSeconds(20));
			this.nodes.get(1).resume();
		}
		awaitWritten(records);
		this.traffic.settle();
		this.traffic.reconcile(1);
		assertThat(this.traffic.told()).isZero();
		assertThat(this.traffic.recoveries()).isGreaterThan(100);
	}

}
