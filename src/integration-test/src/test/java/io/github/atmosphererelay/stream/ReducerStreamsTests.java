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

package io.github.atmosphererelay.stream;

import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

import io.github.atmosphererelay.contract.broker.KafkaServer;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.stream.internal.StreamRefusals;
import io.github.atmosphererelay.stream.internal.StreamRefusedException.Reason;
import io.github.atmosphererelay.stream.internal.Streams;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Streams of a reducer on two nodes, which share states in Redis.
 */
@Timeout(300)
@Reconciles
class ReducerStreamsTests {

	private static final String TOPIC = "odds-" + UUID.randomUUID();

	private static final Duration LIMIT = Duration.ofSeconds(40);

	private static final int KEYS = 50;

	private static KafkaServer kafka;

	private static RedisServers.Standalone redis;

	private static KafkaProducer<byte[], byte[]> producer;

	private final HttpClient http = HttpClient.newHttpClient();

	private final JsonMapper mapper = JsonMapper.builder().build();

	private final Random random = new Random(18);

	private final String cluster = "odds-" + UUID.randomUUID();

	/** What the last record of each key says. All tests share the topic. */
	private static final Map<String, Price> prices = new HashMap<>();

	private final List<AutoCloseable> open = new ArrayList<>();

	@BeforeAll
	static void start() throws Exception {
		kafka = KafkaServer.create(Map.of("group.initial.rebalance.delay.ms", "100"));
		redis = RedisServers.standalone();
		try (Admin admin = kafka.admin()) {
			admin.createTopics(List.of(new NewTopic(TOPIC, 6, (short) 1))).all().get(30, TimeUnit.SECONDS);
		}
		producer = new KafkaProducer<>(Map.of("bootstrap.servers", kafka.adminServers()), new ByteArraySerializer(),
				new ByteArraySerializer());
	}

	@AfterAll
	static void stop() {
		producer.close(Duration.ofSeconds(5));
		redis.close();
		kafka.close();
	}

	@AfterEach
	void closeAll() throws Exception {
		for (int i = this.open.size() - 1; i >= 0; i--) {
			this.open.get(i).close();
		}
	}

	private TestNode node(String... more) {
		List<String> properties = new ArrayList<>(List.of("spring.kafka.bootstrap-servers=" + kafka.adminServers(),
				"spring.data.redis.host=" + RedisServers.HOST, "spring.data.redis.port=" + redis.port(),
				"atmosphere.relay.type=redis", "atmosphere.state.store=redis",
				"atmosphere.cluster.name=" + this.cluster, "atmosphere.streams.grace=2s"));
		properties.addAll(List.of(more));
		TestNode node = TestNode.start(List.of(Odds.class), properties.toArray(String[]::new));
		this.open.add(node);
		return node;
	}

	@Test
	void eachStreamHasTheViewsOfItsKeysOrQueryOnAnyNode() throws Exception {
		produce(200);
		TestNode first = node();
		TestNode second = node();
		Subscriber keys = subscribe(first, second,
				"{\"reducer\":\"odds\",\"keys\":[\"m1\",\"m2\",\"none\"],\"variant\":{\"format\":\"short\"}}");
		Subscriber query = subscribe(second, first,
				"{\"reducer\":\"odds\",\"query\":\"by-sport\",\"params\":{\"sport\":1}}");
		produce(500);
		keys.await((price) -> price.amount(), "m1", "m2");
		query.await((price) -> (price.sport() == 1) ? price : null);
		// A third member takes partitions, and one leaves
		node();
		produce(500);
		keys.await((price) -> price.amount(), "m1", "m2");
		query.await((price) -> (price.sport() == 1) ? price : null);
		first.close();
		Subscriber late = subscribe(second, second,
				"{\"reducer\":\"odds\",\"query\":\"by-sport\",\"params\":{\"sport\":0}}");
		produce(500);
		keys.await((price) -> price.amount(), "m1", "m2");
		late.await((price) -> (price.sport() == 0) ? price : null);
	}

	@Test
	void keysAreAddedAndRemovedAndAStreamIsFreed() throws Exception {
		produce(200);
		TestNode node = node();
		Subscriber stream = subscribe(node, node, "{\"reducer\":\"odds\",\"keys\":[\"m1\"]}");
		stream.await((price) -> price, "m1");
		assertThat(send(node, "PATCH", "/" + stream.id, "{\"add\":[\"m3\"],\"remove\":[\"m1\"]}").statusCode())
			.isEqualTo(204);
		stream.await((price) -> price, "m3");
		assertThat(send(node, "DELETE", "/" + stream.id, null).statusCode()).isEqualTo(204);
		MachineTime.await(LIMIT).until(() -> node.bean(Streams.class).figures().streams() == 0);
		assertThat(send(node, "POST", "/" + stream.id + "/begin", null).statusCode()).isEqualTo(404);
		Subscriber left = subscribe(node, node, "{\"reducer\":\"odds\",\"keys\":[\"m1\"]}");
		left.await((price) -> price, "m1");
		left.client.close();
		MachineTime.await(LIMIT).until(() -> node.bean(Streams.class).figures().streams() == 0);
		assertThat(node.bean(Streams.class).figures().interests()).isZero();
	}

	@Test
	void aClientBeginsWithASnapshotAndGetsWhatIsNewer() throws Exception {
		produce(200);
		node();
		TestNode door = node("atmosphere.streams.reduce=false", "atmosphere.streams.snapshot-max-age=0s");
		String params = URLEncoder.encode("{\"sport\":1}", StandardCharsets.UTF_8);
		Map<String, JsonNode> expected = new TreeMap<>();
		prices.forEach((key, price) -> {
			if (price.sport() == 1) {
				expected.put(key, this.mapper.valueToTree(price));
			}
		});
		List<HttpResponse<String>> last = new ArrayList<>();
		Map<String, JsonNode> views = new TreeMap<>();
		MachineTime.await(LIMIT).untilAsserted(() -> {
			HttpResponse<String> response = snapshot(door, "by-sport?params=" + params, null);
			assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
			last.add(response);
			views.clear();
			this.mapper.readTree(response.body())
				.get("states")
				.forEach((state) -> views.put(state.get("key").asString(), state.get("view")));
			assertThat(views).isEqualTo(expected);
		});
		HttpResponse<String> response = last.get(last.size() - 1);
		String tag = response.headers().firstValue("ETag").orElseThrow();
		assertThat(response.headers().firstValue("Cache-Control")).hasValue("max-age=0, public");
		HttpResponse<String> again = snapshot(door, "by-sport?params=" + params, tag);
		assertThat(again.statusCode()).isEqualTo(304);
		assertThat(again.body()).isEmpty();
		// Moved, taken out of the query and added to it, while the client was not there
		String moved = views.keySet().iterator().next();
		String gone = List.copyOf(views.keySet()).get(1);
		String added = prices.keySet().stream().filter((key) -> !views.containsKey(key)).findFirst().orElseThrow();
		produce(moved, new Price(1, 5000));
		produce(gone, new Price(0, 5001));
		produce(added, new Price(1, 5002));
		MachineTime.await(LIMIT)
			.untilAsserted(
					() -> assertThat(snapshot(door, "by-sport?params=" + params, tag).statusCode()).isEqualTo(200));
		String since = this.mapper.readTree(response.body()).get("since").asString();
		Subscriber stream = subscribe(door, door, "{\"reducer\":\"odds\",\"query\":\"by-sport\","
				+ "\"params\":{\"sport\":1},\"since\":\"" + since + "\"}");
		stream.begins(views);
		stream.await((price) -> (price.sport() == 1) ? price : null);
		assertThat(stream.client.texts().stream().filter((text) -> text.contains("\"view\""))).hasSize(2);
		produce(200);
		stream.await((price) -> (price.sport() == 1) ? price : null);
		assertRefused(snapshot(door, "by-color", null), 404, "no reducer has such a query");
		assertRefused(snapshot(door, "by-sport?params=%7B", null), 400, "'params' is not JSON");
		assertRefused(snapshot(door, "by-sport?params=%7B%22sport%22%3A%22red%22%7D", null), 400, "'params'");
		assertRefused(send(door, "POST", "", "{\"reducer\":\"odds\",\"keys\":[\"a\"],\"since\":\"no\"}"), 400,
				"'since'");
	}

	private HttpResponse<String> snapshot(TestNode node, String query, String tag) throws Exception {
		HttpRequest.Builder request = HttpRequest.newBuilder(node.http("/atmosphere/api/snapshots/" + query));
		if (tag != null) {
			request.header("If-None-Match", tag);
		}
		return this.http.send(request.build(), HttpResponse.BodyHandlers.ofString());
	}

	@Test
	void subscribersAreToldThatTheirStreamEnds() throws Exception {
		TestNode reducing = node();
		TestNode door = node("atmosphere.streams.reduce=false");
		Subscriber freed = subscribe(door, door, "{\"reducer\":\"odds\",\"keys\":[\"m1\"]}", "?ack=true");
		Subscriber left = subscribe(door, door, "{\"reducer\":\"odds\",\"keys\":[\"m1\"]}", "?ack=true");
		assertThat(send(reducing, "DELETE", "/" + freed.id, null).statusCode()).isEqualTo(204);
		freed.awaitEnd(2001, "ended");
		assertThat(left.client.texts()).noneMatch((text) -> text.contains("unsubscribed"));
		reducing.close();
		left.awaitEnd(2501, "source is away");
		MachineTime.await(LIMIT).until(() -> door.bean(Streams.class).figures().streams() == 0);
	}

	@Test
	void whatIsNotPossibleIsRefused() throws Exception {
		TestNode node = node("atmosphere.streams.max-keys-per-stream=2", "atmosphere.streams.max-streams=1");
		MachineTime.await(LIMIT).until(node.bean(Streams.class)::isUp);
		assertThat(send(node, "POST", "", "{\"reducer\":\"odds\",\"keys\":[\"a\"]}").statusCode()).isEqualTo(201);
		assertRefused(send(node, "POST", "", "{\"reducer\":\"odds\",\"keys\":[\"a\"]}"), 429, "too many streams");
		assertRefused(send(node, "POST", "", "{\"reducer\":\"odds\",\"keys\":[\"a\",\"b\",\"c\"]}"), 429, "2 keys");
		assertRefused(send(node, "POST", "", "{\"reducer\":\"none\",\"keys\":[\"a\"]}"), 400, "odds");
		assertRefused(send(node, "POST", "", "{\"reducer\":\"odds\",\"query\":\"none\"}"), 400, "by-sport");
		assertRefused(send(node, "POST", "", "no JSON"), 400, "JSON");
		assertRefused(send(node, "POST", "/unknown/begin", null), 404, "no such stream");
		assertRefused(send(node, "PATCH", "/unknown", "{\"add\":[\"a\"]}"), 404, "no such stream");
		assertRefused(send(node, "DELETE", "/unknown", null), 404, "no such stream");
		assertRefused(send(node, "POST", "", "{\"reducer\":\"odds\",\"keys\":[\"\"]}"), 400, "1 to 254");
		StreamRefusals refusals = node.bean(Streams.class).refusals();
		assertThat(refusals.of(Reason.LIMIT)).isEqualTo(2);
		assertThat(refusals.of(Reason.INVALID)).isEqualTo(4);
		assertThat(refusals.of(Reason.UNKNOWN)).isEqualTo(3);
		assertThat(TestClient.refusedStatus(node.uri("streams/unknown"))).isEqualTo(404);
		assertThat(TestClient.refusedStatus(node.uri("~s/ack"))).isEqualTo(401);
	}

	private static void assertRefused(HttpResponse<String> response, int status, String reason) {
		assertThat(response.statusCode()).isEqualTo(status);
		assertThat(response.body()).contains(reason);
	}

	private HttpResponse<String> send(TestNode node, String method, String path, String body) throws Exception {
		HttpRequest.Builder request = HttpRequest.newBuilder(node.http("/atmosphere/api/streams" + path))
			.method(method,
					(body != null) ? HttpRequest.BodyPublishers.ofString(body) : HttpRequest.BodyPublishers.noBody());
		if (body != null) {
			request.header("Content-Type", "application/json");
		}
		return this.http.send(request.build(), HttpResponse.BodyHandlers.ofString());
	}

	private Subscriber subscribe(TestNode maker, TestNode door, String body) throws Exception {
		return subscribe(maker, door, body, "");
	}

	private Subscriber subscribe(TestNode maker, TestNode door, String body, String parameters) throws Exception {
		MachineTime.await(LIMIT).until(() -> maker.bean(Streams.class).isUp() && door.bean(Streams.class).isUp());
		HttpResponse<String> created = send(maker, "POST", "", body);
		assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
		JsonNode answer = this.mapper.readTree(created.body());
		TestClient client = door.connect(answer.get("channel").asString() + parameters);
		this.open.add(client);
		return new Subscriber(answer.get("id").asString(), client);
	}

	private void produce(int count) {
		for (int i = 0; i < count; i++) {
			String key = "m" + this.random.nextInt(KEYS);
			produce(key, new Price(this.random.nextInt(2), this.random.nextInt(1000)));
		}
		producer.flush();
	}

	private void produce(String key, Price price) {
		prices.put(key, price);
		producer.send(new ProducerRecord<>(TOPIC, key.getBytes(StandardCharsets.UTF_8),
				this.mapper.writeValueAsBytes(price)));
	}

	/**
	 * What a client knows of its stream.
	 */
	private final class Subscriber {

		private final String id;

		private final TestClient client;

		/** What a snapshot has said. */
		private Map<String, JsonNode> first = Map.of();

		void begins(Map<String, JsonNode> views) {
			this.first = views;
		}

		Subscriber(String id, TestClient client) {
			this.id = id;
			this.client = client;
		}

		/**
		 * Wait until the client has these views, and has never had older ones later.
		 */
		void await(Function<Price, Object> view, String... keys) {
			List<String> only = List.of(keys);
			MachineTime.await(LIMIT).untilAsserted(() -> {
				Map<String, JsonNode> expected = new TreeMap<>();
				prices.forEach((key, price) -> {
					Object seen = view.apply(price);
					if (seen != null && (only.isEmpty() || only.contains(key))) {
						expected.put(key, ReducerStreamsTests.this.mapper.valueToTree(seen));
					}
				});
				assertThat(views()).isEqualTo(expected);
			});
		}

		/**
		 * Wait until the client is told that its stream has ended.
		 */
		void awaitEnd(int code, String reason) {
			MachineTime.await(LIMIT)
				.untilAsserted(() -> assertThat(this.client.texts())
					.anyMatch((text) -> text.contains("\"type\":\"unsubscribed\"")
							&& text.contains("\"code\":" + code + ",\"reason\":\"" + reason + "\"")));
		}

		private Map<String, JsonNode> views() {
			Map<String, JsonNode> views = new TreeMap<>(this.first);
			Set<String> named = new HashSet<>();
			Map<String, Long> versions = new HashMap<>();
			for (String text : this.client.texts()) {
				JsonNode message = ReducerStreamsTests.this.mapper.readTree(text);
				if (message.has("unchanged")) {
					message.get("unchanged").forEach((each) -> named.add(each.asString()));
					continue;
				}
				if (message.has("current")) {
					views.keySet().retainAll(named);
					continue;
				}
				String key = message.get("key").asString();
				named.add(key);
				String[] version = message.get("version").asString().split("/");
				long offset = Long.parseLong(version[1]);
				assertThat(offset).as("version of %s", key).isGreaterThanOrEqualTo(versions.getOrDefault(key, -1L));
				versions.put(key, offset);
				if (message.has("removed")) {
					views.remove(key);
				}
				else {
					views.put(key, message.get("view"));
				}
			}
			return views;
		}

	}

	record Price(int sport, int amount) {

	}

	record BySport(int sport) {

	}

	@Configuration(proxyBeanMethods = false)
	static class Odds {

		@Bean
		Reducer<String, Price> odds() {
			return Reducer.named("odds")
				.topic(TOPIC, Price.class)
				.fold((state, record) -> record.value())
				.query("by-sport", BySport.class, (state, query) -> state.sport() == query.sport())
				.view((subscription) -> subscription.option("format", "plain"),
						(format, key, state) -> format.equals("short") ? state.amount() : state)
				.build();
		}

	}

}
