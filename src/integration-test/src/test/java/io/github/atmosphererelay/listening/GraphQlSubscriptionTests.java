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

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.test.BrokerCluster;
import io.github.atmosphererelay.testkit.RelayCluster;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

import org.springframework.graphql.data.method.annotation.Argument;
import org.springframework.graphql.data.method.annotation.QueryMapping;
import org.springframework.graphql.data.method.annotation.SubscriptionMapping;
import org.springframework.stereotype.Controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A subscription of Spring GraphQL that is fed by a channel, on two nodes that share a
 * Redis.
 */
class GraphQlSubscriptionTests {

	@Test
	void aSubscriptionGetsWhatBothNodesPublishAndEndsWithItsNode() {
		try (Broker broker = new Broker.Redis();
				RelayCluster cluster = BrokerCluster.of(broker.directProperties(), Orders.class)
					.property("atmosphere.channels[0].pattern=orders/**")
					.property("atmosphere.channels[0].history.size=1000")
					.property("spring.graphql.schema.locations=classpath:listening/")
					.timeout(Duration.ofSeconds(30))
					.start()) {
			List<String> sent = new ArrayList<>(publish(cluster, 0, 20));
			List<String> lines = new CopyOnWriteArrayList<>();
			CompletableFuture<Void> ended = CompletableFuture.runAsync(() -> subscribe(cluster.node(1).port(), lines));
			awaitData(lines, sent);
			sent.addAll(publish(cluster, 20, 100));
			awaitData(lines, sent);
			assertThat(ended).isNotDone();
			long begin = System.nanoTime();
			cluster.node(1).close();
			assertThat(ended).succeedsWithin(10, TimeUnit.SECONDS);
			assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(20));
			assertThat(lines).filteredOn((line) -> line.startsWith("event:")).last().isEqualTo("event:complete");
		}
	}

	private static List<String> publish(RelayCluster cluster, int first, int count) {
		List<String> texts = IntStream.range(first, first + count).mapToObj((i) -> "order " + i).toList();
		for (int i = 0; i < count; i++) {
			cluster.node(i % 2)
				.broadcaster()
				.broadcast("orders/a", texts.get(i))
				.orTimeout(10, TimeUnit.SECONDS)
				.join();
		}
		return texts;
	}

	/**
	 * Subscribe, and return when the connection has ended. The event that ends the
	 * subscription has been sent before the web server is stopped; the end of the
	 * response behind it may not: Tomcat counts a response no longer while it still
	 * writes that. So this reads each line as it comes, and an end of the connection ends
	 * it as well.
	 */
	private static void subscribe(int port, List<String> lines) {
		try {
			HttpURLConnection connection = (HttpURLConnection) URI.create("http://localhost:" + port + "/graphql")
				.toURL()
				.openConnection();
			connection.setRequestProperty("Content-Type", "application/json");
			connection.setRequestProperty("Accept", "text/event-stream");
			connection.setDoOutput(true);
			connection.getOutputStream()
				.write("{\"query\":\"subscription { order(id: \\\"a\\\") }\"}".getBytes(StandardCharsets.UTF_8));
			assertThat(connection.getResponseCode()).isEqualTo(200);
			try (BufferedReader reader = new BufferedReader(
					new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8))) {
				for (String line = reader.readLine(); line != null; line = reader.readLine()) {
					lines.add(line);
				}
			}
		}
		catch (IOException ex) {
			if (lines.isEmpty()) {
				throw new UncheckedIOException(ex);
			}
		}
	}

	private static void awaitData(List<String> lines, List<String> sent) {
		List<String> expected = sent.stream().map((text) -> "data:{\"data\":{\"order\":\"" + text + "\"}}").toList();
		await().atMost(Duration.ofSeconds(20))
			.untilAsserted(() -> assertThat(lines).filteredOn((line) -> line.startsWith("data:{")).isEqualTo(expected));
	}

	@Controller
	static class Orders {

		private final FluxChannelSubscriber channels;

		Orders(FluxChannelSubscriber channels) {
			this.channels = channels;
		}

		@QueryMapping
		String order(@Argument String id) {
			return id;
		}

		@SubscriptionMapping("order")
		Flux<String> orders(@Argument String id) {
			return this.channels.flux("orders/" + id, ListenOptions.fromBeginning())
				.ofType(Publication.class)
				.map((publication) -> publication.payload().asText());
		}

	}

}
