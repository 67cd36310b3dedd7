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
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.contract.broker.Ports;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the modes of feeds cost on three nodes, beside a listener of spring-kafka that
 * hands records to sessions: {@code -Datmosphere.test.figures=true} prints a table, and
 * {@code -Datmosphere.test.figures.modes=routed} measures one mode alone. Each node has a
 * client for each of 1, 10 or 100 of 100 keys; with {@code routed} as many clients in all
 * are at the nodes that read their partitions.
 * <p>
 * Nodes and the redistributor are processes of their own, so that their processor time is
 * theirs. Bytes are keys and values of records that were fetched, and payloads that went
 * from one process to another; Kafka's heartbeats and the back channel are not in them.
 */
@EnabledIfSystemProperty(named = "atmosphere.test.figures", matches = "true")
class FeedFiguresTests extends AbstractFeedTests {

	private static final int PARTITIONS = 12;

	private static final int KEYS = 100;

	private static final int NODES = 3;

	private static final int RECORDS = Integer.getInteger("atmosphere.test.figures.records", 50_000);

	private static final int WARM_UP = RECORDS / 2;

	private static final int VALUE_BYTES = 200;

	private static final String VALUE = "\"" + "x".repeat(VALUE_BYTES - 2) + "\"";

	private static final Duration WITHIN = Duration.ofSeconds(240);

	private final HttpClient http = HttpClient.newHttpClient();

	private List<Integer> ports = List.of();

	@Test
	void figures() throws Exception {
		System.out.printf("%-22s %8s %10s %16s %16s %10s %10s%n", "mode", "interest", "delivered", "cpu us/delivered",
				"cpu us/record", "fetched MB", "between MB");
		for (String mode : System
			.getProperty("atmosphere.test.figures.modes", "plain,everyone,redistributed,redistributed-http,routed")
			.split(",")) {
			for (int interest : new int[] { 1, 10, 100 }) {
				measure(mode, interest);
			}
		}
	}

	private void measure(String mode, int interest) throws Exception {
		List<AutoCloseable> opened = new ArrayList<>();
		try (Broker.Redis redis = new Broker.Redis()) {
			FeedTopic topic = topic(PARTITIONS);
			int redistributors = mode.startsWith("redistributed") ? 1 : 0;
			this.ports = IntStream.range(0, NODES + redistributors).mapToObj((number) -> Ports.free()).toList();
			List<FeedProcess> processes = start(mode, topic, redis);
			opened.addAll(processes);
			MachineTime.await(WITHIN).until(() -> this.ports.stream().allMatch(FeedFiguresTests::isOpen));
			awaitPartitions(mode);
			List<TestClient> clients = connect(mode, interest);
			opened.addAll(clients);
			clients.forEach((client) -> client.awaitCount(1, WITHIN));
			write(topic, WARM_UP, clients, 1);
			Usage before = usage(mode, processes);
			write(topic, RECORDS, clients, 1 + WARM_UP / KEYS);
			Usage used = usage(mode, processes).minus(before);
			long delivered = (long) RECORDS / KEYS * clients.size();
			System.out.printf(Locale.ROOT, "%-22s %7d%% %10d %16.1f %16.1f %10.1f %10.1f%n", mode, interest, delivered,
					used.micros() / delivered, used.micros() / RECORDS, used.fetched() / 1e6, used.between() / 1e6);
			check(mode, interest, used);
		}
		finally {
			for (int i = opened.size() - 1; i >= 0; i--) {
				opened.get(i).close();
			}
		}
	}

	/**
	 * What the documentation says of bytes.
	 */
	private static void check(String mode, int interest, Usage used) {
		double topic = (double) RECORDS * VALUE_BYTES;
		if (mode.startsWith("redistributed")) {
			assertThat(used.fetched()).isBetween(topic, topic * 1.1);
			assertThat(used.between()).isBetween(topic * NODES * interest / KEYS,
					topic * NODES * interest / KEYS * 1.1);
		}
		if (mode.equals("routed")) {
			assertThat(used.fetched()).isBetween(topic, topic * 1.1);
			assertThat(used.between()).isZero();
		}
	}

	private List<FeedProcess> start(String mode, FeedTopic topic, Broker.Redis redis) {
		List<FeedProcess> processes = new ArrayList<>();
		for (int i = 0; i < this.ports.size(); i++) {
			if (mode.equals("plain")) {
				List<String> arguments = List.of("--server.port=" + this.ports.get(i), "--atmosphere.enabled=false",
						"--logging.level.root=WARN", "--plain.topic=" + topic.name(),
						"--spring.kafka.consumer.auto-offset-reset=earliest",
						"--spring.kafka.bootstrap-servers=" + server().adminServers());
				processes.add(FeedProcess.of(PlainListenerNode.class, arguments));
				continue;
			}
			// The last one has no clients, and redistributes for the others
			boolean redistributes = mode.equals("routed") || i == NODES;
			List<String> properties = properties(mode, topic, redis);
			properties.addAll(List.of("server.port=" + this.ports.get(i), "atmosphere.cluster.node-name=n" + i,
					"atmosphere.cluster.address=http://localhost:" + this.ports.get(i),
					"atmosphere.redistribution.redistribute=" + redistributes));
			processes.add(FeedProcess.node(properties));
		}
		return processes;
	}

	private List<String> properties(String mode, FeedTopic topic, Broker.Redis redis) {
		List<String> properties = new ArrayList<>(List.of(redis.directProperties()));
		properties.addAll(List.of("spring.kafka.bootstrap-servers=" + server().adminServers(),
				"atmosphere.cluster.name=figures-" + topic.name(), "atmosphere.feeds[0].topic=" + topic.name(),
				"atmosphere.feeds[0].channel=prices/{key}", "atmosphere.feeds[0].mode=" + mode.replace("-http", "")));
		if (mode.equals("routed")) {
			properties.addAll(List.of("atmosphere.routing.enabled=true", "atmosphere.routing.lookup=true",
					"atmosphere.routing.settle-time=500ms"));
		}
		if (mode.endsWith("-http")) {
			properties.addAll(List.of("atmosphere.redistribution.forwarding=http",
					"atmosphere.relay.http.secret=a-secret-of-more-than-thirty-two-characters",
					"atmosphere.relay.http.peers=" + String.join(",",
							this.ports.stream().map((port) -> "http://localhost:" + port).toList())));
		}
		return properties;
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

	private void awaitPartitions(String mode) {
		if (!mode.equals("routed")) {
			return;
		}
		MachineTime.await(WITHIN).until(() -> {
			int partitions = 0;
			for (int port : this.ports) {
				int own = feed(port).path("redistribution").path("partitions").size();
				if (own == 0) {
					return false;
				}
				partitions += own;
			}
			return partitions == PARTITIONS && IntStream.range(0, KEYS)
				.allMatch((key) -> this.ports.stream().allMatch((port) -> !route(port, key).isMissingNode()));
		});
	}

	private JsonNode route(int port, int key) {
		return get(port, "/atmosphere/api/route?channel=prices/k" + key).path("address");
	}

	private JsonNode feed(int port) {
		return get(port, "/actuator/atmosphere/feeds").path("feeds").path(0);
	}

	private JsonNode get(int port, String path) {
		try {
			return JsonMapper.shared()
				.readTree(this.http
					.send(HttpRequest.newBuilder(URI.create("http://localhost:" + port + path)).build(),
							BodyHandlers.ofString())
					.body());
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	private List<TestClient> connect(String mode, int interest) {
		List<TestClient> clients = new ArrayList<>();
		for (int port : this.ports.subList(0, NODES)) {
			for (int key = 0; key < interest; key++) {
				String door = mode.equals("routed") ? route(port, key).asString("") : "http://localhost:" + port;
				clients.add(TestClient
					.connect(URI.create(door.replace("http", "ws") + "/atmosphere/prices/k" + key + "?ack=true"))
					.countOnly());
			}
		}
		return clients;
	}

	/**
	 * Write records of all keys in turn, and wait until each client has those of its key.
	 */
	private static void write(FeedTopic topic, int records, List<TestClient> clients, int had) {
		for (int i = 0; i < records; i++) {
			topic.send(new ProducerRecord<>(topic.name(), FeedTopic.bytes("k" + i % KEYS), FeedTopic.bytes(VALUE)));
		}
		int each = had + records / KEYS;
		clients.forEach((client) -> client.awaitCount(each, WITHIN));
		assertThat(clients).allMatch((client) -> client.count() == each);
	}

	private Usage usage(String mode, List<FeedProcess> processes) {
		double micros = processes.stream().mapToDouble((each) -> each.processorTime().toNanos() / 1e3).sum();
		if (mode.equals("plain")) {
			// Each node reads everything
			return new Usage(micros, Double.NaN, 0);
		}
		double fetched = 0;
		double between = 0;
		for (int port : this.ports) {
			JsonNode feed = feed(port);
			fetched += value(port, "atmosphere.feeds.bytes");
			JsonNode redistribution = feed.path("redistribution");
			between += redistribution.path("receivedBytes").asDouble(0);
			if (!redistribution.path("partitions").isEmpty()) {
				// What this node has handed over to itself was not sent
				int own = redistribution.path("partitions").path(0).asInt();
				String self = feed.path("partitions").path(own).path("owner").asString("");
				between -= redistribution.path("forwardedBytes").path(self).asDouble(0);
			}
		}
		return new Usage(micros, fetched, between);
	}

	private double value(int port, String meter) {
		return get(port, "/actuator/metrics/" + meter).path("measurements").path(0).path("value").asDouble(0);
	}

	/**
	 * What all processes have used.
	 *
	 * @param micros processor time in microseconds
	 * @param fetched bytes of records that nodes have read from the topic; not a number
	 * if that was not counted
	 * @param between bytes of payloads that went from one process to another
	 */
	private record Usage(double micros, double fetched, double between) {

		private Usage minus(Usage before) {
			return new Usage(this.micros - before.micros, this.fetched - before.fetched, this.between - before.between);
		}

	}

}
